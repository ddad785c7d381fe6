"""How typed values are said, in the pattern language: percentages, counts, durations, times, keys, sums.

Every sentence of these patterns is read by `whispera.values`; a test holds them to it. They are the usual
ways to say a value, not all: what the words cannot say here is not heard.
"""

from __future__ import annotations

from collections.abc import Mapping

from whispera.patterns import Lists, Pattern, parse

_LISTS = {
    "digit": ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "several": ("two", "three", "four", "five", "six", "seven", "eight", "nine"),
    "teen": (
        "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
        "nineteen",
    ),
    "tens": ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
    "below_hundred": ("<digit>", "<teen>", "<tens>", "<tens> <digit>"),
    "plural": ("<several>", "<teen>", "<tens>", "<tens> <digit>"),
    "number": (
        "<below_hundred>", "(a|one) hundred", "<several> hundred",
        "(a|one|<several>) hundred and <below_hundred>",
        "(a|one|<several>) thousand",
    ),
    "hour": (
        "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    ),
    "minute": ("oh <digit>", "<teen>", "(twenty|thirty|forty|fifty) [<digit>]"),
    "half_day": (
        "a m", "p m", "in the morning", "in the afternoon", "in the evening", "at night", "tonight",
        "tomorrow morning", "this evening",
    ),
    "modifier": ("control", "command", "alt", "shift", "windows", "option", "super"),
    "letter": tuple("abcdefghijklmnopqrstuvwxyz"),
    "plain_key": (
        "enter", "return", "escape", "tab", "space", "space bar", "backspace", "delete", "insert", "home",
        "end", "page up", "page down", "up arrow", "down arrow", "left arrow", "right arrow", "caps lock",
        "print screen", "up", "down", "left", "right", "f (<digit>|ten|eleven|twelve)",
    ),
    "held_key": ("<letter>", "<plain_key>", "<digit>", "plus", "minus", "slash", "comma", "period"),
}  # fmt: skip

_TYPES: Mapping[str, tuple[str, ...]] = {
    "percent": (
        "(zero|<below_hundred>|a hundred|one hundred) [percent]", "half", "halfway", "full", "max", "maximum",
        "minimum", "the (maximum|minimum)", "(a|one|three) quarter", "three quarters", "a third",
        "all the way (up|down)",
    ),
    "count": ("<below_hundred>", "a hundred", "once", "twice"),
    "duration": (
        "<plural> (seconds|minutes|hours|days)", "(a|one) (second|minute|day)", "(an|one) hour",
        "<below_hundred> (second|minute|hour)", "half (an hour|a minute)",
        "(a minute|one minute|an hour|one hour) and a half",
        "<digit> and a half (minutes|hours)", "three quarters of an hour", "a quarter of an hour",
        "(an|one) hour [and] (<below_hundred>|forty five|thirty) minutes",
        "<several> hours [and] <below_hundred> minutes", "(a|one) minute [and] <below_hundred> seconds",
        "<plural> minutes [and] <below_hundred> seconds",
        "<plural> minutes (fifteen|twenty|thirty|forty five)",
        "a couple of (minutes|hours|seconds)",
    ),
    "clock": (
        "<hour> [o'clock] [<half_day>]", "<hour> <minute> [<half_day>]",
        "(quarter|a quarter|half|five|ten|twenty|twenty five) past <hour> [<half_day>]",
        "(quarter|a quarter|five|ten|twenty|twenty five) to <hour> [<half_day>]",
        "noon", "midnight", "midday",
    ),
    "keys": (
        "<plain_key> [key]", "<modifier> <held_key>",
        "(control|command) [and] (shift|alt|option) <held_key>",
        "(alt|windows) [and] shift <held_key>",
        "[the] (<modifier>|<plain_key>) key",
    ),
    "expression": (
        "<number> (plus|minus|times|divided by|multiplied by|over) <number>",
        "<below_hundred> percent of <number>",
        "[the] square root of <number>", "<number> squared",
        "<below_hundred> (plus|minus|times) <below_hundred> (plus|minus|times) <below_hundred>",
    ),
}  # fmt: skip

LISTS: Lists = {name: tuple(parse(one) for one in patterns) for name, patterns in _LISTS.items()}
"""The word lists of the patterns here."""
TYPES: Mapping[str, tuple[Pattern, ...]] = {
    name: tuple(parse(one) for one in patterns) for name, patterns in _TYPES.items()
}
"""Slot type to the patterns of its values."""
