"""Spoken and typed lengths of time with what they mean, and near ones that mean nothing."""

from __future__ import annotations

import pytest

from whispera.values import duration

READ = [
    ("1h30", 5400), ("90s", 90), ("1:30 hours", 5400), ("two-and-a-half hours", 9000),
    ("an hour and a half", 5400), ("3/4 hour", 2700), ("a min", 60), ("10min", 600), ("5m", 300),
    ("2 hrs and 10 mins", 7800), ("one and a half hours", 5400), ("forty five seconds", 45),
    ("1 hour 20", 4800), ("hour and a half", 5400), ("hour", 3600), ("ten minute", 600),
    ("30-second", 30), ("five-minute", 300), ("1½ hours", 5400), ("½ hour", 1800), ("1 1/2 hours", 5400),
    ("3 hours and a half", 12600), ("two minutes and a half", 150), ("1h 30m", 5400), ("1h30m", 5400),
    ("1h30m20s", 5420), ("2m30s", 150), ("2 min. 30 sec.", 150), ("a minute and thirty seconds", 90),
    ("half a dozen minutes", 360), ("one full hour", 3600), ("half hour", 1800), ("half-hour", 1800),
    ("an half hour", 1800), ("twenty-five minutes", 1500), ("twentyfive minutes", 1500),
    ("a hundred and twenty minutes", 7200), ("one hundred and five seconds", 105), ("0.5 hours", 1800),
    ("point five hours", 1800), ("one point five hours", 5400), ("ninety minutes", 5400),
    ("an hour's", 3600), ("ten minutes'", 600), ("three-quarters of an hour", 2700),
    ("quarter of an hour", 900), ("quarter hour", 900), ("a third of an hour", 1200),
    ("two thirds of an hour", 2400), ("one and three quarter hours", 6300), ("45 Minutes", 2700),
    ("1 day", 86400), ("a week", 604800), ("two weeks", 1209600), ("one hour thirty", 5400),
    ("1 hour and 30", 5400), ("an hour thirty minutes", 5400), ("1:30:00", 5400), ("a second", 1),
    ("two and half hours", 9000), ("ten mintues", 600), ("fifteen minuts", 900), ("5 seconds", 5),
    ("half a second", 1), ("an hour or so", 3600), ("one hour one minute and one second", 3661),
    ("sixty-minute", 3600), ("4 minutes, 30 seconds", 270), ("three minutes 30", 210),
    ("1000 hours", 3600000), ("twenty five mins", 1500), ("2hrs", 7200), ("2 hours 5", 7500),
    ("minute and a half", 90), ("half an hour and five minutes", 2100),
    ("two hours, thirty minutes", 9000), ("ten min", 600), ("one-and-a-half hours", 5400),
    ("an hour and fifteen", 4500), ("seventy two hours", 259200), ("eleven and a quarter minutes", 675),
    ("ten minutes time", 600), ("an hour's time", 3600), ("about an hour", 3600),
    ("another five minutes", 300), ("3 and a half hours", 12600), ("3.5hrs", 12600),
    ("1 hour, 10", 4200), ("thirty second", 30), ("a good hour", 3600), ("one minute forty-five", 105),
]  # fmt: skip

NONE = [
    "1,5 hours", "ten", "5", "1:30", "for ten minutes", "ten minutes please", "ten minutes and",
    "a few minutes", "minutes", "zero minutes", "0 seconds", "five minutes from now", "a 10 minute",
    "thirty", "an hour and", "forty", "99999999 hours", "1 1 minute", "five to eight", "half past six",
    "the half hour", "a minute or two", "twenty twenty minutes", "a 30 second",
]  # fmt: skip


@pytest.mark.parametrize(("words", "value"), READ)
def test_duration_is_read_and_fits(words: str, value: object) -> None:
    assert duration.parse(words) == value
    assert duration.fits(words)
    assert duration.could_start(words.split()[0])


@pytest.mark.parametrize("words", NONE)
def test_duration_refuses_what_is_none(words: str) -> None:
    assert duration.parse(words) is None
    assert not duration.fits(words)
