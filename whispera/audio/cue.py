"""Short sounds that say that listening begins, ends or failed.

A cue is two or three pure tones, which `audio.cleaning` takes out of what was recorded. No cue is speech to
the detector, at any volume.
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

from whispera.audio.cleaning import Cleaning, Played
from whispera.audio.clip import SAMPLE_RATE_HZ
from whispera.audio.sounding import tone_samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

CueName = Literal["start", "stop", "error"]

_REMEMBERED = 16


def cue_samples(name: CueName, rate_hz: int = SAMPLE_RATE_HZ) -> NDArray[np.float32]:
    """The sound of a cue, (n,), -1 to 1."""
    return np.asarray(tone_samples(name, rate_hz), dtype=np.float32) / np.float32(32768)


class Cues:
    """Plays cues and knows when; silent where they are switched off."""

    def __init__(self, *, on: bool = True) -> None:
        """`on`: `voice.cue` of the settings. Starts the process that plays, which waits from then on."""
        self._on = on
        self._played: deque[Played] = deque(maxlen=_REMEMBERED)
        self._count = 0
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
            self._count += 1
            self._played.append((self._count, time.monotonic(), name))
            process = self._ready()
            if process is None or process.stdin is None:
                return
            with suppress(OSError):  # it is stuck, or gone
                os.write(process.stdin.fileno(), f"{name}\n".encode())

    def cleaning(self) -> Cleaning:
        """What takes the cues out of one recording, whose times are those of `time.monotonic`."""
        return Cleaning(lambda: list(self._played))

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
