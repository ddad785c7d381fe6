"""Short sounds that say that listening begins, ends or failed; and taking them out of what was recorded.

A cue is two or three pure tones. Whatever the loudspeaker and the room make of them, they stay in narrow
bands of frequency for a moment that is known, and there they are filtered out: a word spoken over a cue
stays a word. No cue is speech to the detector, at any volume.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from whispera.audio.clip import SAMPLE_RATE_HZ
from whispera.audio.sounding import TONES, tone_samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

CueName = Literal["start", "stop", "error"]

EARLY_S, LATE_S = 0.05, 1.0
"""A cue sounds at the earliest so long before it was asked for (the end of a recording is not known to the
sample), and begins at the latest so long after (a sleeping sound system, wireless headphones, echo)."""
BAND_HZ = 60.0
"""Taken out on each side of a tone."""
_SLOPE_HZ = 30.0
_FADE = 160
"""Samples from the filtered to the unfiltered."""
_PAD = 1024
_REMEMBERED = 16


def cue_samples(name: CueName, rate_hz: int = SAMPLE_RATE_HZ) -> NDArray[np.float32]:
    """The sound of a cue, (n,), -1 to 1."""
    return np.asarray(tone_samples(name, rate_hz), dtype=np.float32) / np.float32(32768)


class Cues:
    """Plays cues and knows when; silent where they are switched off."""

    def __init__(self, *, on: bool = True) -> None:
        """`on`: `voice.cue` of the settings. Starts the process that plays, which waits from then on."""
        self._on = on
        self._played: deque[tuple[float, CueName]] = deque(maxlen=_REMEMBERED)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        if on:
            with self._lock:
                self._ready()

    def play(self, name: CueName) -> None:
        """Begins to play; never waits and never raises: a cue that cannot be heard is no fault."""
        if not self._on:
            return
        with self._lock:
            self._played.append((time.monotonic(), name))
            process = self._ready()
            if process is None or process.stdin is None:
                return
            with suppress(OSError):  # it is stuck, or gone
                os.write(process.stdin.fileno(), f"{name}\n".encode())

    def cleaned(self, samples: NDArray[np.float32], *, ended: float | None = None) -> NDArray[np.float32]:
        """A recording (n,) without the cues that sounded in it.

        `ended`: when its last sample came, by `time.monotonic`; now if not given.
        """
        began = (time.monotonic() if ended is None else ended) - len(samples) / SAMPLE_RATE_HZ
        for at, name in list(self._played):
            start = round((at - began - EARLY_S) * SAMPLE_RATE_HZ)
            end = round((at - began + LATE_S) * SAMPLE_RATE_HZ) + len(cue_samples(name))
            samples = without_cue(samples, name, start, end)
        return samples

    def close(self) -> None:
        """Ends the process that plays, and with it what it is playing."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        process.kill()
        process.wait()

    def _ready(self) -> subprocess.Popen[bytes] | None:
        """The process that plays, started anew where it ended; None where it does not start."""
        if self._process is not None:
            if self._process.poll() is None:
                return self._process
            if self._process.stdin is not None:
                self._process.stdin.close()
        paths = [str(Path(__file__).resolve().parents[2]), *filter(None, [os.environ.get("PYTHONPATH", "")])]
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "whispera.audio.sounding"],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                bufsize=0,
                start_new_session=sys.platform != "win32",
            )
        except OSError:
            return None
        if sys.platform != "win32" and self._process.stdin is not None:
            os.set_blocking(self._process.stdin.fileno(), False)
        return self._process


def without_cue(samples: NDArray[np.float32], name: CueName, start: int, end: int) -> NDArray[np.float32]:
    """A recording (n,) with the bands of a cue's tones, and of their overtones, taken out of [start, end)."""
    start, end = max(0, start), min(len(samples), end)
    if end <= start:
        return samples
    first, last = max(0, start - _PAD), min(len(samples), end + _PAD)
    part = samples[first:last]
    spectrum = np.fft.rfft(part, len(part) + _PAD)
    hertz = np.fft.rfftfreq(len(part) + _PAD, 1 / SAMPLE_RATE_HZ)
    for tone in sorted({tone for tone, _ in TONES[name] if tone}):
        for overtone in range(1, 4):  # of loudspeakers that are too small
            away = np.abs(hertz - overtone * tone)
            spectrum *= np.clip((away - BAND_HZ) / _SLOPE_HZ, 0.0, 1.0)
    filtered = np.fft.irfft(spectrum, len(part) + _PAD)[: len(part)]
    ramp = np.interp(
        np.arange(first, last), [start - _FADE, start, end, end + _FADE], [0.0, 1.0, 1.0, 0.0]
    ).astype(np.float32)
    made = samples.copy()
    made[first:last] += ramp * (filtered.astype(np.float32) - part)
    return made
