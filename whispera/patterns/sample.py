"""Counting the paths of a pattern and sampling one of them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from whispera.domain.labelled import Span
from whispera.errors import PatternError
from whispera.patterns.tree import Alt, ListRef, Lists, Node, Opt, Pattern, Seq, Slot, Text

Fill: TypeAlias = Callable[[str, random.Random], str]
"""Slot name and generator to the words that fill it."""

_BEFORE_STOP = re.compile(r"\s+(?=[,;:.?!](?:\s|$))")
_FOLDED_AWAY = re.compile(r"^\s|\s$|\s\s|[^\S ]|\s[,;:.?!](?:\s|$)")


@dataclass(frozen=True, slots=True)
class SlotValue:
    """What a slot of a sampled or matched pattern holds."""

    span: Span | None
    """Where its words stand in the text; None when it is meant without words."""
    words: str
    """The words as they stand in the text."""
    value: str | None = None
    """The canonical value, where the pattern fixes it."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """A text made from a pattern."""

    text: str
    """Spaces folded; none before a comma or stop that an omission left standing."""
    slots: tuple[tuple[str, SlotValue], ...] = ()
    """Slot name and value, left to right."""


def count(pattern: Pattern, *, lists: Lists) -> int:
    """The number of distinct paths, a slot counting as one; raises PatternError for an unknown list."""
    return _count(pattern.node, lists, ())


def _count(node: Node, lists: Lists, inside: tuple[str, ...]) -> int:
    if isinstance(node, Seq):
        product = 1
        for item in node.items:
            product *= _count(item, lists, inside)
        return product
    if isinstance(node, Alt):
        return sum(_count(choice.node, lists, inside) for choice in node.choices)
    if isinstance(node, Opt):
        return 1 + _count(node.node, lists, inside)
    if isinstance(node, ListRef):
        members = find_list(node, lists, inside)
        return sum(_count(member.node, lists, (*inside, node.name)) for member in members)
    return 1


def find_list(ref: ListRef, lists: Lists, inside: tuple[str, ...] = ()) -> tuple[Pattern, ...]:
    """The patterns of a list; raises PatternError when it is unknown, empty or inside itself."""
    if ref.name in inside:
        raise PatternError(f"the list <{ref.name}> contains itself", key=ref.name)
    members = lists.get(ref.name, ())
    if not members:
        known = ", ".join(sorted(lists)) or "none"
        raise PatternError(f"no list named <{ref.name}>", key=ref.name, hint=f"known lists: {known}")
    return members


def sample(pattern: Pattern, *, rng: random.Random, lists: Lists, fill: Fill) -> Sampled:
    """One text of the pattern, with the spans of its slots; alternatives are drawn by weight."""
    raw: list[str] = []
    found: list[tuple[str, int, int, str | None]] = []
    _emit(pattern.node, raw, found, rng, lists, fill, ())
    text, places = fold("".join(raw))
    slots: list[tuple[str, SlotValue]] = []
    for name, start, end, value in found:
        if start == end:
            slots.append((name, SlotValue(None, "", value)))
            continue
        span = Span(places[start], places[end - 1] + 1)
        slots.append((name, SlotValue(span, text[span.start : span.end], value)))
    return Sampled(text, tuple(slots))


def _emit(
    node: Node,
    raw: list[str],
    found: list[tuple[str, int, int, str | None]],
    rng: random.Random,
    lists: Lists,
    fill: Fill,
    inside: tuple[str, ...],
) -> None:
    """Append the pieces of one path to `raw` and its slots, with raw offsets, to `found`."""
    if isinstance(node, Text):
        raw.append(node.text)
    elif isinstance(node, Seq):
        for item in node.items:
            _emit(item, raw, found, rng, lists, fill, inside)
    elif isinstance(node, Alt):
        weights = [choice.weight for choice in node.choices]
        chosen = rng.choices(node.choices, weights)[0]
        _emit(chosen.node, raw, found, rng, lists, fill, inside)
    elif isinstance(node, Opt):
        if rng.random() * (1.0 + node.weight) < node.weight:
            _emit(node.node, raw, found, rng, lists, fill, inside)
    elif isinstance(node, Slot):
        words = (node.words or "") if node.value is not None else fill(node.name, rng)
        words = " ".join(words.split())
        start = sum(map(len, raw))
        raw.append(words)
        found.append((node.name, start, start + len(words), node.value))
    else:
        members = find_list(node, lists, inside)
        member = rng.choices(members, [one.weight for one in members])[0]
        _emit(member.node, raw, found, rng, lists, fill, (*inside, node.name))


def fold(text: str) -> tuple[str, list[int]]:
    """The text with runs of spaces made one and outer ones removed, and for each old offset its new one.

    A space before a comma or stop goes too, so that `open {x}[ please], now` never leaves "open x , now".
    The offsets of removed characters are those of the next kept one; one more entry stands for the end.
    """
    if _FOLDED_AWAY.search(text) is None:
        return text, list(range(len(text) + 1))
    dropped = [False] * len(text)
    for gap in _BEFORE_STOP.finditer(text):
        for at in range(gap.start(), gap.end()):
            dropped[at] = True
    out: list[str] = []
    places: list[int] = []
    pending = False
    for at, char in enumerate(text):
        if dropped[at]:
            places.append(len(out))
            continue
        if char.isspace():
            places.append(len(out))
            pending = bool(out)
            continue
        if pending:
            out.append(" ")
            pending = False
        places.append(len(out))
        out.append(char)
    places.append(len(out))
    return "".join(out), places
