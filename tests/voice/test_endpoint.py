"""Where a command begins and ends, over made-up judgements of the detector."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from whispera.audio.endpoint import (
    BEGINS,
    GAP_MS,
    GOES_ON,
    MARGIN_MS,
    MIN_SPEECH_MS,
    WINDOW,
    Endpoint,
    Event,
    ends_in_silence,
    trimmed,
)

WINDOW_MS = 32
PAUSE_MS = 800


class Judgements:
    """A detector that finds its probabilities in the samples: each window is filled with its own."""

    def __init__(self) -> None:
        self.asked = 0
        self.reset()

    def reset(self) -> None:
        self._rest = np.zeros(0, dtype=np.float32)

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        self.asked += 1
        heard = np.concatenate([self._rest, samples])
        whole = len(heard) // WINDOW * WINDOW
        self._rest = heard[whole:]
        return heard[:whole].reshape(-1, WINDOW)[:, 0]


def sound(*parts: tuple[float, float]) -> NDArray[np.float32]:
    """Parts of (milliseconds, probability), rounded up to windows."""
    return np.concatenate(
        [np.full(int(np.ceil(ms / WINDOW_MS)) * WINDOW, p, dtype=np.float32) for ms, p in parts]
        or [np.zeros(0, dtype=np.float32)]
    )


def events_of(samples: NDArray[np.float32], endpoint: Endpoint, size: int = 320) -> list[Event]:
    return [e for i in range(0, len(samples), size) for e in endpoint.feed(samples[i : i + size])]


def endpoint(pause_ms: int = PAUSE_MS, max_s: float = 30, patience: float = 1.0) -> Endpoint:
    return Endpoint(Judgements(), pause_ms, max_s, patience=patience)


silences = st.floats(0, GOES_ON - 0.01)
speech = st.floats(BEGINS, 1.0)
PROBABILITIES = st.lists(st.floats(0, 1, width=32), max_size=120)


def windows(probabilities: list[float]) -> NDArray[np.float32]:
    return np.repeat(np.array(probabilities, dtype=np.float32), WINDOW)


@given(PROBABILITIES)
def test_what_is_told_is_speech_once_and_its_end_once(probabilities: list[float]) -> None:
    one = endpoint(pause_ms=300)
    told = events_of(windows(probabilities), one)
    assert told in ([], ["speech"], ["speech", "end"])
    assert (one.spoke, one.over) == ("speech" in told, "end" in told)


@given(PROBABILITIES, st.integers(1, 3000))
def test_the_size_of_the_blocks_changes_nothing(probabilities: list[float], size: int) -> None:
    whole, parts = endpoint(pause_ms=300), endpoint(pause_ms=300)
    samples = windows(probabilities)
    assert events_of(samples, parts, size) == whole.feed(samples)
    assert parts.span == whole.span


@given(st.lists(silences, max_size=150))
def test_no_speech_no_event(probabilities: list[float]) -> None:
    assert events_of(windows(probabilities), endpoint()) == []


@given(st.lists(st.tuples(st.integers(1, 3), speech, st.integers(0, 20)), max_size=20))
def test_clicks_and_coughs_are_no_speech(bursts: list[tuple[int, float, int]]) -> None:
    parts = []
    for count, probability, more in bursts:
        assert count * WINDOW_MS < MIN_SPEECH_MS
        parts += [(count * WINDOW_MS, probability), (GAP_MS + WINDOW_MS + more * WINDOW_MS, 0.0)]
    assert events_of(sound(*parts), endpoint()) == []


@given(
    words=st.lists(
        st.tuples(st.integers(MIN_SPEECH_MS, 900), st.integers(0, PAUSE_MS - 2 * WINDOW_MS)),
        min_size=1,
        max_size=8,
    ),
)
def test_a_pause_for_thought_does_not_end_a_command(words: list[tuple[int, int]]) -> None:
    parts = [part for spoken, pause in words for part in ((spoken, 0.9), (pause, 0.05))]
    assert events_of(sound(*parts), endpoint()) == ["speech"]


@given(st.integers(200, 3000), st.floats(0.5, 3))
def test_silence_of_the_pause_ends_it_no_sooner_and_no_later(pause_ms: int, patience: float) -> None:
    one = endpoint(pause_ms=pause_ms, patience=patience)
    one.feed(sound((500, 0.9)))
    for number in range(1, 400):
        if one.feed(sound((WINDOW_MS, 0.0))):
            assert pause_ms * patience <= number * WINDOW_MS < pause_ms * patience + WINDOW_MS
            return
    raise AssertionError("it did not end")


@pytest.mark.parametrize("at_ms", [256, 416, 704])
def test_a_click_in_the_silence_does_not_make_it_longer(at_ms: int) -> None:
    one = endpoint()
    one.feed(sound((500, 0.9)))
    rest_ms = max(PAUSE_MS - at_ms - 64, GAP_MS)
    assert one.feed(sound((at_ms, 0.0), (64, 0.9))) == []
    assert one.feed(sound((rest_ms + WINDOW_MS, 0.0))) == ["end"]


def test_a_word_after_the_silence_has_begun_to_be_one_is_waited_for() -> None:
    one = endpoint()
    one.feed(sound((500, 0.9), (PAUSE_MS - 2 * WINDOW_MS, 0.0)))
    assert one.feed(sound((3 * WINDOW_MS, 0.9))) == []
    assert one.feed(sound((WINDOW_MS, 0.9), (PAUSE_MS - 2 * WINDOW_MS, 0.0))) == []
    assert one.feed(sound((2 * WINDOW_MS, 0.0))) == ["end"]


def test_a_command_is_never_longer_than_the_longest() -> None:
    told = events_of(sound((500, 0.0), (5000, 0.9)), one := endpoint(max_s=2))
    assert told == ["speech", "end"]
    start, end = one.span
    assert 2.0 <= (end - start) / 16000 <= 2.0 + (2 * MARGIN_MS + WINDOW_MS) / 1000


def test_patience_can_be_changed_while_somebody_thinks() -> None:
    one = endpoint()
    one.feed(sound((500, 0.9), (600, 0.0)))
    one.patience = 2.0
    assert one.feed(sound((800, 0.0))) == []
    one.patience = 1.0
    assert one.feed(sound((WINDOW_MS, 0.0))) == ["end"]


def test_after_the_end_the_detector_is_left_alone() -> None:
    detector = Judgements()
    one = Endpoint(detector, 300, 30)
    one.feed(sound((500, 0.9), (400, 0.0)))
    asked = detector.asked
    assert one.feed(sound((500, 0.9))) == []
    assert detector.asked == asked
    one.reset()
    assert one.feed(sound((500, 0.9))) == ["speech"]


@given(
    before=st.integers(0, 40),
    spoken=st.integers(4, 40),
    gap=st.integers(0, 20),
    again=st.integers(4, 40),
    after=st.integers(0, 30),
)
def test_trimming_keeps_all_that_was_said(before: int, spoken: int, gap: int, again: int, after: int) -> None:
    counts = (before, spoken, gap, again, after)
    samples = windows([p for p, n in zip((0.0, 0.9, 0.1, 0.8, 0.0), counts, strict=True) for _ in range(n)])
    kept = trimmed(samples, Judgements())
    assert np.count_nonzero(kept > BEGINS) == (spoken + again) * WINDOW
    assert len(kept) <= (spoken + gap + again) * WINDOW + 2 * MARGIN_MS * 16


def test_nothing_is_left_of_a_recording_of_clicks() -> None:
    assert len(trimmed(sound((300, 0.0), (64, 0.9), (500, 0.0), (96, 0.9), (300, 0.0)), Judgements())) == 0


@pytest.mark.parametrize(
    ("parts", "silent"),
    [
        ([(500, 0.9), (128, 0.05)], True),
        ([(500, 0.0)], True),
        ([(500, 0.9), (64, 0.05)], False),  # the stop before a last "t"
        ([(500, 0.9), (96, 0.3)], False),  # a word that dies away
        ([(300, 0.0), (32, 0.6)], False),  # a word that begins
        ([(64, 0.0)], False),  # too little to tell
        ([], False),
    ],
)
@pytest.mark.parametrize("before", [0, 100])
def test_a_sound_ends_in_silence_where_that_is_sure(
    parts: list[tuple[float, float]], silent: bool, before: int
) -> None:
    samples = np.concatenate([np.ones(before, dtype=np.float32), sound(*parts)])
    assert ends_in_silence(samples, Judgements()) is silent
