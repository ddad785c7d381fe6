"""Spoken and typed counts with what they mean, and near ones that mean nothing."""

from __future__ import annotations

import pytest

from whispera.values import count

READ = [
    ("three", 3), ("3", 3), ("a", 1), ("twice", 2), ("a couple", 2), ("a dozen", 12), ("three times", 3),
    ("twenty one", 21), ("1,000", 1000),
]  # fmt: skip

NONE = [
    "zero", "-1", "0", "3.5", "for three",
]  # fmt: skip


@pytest.mark.parametrize(("words", "value"), READ)
def test_count_is_read_and_fits(words: str, value: object) -> None:
    assert count.parse(words) == value
    assert count.fits(words)
    assert count.could_start(words.split()[0])


@pytest.mark.parametrize("words", NONE)
def test_count_refuses_what_is_none(words: str) -> None:
    assert count.parse(words) is None
    assert not count.fits(words)
