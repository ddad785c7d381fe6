"""One command from a microphone that stays open: from the first word, or a key, to the end of speech.

While nothing is recorded, no more than the pre-roll is kept; while somebody is waited for, the last second.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Literal

import numpy as np

from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.audio.ring import PreRoll

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whispera.audio.endpoint import Endpoint
    from whispera.audio.microphone import Microphone

KEPT = SAMPLE_RATE_HZ
"""Samples kept while nobody has begun to speak: more than the detector needs to be sure."""
LOOK_S = 0.05
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
    ended: float
    """When its last sample came, by `time.monotonic`."""
    trouble: str = ""
    """Why nothing could be heard, empty where that is not so."""


class Recorder:
    """Takes commands from a microphone, one after another, in the thread that asks for them."""

    def __init__(self, microphone: Microphone, endpoint: Endpoint, *, pre_roll_ms: int = 300) -> None:
        """`pre_roll_ms`: kept of the time before `record`; 0 keeps nothing, `PreRoll` tells more."""
        self._microphone = microphone
        self.endpoint = endpoint
        self._pre_roll = PreRoll(pre_roll_ms)
        self._lock = threading.Lock()
        self._blocks: SimpleQueue[NDArray[np.float32]] | None = None
        self._trouble = ""
        self._troubled = 0.0
        self._heard = False
        self._ended = 0.0
        self._parts: list[NDArray[np.float32]] = []

    def open(self) -> None:
        """Switches the microphone on; raises RuntimeError where it is on."""
        self._heard = False
        self._microphone.start(self._on_block, self._on_trouble)

    def close(self) -> None:
        """Switches it off, and forgets what was kept."""
        self._microphone.stop()
        with self._lock:
            self._pre_roll.drop()
            self._blocks = None
        self._parts.clear()

    @property
    def heard(self) -> bool:
        """Whether anything came from the microphone since it was opened."""
        return self._heard

    def so_far(self) -> Clip:
        """What was recorded until now, while `record` runs."""
        return Clip(_joined(list(self._parts)))

    def record(
        self,
        *,
        seconds: float = math.inf,
        give_up_s: float = math.inf,
        until: Callable[[], bool] = lambda: False,
        watch: Callable[[Progress], None] | None = None,
    ) -> Take:
        """The next command: until speech ends, `until` says so, or `seconds` are over.

        `give_up_s`: how long trouble with the microphone may last; a command it cuts in two is dropped in any
        case. `until` and `watch` are called a few times a second.
        """
        self.endpoint.reset()
        self._parts = []
        dropped = 0
        with self._lock:
            blocks = self._blocks = SimpleQueue()
            blocks.put(self._pre_roll.take())
        deadline = time.monotonic() + seconds
        level = 0.0
        try:
            while not self.endpoint.over and not until():
                now = time.monotonic()
                if self._trouble:
                    self.endpoint.reset()
                    self._parts, dropped = [], 0
                    if now - self._troubled > give_up_s:
                        return Take(Clip(_joined([])), now, self._trouble)
                if now >= deadline:
                    break
                try:
                    block = blocks.get(timeout=LOOK_S)
                    self._parts.append(block)
                    self.endpoint.feed(block)
                    level = 0.7 * level + 0.3 * _loudness(block)
                except Empty:
                    level = 0.0
                if not self.endpoint.spoke:
                    dropped += self._forget()
                if watch is not None:
                    watch(self._progress(level))
            # what came before the microphone was told to end belongs to it
            while not self.endpoint.over and not blocks.empty():
                self._parts.append(blocks.get())
                self.endpoint.feed(self._parts[-1])
            ended = self._ended or time.monotonic()
            start, end = self.endpoint.span
            samples = _joined(self._parts)
            ended -= max(0, len(samples) + dropped - end) / SAMPLE_RATE_HZ
            return Take(Clip(samples[max(0, start - dropped) : max(0, end - dropped)]), ended)
        finally:
            with self._lock:
                self._blocks = None
            self._parts = []

    def _forget(self) -> int:
        """How many samples of silence were dropped."""
        count = 0
        while self._parts and sum(map(len, self._parts)) - len(self._parts[0]) >= KEPT:
            count += len(self._parts.pop(0))
        return count

    def _progress(self, level: float) -> Progress:
        seconds = sum(map(len, self._parts)) / SAMPLE_RATE_HZ
        if self._trouble:
            return Progress("trouble", text=self._trouble)
        if not self._heard:
            return Progress("opening")
        return Progress("listening" if self.endpoint.spoke else "waiting", level, seconds)

    def _on_block(self, samples: NDArray[np.float32], lost: bool) -> None:  # noqa: ARG002
        self._ended = time.monotonic()
        self._heard = True
        with self._lock:
            if self._blocks is not None:
                self._blocks.put(samples)
            else:
                self._pre_roll.add(samples)

    def _on_trouble(self, text: str) -> None:
        if not self._trouble:
            self._troubled = time.monotonic()
        self._trouble = text
        with self._lock:
            self._pre_roll.drop()


def _joined(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.float32)


def _loudness(samples: NDArray[np.float32]) -> float:
    power = float(np.mean(np.square(samples))) if len(samples) else 0.0
    return min(1.0, max(0.0, 1 - 10 * math.log10(power + 1e-12) / SILENT_DB))
