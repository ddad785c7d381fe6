"""Matching a text against a pattern: every way to read it, with the spans of its slots."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from whispera.domain.labelled import Span
from whispera.patterns.sample import SlotValue, find_list, fold
from whispera.patterns.tree import Alt, ListRef, Lists, Node, Opt, Pattern, Seq, Slot, Text

_STOPS = ",;:.?!"


@dataclass(frozen=True, slots=True)
class Matched:
    """One way in which a text is an instance of a pattern."""

    slots: tuple[tuple[str, SlotValue], ...] = ()
    """Slot name and value, left to right; spans are offsets into the text that was given."""


class _State(NamedTuple):
    """How far a reading has come in the folded text."""

    at: int
    spaced: bool
    """The pattern has had a space that the text has not yet shown."""
    slots: tuple[tuple[str, int, int, str | None], ...]


def match(pattern: Pattern, text: str, *, lists: Lists) -> list[Matched]:
    """All readings of the text as the pattern, empty when there is none.

    Case is ignored and spaces are folded. A slot takes any run of whole words that neither starts nor ends
    with a comma or stop; one with fixed words takes these. Raises PatternError for an unknown list.
    """
    folded, places = fold(text)
    back = _back(places, len(folded))
    states = _read(pattern.node, [_State(0, False, ())], folded, lists, ())
    results: dict[Matched, None] = {}
    for state in states:
        if state.at != len(folded):
            continue
        slots: list[tuple[str, SlotValue]] = []
        for name, start, end, value in state.slots:
            if start == end:
                slots.append((name, SlotValue(None, "", value)))
                continue
            span = Span(back[start], back[end - 1] + 1)
            slots.append((name, SlotValue(span, text[span.start : span.end], value)))
        results[Matched(tuple(slots))] = None
    return list(results)


def _back(places: list[int], size: int) -> list[int]:
    """For each offset of the folded text the offset of that character in the original."""
    back = [0] * size
    for at, place in enumerate(places[:-1]):
        if place < size:
            back[place] = at  # the last one that maps here is the kept character
    return back


def _read(node: Node, states: list[_State], text: str, lists: Lists, inside: tuple[str, ...]) -> list[_State]:
    """The states after a node, each once."""
    if not states:
        return states
    if isinstance(node, Text):
        return _unique(after for state in states for after in _literal(node.text, state, text))
    if isinstance(node, Seq):
        for item in node.items:
            states = _read(item, states, text, lists, inside)
        return states
    if isinstance(node, Alt):
        return _unique(
            after for choice in node.choices for after in _read(choice.node, states, text, lists, inside)
        )
    if isinstance(node, Opt):
        return _unique([*states, *_read(node.node, states, text, lists, inside)])
    if isinstance(node, ListRef):
        members = find_list(node, lists, inside)
        deeper = (*inside, node.name)
        return _unique(after for one in members for after in _read(one.node, states, text, lists, deeper))
    return _unique(after for state in states for after in _slot(node, state, text))


def _unique(states: Iterable[_State]) -> list[_State]:
    return list(dict.fromkeys(states))


def _literal(literal: str, state: _State, text: str) -> list[_State]:
    """The state after literal characters, or none."""
    at, spaced = state.at, state.spaced
    for char in literal:
        if char.isspace():
            spaced = at > 0
            continue
        if spaced:
            if text[at : at + 1] == " ":
                at += 1
            elif char not in _STOPS:
                return []
            spaced = False
        if text[at : at + 1].lower() != char.lower():
            return []
        at += 1
    return [_State(at, spaced, state.slots)]


def _slot(slot: Slot, state: _State, text: str) -> list[_State]:
    """The states after a slot: one for each run of words it may take."""
    if slot.value is not None:
        words = slot.words or ""
        if not words:
            empty = (slot.name, state.at, state.at, slot.value)
            return [_State(state.at, state.spaced, (*state.slots, empty))]
        return [
            _State(
                after.at,
                after.spaced,
                (*state.slots, (slot.name, _start(state, text), after.at, slot.value)),
            )
            for after in _literal(words, state, text)
        ]
    start = _start(state, text)
    if (state.spaced and start == state.at) or not _edge(text, start):
        return []
    if start >= len(text) or text[start] in " ,;:?!":
        return []
    return [
        _State(end, False, (*state.slots, (slot.name, start, end, None)))
        for end in range(start + 1, len(text) + 1)
        if _edge(text, end)
        and text[end - 1] not in " ,;:?!"
        and not (text[end - 1] == "." and end == len(text))  # "the O.C. please", but no closing stop
    ]


def _start(state: _State, text: str) -> int:
    """Where the next word begins, past the space that is due."""
    return state.at + (state.spaced and text[state.at : state.at + 1] == " ")


def _edge(text: str, at: int) -> bool:
    """Whether no word runs across an offset."""
    return at in (0, len(text)) or not (text[at - 1].isalnum() and text[at].isalnum())
