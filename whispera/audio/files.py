"""Recordings from files: any format libsndfile reads, any rate, any number of channels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.errors import ModelError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_S = 600
"""Longer files are no commands, and would be held in memory whole."""
_EDGE = 1024
"""Samples added at both ends while resampling, so that the end does not ring into the beginning."""


def read_clip(path: Path) -> Clip:
    """The recording in a file, its channels mixed and resampled to 16 kHz.

    Raises UsageError where the file is not there, no recording or longer than `MAX_S` seconds; ModelError
    where the package that reads them is missing.
    """
    try:
        import soundfile
    except ImportError as error:
        raise ModelError(
            "reading recordings needs the package 'soundfile'",
            hint="bin/setup voice, or pip install 'whispera[voice]'",
        ) from error
    if not path.is_file():
        raise UsageError(f"there is no file {path}", hint="name a recording, such as hello.wav")
    try:
        with soundfile.SoundFile(path) as file:
            rate_hz = int(file.samplerate)
            if file.frames > MAX_S * rate_hz:
                raise UsageError(
                    f"{path} is {file.frames / rate_hz:.0f} s long",
                    hint=f"cut it into pieces of at most {MAX_S} s",
                )
            samples = file.read(frames=MAX_S * rate_hz, dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise UsageError(
            f"{path} is no recording that can be read: {error}",
            hint="convert it first: ffmpeg -i FILE -ar 16000 -ac 1 new.wav",
        ) from error
    return Clip(resampled(np.nan_to_num(samples.mean(axis=1)), rate_hz))


def resampled(samples: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """Samples (n,) of one rate as samples (m,) of `SAMPLE_RATE_HZ`, band-limited; for whole recordings.

    What is above half the lower rate is taken out in the frequency domain, so nothing folds back.
    """
    if rate_hz == SAMPLE_RATE_HZ or not len(samples):
        return np.ascontiguousarray(np.clip(samples, -1.0, 1.0), dtype=np.float32)
    wanted = round(len(samples) * SAMPLE_RATE_HZ / rate_hz)
    padded = np.pad(samples, _EDGE)
    size = round(len(padded) * SAMPLE_RATE_HZ / rate_hz)
    spectrum = np.fft.rfft(padded)
    kept = np.zeros(size // 2 + 1, dtype=spectrum.dtype)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    made = np.fft.irfft(kept, n=size) * (size / len(padded))
    start = round(_EDGE * SAMPLE_RATE_HZ / rate_hz)
    return np.clip(made[start : start + wanted], -1.0, 1.0).astype(np.float32)
