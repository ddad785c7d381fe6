"""Utterances after other commands: those that lean on them, and those that do not.

A good half leans (`leaning.py`). The rest are utterances of all kinds after commands that do not matter to
them, and leaning words where there is nothing to lean on, which are no command.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import replace

from generator.book import Book
from generator.cycle import Cycle, rng_for
from generator.draft import Draft, Piece, Step
from generator.earlier import Earlier, Intent, steps_of
from generator.leaning import Leaning, Maker
from generator.phrases import FREE, Phrases
from generator.sequences import Sequences
from whispera import patterns, values
from whispera.catalog.mix import Recipe
from whispera.catalog.model import Action
from whispera.catalog.vocabulary import Followups, Rule
from whispera.domain.intent import NONE

STRAYS: Mapping[str, int] = {
    "another": 5, "instead": 5, "enum": 3, "answers": 2, "pairs": 5, "more": 6, "less": 2, "back": 3,
}  # fmt: skip
"""How often the words of a kind of follow-up are said where there is nothing to lean on."""
GENERIC = ("another", "instead", "enum", "answers")
ASSISTANT = ("undo", "redo")
"""Actions beside those of the group `assistant` that are about what was done before."""


class Dialogues:
    """Makes utterances after other commands, of one kind or another."""

    def __init__(
        self,
        followups: Followups,
        book: Book,
        sequences: Sequences,
        recipe: Recipe,
        *,
        others: Mapping[str, Maker | None],
        seed: str,
    ) -> None:
        self._ups = followups
        self._book = book
        self._seed = seed
        self._leant_on = {intent["action"] for rule in followups.rules for intent in rule.after}
        self._earlier = Earlier(book, sequences, recipe, neutral=self._is_neutral, seed=seed)
        self.leaning = Leaning(followups, book, self._earlier, seed=seed)
        self._rules = Phrases(
            ((patterns.parse(text), rule) for rule in followups.rules for text in rule.say),
            book.sources.lists,
        )
        self._strays = self._stray_cycle()
        self.makers: Mapping[str, Maker] = {}
        """Kind to its maker; none at all without followups.yaml."""
        if followups.source:
            plain: dict[str, Maker | None] = {
                "command": self._commands(list(book.entries)),
                "assistant": self._commands([*self._of_group("assistant"), *ASSISTANT]),
                "chat": self._chat(),
                **others,
            }
            self.makers = {
                **self.leaning.makers,
                **{name: self._in_context(maker) for name, maker in plain.items() if maker is not None},
                "stray": self.stray,
                "first": self.first,
            }

    def _is_neutral(self, action: Action) -> bool:
        """Whether nothing leans on an action: it has no slots, and no rule names it."""
        return not action.slots and action.name not in self._leant_on and action.group != "assistant"

    def _of_group(self, group: str) -> list[str]:
        return [name for name in self._book.entries if self._book.sources.actions[name].group == group]

    def _commands(self, names: Iterable[str]) -> Maker | None:
        known = [name for name in names if name in self._book.entries]
        if not known:
            return None
        cycle = Cycle(known, rng_for(self._seed, "after", *known))
        return lambda rng: self._book.draft(self._book.next(cycle.next()), rng)

    def _chat(self) -> Maker | None:
        if not self._ups.chat:
            return None
        lines = tuple(map(patterns.parse, self._ups.chat))
        cycle = Cycle(lines, rng_for(self._seed, "chat"), [max(1, round(line.weight)) for line in lines])

        def make(rng: random.Random) -> Draft | None:
            line = cycle.next()
            text = patterns.sample(
                line, rng=rng, lists=self._book.sources.lists, fill=self._book.fillers.inner
            ).text
            if any(firm for _, firm in self.leaning.readings(text)):
                return None
            return Draft((Piece(text),), (Step(NONE),), "none: after a command", patterns.unparse(line))

        return make

    def _in_context(self, maker: Maker) -> Maker:
        """The drafts of a maker after random commands, unless they would lean on them."""

        def make(rng: random.Random) -> Draft | None:
            draft = maker(rng)
            history = self._earlier.random_history(rng)
            if draft is None or not history or self._leans(draft, history):
                return None
            return replace(draft, previous=history)

        return make

    def _leans(self, draft: Draft, history: tuple[str, ...]) -> bool:
        """Whether the words would be something else after these commands."""
        actions = [step.action for step in draft.steps]
        said = [steps_of(wire)[-1] for wire in history]
        for rule, _ in self._rules.find(draft.text):
            on = said if rule.over else said[-1:]
            if [rule.then["action"]] != actions and any(_may_follow(rule, one) for one in on):
                return True
        asked = self._asked(said[-1])
        return bool(asked) and actions == [NONE] and (asked in FREE or values.fits(asked, draft.text))

    def _asked(self, intent: Intent) -> str:
        """The type of the value that an intent lacks and is asked for; empty where it is whole."""
        action = self._book.sources.actions[intent["action"]]
        return next((spec.type for spec in action.slots if spec.ask and spec.name not in intent), "")

    def _stray_cycle(self) -> Cycle[str] | None:
        """The kinds of follow-ups there are."""
        kinds = [kind for kind in STRAYS if kind in self.leaning.makers]
        weights = [STRAYS[kind] for kind in kinds]
        return Cycle(kinds, rng_for(self._seed, "strays"), weights) if kinds else None

    def stray(self, rng: random.Random) -> Draft | None:
        """Leaning words after commands they cannot lean on."""
        draft, kind = self._leaning_words(rng)
        if draft is None:
            return None
        history = self._earlier.random_history(rng, neutral=kind in GENERIC)
        rules = [one for one in self._ups.rules if kind == "pairs" or one.kind != "pairs"]
        said = [step for wire in history for step in steps_of(wire)]
        if not history or any(_may_follow(rule, one) for rule in rules for one in said):
            return None
        return replace(draft, previous=history)

    def first(self, rng: random.Random) -> Draft | None:
        """Leaning words with nothing before them."""
        return self._leaning_words(rng)[0]

    def _leaning_words(self, rng: random.Random) -> tuple[Draft | None, str]:
        """The words of a follow-up as no command, unless they say something by themselves; and its kind."""
        if self._strays is None:
            return None, ""
        kind = self._strays.next()
        draft = self.leaning.makers[kind](rng)
        if draft is None or any(True for _ in self.leaning.readings(draft.text)):
            return None, kind
        words = tuple(Piece(piece.text) for piece in draft.pieces)
        return Draft(words, (Step(NONE),), "none: leaning", draft.source), kind


def _may_follow(rule: Rule, intent: Intent) -> bool:
    """Whether a rule holds after an intent."""
    return any(all(intent.get(name) == value for name, value in one.items()) for one in rule.after)
