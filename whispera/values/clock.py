"""Times of day as HH:MM, 24 hours, as said after "at".

Without am, pm or a part of the day the digits said are taken: "seven" is 07:00, "half past six" 06:30.
Days ("tomorrow") are no part of a time; a part of the day is ("tomorrow morning at seven").
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whispera.values import numbers

if TYPE_CHECKING:
    import random

_HALF_DAY = re.compile(r"(?<![a-z])([ap])\.? ?m\b\.?(?!')|(?<=[0-9])([ap])\b\.?")
_OCLOCK = re.compile(r"\bo ?'? ?clock\b|\bo'clocks?\b")
_PART = r"(?:early |late )?(morning|afternoon|evening|night)"
_AFTER = re.compile(
    rf",? ?\b(?:(?:in|during) the {_PART}|at (night)|(tonight)|this {_PART}|tomorrow {_PART}|today {_PART})$"
)
_BEFORE = re.compile(
    rf"^(?:(?:this|tomorrow) {_PART}|(tonight)|in the {_PART}),? (?:at |by |around |about )?"
)
_DIGITAL = re.compile(r"([0-9]{1,2}) ?[:.h] ?([0-9]{2})(?::[0-5][0-9])?(?: ?(?:h|hrs|hours))?")
_HOURLY = re.compile(r"([0-9]{1,2}) ?(?:h|hrs|hundred(?: hours)?|hundred hrs)")
_MILITARY = re.compile(r"([0-9]{1,2})([0-9]{2})(?: ?(?:h|hrs|hours))?")
_SPACED = re.compile(r"([0-9]{1,2}) ([0-5][0-9])")
_HEDGES = ("about ", "around ", "exactly ", "roughly ", "approximately ", "like ", "precisely ")
_ENDS = (
    " sharp",
    " on the dot",
    " exactly",
    " or so",
    " precisely",
    " ish",
    "ish",
    " or thereabouts",
    " prompt",
)
_NAMED = {
    "noon": 720, "midday": 720, "mid day": 720, "midnight": 0, "mid night": 0, "twelve noon": 720,
    "12 noon": 720, "twelve midnight": 0, "12 midnight": 0, "high noon": 720, "lunchtime": 720,
}  # fmt: skip
_STARTS = (
    frozenset(numbers.SMALL)
    | {
        "oh", "o", "noon", "midday", "mid", "midnight", "high", "the", "half", "quarter", "a", "about",
        "around", "exactly", "roughly", "approximately", "like", "precisely", "this", "tomorrow", "tonight",
        "in", "lunchtime",
    }
)  # fmt: skip


def parse(words: str) -> str | None:
    """The time as "HH:MM"; None when the words are none."""
    if len(words) > numbers.MAX_CHARS:
        return None
    text = numbers.fold(words)
    if not could_start(text):
        return None
    minutes = _minutes(" ".join(map(numbers.mended, text.replace("-", " ").split())))
    return None if minutes is None else f"{minutes // 60:02d}:{minutes % 60:02d}"


def _minutes(text: str) -> int | None:
    """Minutes after midnight of a folded, single-spaced text."""
    for hedge in _HEDGES:
        if text.startswith(hedge):
            text = text[len(hedge) :]
            break
    text, part = _part_of_day(text)
    for end in _ENDS:
        if text.endswith(end) and len(text) > len(end):
            text = text[: -len(end)].rstrip()
            break
    if part == "":
        text, part = _part_of_day(text)
    halves = {found[1] or found[2] for found in _HALF_DAY.finditer(text)}
    if len(halves) > 1:
        return None
    half = halves.pop() if halves else ""
    text = " ".join(_HALF_DAY.sub(" ", text).split()).rstrip(",")
    text = " ".join(_OCLOCK.sub(" ", text).split())
    minutes = _base(text)
    if minutes is None:
        return None
    return _placed(minutes, half, part, named=text in _NAMED or "noon" in text or "midnight" in text)


def _part_of_day(text: str) -> tuple[str, str]:
    """The text without its part of the day, and that part ("morning", ..., "night" or "")."""
    found = _AFTER.search(text) or _BEFORE.match(text)
    if found is None:
        return text, ""
    part = next(group for group in found.groups() if group)
    rest = (text[: found.start()] + " " + text[found.end() :]).strip()
    return rest, "night" if part == "tonight" else part


def _placed(minutes: int, half: str, part: str, *, named: bool) -> int | None:
    """The minutes moved to the half of the day that was said."""
    hour = minutes // 60
    if named:
        return minutes
    if hour > 12 and (half == "a" or part == "morning"):
        return None
    if half == "a" or (part == "morning" and not half):
        return minutes % 720
    if half == "p" or part == "afternoon":
        return minutes + 720 if hour < 12 else minutes
    if part in ("evening", "night"):
        if hour == 12:
            return minutes % 720
        small_hours = part == "night" and hour < 5
        return minutes + 720 if hour < 12 and not small_hours else minutes
    return minutes


def _base(text: str) -> int | None:
    """Minutes of a time without am, pm, part of day or "o'clock"."""
    for start in ("the stroke of ", "stroke of "):
        if text.startswith(start):
            text = text[len(start) :]
    if text in _NAMED:
        return _NAMED[text]
    if text[:1].isdigit():
        for form in (_DIGITAL, _HOURLY, _MILITARY, _SPACED):
            found = form.fullmatch(text)
            if found is not None:
                return _at(int(found[1]), int(found[2]) if len(found.groups()) > 1 else 0)
    words = text.split()
    if len(words) > 8:
        return None
    way = _direction(words)
    if way is not None:
        return _told(words, *way)
    if len(words) > 1 and words[0] == "half":
        hour = _hour(words[1:])
        return None if hour is None else hour + 30
    return _digits_said(words)


def _at(hour: int, minute: int) -> int | None:
    """Minutes of an hour and a minute; 24:00 is midnight; None when there is no such time."""
    if hour == 24 and minute == 0:
        return 0
    return hour * 60 + minute if hour < 24 and minute < 60 else None


_PAST = frozenset({"past", "after", "gone", "passed"})
_TO = frozenset({"to", "of", "before", "till", "til", "until"})


def _direction(words: list[str]) -> tuple[int, int] | None:
    """Where "past" (+1) or "to" (-1) stands, and which it is."""
    for at in range(1, min(len(words) - 1, 5)):
        if words[at] in _PAST:
            return at, 1
        if words[at] in _TO:
            return at, -1
    return None


def _told(words: list[str], at: int, way: int) -> int | None:
    """Minutes of "ten past six", "a quarter to five", "twenty five minutes to noon"."""
    amount = words[:at]
    if amount[-1] in ("minutes", "minute", "mins", "min") and len(amount) > 1:
        del amount[-1]
    if amount in (["quarter"], ["a", "quarter"]):
        minutes = 15
    elif amount == ["half"] or amount == ["a", "half"]:
        minutes = 30
    else:
        read = numbers.whole(amount, 0)
        if read is None or read[1] != len(amount) or not 1 <= read[0] < 60:
            return None
        minutes = read[0]
    hour = _hour(words[at + 1 :])
    return None if hour is None else (hour + way * minutes) % 1440


def _hour(words: list[str]) -> int | None:
    """Minutes of a whole hour: "six", "18", "noon", "06:00" without its minutes."""
    text = " ".join(words)
    if text in _NAMED:
        return _NAMED[text]
    read = numbers.whole(words, 0)
    if read is None or read[1] != len(words) or words[0] in ("a", "an"):
        return None
    return _at(read[0], 0)


def _digits_said(words: list[str]) -> int | None:
    """Minutes of "seven forty five", "oh six hundred", "sixteen oh five", "seven", "7 thirty"."""
    if not words:
        return None
    if "hundred" in words:
        # a recogniser may write "4:30" as the number 430
        number = numbers.whole(words, 0)
        if (
            number is not None
            and number[1] == len(words)
            and number[0] < 2400
            and words[0] not in ("a", "hundred")
        ):
            return _at(number[0] // 100, number[0] % 100)
    at = 0
    zero = words[0] in ("oh", "o", "zero") and words[1:2] not in ([], ["hundred"])
    if zero:
        at = 1
    hour = numbers.below_hundred(words, at)
    if hour is None and re.fullmatch("[0-9]{1,2}", words[at]):
        hour = int(words[at]), at + 1
    if hour is None or (zero and hour[0] > 9):
        return None
    value, at = hour
    # "twenty thirty" is 20:30, but "twenty two forty" 22:40
    rest = words[at:]
    if not rest:
        return _at(value, 0)
    if rest in (["hundred"], ["hundred", "hours"], ["hundred", "hrs"]):
        return _at(value, 0)
    if rest[0] in ("oh", "o", "zero"):
        unit = numbers.below_hundred(rest, 1)
        return _at(value, unit[0]) if unit and unit[1] == len(rest) and 0 < unit[0] < 10 else None
    minute = numbers.below_hundred(rest, 0)
    if minute is None and re.fullmatch("[0-5][0-9]", rest[0]):
        minute = int(rest[0]), 1
    if minute is None or minute[0] < 10:
        return None
    end = rest[minute[1] :]
    return _at(value, minute[0]) if end in ([], ["hours"], ["hrs"]) else None


def fits(words: str) -> bool:
    """Whether the words are the time and nothing else."""
    return words == words.strip() and not words.lower().startswith("in the ") and parse(words) is not None


def whole(words: str, after: str) -> str:
    """A time without its half of the day in that of an earlier one: "seven" after "half past six pm".

    Only the second half is carried over, since the first is what the words say by themselves; nor by "noon".
    A time of the 24 hour clock, "07:00", leaves out nothing.
    """
    said, before = parse(words), parse(after)
    if said is None or before is None or before <= "12:00" or not "01:00" <= said < "12:00":
        return words
    text = numbers.fold(words)
    if text.startswith(("0", "oh ", "o ", "zero ")) or _part_of_day(text)[1]:
        return words
    made = f"{words.strip()} pm"
    return made if parse(made) not in (None, said) else words


def could_start(word: str) -> bool:
    """Whether a time may begin with this word."""
    return numbers.begins(word, _STARTS)


def say(value: str) -> str:
    """The time in words with am or pm: "six thirty am", "noon"."""
    hour, minute = int(value[:2]), int(value[3:])
    if minute == 0 and hour % 12 == 0:
        return "noon" if hour else "midnight"
    return f"{_spoken(hour % 12 or 12, minute)} {'am' if hour < 12 else 'pm'}"


def _spoken(hour: int, minute: int) -> str:
    """Hour and minute as read off a clock: "nine oh five", "seven"."""
    said = numbers.say_whole(hour)
    if not minute:
        return said
    return f"{said} {'oh ' if minute < 10 else ''}{numbers.say_whole(minute)}"


_MARKS = (
    "am", "pm", "am", "pm", "am", "pm", "am", "pm", "am", "pm", "a.m.", "p.m.", "AM", "PM", "a m", "p m",
    "in the morning", "in the evening", "in the morning", "in the evening", "in the afternoon", "tonight",
    "this evening", "this afternoon", "at night", "this morning",
)  # fmt: skip


def sample(rng: random.Random) -> str:
    """A time as people say or type it, with its half of the day about half of the time."""
    minute = rng.choice((0, 0, 0, 0, 30, 30, 30, 15, 45, 45, 5, 10, 20, 25, 40, 50, 55, rng.randint(0, 59)))
    hour = rng.choice((6, 7, 7, 8, 9, rng.randint(1, 12), rng.randint(1, 12), rng.randint(1, 12)))
    chance = rng.random()
    if chance < 0.05:
        return rng.choice(
            ("noon", "noon", "midnight", "midday", "twelve noon", "half past midnight", "quarter past noon",
             "quarter to midnight", "ten to noon", "12 noon", "five past midnight", "the stroke of midnight")
        )  # fmt: skip
    if chance < 0.2:
        return _day_of_24(rng, rng.randint(0, 23), minute)
    said = _day_of_12(rng, hour, minute)
    if rng.random() < 0.55:
        mark = rng.choice(_MARKS)
        if mark in ("tonight", "at night") and hour < 5:
            mark = "pm"
        glued = mark in ("am", "pm", "AM", "PM") and said[-1].isdigit() and rng.random() < 0.5
        said += ("" if glued else " ") + mark
    if rng.random() < 0.03:
        said += rng.choice((" sharp", " on the dot"))
    return said


def _day_of_24(rng: random.Random, hour: int, minute: int) -> str:
    """A time of the 24 hour clock: "18:30", "eighteen thirty", "0630", "17h"."""
    form = rng.random()
    if form < 0.6:
        return f"{hour:02d}:{minute:02d}"
    if form < 0.68:
        return f"{hour}:{minute:02d}"
    if form < 0.74:
        return f"{hour:02d}.{minute:02d}"
    if form < 0.8:
        return f"{hour:02d}{minute:02d}"
    if form < 0.84:
        return f"{hour}h{minute:02d}" if minute else f"{hour}h"
    spoken = numbers.say_whole(hour)
    if hour < 10:
        spoken = rng.choice(("oh ", "zero ")) + spoken if hour else "zero"
    if not minute:
        return f"{spoken} hundred" + rng.choice(("", " hours")) if hour > 0 else "midnight"
    if hour == 0:
        return f"00:{minute:02d}"
    return f"{spoken} {'oh ' if minute < 10 else ''}{numbers.say_whole(minute)}"


def _day_of_12(rng: random.Random, hour: int, minute: int) -> str:
    """A time of the 12 hour clock without its half: "7", "7:30", "half past seven", "seven o'clock"."""
    digits = rng.random() < 0.5
    number = str(hour) if digits else numbers.say_whole(hour)
    if minute == 0:
        clock = rng.choice(("", "", "", " o'clock", " oclock" if rng.random() < 0.1 else " o'clock"))
        return f"{hour}:00" if digits and rng.random() < 0.25 else number + clock
    if minute % 5 == 0 and rng.random() < 0.45:
        return _told_time(rng, hour, minute, digits=digits and rng.random() < 0.3)
    if digits:
        form = rng.random()
        return (
            f"{hour}:{minute:02d}"
            if form < 0.85
            else f"{hour}.{minute:02d}"
            if form < 0.93
            else f"{hour} {minute:02d}"
        )
    return _spoken(hour, minute)


def _told_time(rng: random.Random, hour: int, minute: int, *, digits: bool) -> str:
    """A time told from an hour: "ten past six", "quarter to 9", "half seven"."""
    if minute > 30:
        hour, minute, way = (
            hour % 12 + 1,
            60 - minute,
            rng.choice(("to", "to", "to", "to", "till", "of", "before")),
        )
    else:
        way = rng.choice(("past", "past", "past", "past", "after"))
    name = str(hour) if digits else numbers.say_whole(hour)
    if minute == 30:
        return f"half {name}" if rng.random() < 0.12 else f"half past {name}"
    if minute == 15:
        return f"{rng.choice(('quarter', 'quarter', 'a quarter'))} {way} {name}"
    said = str(minute) if digits else numbers.say_whole(minute)
    return f"{said}{' minutes' if rng.random() < 0.08 else ''} {way} {name}"
