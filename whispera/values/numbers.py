"""Numbers as people say and type them: the part all value types share.

Reads "a hundred and forty four", "1,250", "three point five", "oh five", "two and a half" from a list of
tokens. It does not know units, clocks or operators; those belong to the types.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Collection, Sequence

MAX_CHARS = 400
"""Longer text is no number, time, key or sum; keeps every reader linear and quick."""

UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9,
}  # fmt: skip
TEENS = {
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80,
    "ninety": 90,
}  # fmt: skip
SCALES = {"thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
SMALL = {**UNITS, **TEENS, **TENS, **{t + u: TENS[t] + UNITS[u] for t in TENS for u in UNITS if u != "zero"}}
SMALL.update({"fourty": 40, "ninty": 90, "fourtyfive": 45, "nil": 0})
ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12,
}  # fmt: skip
PARTS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4,
    "fifth": 5, "fifths": 5, "sixth": 6, "sixths": 6, "seventh": 7, "sevenths": 7, "eighth": 8,
    "eighths": 8, "ninth": 9, "ninths": 9, "tenth": 10, "tenths": 10, "twelfth": 12, "twelfths": 12,
    "hundredth": 100, "hundredths": 100,
}  # fmt: skip
"""Fraction words to their denominators."""
NUMBER_WORDS = frozenset(SMALL) | {"a", "an", "hundred", "thousand", "million", "billion", "dozen", "point"}

_FOLD = str.maketrans({
    "\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-",
    "\u2212": "-", "\u2011": "-", "\u2010": "-", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2044": "/",
    "\u00d7": "*", "\u00f7": "/", "\u221a": " sqrt ", "\u00bd": " 1/2", "\u00bc": " 1/4", "\u00be": " 3/4",
    "\u2153": " 1/3", "\u2154": " 2/3", "\u00b2": "^2", "\u00b3": "^3", "\uff05": "%",
})  # fmt: skip
_LONG_WORDS = (
    *(word for word in {**UNITS, **TEENS, **TENS} if len(word) > 4), "hundred", "thousand", "million",
    "billion", "minutes", "minute", "seconds", "second", "hours", "percent", "quarter", "quarters",
    "couple", "thirds", "o'clock", "midnight", "midday", "morning", "evening", "afternoon", "tonight",
    "maximum", "minimum", "halfway", "minus", "times", "divided", "multiplied", "square", "squared",
    "subtract", "multiply", "control", "command", "option", "escape", "backspace", "delete", "insert",
    "return", "enter", "space", "spacebar", "windows", "arrow",
)  # fmt: skip
_REAL_WORDS = frozenset(_LONG_WORDS) | {
    "there", "divide", "widows", "entre", "minute", "second", "hour", "third", "window", "quarter", "time",
    "spaces",
}  # fmt: skip
_HYPHEN = re.compile("(?<=[a-z])-(?=[a-z0-9])|(?<=[0-9])-(?=[a-z])")
_DIGITS = re.compile(r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+")
_TOKEN = re.compile(
    r"(?:[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])|[0-9]+)(?:\.[0-9]+)?|\.[0-9]+|[a-z]+(?:'[a-z]+)?|\S"
)


def fold(text: str) -> str:
    """The text in lower case with plain quotes, dashes and signs, outer space removed."""
    text = text.strip().lower()
    return text if text.isascii() else unicodedata.normalize("NFC", text.translate(_FOLD)).strip()


def tokens(text: str) -> list[str]:
    """Words, numbers and single signs of folded text, slips mended; "1h30" gives three."""
    return [mended(word) for word in _TOKEN.findall(text)]


def unhyphened(text: str) -> str:
    """The text with the hyphens of compound words as spaces: "forty-five", "30-second"."""
    return _HYPHEN.sub(" ", text) if "-" in text else text


def mended(word: str) -> str:
    """The long number or unit word that was mistyped ("mintues", "quater"), else the word itself."""
    return _slips().get(word, word) if len(word) > 4 else word


@functools.cache
def _slips() -> dict[str, str]:
    """Mistyped forms of long words: a letter lost, doubled or swapped with its neighbour, never the first."""
    found: dict[str, str] = {}
    for word in _LONG_WORDS:
        for at in range(1, len(word)):
            swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
            doubled = word[:at] + word[at] + word[at:]
            lost = word[:at] + word[at + 1 :]
            for slip in (swapped, doubled, lost) if len(word) > 5 else (swapped,):
                found.setdefault(slip, word)
    return {slip: word for slip, word in found.items() if slip not in _REAL_WORDS}


def first_word(text: str) -> str:
    """The letters the folded text begins with, "0" for a digit, else its first character or ""."""
    if not text:
        return ""
    if text[0].isascii() and text[0].isdigit():
        return "0"
    end = 0
    while end < len(text) and end < 24 and (text[end].isalpha() or text[end] == "'"):
        end += 1
    return text[: max(end, 1)]


def begins(word: str, starts: Collection[str]) -> bool:
    """Whether a word begins with a digit, or is one of these, also where it is misspelt."""
    first = first_word(fold(word[:40]))
    return first == "0" or first in starts or mended(first) in starts


def is_digits(token: str) -> bool:
    """Whether the token is a number in digits, with or without decimals."""
    return _DIGITS.fullmatch(token) is not None


def plain(token: str) -> str:
    """A digit token without thousands commas and needless zeros: "1,250.50" -> "1250.5"."""
    whole, _, decimals = token.replace(",", "").partition(".")
    decimals = decimals.rstrip("0")
    whole = whole.lstrip("0") or "0"
    return f"{whole}.{decimals}" if decimals else whole


def whole(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """The whole number from token `at` on and the index after it, up to billions; None if none does."""
    total = 0
    start = at
    limit = 1_000_000_000_000
    while at < len(words):
        if total and words[at] == "and" and not _hundreds_follow(words, at, total):
            break
        begin = at + 1 if total and words[at] == "and" else at
        group = _below_thousand(words, begin, article=total == 0)
        if group is None:
            break
        value, after = group
        if after < len(words) and words[after] in SCALES and SCALES[words[after]] < limit:
            limit = SCALES[words[after]]
            total += value * limit
            at = after + 1
            continue
        if total and (value >= limit or limit == 1_000_000_000_000):
            break
        total += value
        at = after
        break
    return (total, at) if at > start else None


def _hundreds_follow(words: Sequence[str], at: int, total: int) -> bool:
    """Whether "and" here belongs inside the number ("two thousand and six")."""
    return total % 1000 == 0 and at + 1 < len(words) and words[at + 1] in SMALL


def _below_thousand(words: Sequence[str], at: int, *, article: bool) -> tuple[int, int] | None:
    """A group as said before "thousand" or alone: "a hundred and six", "fourteen hundred", "85"."""
    if at >= len(words):
        return None
    word = words[at]
    if word == "a" or word == "an":
        if article and at + 1 < len(words):
            if words[at + 1] == "hundred":
                return _after_hundred(words, at + 2, 100)
            if words[at + 1] in SCALES:
                return 1, at + 1
            if words[at + 1] == "dozen":
                return 12, at + 2
        return None
    if word == "hundred" and article:
        return _after_hundred(words, at + 1, 100)
    if word == "dozen" and article:
        return 12, at + 1
    if word in SCALES and article:
        return 1, at
    small = below_hundred(words, at)
    if small is None:
        if word.isdigit() and word.isascii() and len(word) <= 15:
            small = int(word), at + 1
        elif "," in word and is_digits(word) and "." not in word and len(word) <= 19:
            return int(word.replace(",", "")), at + 1
        else:
            return None
    value, after = small
    if after < len(words) and words[after] == "hundred" and 0 < value < 100:
        return _after_hundred(words, after + 1, value * 100)
    if after < len(words) and words[after] == "dozen" and 0 < value < 100:
        return value * 12, after + 1
    return value, after


def _after_hundred(words: Sequence[str], at: int, value: int) -> tuple[int, int]:
    """Adds what follows "hundred": "[and] forty four"."""
    begin = at + 1 if at < len(words) and words[at] == "and" else at
    rest = below_hundred(words, begin)
    if rest is not None and begin > at and words[rest[1] : rest[1] + 1] == ["hundred"]:
        return value, at
    if rest is None or rest[0] == 0:
        if begin < len(words) and re.fullmatch("[0-9]{1,2}", words[begin]) and int(words[begin]):
            return value + int(words[begin]), begin + 1
        return value, at
    return value + rest[0], rest[1]


def below_hundred(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """A number word of 0 to 99 ("seven", "forty five", "forty - five") and the index after it."""
    if at >= len(words):
        return None
    value = SMALL.get(words[at])
    if value is None:
        return None
    at += 1
    if value >= 20 and value % 10 == 0:
        next_at = at + 1 if at + 1 < len(words) and words[at] == "-" else at
        unit = UNITS.get(words[next_at]) if next_at < len(words) else None
        if unit:
            return value + unit, next_at + 1
    return value, at


def decimal(words: Sequence[str], at: int) -> tuple[str, int] | None:
    """As `whole`, but with decimals, as plain text: "3.5", "three point one four", "1.5 million"."""
    if at >= len(words):
        return None
    word = words[at]
    if "." in word and is_digits(word):
        text = plain(word)
        if at + 1 < len(words) and words[at + 1] in SCALES:
            return _times(text, SCALES[words[at + 1]]), at + 2
        return (text, at + 1) if len(text) <= 30 else None
    read = (0, at) if word == "point" else whole(words, at)
    if read is None:
        return None
    value, after = read
    if after < len(words) and words[after] == "point":
        digits, end = _decimals(words, after + 1)
        if digits:
            text = plain(f"{value}.{digits}")
            if end < len(words) and words[end] in SCALES:
                return _times(text, SCALES[words[end]]), end + 1
            return text, end
    return (str(value), after) if after > at else None


def _times(text: str, scale: int) -> str:
    """A plain decimal times a power of ten."""
    whole_part, _, decimals = text.partition(".")
    zeros = len(str(scale)) - 1
    moved = decimals[:zeros].ljust(zeros, "0")
    return plain(f"{whole_part}{moved}.{decimals[zeros:]}".rstrip("."))


def _decimals(words: Sequence[str], at: int) -> tuple[str, int]:
    """The digits said after "point": "one four", "twenty five", "05"; empty when none were."""
    out = ""
    while at < len(words) and len(out) < 12:
        word = words[at]
        if word in ("oh", "o"):
            out += "0"
        elif word in UNITS:
            out += str(UNITS[word])
        elif word.isdigit() and word.isascii():
            out += word
        elif not out:
            small = below_hundred(words, at)
            if small is None:
                break
            return str(small[0]), small[1]
        else:
            break
        at += 1
    return out, at


def mixed(words: Sequence[str], at: int) -> tuple[float, int] | None:
    """As `decimal` with "and a half", "1 1/2", "3/4" understood; a float."""
    read = decimal(words, at)
    if read is None:
        return None
    value, after = float(read[0]), read[1]
    if after + 1 < len(words) and words[after] == "/" and words[after + 1].isdigit():
        below = float(words[after + 1])
        return (value / below, after + 2) if below else None
    if after + 2 < len(words) and words[after + 1] == "/" and value == int(value):
        above, below_text = words[after], words[after + 2]
        if above.isdigit() and below_text.isdigit() and 0 < int(above) < int(below_text):
            return value + int(above) / int(below_text), after + 3
    extra = and_part(words, after)
    return (value + extra[0], extra[1]) if extra else (value, after)


def and_part(words: Sequence[str], at: int) -> tuple[float, int] | None:
    """The fraction of "and a half", "and three quarters", "and half" and the index after it."""
    if at >= len(words) or words[at] != "and":
        return None
    return part(words, at + 1)


def part(words: Sequence[str], at: int) -> tuple[float, int] | None:
    """A fraction in words below one: "half", "a quarter", "one third", "three quarters", "1/2"."""
    if at >= len(words):
        return None
    word = words[at]
    if word == "half":
        return 0.5, at + 1
    following = words[at + 1] if at + 1 < len(words) else ""
    if word in ("a", "an", "one", "1") and following in PARTS:
        return (1 / PARTS[following], at + 2) if not following.endswith("s") else None
    if word in ("quarter", "third"):
        return 1 / PARTS[word], at + 1
    if word in UNITS and following in PARTS and 0 < UNITS[word] < PARTS[following]:
        return UNITS[word] / PARTS[following], at + 2
    if word.isdigit() and word.isascii() and len(word) <= 3:
        if (
            following == "/"
            and at + 2 < len(words)
            and words[at + 2].isdigit()
            and int(words[at + 2]) > int(word)
        ):
            return int(word) / int(words[at + 2]), at + 3
        if following in PARTS and 0 < int(word) < PARTS[following]:
            return int(word) / PARTS[following], at + 2
    return None


_SAY_SMALL = {value: word for word, value in {**UNITS, **TEENS, **TENS}.items()}


def say_whole(value: int) -> str:
    """The number in words, 0 to 999,999,999,999; digits beyond."""
    if not 0 <= value < 10**12:
        return str(value)
    for name, scale in sorted(SCALES.items(), key=lambda item: -item[1]):
        if value >= scale:
            rest = value % scale
            joint = " and " if 0 < rest < 100 else " "
            return f"{say_whole(value // scale)} {name}" + (joint + say_whole(rest) if rest else "")
    if value >= 100:
        rest = value % 100
        return f"{_SAY_SMALL[value // 100]} hundred" + (f" and {say_whole(rest)}" if rest else "")
    if value in _SAY_SMALL:
        return _SAY_SMALL[value]
    return f"{_SAY_SMALL[value // 10 * 10]} {_SAY_SMALL[value % 10]}"
