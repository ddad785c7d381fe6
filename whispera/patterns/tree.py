"""The pattern tree: what a template of the pattern language is once it has been read.

    pattern   := sequence [weight]
    sequence  := (text | group | optional | slot | list)+
    group     := "(" alternative ("|" alternative)* ")"
    optional  := "[" alternative ("|" alternative)* "]"
    alternative := sequence [weight]
    slot      := "{" name ["=" value ["|" words]] "}"
    list      := "<" name ">"
    weight    := "^" number

A backslash makes the next character literal. Trees made by `parse` are in normal form: no sequence of
fewer than two items, none inside another, no neighbouring texts, no group of one alternative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, Union


@dataclass(frozen=True, slots=True)
class Text:
    """Literal characters, spaces included."""

    text: str


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value: `{name}`, `{name=value}` or `{name=value|words}`."""

    name: str
    value: str | None = None
    """The canonical value where the pattern fixes it."""
    words: str | None = None
    """The words that mean `value`; equal to it for `{name=value}`, empty when nothing is said."""


@dataclass(frozen=True, slots=True)
class ListRef:
    """One of the patterns of a word list: `<name>`."""

    name: str


@dataclass(frozen=True, slots=True)
class Seq:
    """Items one after the other, at least two."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """One alternative of a group."""

    node: Node
    weight: float = 1.0
    """How often it is sampled, relative to its neighbours."""


@dataclass(frozen=True, slots=True)
class Alt:
    """One of several alternatives, at least two: `(a|b^3)`."""

    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class Opt:
    """Something that may be left out: `[a]`."""

    node: Node
    weight: float = 1.0
    """How often it is said, relative to being left out; 1 is every other time."""


Node: TypeAlias = Union[Text, Seq, Alt, Opt, Slot, ListRef]


@dataclass(frozen=True, slots=True)
class Pattern:
    """A whole pattern."""

    node: Node
    weight: float = 1.0
    """How often it is sampled, relative to the other patterns of its action or list."""


Lists: TypeAlias = Mapping[str, tuple[Pattern, ...]]
"""Name of a word list to its patterns, for `<name>`."""


def slots(pattern: Pattern) -> tuple[Slot, ...]:
    """The slots written in the pattern itself (not in its lists), left to right, repeats included."""
    found: list[Slot] = []
    stack: list[Node] = [pattern.node]
    while stack:
        node = stack.pop()
        if isinstance(node, Slot):
            found.append(node)
        else:
            stack.extend(reversed(children(node)))
    return tuple(found)


def list_names(pattern: Pattern) -> tuple[str, ...]:
    """The names of the word lists the pattern refers to, left to right, repeats included."""
    found: list[str] = []
    stack: list[Node] = [pattern.node]
    while stack:
        node = stack.pop()
        if isinstance(node, ListRef):
            found.append(node.name)
        else:
            stack.extend(reversed(children(node)))
    return tuple(found)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly inside a node, left to right; empty for leaves."""
    if isinstance(node, Seq):
        return node.items
    if isinstance(node, Alt):
        return tuple(choice.node for choice in node.choices)
    if isinstance(node, Opt):
        return (node.node,)
    return ()
