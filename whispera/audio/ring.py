"""What is kept of the time before the key went down, so that the first word is whole.

In memory alone, never longer than `MAX_MS`, and zeroed when it is dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whispera.audio.clip import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_MS = 300


class PreRoll:
    """The last milliseconds of a stream."""

    def __init__(self, ms: int) -> None:
        """`ms`: how much is kept, 0 to `MAX_MS`; 0 keeps nothing. Raises ValueError beyond."""
        if not 0 <= ms <= MAX_MS:
            raise ValueError(f"a pre-roll is 0 to {MAX_MS} ms long, not {ms}")
        self.ms = ms
        self._ring = np.zeros(ms * SAMPLE_RATE_HZ // 1000, dtype=np.float32)
        self._end = 0
        self._filled = 0

    def __len__(self) -> int:
        """Samples kept now."""
        return self._filled

    def add(self, samples: NDArray[np.float32]) -> None:
        """Takes the next samples (n,) in; the oldest are overwritten."""
        size = len(self._ring)
        newest = samples[-size:] if size else samples[:0]
        first = min(len(newest), size - self._end)
        self._ring[self._end : self._end + first] = newest[:first]
        self._ring[: len(newest) - first] = newest[first:]
        self._end = (self._end + len(newest)) % size if size else 0
        self._filled = min(size, self._filled + len(newest))

    def take(self) -> NDArray[np.float32]:
        """What is kept (n,), oldest first; nothing is left behind."""
        start = self._end - self._filled
        taken = np.roll(self._ring, -start)[: self._filled].copy() if self._filled else self._ring[:0].copy()
        self.drop()
        return taken

    def drop(self) -> None:
        """Forgets what is kept, and overwrites it."""
        self._ring.fill(0.0)
        self._end = self._filled = 0
