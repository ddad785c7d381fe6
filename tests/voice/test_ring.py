"""The ring of what went before the key: never longer than asked, nothing left when it is dropped."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whispera.audio.ring import MAX_MS, PreRoll


@given(ms=st.integers(0, MAX_MS), sizes=st.lists(st.integers(0, 7000), max_size=12))
def test_it_keeps_the_newest_samples_in_order(ms: int, sizes: list[int]) -> None:
    ring = PreRoll(ms)
    heard = np.arange(1, sum(sizes) + 1, dtype=np.float32)
    start = 0
    for size in sizes:
        ring.add(heard[start : start + size])
        start += size
    kept = min(len(heard), ms * 16)
    assert len(ring) == kept
    assert ring.take().tolist() == heard[len(heard) - kept :].tolist()


def test_what_was_taken_is_overwritten() -> None:
    ring = PreRoll(100)
    ring.add(np.ones(5000, dtype=np.float32))
    taken = ring.take()
    assert taken.sum() == 1600
    assert not ring._ring.any()
    assert len(ring.take()) == 0


def test_what_was_dropped_is_overwritten() -> None:
    ring = PreRoll(300)
    ring.add(np.ones(4000, dtype=np.float32))
    ring.drop()
    assert not ring._ring.any()
    ring.add(np.full(3, 0.5, dtype=np.float32))
    assert ring.take().tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("ms", [-1, 301])
def test_no_more_than_300_ms_can_be_asked_for(ms: int) -> None:
    with pytest.raises(ValueError, match="0 to 300"):
        PreRoll(ms)
