"""What was said before an utterance: commands drawn from the book, as the wire intents of a prompt."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from generator.book import Book, Entry
from generator.cycle import Cycle, rng_for
from generator.draft import Draft, finish, join
from generator.sequences import Sequences
from whispera.catalog.mix import Recipe
from whispera.catalog.model import Action
from whispera.domain.intent import SEQUENCE
from whispera.domain.labelled import Copied
from whispera.nlu.codec import encode

MAX_WIRE_CHARS = 150
TRIES = 12

Intent = Mapping[str, str]
"""Action and slots of one step of a wire intent, words without the space before them."""


@dataclass(frozen=True, slots=True)
class Said:
    """A command said before."""

    action: Action
    intent: Intent
    """Its wire intent; of a sequence the last step."""
    wire: str

    def copies(self, *, but: str = "") -> dict[str, str | Copied]:
        """Its slot values as a later command may have them, without the slot `but`."""
        return {name: self.value(name) for name in self.intent if name not in ("action", but)}

    def value(self, name: str) -> str | Copied:
        """The value of a slot: a word of an enum, or copied words."""
        spec = self.action.slot(name)
        assert spec is not None
        return self.intent[name] if spec.enum else Copied(self.intent[name])


def steps_of(wire: str) -> list[Intent]:
    """The steps of a wire intent."""
    data = json.loads(wire)
    steps = data["steps"] if data["action"] == SEQUENCE else [data]
    return [{name: value.strip() for name, value in step.items()} for step in steps]


class Earlier:
    """Draws commands and makes histories of them."""

    def __init__(
        self,
        book: Book,
        sequences: Sequences,
        recipe: Recipe,
        *,
        neutral: Callable[[Action], bool],
        seed: str,
    ) -> None:
        self._book = book
        self._sequences = sequences
        self._recipe = recipe
        self._cycles: dict[tuple[str, ...], Cycle[Entry]] = {}
        self._seed = seed
        names = list(book.entries)
        self._actions = Cycle(names, rng_for(seed, "earlier"))
        neutral_names = [name for name in names if neutral(book.sources.actions[name])]
        self._neutral = Cycle(neutral_names, rng_for(seed, "neutral")) if neutral_names else None

    def draft(self, action: str, rng: random.Random, *, has: str = "", lacks: str = "") -> Draft | None:
        """A command of an action that says the slot `has` and not the slot `lacks`."""
        key = (action, has, lacks)
        cycle = self._cycles.get(key)
        if cycle is None:
            fitting = [
                entry
                for entry in self._book.entries.get(action, ())
                if (not has or has in entry.slots) and (not lacks or lacks not in entry.slots)
            ]
            if not fitting:
                return None
            cycle = self._cycles[key] = Cycle(fitting, rng_for(self._seed, "said", *key))
        return self._book.draft(cycle.next(), rng)

    def said(
        self, action: str, rng: random.Random, *, wanted: Intent | None = None, has: str = "", lacks: str = ""
    ) -> Said | None:
        """A command of an action with the enum words `wanted`; sometimes the last of a sequence."""
        wanted = wanted or {}
        for _ in range(TRIES):
            draft = self.draft(action, rng, has=has, lacks=lacks)
            if draft is None:
                return None
            wire = _wire(draft)
            if not wire:
                continue
            intent = steps_of(wire)[-1]
            if (has and has not in intent) or (lacks and lacks in intent):
                continue
            if any(intent.get(name) != value for name, value in wanted.items()):
                continue
            if rng.random() < self._recipe.after_sequences:
                other = self.draft(self._actions.next(), rng)
                if other is not None:
                    wire = _wire(join((other, draft), ("", " and ", ""), (0, 1))) or wire
            return Said(self._book.sources.actions[action], intent, wire)
        return None

    def neutral(self, rng: random.Random) -> str:
        """A wire intent that nothing leans on; empty where there is none."""
        draft = self.draft(self._neutral.next(), rng) if self._neutral else None
        return _wire(draft) if draft is not None else ""

    def any(self, rng: random.Random) -> str:
        """The wire intent of any command: now and then a sequence, or one that lacks a value it needs."""
        for _ in range(TRIES):
            draft = (
                self._sequences.make(rng)
                if rng.random() < self._recipe.after_sequences
                else self.draft(self._actions.next(), rng)
            )
            wire = _wire(draft) if draft is not None else ""
            if wire:
                return wire
        return ""

    def history(self, said: Said, rng: random.Random, *, over: bool = False) -> tuple[str, ...]:
        """One or two wire intents, the one leant on mostly the newest; with `over` sometimes not."""
        if rng.random() < self._recipe.one_before:
            return (said.wire,)
        if over and rng.random() < self._recipe.leant_over:
            newest = self.neutral(rng)
            if newest:
                return (said.wire, newest)
        return tuple(filter(None, (self.any(rng), said.wire)))

    def random_history(self, rng: random.Random, *, neutral: bool = False) -> tuple[str, ...]:
        """One or two wire intents of any kind; with `neutral` of those that nothing leans on."""
        draw = self.neutral if neutral else self.any
        count = 1 if rng.random() < self._recipe.one_before else 2
        return tuple(filter(None, (draw(rng) for _ in range(count))))


def _wire(draft: Draft) -> str:
    """The wire intent of a draft; empty where it has none, or a long one."""
    labelled = finish(draft)
    if labelled is None:
        return ""
    try:
        wire = encode(labelled).wire
    except ValueError:
        return ""
    return wire if len(wire) <= MAX_WIRE_CHARS else ""
