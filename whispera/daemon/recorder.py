"""Recordings from the blocks of a microphone: pre-roll before, a moment after the end, nothing else kept.

While nothing is recorded, the only sound in memory is the pre-roll ring (`audio.ring`); while our own voice
sounds not even that. Nothing is ever written to a file here.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.audio.ring import PreRoll

if TYPE_CHECKING:
    from numpy.typing import NDArray

TAIL_S = 0.08
"""Sound that was made before the key went up and has yet to come out of the sound system."""


@dataclass(slots=True)
class _Open:
    chunks: list[NDArray[np.float32]] = field(default_factory=list)
    until: float | None = None
    """When its tail is over; None while it goes on."""


class Recorder:
    """Blocks come in from one thread; recordings are asked for by others."""

    def __init__(
        self, *, pre_roll_ms: int, tail_s: float = TAIL_S, now: Callable[[], float] = time.monotonic
    ) -> None:
        """`tail_s`: how long a recording goes on after its end; `now`: seconds of any clock."""
        self._lock = threading.Lock()
        self._ring = PreRoll(pre_roll_ms)
        self._recordings: dict[int, _Open] = {}
        self._deaf = False
        self._tail_s = tail_s
        self._now = now
        self.overflows = 0
        """Blocks before which sound was lost."""

    @property
    def deaf(self) -> bool:
        """Whether blocks are thrown away, but for recordings under way."""
        return self._deaf

    @deaf.setter
    def deaf(self, value: bool) -> None:
        with self._lock:
            self._deaf = value
            if value:
                self._ring.drop()

    def add(self, samples: NDArray[np.float32], overflowed: bool) -> None:
        """Takes the next block (n,) of the microphone in."""
        with self._lock:
            self.overflows += overflowed
            going_on = [one for one in self._recordings.values() if self._goes_on(one)]
            for recording in going_on:
                recording.chunks.append(samples)
            if not going_on and not self._deaf:
                self._ring.add(samples)

    def begin(self, number: int, *, pre_roll: bool) -> None:
        """Begins a recording."""
        with self._lock:
            kept = self._ring.take()
            self._recordings[number] = _Open([kept] if pre_roll else [])

    def end(self, number: int) -> float:
        """Ends a recording after its tail; when that will be, on the clock `now`."""
        with self._lock:
            recording = self._recordings[number]
            recording.until = self._now() + self._tail_s
            return recording.until

    def take(self, number: int) -> Clip:
        """A recording as a whole; it is forgotten here."""
        with self._lock:
            recording = self._recordings.pop(number, _Open())
        return _clip(recording)

    def drop(self, number: int) -> None:
        """Forgets a recording."""
        with self._lock:
            self._recordings.pop(number, None)

    def so_far(self, number: int) -> Clip:
        """What there is of a recording under way."""
        with self._lock:
            recording = self._recordings.get(number, _Open())
            return _clip(_Open(list(recording.chunks)))

    @property
    def seconds_kept(self) -> float:
        """Of sound that is in memory, the pre-roll included."""
        with self._lock:
            samples = sum(len(chunk) for one in self._recordings.values() for chunk in one.chunks)
            return (samples + len(self._ring)) / SAMPLE_RATE_HZ

    def _goes_on(self, recording: _Open) -> bool:
        return recording.until is None or self._now() < recording.until


def _clip(recording: _Open) -> Clip:
    chunks = recording.chunks
    return Clip(np.concatenate(chunks) if chunks else np.zeros(0, dtype=np.float32))
