"""Sound on its way: what belongs to a recording, what is kept of the time before, what is not."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest
from numpy.typing import NDArray

from whispera.audio.recorder import Recorder


class Clock:
    """Goes by when it is told to."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def block(value: float, count: int = 320) -> NDArray[np.float32]:
    return np.full(count, value, dtype=np.float32)


def test_a_recording_is_what_came_before_and_what_comes_until_its_end() -> None:
    recorder = Recorder(pre_roll_ms=300)
    assert not recorder.add(block(0.1, 16_000))
    recording = recorder.begin()
    assert recorder.add(block(0.2))
    assert recorder.add(block(0.3))
    recording.end()
    assert not recorder.add(block(0.4))
    samples, _ = recording.take()
    np.testing.assert_array_equal(samples, np.concatenate([block(0.1, 4800), block(0.2), block(0.3)]))
    assert recorder.kept == 320
    assert len(recording.take()[0]) == 0


def test_without_the_time_before_it_is_forgotten() -> None:
    recorder = Recorder(pre_roll_ms=300)
    recorder.add(block(0.1, 16_000))
    recording = recorder.begin(pre_roll=False)
    assert len(recording.take()[0]) == 0
    assert recorder.kept == 0


def test_what_is_taken_comes_with_the_time_of_its_last_sound() -> None:
    clock = Clock()
    recorder = Recorder(pre_roll_ms=0, now=clock)
    recording = recorder.begin()
    for clock.at in (1.0, 1.02):
        recorder.add(block(0.1))
    clock.at = 5.0
    samples, at = recording.take()
    assert (len(samples), at) == (640, 1.02)


@pytest.mark.parametrize(("tail_s", "sooner_s", "count"), [(0.07, None, 3), (0.07, 0.03, 1), (0.03, 0.07, 1)])
def test_a_tail_can_only_become_shorter(tail_s: float, sooner_s: float | None, count: int) -> None:
    clock = Clock()
    recorder = Recorder(pre_roll_ms=0, now=clock)
    recording = recorder.begin()
    recording.end(tail_s)
    if sooner_s is not None:
        recording.end(sooner_s)
    for _ in range(10):
        clock.at += 0.02
        recorder.add(block(0.1))
    assert not recording.goes_on
    assert len(recording.take()[0]) == count * 320


def test_two_recordings_may_share_a_moment() -> None:
    clock = Clock()
    recorder = Recorder(pre_roll_ms=300, now=clock)
    first = recorder.begin()
    first.end(0.05)
    second = recorder.begin()
    for _ in range(4):
        clock.at += 0.02
        recorder.add(block(0.1))
    assert (len(first.take()[0]), len(second.take()[0])) == (640, 1280)


def test_somebody_who_waits_gets_sound_when_it_comes_and_nothing_of_what_is_over() -> None:
    recorder = Recorder(pre_roll_ms=0)
    recording = recorder.begin()
    assert len(recording.take(0.01)[0]) == 0
    threading.Timer(0.05, recorder.add, [block(0.1)]).start()
    assert len(recording.take(10)[0]) == 320
    threading.Timer(0.05, recording.end).start()
    began = time.monotonic()
    assert len(recording.take(10)[0]) == 0
    assert len(recording.take(10)[0]) == 0
    assert time.monotonic() - began < 5


def test_while_deaf_only_recordings_under_way_get_sound() -> None:
    recorder = Recorder(pre_roll_ms=300)
    recorder.add(block(0.1))
    recorder.deaf = True
    assert recorder.kept == 0
    recorder.add(block(0.2))
    assert recorder.kept == 0
    recording = recorder.begin()
    recorder.add(block(0.3))
    np.testing.assert_array_equal(recording.take()[0], block(0.3))


def test_lost_sound_is_counted() -> None:
    recorder = Recorder(pre_roll_ms=0)
    recorder.add(block(0.1), True)
    recorder.add(block(0.1), False)
    assert recorder.overflows == 1
