"""Spoken and typed times of day with what they mean, and near ones that mean nothing."""

from __future__ import annotations

import pytest

from whispera.values import clock

READ = [
    ("6:30am", "06:30"), ("half six", "06:30"), ("noon", "12:00"), ("7 o'clock tonight", "19:00"),
    ("0630", "06:30"), ("quarter past 7", "07:15"), ("seven p.m.", "19:00"), ("18.30", "18:30"),
    ("7", "07:00"), ("seven", "07:00"), ("23", "23:00"), ("24", "00:00"), ("0", "00:00"),
    ("half past seven", "07:30"), ("7:30 PM", "19:30"), ("7.30pm", "19:30"), ("730", "07:30"),
    ("730 am", "07:30"), ("7 30", "07:30"), ("seven thirty", "07:30"), ("ten to 6", "05:50"),
    ("ten of six", "05:50"), ("5 past noon", "12:05"), ("6ish", "06:00"), ("around 6", "06:00"),
    ("seven tomorrow morning", "07:00"), ("tomorrow morning at 7", "07:00"),
    ("this evening at six", "18:00"), ("tonight at nine", "21:00"), ("7 o clock", "07:00"),
    ("seven oclock", "07:00"), ("ten oh five pm", "22:05"), ("twenty hundred", "20:00"),
    ("twenty hundred hours", "20:00"), ("23:59", "23:59"), ("24:00", "00:00"), ("12:30 am", "00:30"),
    ("12:00", "12:00"), ("twelve", "12:00"), ("twelve pm", "12:00"), ("twelve am", "00:00"),
    ("3 in the afternoon", "15:00"), ("12 in the afternoon", "12:00"), ("one at night", "01:00"),
    ("ten tonight", "22:00"), ("midnight tonight", "00:00"), ("half past nine tonight", "21:30"),
    ("7 in the morning", "07:00"), ("5:45 this afternoon", "17:45"), ("21h", "21:00"), ("9h15", "09:15"),
    ("eleven fifty nine pm", "23:59"), ("six fifteen", "06:15"), ("thirteen", "13:00"),
    ("thirteen hundred", "13:00"), ("zero hundred hours", "00:00"), ("twenty one thirty", "21:30"),
    ("twenty thirty", "20:30"), ("6 PM", "18:00"), ("6 P.M.", "18:00"), ("6p", "18:00"),
    ("8:30 in the evening", "20:30"), ("noon sharp", "12:00"), ("five past ten in the evening", "22:05"),
    ("a quarter after four", "04:15"), ("twenty five to four", "03:35"), ("13 pm", "13:00"),
    ("seven-thirty", "07:30"), ("six a m", "06:00"), ("1800", "18:00"), ("1800 hours", "18:00"),
    ("6:30 a.m.", "06:30"), ("6:30 a.m", "06:30"), ("quarter past midnight", "00:15"),
    ("ten minutes to midnight", "23:50"), ("7:00:00", "07:00"), ("five in the morning", "05:00"),
    ("nineteen thirty", "19:30"), ("fifteen minutes past eight", "08:15"), ("8-30", "08:30"),
    ("8 thirty", "08:30"), ("8 fifteen pm", "20:15"), ("3 o'clock in the afternoon", "15:00"),
    ("half twelve", "12:30"), ("nine", "09:00"), ("nine ten", "09:10"), ("nine twenty five", "09:25"),
    ("12 midnight", "00:00"), ("6:30 o'clock", "06:30"), ("7 am in the morning", "07:00"),
    ("seven fifteen tonight", "19:15"),
]  # fmt: skip

NONE = [
    "25", "at seven", "seven please", "seven and", "25:00", "7:60", "noon today", "21 hours",
    "seven five", "twenty to", "to seven", "quarter to", "quarter", "half", "morning", "tonight",
    "this evening", "pm", "o'clock", "ten past", "13 am", "a seven", "a hundred", "six am tomorrow",
    "tomorrow at six", "tomorrow", "six thirty in the am", "8:5", "8 oh 5", "late",
    "eight in the evening tonight", "early morning",
]  # fmt: skip


@pytest.mark.parametrize(("words", "value"), READ)
def test_clock_is_read_and_fits(words: str, value: object) -> None:
    assert clock.parse(words) == value
    assert clock.fits(words)
    assert clock.could_start(words.split()[0])


@pytest.mark.parametrize("words", NONE)
def test_clock_refuses_what_is_none(words: str) -> None:
    assert clock.parse(words) is None
    assert not clock.fits(words)
