"""What a generation draws from, made ready: the catalog's lists as parsed patterns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from generator.cycle import rng_for
from whispera import patterns
from whispera.catalog.catalog import Catalog
from whispera.catalog.load import MIX
from whispera.catalog.mix import Recipe
from whispera.catalog.model import Action
from whispera.catalog.vocabulary import Followups
from whispera.domain.domain import DESKTOP
from whispera.domain.intent import SEQUENCE
from whispera.errors import ConfigError
from whispera.patterns import Lists, Pattern, parse


@dataclass(frozen=True, slots=True)
class FillList:
    """Training values of one kind."""

    name: str
    type: str
    values: tuple[Pattern, ...]
    held_out: tuple[str, ...] = ()
    """Values kept for evaluation, spelled out."""
    invent: float = 0.0
    """Share of made-up values; 0 leaves it to the recipe."""
    kind: str = ""
    """What is made up."""
    after: Mapping[str, str] = field(default_factory=dict)
    """Word in front of a slot to the list that fits behind it."""


@dataclass(frozen=True, slots=True)
class Written:
    """A hand-written line and what it means, as flat JSON intents."""

    text: str
    steps: tuple[Mapping[str, Any], ...]
    source: str = ""
    """Where it stands, for reports: an action or a file."""
    previous: tuple[str, ...] = ()
    """Wire intents said before, newest last, where it leans on them."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Everything a generation draws from."""

    actions: Mapping[str, Action]
    enums: Mapping[str, Mapping[str, Sequence[str]]]
    """Enum to its canonical words and the words that mean each."""
    lists: Lists
    fillers: Mapping[str, FillList]
    recipe: Recipe
    """How much of what is drawn."""
    noise: Mapping[str, Any] = field(default_factory=dict)
    none: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)
    """Kind of non-command to its lines."""
    joins: tuple[Pattern, ...] = ()
    """How steps are put together, with {a}, {b}, {c}, {d} in time order."""
    sequences: tuple[Written, ...] = ()
    near_misses: tuple[Written, ...] = ()
    followups: Followups = field(default_factory=Followups)
    tables: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)
    """Table to the patterns of its values."""
    tag: str = DESKTOP
    """The domain's."""
    held_out: tuple[Written, ...] = ()
    """The examples of actions, non-commands and sequences, which are never trained on."""


def read(catalog: Catalog) -> Sources:
    """The sources of a catalog; raises PatternError where a list holds a pattern that does not parse.

    Raises ConfigError where the configuration has no training mix.
    """
    if catalog.mix is None:
        raise ConfigError(
            "there is no training mix",
            file=f"config/{MIX.as_posix()}",
            hint="copy it from the configuration that came with Whispera",
        )
    none, compound = catalog.none, catalog.compound
    examples = [
        Written(example.say, _steps(example.intent), action.name)
        for action in catalog.actions.values()
        for example in action.examples
    ]
    examples.extend(Written(text, ({"action": "none"},), "none") for text in none.examples)
    examples.extend(Written(one.say, one.steps, "compound") for one in compound.examples)
    misses = [
        Written(miss.say, _steps(miss.intent), action.name)
        for action in catalog.actions.values()
        for miss in action.near_misses
    ]
    misses.extend(Written(miss.say, _steps(miss.intent), "compound") for miss in compound.near_misses)
    return Sources(
        actions=catalog.actions,
        enums=catalog.enums,
        lists=catalog.lists,
        fillers={
            name: FillList(
                name,
                fill.type,
                tuple(map(parse, fill.values)),
                tuple(_spelled_out(fill.held_out, catalog.lists)),
                fill.invent,
                fill.kind,
                fill.after,
            )
            for name, fill in catalog.fillers.items()
        },
        recipe=catalog.mix,
        noise=catalog.noise,
        none={kind: tuple(map(parse, lines)) for kind, lines in none.kinds.items()},
        joins=tuple(map(parse, compound.joins)),
        sequences=tuple(Written(one.say, one.steps, "compound") for one in compound.say),
        near_misses=tuple(misses),
        followups=catalog.followups,
        tables={name: tuple(map(parse, table.values)) for name, table in catalog.tables.items()},
        tag=catalog.domain.tag,
        held_out=tuple(examples),
    )


def _steps(intent: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    return tuple(intent["steps"]) if intent["action"] == SEQUENCE else (intent,)


def _spelled_out(lines: Iterable[str], lists: Lists) -> Iterable[str]:
    """The values of held-out patterns: all of a plain line, some dozens of one with alternatives."""
    for line in lines:
        pattern = parse(line)
        paths = patterns.count(pattern, lists=lists)
        rng = rng_for("held out", line)
        draws = 1 if paths == 1 else min(200, 6 * paths)
        yield from dict.fromkeys(
            patterns.sample(pattern, rng=rng, lists=lists, fill=_no_slot).text for _ in range(draws)
        )


def _no_slot(name: str, _: object) -> str:
    raise ValueError(f"a held-out value holds the slot {{{name}}}")
