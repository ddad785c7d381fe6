"""Sentences to count trigrams in: commands of every action, and words that are none.

The commands share what they are counted from equally, whatever the number of their patterns. Free text and
sentences that are no command are counted as well: what somebody says to somebody else shall have words to be
heard as, instead of being bent into a command.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from whispera.catalog.catalog import Catalog
from whispera.catalog.model import Action
from whispera.engines.recognisers.pocketsphinx_grammar import Places, patterns_of
from whispera.engines.recognisers.pocketsphinx_graph import Graph
from whispera.engines.recognisers.pocketsphinx_words import spoken
from whispera.nlu.answers import NO, STOP, YES
from whispera.patterns import Pattern, parse, sample, slots

SENTENCES = 25_000
"""Commands sampled, over all actions."""
ANSWERS_EACH = 3
"""Times that each answer to a question comes: a yes, a no, a value that may be asked for."""
MOST_EACH = 400
"""Times that a pattern is sampled on average, where a configuration has few."""
NONE_EACH = 3
"""Times that a pattern of what is no command is sampled."""
LEAST_EACH = 1
"""Times that a pattern is sampled at least."""


class Sampler:
    """Draws commands of a catalog; places for values are filled evenly from what may be said there."""

    def __init__(self, catalog: Catalog, *, names: Sequence[str] = (), seed: int = 1) -> None:
        self.catalog = catalog
        self._places = Places(catalog, tuple(names))
        self._rng = random.Random(seed)
        self._graphs: dict[str, Graph] = {}

    def commands(self, *, total: int = SENTENCES) -> Iterator[tuple[tuple[str, ...], bool]]:
        """About `total` commands, as many of each action, and whether they hold no free words."""
        of: dict[str, list[Pattern]] = {}
        for action, pattern in patterns_of(self.catalog):
            of.setdefault(action.name, []).append(pattern)
        total = min(total, MOST_EACH * sum(map(len, of.values())))
        for name, patterns in of.items():
            share = total // len(of)
            weights = [pattern.weight for pattern in patterns]
            drawn = patterns * LEAST_EACH + self._rng.choices(
                patterns, weights, k=max(0, share - len(patterns))
            )
            for pattern in drawn:
                action = self.catalog.actions[name]
                if words := self.one(action, pattern):
                    yield words, self.is_closed(action, pattern)
        for answer in self._answers():
            yield spoken(answer), True

    def _answers(self) -> Iterator[str]:
        """What is said when Whispera has asked something, and what stops it."""
        for _ in range(ANSWERS_EACH):
            yield from (*YES, *NO, *STOP)
            for action in self.catalog.actions.values():
                for spec in action.slots:
                    if spec.ask and self._places.label(action, spec.name) is not None:
                        yield self._value(action, spec.name, self._rng)

    def one(self, action: Action, pattern: Pattern) -> tuple[str, ...]:
        """A sentence of a pattern of an action."""
        text = sample(
            pattern,
            rng=self._rng,
            lists=self.catalog.lists,
            fill=lambda slot, rng: self._value(action, slot, rng),
        ).text
        return spoken(text)

    def is_closed(self, action: Action, pattern: Pattern) -> bool:
        """Whether no place of a pattern takes any words there are."""
        written = (slot for slot in slots(pattern) if slot.value is None)
        return all(self._places.label(action, slot.name) is not None for slot in written)

    def others(self) -> Iterator[tuple[str, ...]]:
        """Sentences that are no command."""
        for patterns in self.catalog.none.kinds.values():
            for text in patterns:
                for _ in range(NONE_EACH):
                    yield spoken(self._text(text, self._rng))

    def _value(self, action: Action, slot: str, rng: random.Random) -> str:
        label = self._places.label(action, slot)
        if label is not None:
            if label not in self._graphs:
                self._graphs[label] = self._places.values(label)
            return " ".join(walk(self._graphs[label], rng))
        spec = action.slot(slot)
        names = self.catalog.fillers_of(spec) if spec else ()
        fillers = [self.catalog.fillers[name] for name in names if name in self.catalog.fillers]
        return self._text(rng.choice(rng.choice(fillers).values), rng) if fillers else ""

    def _text(self, text: str, rng: random.Random) -> str:
        return sample(parse(text), rng=rng, lists=self.catalog.lists, fill=lambda _slot, _rng: "").text


def walk(graph: Graph, rng: random.Random) -> tuple[str, ...]:
    """One sentence of a graph, each way on as likely; ends where it may half of the time."""
    state = 0
    said: list[str] = []
    while True:
        ways = list(graph.arcs[state].items())
        if not ways or (state in graph.final and rng.random() < 0.5):
            return tuple(said)
        word, state = rng.choice(ways)
        said.append(word)
