"""Words for slots: real values from the filler lists in turn, made-up ones between them.

Values that a list holds out are never given out for training (`held_out=False`), not even when they are
made up by chance.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Mapping, Sequence

from generator.cycle import Cycle, rng_for
from generator.invent import KINDS_OF_NAME
from generator.sources import FillList, Sources
from generator.wordlist import words
from whispera import patterns, values
from whispera.catalog.mix import Recipe
from whispera.catalog.model import SPAN_TYPES, SlotSpec, said
from whispera.patterns import Pattern

DEFAULT_LIST: Mapping[str, tuple[str, ...]] = {
    "text": ("sentences", "things", "web_queries", "spoken_text"),
    "name": ("things", "app_names"),
    "url": ("urls",),
}
"""Filler lists of a type where the slot names none; those that exist, by turns."""

_WHOLE_AFTER = words("to that about of for")
"""Behind these a value stands as it is, with no word more."""

_ODD = words(
    "old new big last second third spare draft final late half early add fix drop make call move start"
)
_COUNTED = words("engine visual google post 2 3 7 12 24 2019 2025 v2 q3 two four six b")

STRETCHES: tuple[Callable[[random.Random], str], ...] = (
    lambda rng: f"{KINDS_OF_NAME['person'](rng).split()[0]}'s",
    lambda rng: KINDS_OF_NAME["app"](rng).split()[0],
    lambda rng: KINDS_OF_NAME["query"](rng).split()[0],
    lambda rng: rng.choice(_ODD),
    lambda rng: rng.choice(_COUNTED),
)
"""Words put before or behind a value."""
LONGEST_STRETCHED = 6
"""Longer values stay as they are."""

OTHERWISE = 0.3
"""Share of the values of a table that are said otherwise, where they can be."""

_EDGES = ' ,;:!?"“”‘’'


def plain(text: str) -> str:
    """The text for comparing: lower case, words and digits only."""
    return re.sub(r"[\W_]+", " ", text.lower()).strip()


class Fillers:
    """Gives out slot values, each list in shuffled rounds."""

    def __init__(self, sources: Sources, recipe: Recipe, *, seed: str, held_out: bool = False) -> None:
        self._sources = sources
        self._recipe = recipe
        self._seed = seed
        self._only_held_out = held_out
        self._rng = rng_for(seed, "fillers")
        self._cycles: dict[str, Cycle[Pattern]] = {}
        self._lists: dict[tuple[str, str], Cycle[str]] = {}
        self._enums: dict[str, Cycle[tuple[str, str]]] = {}
        self._tables: dict[str, Cycle[Pattern]] = {}
        self._otherwise: dict[str, dict[str, list[str]]] = {}
        """Table to its values, and what else is said for each."""
        self.kept_out = frozenset(
            plain(value) for fill in sources.fillers.values() for value in fill.held_out
        )
        self.quotes: Sequence[str] = ()
        """Commands that may stand inside a dictated text ("type close the window")."""

    def enum(self, spec: SlotSpec) -> tuple[str, str]:
        """A canonical word of the slot's enum and words that mean it."""
        cycle = self._enums.get(spec.type)
        if cycle is None:
            said = self._sources.enums.get(spec.type, {})
            pairs = [(value, word) for value in spec.enum for word in said.get(value, (value,))]
            cycle = self._enums[spec.type] = Cycle(pairs, rng_for(self._seed, "enum", spec.type))
        return cycle.next()

    def words(self, action: str, spec: SlotSpec, rng: random.Random, *, before: str = "") -> str:
        """Words for a slot that takes a span; `before` is the word that stands in front of it."""
        if spec.words:
            return self._of_table(spec, rng)
        for _ in range(50):
            drawn = self._draw(action, spec, rng, before).strip(_EDGES)
            if spec.type in ("text", "name") and before not in _WHOLE_AFTER and not self._only_held_out:
                drawn = self._stretched(drawn, rng)
            if spec.type == "name":
                drawn = str(values.parse("name", drawn) or "")  # "The Sims" is asked for as "Sims"
            if spec.type in ("name", "url") and not values.fits(spec.type, drawn):
                continue
            if drawn and (self._only_held_out or plain(drawn) not in self.kept_out):
                return drawn
        raise ValueError(f"no training value for {action}.{spec.name} that is not held out")

    def _of_table(self, spec: SlotSpec, rng: random.Random) -> str:
        """A value of a table; now and then what else is said or heard for it."""
        cycle = self._tables.get(spec.type)
        if cycle is None:
            values_of = self._sources.tables[spec.type]
            weights = [self._weight(pattern) for pattern in values_of]
            cycle = self._tables[spec.type] = Cycle(
                values_of, rng_for(self._seed, "table", spec.type), weights
            )
            others = self._otherwise.setdefault(spec.type, {})
            for words, value in spec.words.items():
                if words != value:
                    others.setdefault(value, []).append(words)
        value = said(patterns.sample(cycle.next(), rng=rng, lists=self._sources.lists, fill=self.inner).text)
        others_said = self._otherwise[spec.type].get(value, ())
        return rng.choice(others_said) if others_said and rng.random() < OTHERWISE else value

    def _stretched(self, said: str, rng: random.Random) -> str:
        """The words, now and then with one more: where a value starts and ends, the sentence must tell."""
        if rng.random() >= self._recipe.stretched or len(said.split()) > LONGEST_STRETCHED:
            return said
        more = rng.choice(STRETCHES)(rng)
        return f"{more} {said}" if rng.random() < 0.75 else f"{said} {more}"

    def _draw(self, action: str, spec: SlotSpec, rng: random.Random, before: str) -> str:
        if spec.type not in ("text", "name", "url"):
            return values.sample(spec.type, rng)
        named = self._named(action, spec, before)
        fill = self._sources.fillers[named] if named else None
        kind = fill.kind if fill is not None and spec.fill else ""
        kind = kind or ("app" if spec.type == "name" else "")
        if self._only_held_out:
            if fill is not None and fill.held_out:
                return rng.choice(fill.held_out)
        elif spec.type == "text" and self.quotes and not kind and rng.random() < 0.04:
            return rng.choice(self.quotes)
        share = fill.invent if fill is not None and fill.invent else self._recipe.invented
        if kind and rng.random() < share:
            return KINDS_OF_NAME[kind](rng)
        if fill is None:
            if spec.type == "url":
                return values.sample("url", rng)
            return KINDS_OF_NAME[kind or "query"](rng)
        if spec.type == "url" and rng.random() < share:
            return values.sample("url", rng)
        return self._sample(fill)

    def _named(self, action: str, spec: SlotSpec, before: str) -> str:
        """The name of the list whose turn it is for a slot, or nothing."""
        key = (action, spec.name)
        fillers = self._sources.fillers
        named = [name for name in spec.fill if name in fillers]
        for name in named:
            fitting = fillers[name].after.get(before, "")
            if fitting in fillers:
                return fitting
        cycle = self._lists.get(key)
        if cycle is None:
            known = named or [name for name in DEFAULT_LIST.get(spec.type, ()) if name in fillers]
            weights = [max(1, round(len(fillers[name].values) ** 0.5 / 4)) for name in known]
            cycle = self._lists[key] = Cycle(known or [""], rng_for(self._seed, "lists", *key), weights)
        return cycle.next()

    def _sample(self, fill: FillList) -> str:
        cycle = self._cycles.get(fill.name)
        if cycle is None:
            weights = [self._weight(pattern) for pattern in fill.values]
            cycle = self._cycles[fill.name] = Cycle(fill.values, rng_for(self._seed, fill.name), weights)
        return patterns.sample(cycle.next(), rng=self._rng, lists=self._sources.lists, fill=self.inner).text

    def _weight(self, pattern: Pattern) -> int:
        """Patterns that make many values come more often in a round."""
        paths = patterns.count(pattern, lists=self._sources.lists)
        return max(1, min(6, round(pattern.weight * math.pow(paths, 0.4))))

    def inner(self, name: str, rng: random.Random) -> str:
        """Words for a `{person}` or `{duration}` inside a filler value."""
        if name in KINDS_OF_NAME:
            return KINDS_OF_NAME[name](rng)
        if name in SPAN_TYPES:
            return values.sample(name, rng)
        raise ValueError(f"a filler value holds the unknown slot {{{name}}}")
