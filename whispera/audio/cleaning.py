"""Taking our own short sounds out of a recording while it is made.

Cues are pure tones (`audio.sounding`). Whatever the loudspeaker and the room make of them, they stay in
narrow bands of frequency for a moment that is known, and there they are filtered out: a word spoken over a
cue stays a word. The filter looks `AHEAD` samples ahead, so sound comes out so much later while a cue may
be heard, and at once otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from whispera.audio.clip import SAMPLE_RATE_HZ
from whispera.audio.sounding import TONES, tone_samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

EARLY_S, LATE_S = 0.05, 1.0
"""A cue sounds at the earliest so long before it was asked for (when a sample was made is not known to the
sample), and begins at the latest so long after (a sleeping sound system, wireless headphones, echo)."""
BAND_HZ = 60.0
"""Taken out on each side of a tone."""
AHEAD = 768
"""Samples on each side of one that decide on it."""
OVERTONES = 3
"""Of loudspeakers that are too small, the tone itself counted."""
_SLOPE_HZ = 30.0
_FADE = 160
"""Samples from the filtered to the unfiltered."""
_POINTS = 8192

Played = tuple[int, float, str]
"""A cue that was played: its number, when it was asked for, its name."""


class Cleaning:
    """One recording: what is fed comes out again, as many samples, without the cues that sounded."""

    def __init__(self, played: Callable[[], Sequence[Played]]) -> None:
        """`played`: the cues of late, oldest first, whenever it is asked."""
        self._played = played
        self._known = -1
        self._fed = self._out = 0
        self._past = np.zeros(AHEAD, dtype=np.float32)
        self._filters: list[CueFilter] = []

    def feed(self, samples: NDArray[np.float32], at: float) -> NDArray[np.float32]:
        """What came out (n,) by the next samples (m,), the last of which came at a time of the clock."""
        self._fed += len(samples)
        for number, asked, name in self._played():
            if number > self._known:
                self._known = number
                self._take_out(name, self._fed + round((asked - at) * SAMPLE_RATE_HZ))
        for one in self._filters:
            samples = one.feed(samples)
        return self._given(samples)

    def end(self) -> NDArray[np.float32]:
        """The rest (n,)."""
        rest = np.zeros(0, dtype=np.float32)
        for one in self._filters:
            rest = np.concatenate([one.feed(rest), one.end()])
        return self._given(rest)

    def _take_out(self, name: str, asked: int) -> None:
        """Filters a cue out that was asked for at a sample, from what has not come out yet."""
        start = asked - round(EARLY_S * SAMPLE_RATE_HZ)
        end = asked + round(LATE_S * SAMPLE_RATE_HZ) + len(tone_samples(name, SAMPLE_RATE_HZ))
        if end > self._out:
            self._filters.append(CueFilter(name, start, end, at=self._out, past=self._past))

    def _given(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        self._out += len(samples)
        self._past = np.concatenate([self._past, samples])[-AHEAD:]
        return samples


class CueFilter:
    """Takes the bands of a cue's tones, and of their overtones, out of [start, end) of a stream."""

    def __init__(
        self, name: str, start: int, end: int, *, at: int = 0, past: NDArray[np.float32] | None = None
    ) -> None:
        """`at`: the sample that is fed first; `past`: the `AHEAD` samples before it, silence if not given."""
        self._taps = _taps(name)
        self._start, self._end = max(start, at), end
        self._at = at
        """The sample that comes out next."""
        self._held = np.zeros(AHEAD, dtype=np.float32) if past is None else past
        """From `AHEAD` samples before that on."""

    def feed(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """What comes out (n,) by the next samples (m,)."""
        self._held = np.concatenate([self._held, samples])
        last = self._at + len(self._held) - AHEAD
        decided = last - AHEAD
        outside = last <= self._start or decided >= self._end
        return self._give(last if outside else max(self._at, self._start, decided))

    def end(self) -> NDArray[np.float32]:
        """The rest (n,)."""
        return self._give(self._at + len(self._held) - AHEAD)

    def _give(self, until: int) -> NDArray[np.float32]:
        count = until - self._at
        given = self._held[AHEAD : AHEAD + count]
        if count and self._at < self._end and until > self._start:
            size = 2 * AHEAD + count
            filtered = _convolved(np.pad(self._held[:size], (0, max(0, size - len(self._held)))), self._taps)
            edges = [self._start, self._start + _FADE, self._end - _FADE, self._end]
            share = np.interp(np.arange(self._at, until), edges, [0.0, 1.0, 1.0, 0.0])
            given = (given + share * (filtered - given)).astype(np.float32)
        self._held = self._held[count:]
        self._at = until
        return given


@cache
def _taps(name: str) -> NDArray[np.float64]:
    """The filter of a cue: symmetrical, (2 * AHEAD + 1,)."""
    hertz = np.fft.rfftfreq(_POINTS, 1 / SAMPLE_RATE_HZ)
    passed = np.ones(len(hertz))
    for tone in {tone for tone, _ in TONES[name] if tone}:
        for overtone in range(1, OVERTONES + 1):
            passed *= np.clip((np.abs(hertz - overtone * tone) - BAND_HZ) / _SLOPE_HZ, 0.0, 1.0)
    response = np.roll(np.fft.irfft(passed, _POINTS), AHEAD)[: 2 * AHEAD + 1]
    return np.asarray(response * np.hanning(2 * AHEAD + 3)[1:-1])


def _convolved(samples: NDArray[np.float32], taps: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) and (k,) to (n - k + 1,): where the taps lie wholly within the samples."""
    size = 1 << (len(samples) + len(taps) - 2).bit_length()
    product = np.fft.rfft(samples, size) * np.fft.rfft(taps, size)
    return np.asarray(np.fft.irfft(product, size)[len(taps) - 1 : len(samples)])
