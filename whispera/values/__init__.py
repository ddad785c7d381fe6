"""Canonical values of slots from the words that were said, and the other way round.

One module per slot type. The model points at words; these parsers alone decide what they mean. `parse` is
total: any string gives a value or None, in time linear in its length. Standard library alone; hot path.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable
    from typing import Any, Protocol

    class _Reader(Protocol):
        """What the module of a type offers."""

        def parse(self, words: str) -> int | str | None:
            """The canonical value."""

        def fits(self, words: str) -> bool:
            """Whether the words are the value and no more."""

        def could_start(self, word: str) -> bool:
            """Whether a value may begin with the word."""

        def say(self, value: Any) -> str:
            """A spoken form of the value."""

        def sample(self, rng: random.Random) -> str:
            """Words for a value."""

    class _Leaning(Protocol):
        """What the module of a type in LEANING offers beside."""

        def whole(self, words: str, after: str) -> str:
            """The words with what those of an earlier value say for them."""


TYPES = ("text", "name", "url", "percent", "count", "duration", "clock", "keys", "expression")
"""The slot types whose values are words of the utterance; every other type is an enum."""
LEANING = ("duration", "clock")
"""The types whose values may leave out what the value before said."""


@cache
def _reader(type: str) -> _Reader | None:
    """The module of a type, imported when it is first asked for; None for an enum."""
    if type not in TYPES:
        return None
    return cast("_Reader", import_module(f"{__name__}.{type}"))


def parse(type: str, words: str, *, enum: Iterable[str] = (), after: str = "") -> int | str | None:
    """The canonical value of the words, None when they are none of that type.

    `enum` holds the canonical words of a type that is not in TYPES: the words must be one of them.
    `after`: as for `whole`.
    """
    reader = _reader(type)
    if reader is not None:
        return reader.parse(whole(type, words, after))
    word = "_".join(words.lower().split())
    return word if word in enum else None


def whole(type: str, words: str, after: str) -> str:
    """Words with what they leave out, since the value they correct says it: its unit, its half of the day.

    `after`: the words of that value, empty where there is none. After "ten minutes" "twenty" is "twenty
    minutes". Words that leave out nothing, or that nothing would complete, stay as they are.
    """
    return cast("_Leaning", _reader(type)).whole(words, after) if after and type in LEANING else words


def fits(type: str, words: str, after: str = "") -> bool:
    """Whether exactly these words may be the value, with no superfluous word or space at either end.

    `after`: as for `whole`.
    """
    reader = _reader(type)
    if reader is None:
        return False
    return reader.fits(words) or (words == words.strip() and reader.fits(whole(type, words, after)))


def could_start(type: str, word: str) -> bool:
    """Whether a value of the type may begin with this word; cheap, and never False where one does."""
    reader = _reader(type)
    return reader is not None and reader.could_start(word)


def sample(type: str, rng: random.Random) -> str:
    """Words for a value as people say or type them; `fits` holds for them. Raises KeyError for an enum."""
    reader = _reader(type)
    if reader is None:
        raise KeyError(type)
    return reader.sample(rng)


def say(type: str, value: int | str) -> str:
    """A natural spoken form of a canonical value; `parse` of it gives the value back."""
    reader = _reader(type)
    return str(value).replace("_", " ") if reader is None else reader.say(value)
