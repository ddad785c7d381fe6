"""Where there is speech in sound: silero's voice detector, asked through onnxruntime.

The file comes with faster-whisper; that package itself is not imported, which would take a second.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from whispera.audio.clip import SAMPLE_RATE_HZ
from whispera.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW = 512
"""Samples of one judgement: 32 ms."""
WINDOW_MS = 1000 * WINDOW / SAMPLE_RATE_HZ
LIKELY = 0.5
"""A window with this probability is speech."""
_CONTEXT = 64
"""Samples of the window before that the model looks at."""
_STATE = (1, 1, 128)
_FILE = "silero_vad_v6.onnx"
_GAP_WINDOWS = 10
"""Windows without speech that do not yet end a stretch of it: the pauses inside and between words."""


class Voice:
    """Tells speech from other sound, window by window; one for each stream, whose past it remembers."""

    def __init__(self) -> None:
        """Raises ModelError where the model is not installed."""
        self._model = _load()
        self.reset()

    def reset(self) -> None:
        """Forgets the stream; the next samples begin another."""
        self._h = np.zeros(_STATE, dtype=np.float32)
        self._c = np.zeros(_STATE, dtype=np.float32)
        self._before = np.zeros(_CONTEXT, dtype=np.float32)
        self._rest = np.zeros(0, dtype=np.float32)

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probability of speech, 0 to 1, of each window of `WINDOW` samples that is now complete.

        `samples`: (n,), 16 kHz, the next of the stream; what is left of them waits for the next call.
        """
        heard = np.concatenate([self._rest, samples.astype(np.float32, copy=False)])
        count = len(heard) // WINDOW
        self._rest = heard[count * WINDOW :].copy()
        if not count:
            return np.zeros(0, dtype=np.float32)
        windows = heard[: count * WINDOW].reshape(count, WINDOW)
        before = np.vstack([self._before, windows[:-1, -_CONTEXT:]])
        self._before = windows[-1, -_CONTEXT:].copy()
        given = {"input": np.hstack([before, windows]), "h": self._h, "c": self._c}
        out, self._h, self._c = self._model.run(None, given)
        return np.asarray(out, dtype=np.float32).reshape(-1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of speech in a recording."""

    start: int
    """First sample."""
    end: int
    """One past the last sample."""
    spoken_ms: float
    """Of its windows that are speech."""


def stretches(probabilities: Sequence[float] | NDArray[np.float32]) -> list[Stretch]:
    """The stretches of speech in windows judged by `Voice`; pauses between words do not end one."""
    found: list[Stretch] = []
    first = last = -1
    spoken = 0
    for index, probability in enumerate([*probabilities, *[0.0] * (_GAP_WINDOWS + 1)]):
        if probability >= LIKELY:
            first = index if first < 0 else first
            last, spoken = index, spoken + 1
        elif first >= 0 and index - last > _GAP_WINDOWS:
            found.append(Stretch(first * WINDOW, (last + 1) * WINDOW, spoken * WINDOW_MS))
            first, spoken = -1, 0
    return found


def speech_in(samples: NDArray[np.float32], voice: Voice | None = None) -> list[Stretch]:
    """The stretches of speech in a recording (n,); `voice` is reset and used where one is given."""
    detector = voice or Voice()
    detector.reset()
    whole = math.ceil(len(samples) / WINDOW) * WINDOW
    return stretches(detector.probabilities(np.pad(samples, (0, whole - len(samples)))))


def speech_share(samples: NDArray[np.float32], voice: Voice | None = None) -> float:
    """The share of a recording (n,) that is speech, 0 to 1."""
    spoken_ms = sum(stretch.spoken_ms for stretch in speech_in(samples, voice))
    return min(1.0, spoken_ms / max(1.0, 1000 * len(samples) / SAMPLE_RATE_HZ))


def has_speech(samples: NDArray[np.float32], voice: Voice | None = None, *, least_ms: float = 150) -> bool:
    """Whether somebody speaks for `least_ms` in a recording (n,): a click or a cough does not."""
    return any(stretch.spoken_ms >= least_ms for stretch in speech_in(samples, voice))


def silero_file() -> Path:
    """The file of the model; raises ModelError where it is not installed."""
    spec = find_spec("faster_whisper")
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    for place in places:
        path = Path(place) / "assets" / _FILE
        if path.is_file():
            return path
    raise ModelError(
        "the voice detector needs the package 'faster-whisper'",
        hint="bin/setup voice, or pip install 'whispera[voice]'",
    )


@cache
def _load() -> Any:
    """The model, once a process; it keeps nothing between calls, so that streams can share it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 3
    make: Callable[..., Any] = onnxruntime.InferenceSession
    return make(str(silero_file()), sess_options=options, providers=["CPUExecutionProvider"])
