"""Which patterns a text may be an instance of, found among thousands.

The rarest word a pattern cannot do without and a regular expression leave few candidates; these are matched
as ever.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, TypeVar

from generator.fillers import plain
from whispera import patterns
from whispera.catalog.model import Action
from whispera.patterns import Alt, ListRef, Lists, Matched, Node, Opt, Pattern, Seq, Text

T = TypeVar("T")

FREE = ("text", "name")
"""Slot types that take any words."""
ANY = ""
"""Stands for a word that is not known: a slot."""


class _Candidate(Generic[T]):
    """A pattern with a quick test, made when it is first needed."""

    __slots__ = ("_lists", "may_be", "meaning", "needed", "pattern")

    def __init__(self, pattern: Pattern, meaning: T, lists: Lists) -> None:
        self.pattern = pattern
        self.meaning = meaning
        self.needed = frozenset(_needed(pattern.node))
        self._lists = lists
        self.may_be: Callable[[str], object] = self._first_test
        """Whether a text may match, by something that is true or false; false only where it does not."""

    def _first_test(self, text: str) -> object:
        self.may_be = re.compile(_regex(self.pattern.node, self._lists), re.IGNORECASE).fullmatch
        return self.may_be(text)


class Phrases(Generic[T]):
    """Patterns, each with what it stands for."""

    def __init__(self, items: Iterable[tuple[Pattern, T]], lists: Lists) -> None:
        self._lists = lists
        self._by_word: dict[str, list[_Candidate[T]]] = defaultdict(list)
        """Patterns by a word that stands in all their texts, else by those they may begin with."""
        candidates = [_Candidate(pattern, meaning, lists) for pattern, meaning in items]
        common = Counter(word for one in candidates for word in one.needed)
        for candidate in candidates:
            if candidate.needed:
                keys = {min(candidate.needed, key=lambda word: (common[word], word))}
            else:
                first, may_be_empty = _first(candidate.pattern.node, lists)
                keys = {ANY} if may_be_empty or ANY in first else first
            for word in keys:
                self._by_word[word].append(candidate)

    def find(self, text: str) -> list[tuple[T, Matched]]:
        """What the text may stand for, and how its slots are filled."""
        text = text.rstrip(" .!?")
        words = dict.fromkeys(plain(text).split())
        said = words.keys()
        return [
            (one.meaning, reading)
            for word in (*words, ANY)
            for one in (self._by_word.get(word, ()) if words else ())
            if one.needed <= said and one.may_be(text)
            for reading in patterns.match(one.pattern, text, lists=self._lists)
        ]


def fits(action: Action, reading: Matched, enums: Mapping[str, Mapping[str, Sequence[str]]]) -> bool:
    """Whether the words of a reading can be the values of the action's slots."""
    for name, value in reading.slots:
        spec = action.slot(name)
        if spec is None or value.value is not None:
            continue
        if spec.is_span:
            if spec.type not in FREE and not spec.fits(value.words):
                return False
        elif all(value.words.lower() not in map(str.lower, said) for said in enums[spec.type].values()):
            return False
    return True


def is_firm(action: Action, reading: Matched) -> bool:
    """Whether a reading has no slot that takes any words."""
    specs = (action.slot(name) for name, value in reading.slots if value.value is None)
    return all(spec is None or spec.type not in FREE for spec in specs)


def _regex(node: Node, lists: Lists) -> str:
    """A regular expression that every text of a node matches; spaces count for nothing."""
    if isinstance(node, Text):
        return r"\s*".join(map(re.escape, re.split(r"\s+", node.text)))
    if isinstance(node, Seq):
        return r"\s*".join(_regex(item, lists) for item in node.items)
    if isinstance(node, Alt):
        return "(?:" + "|".join(_regex(choice.node, lists) for choice in node.choices) + ")"
    if isinstance(node, Opt):
        return f"(?:{_regex(node.node, lists)})?"
    if isinstance(node, ListRef):
        return "(?:" + "|".join(_regex(one.node, lists) for one in lists.get(node.name, ())) + ")"
    return ".+" if node.value is None else r"\s*".join(map(re.escape, (node.words or "").split()))


def _needed(node: Node) -> set[str]:
    """Whole words that stand in every text of a node; not all of them, but surely these."""
    if isinstance(node, Text):
        return set(plain(node.text).split())
    if not isinstance(node, Seq):
        return set()
    found: set[str] = set()
    last = len(node.items) - 1
    for number, item in enumerate(node.items):
        if not isinstance(item, Text):
            continue
        words = plain(item.text).split()
        if words and number > 0 and item.text[0].isalnum():
            words = words[1:]  # it may be glued to what stands before
        if words and number < last and item.text[-1].isalnum():
            words = words[:-1]
        found.update(words)
    return found


def _first(node: Node, lists: Lists) -> tuple[set[str], bool]:
    """The words a node may begin with, and whether it may be empty."""
    if isinstance(node, Text):
        words = plain(node.text).split()
        return set(words[:1]), not words
    if isinstance(node, Seq):
        found: set[str] = set()
        for item in node.items:
            words_of, empty = _first(item, lists)
            found |= words_of
            if not empty:
                return found, False
        return found, True
    if isinstance(node, Alt):
        parts = [_first(choice.node, lists) for choice in node.choices]
    elif isinstance(node, Opt):
        return _first(node.node, lists)[0], True
    elif isinstance(node, ListRef):
        parts = [_first(member.node, lists) for member in lists.get(node.name, ())]
    else:
        return {ANY}, False
    return set().union(*(words_of for words_of, _ in parts)), any(empty for _, empty in parts)
