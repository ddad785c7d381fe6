"""Sound on its way from a microphone to whoever hears it: pre-roll before, a moment after the end, no more.

While nothing is recorded, the only sound in memory is the pre-roll ring (`audio.ring`); while our own voice
sounds not even that. Blocks are taken in at once whatever is done with them later, so that nothing is lost to
a slow reader. Nothing is ever written to a file here. When a command begins and ends is for others to say: a
key (`daemon.talking`) or speech (`audio.taker`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from whispera.audio.ring import PreRoll

if TYPE_CHECKING:
    from numpy.typing import NDArray

TAIL_S = 0.08
"""Sound that was made before the key went up and has yet to come out of the sound system."""


class Recording:
    """The sound of one command: blocks come in from one thread, another takes them while they come.

    Made by `Recorder.begin`.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        """`now`: seconds of any clock."""
        self._now = now
        self._changed = threading.Condition()
        self._blocks: list[NDArray[np.float32]] = []
        """Those that nobody has taken yet."""
        self._until: float | None = None
        self._at = now()

    @property
    def goes_on(self) -> bool:
        """Whether more may come."""
        return self._until is None or self._now() < self._until

    def add(self, samples: NDArray[np.float32]) -> None:
        """Takes the next block (n,) in, unless it is over."""
        with self._changed:
            if self.goes_on and len(samples):
                self._blocks.append(samples)
                self._at = self._now()
                self._changed.notify_all()

    def end(self, tail_s: float = 0.0) -> None:
        """Ends it after a tail; a second call can only end it sooner."""
        with self._changed:
            until = self._now() + tail_s
            self._until = until if self._until is None else min(until, self._until)
            self._changed.notify_all()

    def take(self, wait_s: float = 0.0) -> tuple[NDArray[np.float32], float]:
        """What came since the last call (n,), and when the last of it did, on the clock `now`.

        Waits so long for something, but never for what is over; nothing is kept of what was taken.
        """
        with self._changed:
            if not self._blocks and wait_s > 0 and self.goes_on:
                left = wait_s if self._until is None else min(wait_s, self._until - self._now())
                self._changed.wait(max(0.0, left))
            new, self._blocks = self._blocks, []
            return joined(new), self._at


class Recorder:
    """Blocks come in from one thread; recordings are asked for by others."""

    def __init__(self, *, pre_roll_ms: int, now: Callable[[], float] = time.monotonic) -> None:
        """`pre_roll_ms`: see `PreRoll`; `now`: seconds of any clock."""
        self._lock = threading.Lock()
        self._ring = PreRoll(pre_roll_ms)
        self._recordings: list[Recording] = []
        self._deaf = False
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

    @property
    def kept(self) -> int:
        """Samples of the time before that are in memory."""
        return len(self._ring)

    def add(self, samples: NDArray[np.float32], overflowed: bool = False) -> bool:
        """Takes the next block (n,) of the microphone in; whether it belongs to a recording."""
        with self._lock:
            self.overflows += overflowed
            self._recordings = [one for one in self._recordings if one.goes_on]
            for recording in self._recordings:
                recording.add(samples)
            if not self._recordings and not self._deaf:
                self._ring.add(samples)
            return bool(self._recordings)

    def begin(self, *, pre_roll: bool = True) -> Recording:
        """Begins a recording, with what was kept of the time before or without."""
        with self._lock:
            kept = self._ring.take()
            recording = Recording(self._now)
            if pre_roll:
                recording.add(kept)
            self._recordings.append(recording)
            return recording

    def forget(self) -> None:
        """Forgets what was kept of the time before."""
        with self._lock:
            self._ring.drop()


def joined(blocks: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Blocks (n,) one after the other as one, empty where there are none."""
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)
