"""How many: a whole number of at least one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whispera.values import numbers

if TYPE_CHECKING:
    import random

MAX = 1_000_000_000
_TIMES = {"once": 1, "twice": 2, "thrice": 3, "single": 1}
_STARTS = numbers.NUMBER_WORDS | frozenset(_TIMES) | {"couple", "half"}


def parse(words: str) -> int | None:
    """The number, 1 to a billion; None when the words are none."""
    text = numbers.fold(words)
    if len(text) > numbers.MAX_CHARS or not could_start(text):
        return None
    parts = numbers.tokens(numbers.unhyphened(text))
    if parts[-1] in ("times", "time", "x") and len(parts) > 1:
        del parts[-1]
    if parts == ["a", "couple"] or parts == ["couple"] or parts == ["a", "couple", "of"]:
        return 2
    if parts[:1] == ["half"] and parts[1:] in (["a", "dozen"], ["dozen"]):
        return 6
    if len(parts) == 1 and parts[0] in ("a", "an"):
        return 1
    if len(parts) == 1 and parts[0] in _TIMES:
        return _TIMES[parts[0]]
    read = numbers.whole(parts, 0)
    if read is None or read[1] != len(parts):
        return None
    return read[0] if 1 <= read[0] <= MAX else None


def fits(words: str) -> bool:
    """Whether the words are the number and nothing else."""
    return not words.lower().endswith(" of") and parse(words) is not None


def could_start(word: str) -> bool:
    """Whether a number may begin with this word."""
    return numbers.begins(word, _STARTS)


def say(value: int) -> str:
    """The number in words."""
    return numbers.say_whole(value)


def sample(rng: random.Random) -> str:
    """A small number more often than a large one, in words or digits."""
    value = rng.choice((rng.randint(1, 12), rng.randint(1, 12), rng.randint(1, 60), rng.randint(1, 500)))
    return rng.choice((str(value), say(value), say(value)))
