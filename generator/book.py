"""The patterns of the catalog, read once, and drafts made from them."""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Iterable
from dataclasses import dataclass

from generator.cycle import Cycle, rng_for
from generator.draft import Draft, Kind, Piece, Step
from generator.fillers import Fillers, plain
from generator.grammar import is_imperative
from generator.sources import Sources
from generator.wordlist import words
from whispera import patterns
from whispera.catalog.model import TEXT_LIKE, Action, SlotSpec
from whispera.patterns import Pattern, Slot

log = logging.getLogger(__name__)

ENDS_IN_ARTICLE = re.compile(r"(?i)\b(the|my|a|an|some|your|our|this|that)\s+$")
ARTICLE = re.compile(r"(?i)^(the|my|a|an|some|your|our|this|that)\s+(?=\S)")
_NO_STEP_STARTS = frozenset(words("x i it it's no not too"))
_NO_STEP = frozenset(words("is are am isn't can't was has i please you again more and"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One pattern of one action."""

    action: Action
    template: str
    pattern: Pattern
    imperative: bool
    """A plain instruction that anybody could be given ("close the {target} window")."""
    joinable: bool
    """Short and direct enough to be a step of a sequence."""
    slots: frozenset[str]
    """Names of the slots it fills."""


class Book:
    """Every usable pattern, by action, in shuffled rounds."""

    def __init__(self, sources: Sources, fillers: Fillers, *, seed: str) -> None:
        self.sources = sources
        self.fillers = fillers
        self.skipped: list[tuple[str, str, str]] = []
        """Action, pattern and reason of patterns that cannot be used."""
        self.entries: dict[str, tuple[Entry, ...]] = {}
        for action in sources.actions.values():
            entries = tuple(self._entries(action))
            if entries:
                self.entries[action.name] = entries
        self._cycles = {
            name: Cycle(entries, rng_for(seed, "patterns", name), [_rounds(entry) for entry in entries])
            for name, entries in self.entries.items()
        }
        self.vocabulary = frozenset(
            word
            for entries in self.entries.values()
            for entry in entries
            for word in plain(re.sub(r"\{[^}]*\}", " ", entry.template)).split()
        )
        self.whole = frozenset(
            plain(entry.template) for entries in self.entries.values() for entry in entries if not entry.slots
        )
        """Texts of commands without slots, so that a cut-off sentence is never one of them."""

    def _entries(self, action: Action) -> Iterable[Entry]:
        for template in action.patterns:
            pattern = patterns.parse(template)
            slots = patterns.slots(pattern)
            reason = self._unusable(action, slots)
            if reason:
                self.skipped.append((action.name, template, reason))
                log.warning("%s: %r is left out: %s", action.name, template, reason)
                continue
            yield Entry(
                action,
                template,
                pattern,
                imperative=is_imperative(template) and action.group != "assistant",
                joinable=_joinable(action, template),
                slots=frozenset(slot.name for slot in slots),
            )

    def _unusable(self, action: Action, slots: tuple[Slot, ...]) -> str:
        names = [slot.name for slot in slots]
        for slot in slots:
            spec = action.slot(slot.name)
            if spec is None:
                return f"the action has no slot {slot.name!r}"
            if slot.value is None or not spec.is_span:
                continue
            if not slot.words:
                return f"no words say {slot.name}={slot.value}"
            if spec.type not in ("text", "name") and spec.read(slot.words) is None:
                return f"{slot.words!r} is no {spec.type}"
        for spec in action.slots:
            if not spec.may_be_absent and spec.name not in names:
                return f"the slot {spec.name!r} is missing"
        return ""

    def next(self, action: str) -> Entry:
        """The pattern of an action whose turn it is."""
        return self._cycles[action].next()

    def draft(self, entry: Entry, rng: random.Random) -> Draft:
        """An utterance of a pattern, without noise."""
        action = entry.action
        enums: dict[str, str] = {}

        def fill(name: str, rng: random.Random) -> str:
            spec = _spec(action, name)
            if spec.is_span:
                return self.fillers.words(action.name, spec, rng, before=_before(entry.template, name))
            enums[name], said = self.fillers.enum(spec)
            return said

        sampled = patterns.sample(entry.pattern, rng=rng, lists=self.sources.lists, fill=fill)
        filled = dict(sampled.slots)
        pieces: list[Piece] = []
        at = 0
        spoken = [(value.span, name) for name, value in sampled.slots if value.span is not None]
        for span, name in sorted(spoken, key=lambda item: item[0].start):
            spec = _spec(action, name)
            kind: Kind = "plain"
            if spec.is_span:
                kind = "copy" if spec.type in ("text", "name") else "typed"
            before, said = sampled.text[at : span.start], sampled.text[span.start : span.end]
            if kind == "copy" and ENDS_IN_ARTICLE.search(before):
                said = ARTICLE.sub("", said)
            pieces.append(Piece(before))
            pieces.append(Piece(said, (0, name), kind))
            at = span.end
        pieces.append(Piece(sampled.text[at:]))
        slots: list[tuple[str, str | None]] = []
        for spec in action.slots:
            if spec.name in filled:
                fixed = filled[spec.name].value
                value = None if spec.is_span else (fixed or enums[spec.name])
                slots.append((spec.name, value))
        step = Step(action.name, tuple(slots))
        return Draft(tuple(piece for piece in pieces if piece.text), (step,), "pattern", entry.template)

    def imperatives(self) -> tuple[Entry, ...]:
        """All plain instructions of the catalog, in its order."""
        return tuple(entry for entries in self.entries.values() for entry in entries if entry.imperative)


def _spec(action: Action, name: str) -> SlotSpec:
    spec = action.slot(name)
    assert spec is not None, f"{action.name} has no slot {name}"
    return spec


def _rounds(entry: Entry) -> int:
    """How often a pattern comes in a round: by its weight, and more if it has many values."""
    free = any(spec.name in entry.slots and spec.type in TEXT_LIKE for spec in entry.action.slots)
    return max(1, round(entry.pattern.weight * (2 if free else 1)))


def _before(template: str, name: str) -> str:
    """The word in front of a slot in a template, lower case."""
    found = re.search(r"(\w+)\W*\{" + re.escape(name) + r"\}", template)
    return found.group(1).lower() if found else ""


def _joinable(action: Action, template: str) -> bool:
    if not action.in_sequences:
        return False
    if is_imperative(template, personal=True):
        return True
    if re.search(r"[,;:?!\"]", template):
        return False
    said = plain(re.sub(r"\{[^}]*\}", " x ", template)).split()
    if len(said) > 4:
        return action.group in ("time", "info") and template.startswith(("what's the ", "tell me the "))
    # "volume up", "mic off", "next tab", "what time is it": short and without clauses
    return said[0] not in _NO_STEP_STARTS and not _NO_STEP & set(said)
