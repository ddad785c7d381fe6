"""What a pattern can be at the least: every text of one that has few, and how many slots are always said."""

from __future__ import annotations

from collections.abc import Iterator

from whispera.patterns.sample import find_list, fold
from whispera.patterns.tree import Alt, ListRef, Lists, Node, Opt, Pattern, Seq, Slot, Text


def spell(pattern: Pattern, *, lists: Lists) -> Iterator[str]:
    """The texts of a pattern without slots, in the order they are written; see `count` for how many.

    Raises PatternError for an unknown list, ValueError for a slot.
    """
    for text in _texts(pattern.node, lists, ()):
        yield fold(text)[0]


def _texts(node: Node, lists: Lists, inside: tuple[str, ...]) -> Iterator[str]:
    if isinstance(node, Text):
        yield node.text
    elif isinstance(node, Seq):
        yield from _in_turn(node.items, lists, inside)
    elif isinstance(node, Alt):
        for choice in node.choices:
            yield from _texts(choice.node, lists, inside)
    elif isinstance(node, Opt):
        yield ""
        yield from _texts(node.node, lists, inside)
    elif isinstance(node, ListRef):
        for member in find_list(node, lists, inside):
            yield from _texts(member.node, lists, (*inside, node.name))
    else:
        assert isinstance(node, Slot)
        raise ValueError(f"a slot, {{{node.name}}}, has no texts of its own")


def _in_turn(items: tuple[Node, ...], lists: Lists, inside: tuple[str, ...]) -> Iterator[str]:
    if not items:
        yield ""
        return
    for first in _texts(items[0], lists, inside):
        for rest in _in_turn(items[1:], lists, inside):
            yield first + rest


def least_slots(pattern: Pattern) -> int:
    """How many slots every text of a pattern holds."""
    return _least(pattern.node)


def _least(node: Node) -> int:
    if isinstance(node, Slot):
        return 1
    if isinstance(node, Seq):
        return sum(map(_least, node.items))
    if isinstance(node, Alt):
        return min(_least(choice.node) for choice in node.choices)
    return 0
