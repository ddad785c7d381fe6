"""From a device's rate and channels to 16 kHz mono, block by block, without what would fold back.

A windowed-sinc filter in polyphase form (Crochiere and Rabiner, Multirate Digital Signal Processing, 1983):
only the samples that are wanted are computed. For whole recordings see `files.resampled`.
"""

from __future__ import annotations

from math import ceil, gcd
from typing import TYPE_CHECKING

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from whispera.audio.clip import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from numpy.typing import NDArray

ZEROS = 32
"""Zero crossings of the sinc on each side: more are steeper, slower and later."""
_BETA = 8.0
"""Of the Kaiser window: 80 dB down."""
_PASS = 0.925
"""Middle of the slope, as a share of half the lower rate: it ends where folding would begin."""


class Resampler:
    """One stream; remembers its end between blocks, so that no seam is heard."""

    def __init__(self, rate_hz: int, channels: int = 1) -> None:
        """`channels`: interleaved in the samples given; they are averaged."""
        self.rate_hz = rate_hz
        self.channels = channels
        shared = gcd(rate_hz, SAMPLE_RATE_HZ)
        self._up, self._down = SAMPLE_RATE_HZ // shared, rate_hz // shared
        self._half = ceil(ZEROS * max(1.0, rate_hz / SAMPLE_RATE_HZ))
        self._taps = _taps(self._up, self._half, min(1.0, SAMPLE_RATE_HZ / rate_hz))
        self._rest = np.zeros(self._half - 1, dtype=np.float32)
        self._start = 1 - self._half
        """Place of the first sample of `_rest` in the stream; negative before its beginning."""
        self._made = 0
        """Samples given so far; counted anew every second, so that no number grows."""

    @property
    def delay_s(self) -> float:
        """How far what comes out is behind what went in."""
        return 0.0 if self._up == self._down else self._half / self.rate_hz

    def feed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The samples (m,), 16 kHz mono, that the next of the stream, (n * channels,), make up."""
        mono = samples.reshape(-1, self.channels).mean(axis=1) if self.channels > 1 else samples
        if self._up == self._down:
            return mono.astype(np.float32, copy=False)
        heard = np.concatenate([self._rest, mono.astype(np.float32, copy=False)])
        # the last sample that may be the middle of a filter that lies within what was heard
        last = self._start + len(heard) - 1 - self._half
        count = max(0, (last * self._up) // self._down + 1 - self._made) if last >= 0 else 0
        places = np.arange(self._made, self._made + count) * self._down
        middles, phases = places // self._up, places % self._up
        first = middles + 1 - self._half - self._start
        made: NDArray[np.float32] = np.zeros(0, dtype=np.float32)
        if count:
            windows = sliding_window_view(heard, 2 * self._half)[first]
            made = np.einsum("ij,ij->i", windows, self._taps[phases], dtype=np.float32)
        self._made += count
        following = (self._made * self._down) // self._up + 1 - self._half
        keep = min(following - self._start, len(heard))
        self._rest = heard[keep:].copy()
        self._start += keep
        seconds = self._made // SAMPLE_RATE_HZ
        self._made -= seconds * SAMPLE_RATE_HZ
        self._start -= seconds * self.rate_hz
        return made


def _taps(up: int, half: int, share: float) -> NDArray[np.float32]:
    """(up, 2 * half): for each place between two samples, the weights of the samples around it.

    `share`: of the band that is kept, 0 to 1.
    """
    offsets = np.arange(1 - half, half + 1)[None, :] - (np.arange(up) / up)[:, None]
    window = np.i0(_BETA * np.sqrt(np.maximum(0.0, 1 - (offsets / half) ** 2))) / np.i0(_BETA)
    cutoff = _PASS * share
    taps: NDArray[np.float64] = cutoff * np.sinc(cutoff * offsets) * window
    # every phase passes a constant unchanged, or a hum at their rate would be heard
    even: NDArray[np.float32] = (taps / taps.sum(axis=1, keepdims=True)).astype(np.float32)
    return even
