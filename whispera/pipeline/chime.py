"""The sound of an alarm: three short tones, made here so that no recording has to be shipped."""

from __future__ import annotations

import math
import wave
from array import array
from pathlib import Path

from whispera import whole

SAMPLE_RATE_HZ = 16_000
_TONE_HZ = 880.0
_TONE_S = 0.22
_PAUSE_S = 0.13
_FADE_S = 0.02
_LOUDNESS = 0.5


def chime(path: Path) -> Path:
    """`path`, a mono 16-bit WAV file of about a second that is written first if it is missing; OSError."""
    if not path.exists():
        with whole.beside(path) as half, wave.open(str(half), "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(SAMPLE_RATE_HZ)
            out.writeframes((_tone() + _silence()).tobytes() * 3)
    return path


def _tone() -> array[int]:
    count = int(_TONE_S * SAMPLE_RATE_HZ)
    fade = int(_FADE_S * SAMPLE_RATE_HZ)
    samples = array("h")
    for index in range(count):
        # faded at both ends, or it would click
        loudness = _LOUDNESS * min(1.0, index / fade, (count - index) / fade)
        samples.append(int(32767 * loudness * math.sin(2 * math.pi * _TONE_HZ * index / SAMPLE_RATE_HZ)))
    return samples


def _silence() -> array[int]:
    return array("h", [0]) * int(_PAUSE_S * SAMPLE_RATE_HZ)
