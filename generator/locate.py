"""From a hand-written line and its canonical intent back to the words that carry each value."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from generator.draft import LEADING, Draft, Kind, Piece, Step, trim
from generator.fillers import plain
from generator.sources import Sources, Written
from whispera import patterns
from whispera.catalog.model import Action, SlotSpec
from whispera.domain.labelled import Copied, Span
from whispera.nlu.before import words_before
from whispera.nlu.decode import trace_of

MAX_VALUE_WORDS = 24


def windows(text: str) -> list[Span]:
    """Every run of words of the text, longest first, without the punctuation around it."""
    chunks = [(found.start(), found.end()) for found in re.finditer(r"\S+", text)]
    spans: list[Span] = []
    for size in range(min(len(chunks), MAX_VALUE_WORDS), 0, -1):
        for first in range(len(chunks) - size + 1):
            start, end = chunks[first][0], chunks[first + size - 1][1]
            while start < end and text[start] in LEADING:
                start += 1
            end = start + len(trim(text[start:end]))
            if start < end:
                spans.append(Span(start, end))
    return spans


def find(
    text: str, spec: SlotSpec, value: object, taken: Sequence[Span] = (), *, after: str = ""
) -> Span | None:
    """The longest span of the text that means a canonical value; None when no words do.

    `after`: the words that were the value before, which the text may leave half unsaid.
    """
    wanted = str(value)
    if spec.type not in ("text", "name"):
        meant = spec.read(wanted)
        canonical = {wanted} if meant is None else {wanted, str(meant)}  # values may stand as said
    for span in windows(text):
        if any(span.start < other.end and other.start < span.end for other in taken):
            continue
        said = text[span.start : span.end]
        if spec.type in ("text", "name"):
            if said.lower() == wanted.lower() or (plain(wanted) and plain(said) == plain(wanted)):
                return span
        elif spec.fits(said, after) and str(spec.read(said, after)) in canonical:
            return span
    return None


def draft_of(line: Written, sources: Sources, *, origin: str) -> tuple[Draft | None, str]:
    """The draft of a written line, or None and why it cannot be used.

    Spans are looked for left to right, so that two steps may hold the same word.
    """
    found: list[tuple[Span, int, str, Kind]] = []
    previous = [trace_of(wire) for wire in line.previous]
    steps: list[Step] = []
    for number, intent in enumerate(line.steps):
        name = str(intent.get("action", ""))
        if name == "none":
            steps.append(Step("none"))
            continue
        action = sources.actions.get(name)
        if action is None:
            return None, f"no action named {name!r}"
        slots: list[tuple[str, str | Copied | None]] = []
        whole = _complete(line.text, action, intent, sources) if len(line.steps) == 1 else intent
        for spec in action.slots:
            if spec.name not in whole:
                if not spec.may_be_absent:
                    return None, f"{name} needs {spec.name}"
                continue
            if not spec.is_span:
                slots.append((spec.name, str(whole[spec.name])))
                continue
            after = words_before(previous, name, spec.name)
            span = find(line.text, spec, whole[spec.name], [item[0] for item in found], after=after)
            if span is None:
                copied = _copied(line.previous, spec, whole[spec.name])
                if copied is None:
                    return None, f"no words say {name}.{spec.name}={whole[spec.name]!r}"
                slots.append((spec.name, copied))
                continue
            kind: Kind = "copy" if spec.type in ("text", "name") else "typed"
            found.append((span, number, spec.name, kind))
            slots.append((spec.name, None))
        steps.append(Step(name, tuple(slots)))
    pieces: list[Piece] = []
    at = 0
    for span, number, slot, kind in sorted(found, key=lambda item: item[0].start):
        pieces.append(Piece(line.text[at : span.start]))
        pieces.append(Piece(line.text[span.start : span.end], (number, slot), kind))
        at = span.end
    pieces.append(Piece(line.text[at:]))
    kept = tuple(piece for piece in pieces if piece.text)
    return Draft(kept, tuple(steps), origin, line.source or line.text, line.previous), ""


def _copied(previous: Sequence[str], spec: SlotSpec, value: object) -> Copied | None:
    """The words of the newest command before that mean a value; None where none do."""
    for wire in reversed(previous):
        for step in reversed(trace_of(wire)):
            for said in step.slots:
                if find(said.words, spec, value) == Span(0, len(said.words)):
                    return Copied(said.words)
    return None


def _complete(text: str, action: Action, intent: Mapping[str, Any], sources: Sources) -> Mapping[str, Any]:
    """The intent with the slots it left out, read off the first pattern of the action that fits."""
    if all(spec.may_be_absent or spec.name in intent for spec in action.slots):
        return intent
    for template in action.patterns:
        for reading in patterns.match(patterns.parse(template), text, lists=sources.lists):
            values_read: dict[str, Any] = dict(intent)
            for name, value in reading.slots:
                spec = action.slot(name)
                if spec is None or name in intent:
                    continue
                if spec.is_span and spec.type not in ("text", "name"):
                    values_read[name] = spec.read(value.words)
                elif spec.is_span:
                    values_read[name] = value.words
                else:
                    said = {
                        word.lower(): canonical
                        for canonical, words in sources.enums.get(spec.type, {}).items()
                        for word in words
                    }
                    values_read[name] = value.value or said.get(value.words.lower())
            if all(spec.may_be_absent or values_read.get(spec.name) is not None for spec in action.slots):
                return {key: value for key, value in values_read.items() if value is not None}
    return intent
