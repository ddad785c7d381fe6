"""One command from a microphone that stays open: from the first word, or a key, to the end of speech.

`Recorder` keeps the sound; here is heard where in it the command lies. While nothing is recorded, no more
than the pre-roll is kept; while somebody is waited for, the last second.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from whispera.audio.cleaning import Cleaning
from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.audio.recorder import Recorder, joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whispera.audio.endpoint import Endpoint
    from whispera.audio.microphone import Microphone

KEPT = SAMPLE_RATE_HZ
"""Samples kept while nobody has begun to speak: more than the detector needs to be sure."""
LOOK_S = 0.05
HALF = SAMPLE_RATE_HZ * 80 // 1000
"""Samples after which the level shown is half that of the new sound."""
SILENT_DB = -60.0

State = Literal["opening", "waiting", "listening", "trouble"]


@dataclass(frozen=True, slots=True)
class Progress:
    """What goes on, for somebody who watches."""

    state: State
    level: float = 0.0
    """Loudness, 0 (`SILENT_DB`) to 1 (full scale)."""
    seconds: float = 0.0
    """Recorded so far."""
    text: str = ""
    """The trouble, where there is one."""


@dataclass(frozen=True, slots=True)
class Take:
    """What was recorded."""

    clip: Clip
    """From a little before the first word to a little after the last; empty where nothing was said."""
    trouble: str = ""
    """Why nothing could be heard, empty where that is not so."""


class Hears(Protocol):
    """Who hears a command while it is said; see `pipeline.following.Following`."""

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Takes the next samples (n,); not to wait here is for it to see to."""

    def drop(self) -> None:
        """What was fed is no command: it was cut in two."""


class Taker:
    """Takes commands from a microphone, one after another, in the thread that asks for them."""

    def __init__(
        self,
        microphone: Microphone,
        endpoint: Endpoint,
        *,
        pre_roll_ms: int = 300,
        cleaning: Callable[[], Cleaning] = lambda: Cleaning(tuple),
    ) -> None:
        """`pre_roll_ms`: kept of the time before `take`; 0 keeps nothing. `cleaning`: for each command."""
        self._microphone = microphone
        self.endpoint = endpoint
        self._recorder = Recorder(pre_roll_ms=pre_roll_ms)
        self._cleaning = cleaning
        self._trouble = ""
        self._troubled = 0.0
        self._heard = False
        self._parts: list[NDArray[np.float32]] = []
        """Sound of the command, or that may become part of one."""
        self._dropped = 0
        """Samples before those parts."""
        self._count = 0
        """Samples up to their end."""
        self._given = 0
        """Samples up to the last that was given to whoever hears the command."""

    def open(self) -> None:
        """Switches the microphone on; raises RuntimeError where it is on."""
        self._heard = False
        self._microphone.start(self._on_block, self._on_trouble)

    def close(self) -> None:
        """Switches it off, and forgets what was kept."""
        self._microphone.stop()
        self._recorder.forget()
        self._parts.clear()

    @property
    def heard(self) -> bool:
        """Whether anything came from the microphone since it was opened."""
        return self._heard

    @property
    def kept(self) -> int:
        """Samples in memory."""
        return self._recorder.kept + sum(map(len, self._parts))

    def take(
        self,
        *,
        seconds: float = math.inf,
        give_up_s: float = math.inf,
        until: Callable[[], bool] = lambda: False,
        watch: Callable[[Progress], None] | None = None,
        said: Hears | None = None,
    ) -> Take:
        """The next command: until speech ends, `until` says so, or `seconds` are over.

        `give_up_s`: how long trouble with the microphone may last; a command it cuts in two is dropped in any
        case. `until` and `watch` are called a few times a second. `said` is given what surely belongs to the
        command as soon as that is known: all of it, in the end.
        """
        hears = said or _Nobody()
        recording, cleaning = self._recorder.begin(), self._cleaning()
        self._begin()
        deadline = time.monotonic() + seconds
        level = 0.0
        try:
            while not self.endpoint.over and not until():
                now = time.monotonic()
                if self._trouble:
                    self._begin()
                    cleaning = self._cleaning()
                    hears.drop()
                    if now - self._troubled > give_up_s:
                        return Take(Clip(joined(())), self._trouble)
                if now >= deadline:
                    break
                block, at = recording.take(LOOK_S)
                before = 0.5 ** (len(block) / HALF)
                level = before * level + (1 - before) * _loudness(block) if len(block) else 0.0
                self._add(cleaning.feed(block, at))
                self._give(hears)
                if watch is not None:
                    watch(self._progress(level))
            # what came before the microphone was told to end belongs to it
            recording.end()
            block, at = recording.take()
            self._add(cleaning.feed(block, at))
            self._add(cleaning.end())
            self._give(hears)
            start, end = self.endpoint.span
            samples = joined(self._parts)
            return Take(Clip(samples[max(0, start - self._dropped) : max(0, end - self._dropped)]))
        finally:
            recording.end()
            self._parts = []

    def _begin(self) -> None:
        self.endpoint.reset()
        self._parts = []
        self._dropped = self._count = self._given = 0

    def _add(self, samples: NDArray[np.float32]) -> None:
        if len(samples):
            self._parts.append(samples)
            self._count += len(samples)
            self.endpoint.feed(samples)
        while not self.endpoint.spoke and sum(map(len, self._parts[1:])) >= KEPT:
            self._dropped += len(self._parts.pop(0))

    def _give(self, hears: Hears) -> None:
        """Gives what surely belongs to the command and was not given yet."""
        start, end = self.endpoint.span
        first = max(start, self._given)
        at = self._count
        later: list[NDArray[np.float32]] = []
        while at > first and len(later) < len(self._parts):
            later.insert(0, self._parts[-1 - len(later)])
            at -= len(later[0])
        samples = joined(later)[max(0, first - at) : max(0, end - at)]
        if len(samples):
            hears.feed(samples)
            self._given = max(first, at) + len(samples)

    def _progress(self, level: float) -> Progress:
        seconds = sum(map(len, self._parts)) / SAMPLE_RATE_HZ
        if self._trouble:
            return Progress("trouble", text=self._trouble)
        if not self._heard:
            return Progress("opening")
        return Progress("listening" if self.endpoint.spoke else "waiting", level, seconds)

    def _on_block(self, samples: NDArray[np.float32], lost: bool) -> None:  # noqa: ARG002
        self._heard = True
        self._recorder.add(samples)

    def _on_trouble(self, text: str) -> None:
        if not self._trouble:
            self._troubled = time.monotonic()
        self._trouble = text
        self._recorder.forget()


class _Nobody:
    """Hears nothing."""

    def feed(self, samples: NDArray[np.float32]) -> None: ...

    def drop(self) -> None: ...


def _loudness(samples: NDArray[np.float32]) -> float:
    power = float(np.mean(np.square(samples))) if len(samples) else 0.0
    return min(1.0, max(0.0, 1 - 10 * math.log10(power + 1e-12) / SILENT_DB))
