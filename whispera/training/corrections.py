"""The user's own examples in a training run: learnt shortly where nothing else is new, never contradicted.

An adapter's card lists the digests of the examples it has learnt, so a later run knows which are new. Without
new actions these get a short run of their own, most of which replays the dataset; in any other run they are
mixed in. Lines of the dataset that say something else of the same words are left out, and held-out phrasings
that the user has corrected are not measured on.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from whispera.domain.domain import DESKTOP
from whispera.domain.intent import NONE, SEQUENCE
from whispera.domain.labelled import Labelled
from whispera.engines.adapter import Card
from whispera.nlu import codec
from whispera.nlu.grammar import Grammar
from whispera.nlu.normalise import normalise
from whispera.training import recipe as recipes
from whispera.training.dataset import Drawn, Line, encode_line
from whispera.training.encode import Encoded

CARD_KEY = "corrections"
"""Where a card lists the digests of what was learnt."""
SEQUENCES = 8.0
"""How much oftener than a plain action sequences are replayed."""
INVOLVED = 3.0
"""How much oftener the actions that the examples are about: near them most can be lost."""


@dataclass(frozen=True, slots=True)
class CorrectionsRecipe:
    """The settings of config/recipes/corrections.yaml."""

    examples: int = 800
    examples_each: int = 110
    examples_most: int = 12_000
    share: float = 0.3
    share_known: float = 0.05
    share_none: float = 0.45
    learning_rate: float = 1e-3
    evaluations: int = 1


def read_recipe(path: Path) -> CorrectionsRecipe:
    """The recipe in a file; raises ConfigError for unknown, missing or ill-typed keys."""
    return recipes.read(path, CorrectionsRecipe, may_be_zero=["examples_each", "share_known"])


@dataclass(frozen=True, slots=True)
class OwnExample:
    """One of the user's examples, ready to be learnt."""

    text: str
    digest: str
    weight: float
    lines: tuple[Line, ...]
    """The words themselves, then the same dressed anew."""

    @property
    def action(self) -> str:
        """What it is."""
        return self.lines[0].action


def own_example(digest: str, weight: float, samples: Sequence[Labelled]) -> OwnExample:
    """An example of its labelled samples, the plain one first."""
    lines = tuple(
        Line(one.prompt, one.wire, sample.action)
        for sample, one in zip(samples, map(codec.encode, samples), strict=True)
    )
    return OwnExample(samples[0].text, digest, weight, lines)


@dataclass(frozen=True, slots=True)
class OwnExamples:
    """All of the user's examples, and how they are learnt."""

    all: tuple[OwnExample, ...] = ()
    recipe: CorrectionsRecipe = field(default_factory=CorrectionsRecipe)

    def of_size(self, examples: int) -> OwnExamples:
        """The same with another number of examples in a short run."""
        recipe = replace(self.recipe, examples=examples, examples_each=0, examples_most=examples)
        return replace(self, recipe=recipe)

    def new(self, card: Card) -> list[OwnExample]:
        """Those that the adapter of a card has not learnt."""
        learnt = set(card.data.get(CARD_KEY, ()))
        return [one for one in self.all if one.digest not in learnt]

    def fitting(self, grammar: Grammar) -> tuple[OwnExamples, list[Encoded]]:
        """Those that the grammar can say, and their own words encoded; copies that it cannot are left out."""
        kept: list[OwnExample] = []
        plain: list[Encoded] = []
        for one in self.all:
            encoded = [(line, found) for line in one.lines if (found := _encoded(line, grammar)) is not None]
            if encoded and encoded[0][0] is one.lines[0]:
                kept.append(replace(one, lines=tuple(line for line, _ in encoded)))
                plain.append(encoded[0][1])
        return replace(self, all=tuple(kept)), plain

    @property
    def digests(self) -> list[str]:
        """For the card of an adapter that has learnt all of them."""
        return sorted(one.digest for one in self.all)

    def measurable(self, heldout: Iterable[Labelled], *, tag: str = DESKTOP) -> list[Labelled]:
        """The held-out phrasings without those that are learnt from."""
        said = {_utterance(line, tag) for one in self.all for line in one.lines}
        return [one for one in heldout if normalise(one.text).text.strip() not in said]

    def undisputed(self, lines: Sequence[Line]) -> list[Line]:
        """The lines of a dataset without those that say something else of the same words."""
        meant = {line.prompt: line.wire for one in self.all for line in one.lines}
        return [line for line in lines if meant.get(line.prompt, line.wire) == line.wire]

    def draw(self, lines: Sequence[Line], new: Sequence[OwnExample], *, seed: int) -> Drawn:
        """A short run: the new examples by their weight, some known ones, and a replay.

        People's own words are odd ones: learning that they are commands, a model comes to take odd sentences
        for commands. So a good part of the replay is what is none.
        """
        rng = random.Random(f"own {seed}")
        recipe = self.recipe
        count = min(recipe.examples_most, recipe.examples + recipe.examples_each * (len(new) - 1))
        train = _drawn(new, round(count * recipe.share), rng)
        digests = {one.digest for one in new}
        known = [one for one in self.all if one.digest not in digests]
        train += _drawn(known, round(count * recipe.share_known), rng)
        replayed = count - len(train)
        none = round(replayed * recipe.share_none)
        train += _some([line for line in lines if line.action == NONE], none, rng)
        rest = [line for line in lines if line.action != NONE]
        train += _balanced(rest, replayed - none, involved={one.action for one in new}, rng=rng)
        rng.shuffle(train)
        return Drawn(train, [])

    def mixed_in(self, drawn: Drawn, new: Sequence[OwnExample], *, whole: bool, seed: int) -> Drawn:
        """A run about something else with the examples in it.

        All their lines are added to a `whole` dataset; in a run for new actions the examples take the place
        of some lines.
        """
        rng = random.Random(f"own {seed}")
        if whole:
            there = {line.prompt for line in drawn.train}
            lacking = [line for one in self.all for line in one.lines if line.prompt not in there]
            train = [*drawn.train, *lacking]
        else:
            count = round(len(drawn.train) * min(self.recipe.share, 0.02 * len(self.all)))
            own = _drawn(new or self.all, count, rng)
            train = [*drawn.train[len(own) :], *own]
        rng.shuffle(train)
        return Drawn(train, drawn.heldout_new)


def _encoded(line: Line, grammar: Grammar) -> Encoded | None:
    try:
        return encode_line(line, grammar)
    except ValueError:
        return None


def _utterance(line: Line, tag: str) -> str:
    return codec.split_prompt(line.prompt, tag=tag)[1].strip()


def _drawn(examples: Sequence[OwnExample], count: int, rng: random.Random) -> list[Line]:
    """`count` lines: each example by its weight, its own words and every copy before any comes twice."""
    if not examples:
        return []
    whole = sum(one.weight for one in examples)
    lines: list[Line] = []
    for one in examples:
        wanted = max(1, round(count * one.weight / whole))
        turn: list[Line] = []
        while len(turn) < wanted:
            copies = list(one.lines[1:])
            rng.shuffle(copies)
            turn += [one.lines[0], *copies]
        lines += turn[:wanted]
    return lines


def _some(lines: Sequence[Line], count: int, rng: random.Random) -> list[Line]:
    """`count` of the lines, none twice before all have come."""
    found: list[Line] = []
    while lines and len(found) < count:
        found += rng.sample(lines, min(len(lines), count - len(found)))
    return found


def _balanced(
    lines: Sequence[Line], count: int, *, involved: Collection[str], rng: random.Random
) -> list[Line]:
    """`count` lines of a dataset, balanced over actions."""
    groups: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        groups[line.action].append(line)
    if not groups:
        return []
    names = sorted(groups)
    often = {SEQUENCE: SEQUENCES} | dict.fromkeys(involved, INVOLVED)
    chosen = rng.choices(names, [often.get(name, 1.0) for name in names], k=max(0, count))
    return [rng.choice(groups[name]) for name in chosen]
