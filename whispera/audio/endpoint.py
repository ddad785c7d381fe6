"""When a command begins and ends in a stream of sound, told by the voice detector.

A click or a cough is no speech, and one in a pause does not make it longer. A pause for thought does not end
a command; how long it may be is `pause_ms` times `patience`, which the caller raises where what was said last
seems unfinished.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from whispera.audio.clip import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Event = Literal["speech", "end"]

WINDOW = 512
"""Samples of one judgement of the detector."""
BEGINS = 0.5
"""A window as probable as this is speech."""
GOES_ON = 0.35
"""Within speech, so much is enough."""
MIN_SPEECH_MS = 120
"""Shorter sounds are clicks and coughs."""
GAP_MS = 160
"""Silence that divides a sound from the next one."""
MARGIN_MS = 200
"""Kept before and after speech: soft first and last sounds are no speech to the detector."""

SILENT = 0.2
"""Only windows less probable than this are surely silent."""
SILENT_MS = 100
"""So much silence is the end of a word: the detector takes twice as long to be sure of it."""


class Detector(Protocol):
    """What tells speech from other sounds; see `speech.Voice`."""

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """The probability of speech of each window of `WINDOW` samples that is now complete."""

    def reset(self) -> None:
        """Forgets the stream."""


@dataclass(slots=True)
class _Sound:
    """Windows that may be speech: enough of them are."""

    start: int
    last: int
    spoken: int


class Endpoint:
    """One command; `reset` makes it ready for the next."""

    def __init__(self, voice: Detector, pause_ms: int, max_s: float, *, patience: float = 1.0) -> None:
        """`pause_ms`: silence that ends a command; `max_s`: seconds from its first sound to its end."""
        self.pause_ms = pause_ms
        self.max_s = max_s
        self.patience = patience
        """Factor of `pause_ms`; may be set at any time."""
        self._voice = voice
        self.reset()

    def reset(self) -> None:
        """Waits for the next command, in a new stream."""
        self._voice.reset()
        self._windows = 0
        self._sound: _Sound | None = None
        self._first = self._last = -1
        self._over = False

    @property
    def spoke(self) -> bool:
        """Whether there was speech."""
        return self._first >= 0

    @property
    def over(self) -> bool:
        """Whether the command has ended."""
        return self._over

    @property
    def silence_ms(self) -> float:
        """Since the last speech; 0 before the first."""
        return _ms(self._windows - 1 - self._last) if self.spoke else 0.0

    @property
    def span(self) -> tuple[int, int]:
        """First sample and one past the last of what was said, with a margin; (0, 0) of nothing.

        Of the samples fed since `reset`; the end may lie behind the last one.
        """
        if not self.spoke:
            return 0, 0
        margin = MARGIN_MS * SAMPLE_RATE_HZ // 1000
        return max(0, self._first * WINDOW - margin), (self._last + 1) * WINDOW + margin

    def feed(self, samples: NDArray[np.float32]) -> list[Event]:
        """What became certain with the next samples (n,): `speech` once, then `end` once.

        Nothing more is told after the end, and the detector is not asked.
        """
        events: list[Event] = []
        if self._over:
            return events
        for probability in self._voice.probabilities(samples):
            was_silent = not self.spoke
            self._judge(float(probability))
            if was_silent and self.spoke:
                events.append("speech")
            if self._ends():
                self._over = True
                events.append("end")
                break
        return events

    def _judge(self, probability: float) -> None:
        index = self._windows
        self._windows += 1
        sound = self._sound
        speaking = self.spoke and index - self._last <= _windows(GAP_MS)
        if probability >= (GOES_ON if speaking or sound is not None else BEGINS):
            if speaking:
                self._last = index
                return
            if sound is None:
                sound = self._sound = _Sound(index, index, 0)
            sound.last = index
            sound.spoken += 1
            if _ms(sound.spoken) >= MIN_SPEECH_MS:
                self._first = self._first if self.spoke else sound.start
                self._last = index
                self._sound = None
        elif sound is not None and index - sound.last > _windows(GAP_MS):
            self._sound = None

    def _ends(self) -> bool:
        if not self.spoke:
            return False
        if _ms(self._windows - self._first) >= 1000 * self.max_s:
            return True
        # a sound that has just begun may become the rest of the command
        return self._sound is None and self.silence_ms >= self.pause_ms * self.patience


def trimmed(samples: NDArray[np.float32], voice: Detector) -> NDArray[np.float32]:
    """A recording (n,) without the silence, clicks and coughs at both ends; (0,) where nothing was said."""
    whole = Endpoint(voice, pause_ms=len(samples) + 1, max_s=len(samples) + 1)
    whole.feed(samples)
    start, end = whole.span
    return samples[start:end]


def ends_in_silence(samples: NDArray[np.float32], voice: Detector) -> bool:
    """Whether the last `SILENT_MS` of a sound (n,), of half a second or so, are surely no speech."""
    voice.reset()
    last = voice.probabilities(samples[len(samples) % WINDOW :])[-_windows(SILENT_MS) :]
    return len(last) == _windows(SILENT_MS) and bool((last < SILENT).all())


def _ms(windows: int) -> float:
    return 1000 * windows * WINDOW / SAMPLE_RATE_HZ


def _windows(ms: float) -> int:
    return int(ms * SAMPLE_RATE_HZ / 1000 / WINDOW)
