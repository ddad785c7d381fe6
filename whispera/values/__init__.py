"""Canonical values of slots from the words that were said, and the other way round.

One module per slot type. The model points at words; these parsers alone decide what they mean. `parse` is
total: any string gives a value or None, in time linear in its length. Standard library alone; hot path.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Protocol

from whispera.values import clock, count, duration, expression, keys, name, percent, text, url

TYPES = ("text", "name", "url", "percent", "count", "duration", "clock", "keys", "expression")
"""The slot types whose values are words of the utterance; every other type is an enum."""


class _Reader(Protocol):
    """What the module of a type offers."""

    def parse(self, words: str) -> int | str | None: ...
    def fits(self, words: str) -> bool: ...
    def could_start(self, word: str) -> bool: ...
    def sample(self, rng: random.Random) -> str: ...


_READERS: dict[str, _Reader] = {
    "text": text, "name": name, "url": url, "percent": percent, "count": count, "duration": duration,
    "clock": clock, "keys": keys, "expression": expression,
}  # fmt: skip


def parse(type: str, words: str, *, enum: Iterable[str] = ()) -> int | str | None:
    """The canonical value of the words, None when they are none of that type.

    `enum` holds the canonical words of a type that is not in TYPES: the words must be one of them.
    """
    reader = _READERS.get(type)
    if reader is not None:
        return reader.parse(words)
    word = "_".join(words.lower().split())
    return word if word in enum else None


def fits(type: str, words: str) -> bool:
    """Whether exactly these words may be the value, with no superfluous word or space at either end."""
    reader = _READERS.get(type)
    return reader is not None and reader.fits(words)


def could_start(type: str, word: str) -> bool:
    """Whether a value of the type may begin with this word; cheap, and never False where one does."""
    reader = _READERS.get(type)
    return reader is not None and reader.could_start(word)


def sample(type: str, rng: random.Random) -> str:
    """Words for a value as people say or type them; `fits` holds for them. Raises KeyError for an enum."""
    return _READERS[type].sample(rng)


def say(type: str, value: int | str) -> str:
    """A natural spoken form of a canonical value; `parse` of it gives the value back."""
    if isinstance(value, int):
        speaker = {"percent": percent.say, "count": count.say, "duration": duration.say}.get(type)
        return speaker(value) if speaker else str(value)
    teller = {"clock": clock.say, "keys": keys.say, "expression": expression.say, "url": url.say}.get(type)
    return teller(value) if teller else value.replace("_", " ") if type not in TYPES else value
