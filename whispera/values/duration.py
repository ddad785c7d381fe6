"""Lengths of time in seconds, as said after "for" or "in"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whispera.values import numbers

if TYPE_CHECKING:
    import random

MAX_S = 366 * 86_400
"""A year; nobody sets a longer timer by voice."""

_UNITS = {
    1: ("s", "sec", "secs", "second", "seconds", "second's", "secound", "secounds"),
    60: ("m", "min", "mins", "minute", "minutes", "minute's", "minuites", "minuts"),
    3600: ("h", "hr", "hrs", "hour", "hours", "hour's", "our's"),
    86_400: ("d", "day", "days", "day's"),
    604_800: ("wk", "wks", "week", "weeks", "week's"),
}
UNIT_S = {word: seconds for seconds, words in _UNITS.items() for word in words}
"""Unit words to seconds."""
_SMALLER = {3600: 60, 60: 1}
_SAID = {1: "seconds", 60: "minutes", 3600: "hours", 86_400: "days", 604_800: "weeks"}
_MOST_HOURS = 12
"""After "an hour", "two" counts hours and "forty" minutes."""
_HEDGES = frozenset(
    {"about", "around", "roughly", "exactly", "approximately", "another", "just", "like", "maybe"}
)
_ENDS = (["or", "so"], ["exactly"], ["ish"], ["or", "thereabouts"], ["time"], ["'"], ["'", "time"], ["flat"])
_FILL = ("full", "whole", "single", "good", "quick", "straight", "solid")
_CLOCKWISE = re.compile(r"([0-9]{1,3}):([0-5][0-9])(?::([0-5][0-9]))? ?([a-z]*)")
_STARTS = (
    numbers.NUMBER_WORDS
    | frozenset(numbers.PARTS)
    | _HEDGES
    | {"couple", "hour", "minute", "second", "day", "week", "hr", "min", "sec", ".", "full", "whole"}
)


def parse(words: str) -> int | None:
    """The length in whole seconds, 1 to a year; None when the words are none. A bare number is none."""
    if len(words) > numbers.MAX_CHARS:
        return None
    text = numbers.fold(words)
    if not could_start(text):
        return None
    seconds = _clockwise(text)
    if seconds is None:
        seconds = _spoken(_without_edges(numbers.tokens(numbers.unhyphened(text))))
    if seconds is None or not 0.5 <= seconds <= MAX_S:
        return None
    return int(seconds + 0.5)


def _clockwise(text: str) -> float | None:
    """The seconds of "1:30 hours", "2:15 min" or "1:30:00"; None for any other form, "1:30" included."""
    found = _CLOCKWISE.fullmatch(text)
    if found is None:
        return None
    first, second, third, unit = int(found[1]), int(found[2]), found[3], found[4]
    if third is not None:
        return first * 3600 + second * 60 + int(third) if unit in ("", "h", "hours") else None
    seconds = UNIT_S.get(unit, 0)
    return float(first * seconds + second * _SMALLER[seconds]) if seconds in _SMALLER else None


def _without_edges(parts: list[str]) -> list[str]:
    """The tokens without "about" before and "or so" after."""
    while parts and parts[0] in _HEDGES:
        parts = parts[1:]
    for end in sorted(_ENDS, key=len, reverse=True):
        if len(parts) > len(end) and parts[-len(end) :] == end:
            return parts[: -len(end)]
    return parts


def _spoken(parts: list[str]) -> float | None:
    """The sum of units from large to small: "an hour, ten minutes and five seconds"."""
    total = 0.0
    last = 10**9
    at = 0
    while at < len(parts):
        if last < 10**9:
            joined = at
            while joined < len(parts) and parts[joined] in (",", "and"):
                joined += 1
            tail = _tail(parts, joined, last)
            if tail is not None:
                return total + tail
            if joined - at > 2:
                return None
            at = joined
        piece = _piece(parts, at)
        if piece is None:
            return None
        seconds, unit, at = piece
        if unit >= last:
            return None
        total += seconds
        last = unit
    return total if last < 10**9 else None


def _piece(parts: list[str], at: int) -> tuple[float, int, int] | None:
    """One amount with its unit: its seconds, the unit's seconds and the index after it."""
    amount = _amount(parts, at)
    if amount is None:
        return None
    value, at = amount
    while at < len(parts) and parts[at] in _FILL:
        at += 1
    if at >= len(parts):
        return None
    unit = UNIT_S.get(parts[at])
    if unit is None:
        return None
    at += 1
    if at < len(parts) and parts[at] == "." and len(parts[at - 1]) <= 4:
        at += 1
    extra = numbers.and_part(parts, at)
    # "an hour and a half", but "an hour and a half minute" is none of ours to guess
    if extra is not None and extra[1] == len(parts):
        return (value + extra[0]) * unit, unit, extra[1]
    return value * unit, unit, at


def _amount(parts: list[str], at: int) -> tuple[float, int] | None:
    """How many of a unit: "two and a half", "half an", "three quarters of an", "a couple of", nothing."""
    if at >= len(parts):
        return None
    word = parts[at]
    following = parts[at + 1] if at + 1 < len(parts) else ""
    if word in UNIT_S:
        return (1.0, at) if len(word) > 1 and not word.endswith("s") else None
    if (word in ("a", "an") and following in UNIT_S) or (following in _FILL and word in ("a", "an", "one")):
        return 1.0, at + 1
    for couple in (["a", "couple"], ["couple"]):
        end = at + len(couple)
        if parts[at:end] == couple:
            return 2.0, end + (parts[end : end + 1] == ["of"])
    if word in ("a", "an") and following in ("half", "quarter", "third", "1"):
        at += following in ("half", "1")
    if word == "half" and parts[at + 1 : at + 3] == ["a", "dozen"]:
        return 6.0, at + 3
    fraction = numbers.part(parts, at)
    if fraction is not None:
        value, at = fraction
        if parts[at : at + 1] == ["of"]:
            at += 1
        if parts[at : at + 1] in (["a"], ["an"], ["one"]):
            at += 1
        return value, at
    return numbers.mixed(parts, at)


def _tail(parts: list[str], at: int, unit: int) -> float | None:
    """Seconds of a last bare number that counts the next smaller unit: "two minutes thirty", "1h30"."""
    smaller = _SMALLER.get(unit)
    if smaller is None:
        return None
    read = numbers.whole(parts, at)
    if read is not None and read[1] == len(parts) and 0 < read[0] < 60:
        return float(read[0] * smaller)
    return None


def fits(words: str) -> bool:
    """Whether the words are the length and nothing else; "or so" belongs to it."""
    return words == words.strip() and parse(words) is not None


def whole(words: str, after: str) -> str:
    """A bare number with the unit of an earlier length: "twenty" after "ten minutes"; else the words.

    After a part of a unit ("half an hour"), and of more hours than anybody waits, it counts the next smaller.
    An earlier length of two units ("an hour and ten minutes") leaves open which is meant, and gives none.
    """
    if len(words) > numbers.MAX_CHARS or len(after) > numbers.MAX_CHARS or parse(words) is not None:
        return words
    number = _without_edges(numbers.tokens(numbers.unhyphened(numbers.fold(words))))
    amount = numbers.mixed(number, 0)
    earlier = _without_edges(numbers.tokens(numbers.unhyphened(numbers.fold(after))))
    piece = _piece(earlier, 0)
    if amount is None or amount[1] != len(number) or piece is None or piece[2] != len(earlier):
        return words
    seconds, unit, _ = piece
    many_hours = unit == 3600 and amount[0] > _MOST_HOURS >= seconds / unit
    if seconds < unit or many_hours:
        unit = _SMALLER.get(unit, unit)
    made = f"{' '.join(number)} {_SAID[unit]}"
    return made if fits(made) else words


def could_start(word: str) -> bool:
    """Whether a length of time may begin with this word."""
    return numbers.begins(word, _STARTS)


def say(value: int) -> str:
    """The length in words, largest unit first: "one hour and ten minutes"."""
    said = []
    for seconds, name in ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        amount, value = divmod(value, seconds)
        if amount:
            said.append(f"{numbers.say_whole(amount)} {name}" + ("s" if amount > 1 else ""))
    return " and ".join((", ".join(said[:-1]), said[-1])) if len(said) > 1 else said[0]


_FIXED = (
    "half an hour", "half an hour", "an hour", "an hour", "a minute", "an hour and a half",
    "a quarter of an hour", "three quarters of an hour", "a couple of minutes", "a couple of hours",
    "half a minute", "a minute and a half", "an hour and a quarter", "two and a half hours",
    "one and a half hours", "a half hour", "a quarter hour", "two and a half minutes",
    "seven and a half minutes", "a day", "an hour and ten minutes", "an hour and twenty", "1.5 hours",
    "2.5 hours", "one and a half minutes", "three and a half minutes", "a dozen minutes", "half hour",
    "an hour forty five", "a full hour", "a whole day", "half of an hour", "1 hour and a half",
    "a couple minutes", "hour and a half", "two hours and a half", "a hundred seconds",
    "twenty minutes or so", "1/2 hour", "0.5 hours", "four and a half minutes", "five and a half hours",
    "an hour thirty", "a minute thirty", "two and a quarter hours",
)  # fmt: skip
_NAMES = {
    1: ("second", ("sec", "s")),
    60: ("minute", ("min", "m")),
    3600: ("hour", ("hr", "h")),
    86_400: ("day", ("day", "d")),
}
_ROUND = (
    1,
    2,
    3,
    4,
    5,
    5,
    5,
    6,
    7,
    8,
    9,
    10,
    10,
    10,
    12,
    15,
    15,
    20,
    20,
    25,
    30,
    30,
    35,
    40,
    45,
    45,
    50,
    60,
    90,
)


def sample(rng: random.Random) -> str:
    """A length of time as people say or type it: one unit mostly, two at times, halves and quarters."""
    chance = rng.random()
    if chance < 0.14:
        return rng.choice(_FIXED)
    if chance < 0.74:
        unit = rng.choice((1, 60, 60, 60, 60, 3600, 3600))
        unit = 86_400 if rng.random() < 0.02 else unit
        amount = rng.randint(1, 24) if unit >= 3600 else rng.choice((*_ROUND, rng.randint(1, 120)))
        return _one(rng, amount, unit, spoken=rng.random() < 0.6)
    return _two(rng)


def _one(rng: random.Random, amount: int, unit: int, *, spoken: bool) -> str:
    """An amount of one unit, in words or digits, long, short or glued."""
    name, (short, letter) = _NAMES[unit]
    # "a ten minute timer": no plural before a noun
    plural = "s" if amount != 1 and rng.random() > 0.05 else ""
    if spoken:
        number = numbers.say_whole(amount)
        if amount == 1 and rng.random() < 0.6:
            number = "an" if unit == 3600 else "a"
        elif " " in number and rng.random() < 0.3:
            number = number.replace(" ", "-")
        return f"{number} {rng.choice((name,) * 8 + (short,))}{plural}"
    form = rng.random()
    if form < 0.62:
        return f"{amount} {name}{plural}"
    if form < 0.82:
        return f"{amount} {short}{plural if rng.random() < 0.6 else ''}"
    if form < 0.9:
        return f"{amount}{short}{plural if rng.random() < 0.4 else ''}"
    if form < 0.93:
        return f"{amount}-{name}"
    return f"{amount}{letter}"


def _two(rng: random.Random) -> str:
    """Two units: "two minutes thirty", "1 hr 20 mins", "1h30", "an hour and five minutes"."""
    large = rng.choice((60, 3600, 3600))
    small = _SMALLER[large]
    amount = rng.choice((1, 1, 1, 2, 2, 3, rng.randint(1, 12)))
    rest = rng.choice((5, 10, 15, 15, 20, 30, 30, 30, 40, 45, 45, 50, rng.randint(1, 59)))
    spoken = rng.random() < 0.62
    first = _one(rng, amount, large, spoken=spoken)
    form = rng.random()
    if not spoken and form < 0.15:
        letter = _NAMES[large][1][1]
        return f"{amount}{letter}{rest:02d}" + (_NAMES[small][1][1] if rng.random() < 0.5 else "")
    if form < 0.4 and "-" not in first and rest >= 5:
        return f"{first}{' and' if rng.random() < 0.25 else ''} {numbers.say_whole(rest) if spoken else rest}"
    joint = rng.choice((" and ", " and ", " and ", " ", " ", ", "))
    return first.replace("-", " ") + joint + _one(rng, rest, small, spoken=spoken)
