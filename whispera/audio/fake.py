"""A microphone that hears what it is given, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from whispera.audio.clip import SAMPLE_RATE_HZ, Clip

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whispera.audio.microphone import OnBlock, OnTrouble


class FakeMicrophone:
    """Gives samples when it is told to; with `clips`, all of these as soon as it starts, by itself."""

    def __init__(self, clips: Sequence[Clip] = (), *, block_ms: int = 20) -> None:
        self.block_ms = block_ms
        self.running = False
        self.starts = 0
        """How often it was started."""
        self._clips = list(clips)
        self._on_block: OnBlock | None = None
        self._on_trouble: OnTrouble | None = None

    def start(self, on_block: OnBlock, on_trouble: OnTrouble) -> None:
        """Begins; what is in `clips` is heard before it returns."""
        self._on_block, self._on_trouble = on_block, on_trouble
        self.running = True
        self.starts += 1
        for clip in self._clips:
            self.hear(clip.samples)

    def stop(self) -> None:
        """Hears no more."""
        self.running = False

    def hear(self, samples: NDArray[np.float32], *, lost: bool = False) -> None:
        """Gives samples (n,) in blocks; what is stopped hears nothing. `lost`: some were, before them."""
        size = self.block_ms * SAMPLE_RATE_HZ // 1000
        for start in range(0, len(samples), size):
            if not self.running or self._on_block is None:
                return
            self._on_block(samples[start : start + size].astype(np.float32), lost and start == 0)

    def silence(self, seconds: float) -> None:
        """Gives silence."""
        self.hear(np.zeros(round(seconds * SAMPLE_RATE_HZ), dtype=np.float32))

    def trouble(self, text: str) -> None:
        """Tells a trouble; an empty text says that it is over."""
        if self.running and self._on_trouble is not None:
            self._on_trouble(text)
