"""The process that plays cues, one for as long as listening goes on: `python -m whispera.audio.sounding`.

A name a line on stdin; ends with it. Apart from the process that listens, so that neither a sound system that
hangs nor one that was started anew is in anybody's way. Imports no numpy: it must start quickly.
"""

from __future__ import annotations

import math
import os
import sys
from array import array
from collections.abc import Mapping
from functools import cache
from typing import Any

TONES: Mapping[str, tuple[tuple[float, float], ...]] = {
    "start": ((1760.0, 0.07), (2637.0, 0.07)),
    "stop": ((2637.0, 0.07), (1760.0, 0.07)),
    "error": ((1175.0, 0.11), (0.0, 0.04), (1175.0, 0.11)),
}
"""Cue to its tones: hertz and seconds. Pure, and within narrow bands, so that they can be filtered out."""
LOUDNESS = 0.2
"""Of full scale."""
LATENCY_S = 0.06
TAIL_S = 0.2
"""Silence after a cue."""


@cache
def tone_samples(name: str, rate_hz: int) -> array[int]:
    """The 16-bit samples of a cue, one channel; raises KeyError."""
    samples = array("h")
    for hertz, seconds in TONES[name]:
        count = round(seconds * rate_hz)
        turn = 2 * math.pi * hertz / rate_hz
        for index in range(count):
            # swells and fades over its whole length: a click would be heard on all frequencies
            swell = math.sin(math.pi * index / count) ** 2
            samples.append(round(32767 * LOUDNESS * swell * math.sin(turn * index)))
    return samples


def main() -> int:
    """Plays until stdin is closed."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        import sounddevice
    except (ImportError, OSError):
        return 1
    for line in sys.stdin:
        name = line.strip()
        if name not in TONES:
            continue
        try:
            _play(sounddevice, name)
        except sounddevice.PortAudioError:
            # the devices may be others than at its start; a cue that still fails is not worth more
            sounddevice._terminate()
            sounddevice._initialize()
            try:
                _play(sounddevice, name)
            except sounddevice.PortAudioError:
                continue
    os._exit(0)


def _play(sounddevice: Any, name: str) -> None:
    outputs = [device for device in sounddevice.query_devices() if device["max_output_channels"] > 0]
    served = [device for device in outputs if device["name"] in ("pulse", "pipewire")]
    device = served[0] if served else sounddevice.query_devices(kind="output")
    rate_hz = round(device["default_samplerate"])
    samples = tone_samples(name, rate_hz)
    with sounddevice.RawOutputStream(
        device=device["index"], samplerate=rate_hz, channels=1, dtype="int16", latency=LATENCY_S
    ) as stream:
        stream.write(samples)
        # what PortAudio still holds when a stream is stopped is cut off, with a click
        stream.write(array("h", bytes(2 * round(TAIL_S * rate_hz))))
        stream.stop()


if __name__ == "__main__":
    sys.exit(main())
