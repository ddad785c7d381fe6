"""Spoken and typed percentages with what they mean, and near ones that mean nothing."""

from __future__ import annotations

import pytest

from whispera.values import percent

READ = [
    ("fifty", 50), ("75 %", 75), ("75%", 75), ("a hundred", 100), ("eighty-five", 85), ("0", 0),
    ("half", 50), ("halfway", 50), ("half way up", 50), ("about forty percent", 40), ("12.5%", 13),
    ("max volume", 100), ("full brightness", 100), ("thirty five %", 35), ("three quarters", 75),
    ("3/4", 75), ("1/2", 50), ("7 out of 10", 70), ("7/10", 70), ("two out of three", 67),
    ("the loudest", 100), ("as loud as it goes", 100), ("as loud as possible", 100),
    ("as bright as it can go", 100), ("the brightest it can be", 100), ("as quiet as possible", 0),
    ("off", 0), ("silent", 0), ("minimum", 0), ("one hundred", 100), ("hundred percent", 100),
    ("half volume", 50), ("half brightness", 50), ("mid", 50), ("thirty-three and a third percent", 33),
    ("five", 5), ("seventyfive", 75), ("one", 1), ("a third of the way", 33),
    ("quarter of the way up", 25), ("two thirds of the volume", 67), ("all the way", 100),
    ("fourty", 40), ("20 procent", 20), ("10percent", 10), ("ten per cent", 10), ("ten or so", 10),
    ("three tenths", 30), ("the halfway point", 50), ("halfway up", 50), ("midway", 50),
    ("one half", 50), ("two fifths", 40),
]  # fmt: skip

NONE = [
    "a bit", "a little", "a little over", "101", "150%", "the spacebar", "to fifty", "by ten",
    "ten please", "ten more", "a notch", "a", "the", "percent", "%", "fifty percent volume", "right up",
    "up", "down", "half of it", "double", "-5", "- 5", "5-", "1e5", "ten ten",
]  # fmt: skip


@pytest.mark.parametrize(("words", "value"), READ)
def test_percent_is_read_and_fits(words: str, value: object) -> None:
    assert percent.parse(words) == value
    assert percent.fits(words)
    assert percent.could_start(words.split()[0])


@pytest.mark.parametrize("words", NONE)
def test_percent_refuses_what_is_none(words: str) -> None:
    assert percent.parse(words) is None
    assert not percent.fits(words)
