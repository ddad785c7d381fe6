"""Percentages as they are said of volume and brightness: 0 to 100."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whispera.values import numbers

if TYPE_CHECKING:
    import random

_HEDGES = frozenset({
    "about", "around", "roughly", "exactly", "like", "approximately", "nearly", "almost", "just", "only",
    "maybe", "precisely",
})  # fmt: skip
_SIGNS = frozenset({"%", "percent", "pct", "percents", "procent", "prcent", "percentage"})
_THINGS = "(?: (?:volume|brightness|sound|power|strength|loudness|light|level|value|setting|position))?"
_CAN = r"(?:'ll| will| can| could)?(?: go| be| get| goes)?"
_AS_IT_CAN = rf"(?: possible)?(?: (?:that )?(?:it|you){_CAN}| there is)?"
_UPMOST = r"(?:max(?:imum)?|top|highest|loudest|brightest|limit|peak)"
_LOWEST = r"(?:min(?:imum)?|bottom|lowest|quietest|softest|dimmest|darkest)"
_POSSIBLE = rf"(?:possible|(?:it|they|you|this){_CAN})"
_FULL = re.compile(
    rf"(?:(?:(?:the|its) )?(?:very )?{_UPMOST}{_AS_IT_CAN}|full|fully|maxed out|all the way(?: up)?|"
    r"full (?:blast|whack|tilt|on|up|throttle|force)|"
    rf"as (?:high|loud|bright|far up|much) as {_POSSIBLE}){_THINGS}"
)
_NONE = re.compile(
    rf"(?:(?:(?:the|its) )?(?:very )?{_LOWEST}{_AS_IT_CAN}|nothing|off|none|silent|silence|"
    rf"all the way (?:down|off)|as (?:low|quiet|dim|dark|soft|far down|little) as {_POSSIBLE}){_THINGS}"
)
_HALF = re.compile(
    r"(?:half ?way|half|half-way|midway|mid|fifty fifty|50 50|50/50|"
    r"(?:the )?(?:very )?(?:middle|midpoint|mid point|half ?way(?: point| mark)?))"
    rf"(?: up| down| full)?{_THINGS}"
)
_OF_THE_WAY = re.compile(
    r"(?: of)?(?: (?:the|its) (?:way|volume|brightness|max|maximum|full|total))?(?: up| full)?"
)
_STARTS = (
    numbers.NUMBER_WORDS
    | _HEDGES
    | frozenset(numbers.PARTS)
    | {
        "the", "its", "max", "maximum", "maxed", "full", "fully", "all", "as", "top", "very", "highest",
        "loudest", "brightest", "limit", "min", "minimum", "bottom", "lowest", "quietest", "softest",
        "dimmest", "darkest", "nothing", "off", "none", "silent", "silence", "halfway", "midway", "mid",
        "middle", "midpoint", "half-way", ".", "o", "oh",
    }
)  # fmt: skip


def parse(words: str) -> int | None:
    """The percentage as an integer 0 to 100; None when the words are none or beyond it."""
    text = numbers.fold(words)
    if len(text) > numbers.MAX_CHARS or not could_start(text):
        return None
    text = " ".join(text.split())
    value = _extreme(text)
    if value is not None:
        return value
    parts = numbers.tokens(numbers.unhyphened(text))
    while parts and parts[0] in _HEDGES:
        del parts[0]
    if parts[-2:] == ["or", "so"]:
        del parts[-2:]
    if parts and parts[-1] in ("exactly", "ish", "roughly", "approximately"):
        del parts[-1]
    if not parts:
        return None
    return _number(parts)


def _extreme(text: str) -> int | None:
    """100, 0 or 50 for the words that name an end or the middle."""
    if _FULL.fullmatch(text):
        return 100
    if _NONE.fullmatch(text):
        return 0
    return 50 if _HALF.fullmatch(text) else None


def _number(parts: list[str]) -> int | None:
    """A number with or without its sign, a fraction, or so many out of so many."""
    extreme = _extreme(" ".join(parts))
    if extreme is not None:
        return extreme
    fraction = numbers.part(parts, 0)
    if fraction is not None and _OF_THE_WAY.fullmatch("".join(" " + word for word in parts[fraction[1] :])):
        return int(fraction[0] * 100 + 0.5)
    if parts[0] == "of" or (read := numbers.mixed(parts, 0)) is None:
        return None
    value, rest = read[0], parts[read[1] :]
    if rest[:2] == ["per", "cent"]:
        rest = rest[2:]
        end = True
    elif rest and rest[0] in _SIGNS:
        rest = rest[1:]
        end = True
    else:
        end = False
    if not end and len(rest) >= 2 and (rest[:2] == ["out", "of"] or rest[0] == "of"):
        whole = numbers.whole(rest, 2 if rest[0] == "out" else 1)
        if whole is None or whole[1] != len(rest) or not whole[0]:
            return None
        value, rest = value / whole[0] * 100, []
    if rest or not 0 <= value <= 100:
        return None
    return int(value + 0.5)


def fits(words: str) -> bool:
    """Whether the words are the percentage and nothing else; hedges ("about forty") belong to it."""
    return words == words.strip() and parse(words) is not None


def could_start(word: str) -> bool:
    """Whether a percentage may begin with this word."""
    return numbers.begins(word, _STARTS)


def say(value: int) -> str:
    """The percentage in words."""
    return f"{numbers.say_whole(value)} percent"


_WORDS_SAID = (
    "half", "half", "max", "the max", "maximum", "full", "the maximum", "minimum", "the minimum",
    "a quarter", "three quarters", "a third", "two thirds", "halfway", "half way", "the middle", "a half",
    "zero", "a hundred", "full blast", "full volume", "all the way up", "all the way down", "the top",
    "the lowest", "the highest", "five out of ten", "seven out of ten", "a fifth", "a tenth", "one third",
    "three out of ten", "one hundred", "eight out of ten", "the bottom", "hundred percent", "one quarter",
    "as high as it goes", "as low as it goes", "two out of ten", "nothing", "fifty fifty", "min",
    "the very top", "four fifths", "half way up",
)  # fmt: skip


def sample(rng: random.Random) -> str:
    """A percentage as people say or type it, round ones more often."""
    if rng.random() < 0.16:
        return rng.choice(_WORDS_SAID)
    value = rng.choice((rng.randint(0, 20) * 5, rng.randint(1, 10) * 10, rng.randint(1, 100)))
    hedge = rng.choice(("about ", "around ", "roughly ", "exactly ", "like ")) if rng.random() < 0.04 else ""
    if rng.random() < 0.5:
        return (
            hedge
            + str(value)
            + rng.choice(("", "", "", "%", "%", " percent", " percent", " %", " per cent", " pct"))
        )
    said = numbers.say_whole(value)
    if value == 100:
        said = rng.choice(("a hundred", "one hundred"))
    if " " in said and value < 100 and rng.random() < 0.3:
        said = said.replace(" ", "-")
    return hedge + said + rng.choice(("", "", "", " percent", " percent", " percent", " per cent"))
