"""Hearing the recordings of the voice service, in a thread of its own.

Where the recogniser can, it follows a recording while it is made, so that little is left to do when the key
goes up. Neither the microphone nor a key ever waits for it: sound that it has not come to yet is kept by the
recording. Recordings are heard one after the other; one that begins while another is recognised is caught up
with. What is dropped (a tap, a key taken back, a microphone that fails) leaves nothing behind.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.errors import WhisperaError
from whispera.pipeline.following import Following

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whispera.audio.recorder import Recording
    from whispera.daemon.parts import Cleans, Parts
    from whispera.pipeline.context import Said
    from whispera.pipeline.hearing import Heard, Hearing

PARTIAL_S = 5.0
"""The longest a transcript of what was said so far is waited for."""
LATEST = SAMPLE_RATE_HZ * 6 // 10
"""Samples that are looked at to tell whether somebody still speaks."""
LOOK_S = 0.1
"""The longest between two looks at whether a recording is over."""
FAILED = "That could not be recognised."
_LOG = logging.getLogger(__name__)


class Listener:
    """Its methods may be called from any thread, and but for `start`, `stop` and `partial` never wait."""

    def __init__(self, parts: Parts, *, idle_s: float, is_busy: Callable[[], bool]) -> None:
        """`idle_s`: without work, after which the models are unloaded unless `is_busy`; 0 for never."""
        self._parts = parts
        self._idle_s = idle_s or None
        self._is_busy = is_busy
        self._hearing: Hearing | None = None
        self._following = Following(self._hearing_now)
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._asked = threading.Event()
        """A look at new sound is waiting among the jobs."""
        self._recording: Recording | None = None
        """The one that is being followed."""
        self._cleaning: Cleans | None = None
        self._latest = np.zeros(0, dtype=np.float32)
        self._thread = threading.Thread(target=self._run, daemon=True, name="ears")

    @property
    def loaded(self) -> bool:
        """Whether the models are."""
        return self._hearing is not None

    def start(self) -> None:
        """Loads the models and is ready; raises WhisperaError."""
        self._hearing_now()
        self._thread.start()

    def stop(self, wait_s: float) -> None:
        """Ends, after what is being recognised, but no later than that."""
        self._jobs.put(None)
        if self._thread.is_alive():
            self._thread.join(wait_s)
        if self._hearing is not None:
            self._hearing.close()

    def begin(self, recording: Recording) -> None:
        """Hears a recording from now on."""
        self._jobs.put(lambda: self._begin(recording))

    def more(self) -> None:
        """There is new sound."""
        if not self._asked.is_set():
            self._asked.set()
            self._jobs.put(self._follow)

    def drop(self, recording: Recording) -> None:
        """Forgets a recording."""
        self._jobs.put(lambda: self._drop(recording))

    def end(
        self,
        recording: Recording,
        *,
        bidden: bool,
        after: Callable[[], Sequence[Said]],
        over: Callable[[], None],
        heard: Callable[[Heard | None, Clip], None],
    ) -> None:
        """Understands a recording that has been told to end.

        `bidden`: as for `careful`; `after`: what it is said after; `over`: called when its last sound is
        there; `heard`: called with what was meant by it, None where that failed.
        """
        self._jobs.put(lambda: self._end(recording, bidden, after, over, heard))

    def partial(self) -> str:
        """The words so far of what is being said, empty where nothing is or that is not known in time."""
        told: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._jobs.put(lambda: told.put(self._so_far()))
        try:
            return told.get(timeout=PARTIAL_S)
        except queue.Empty:
            return ""

    # -- in its own thread

    def _run(self) -> None:
        while True:
            try:
                job = self._jobs.get(timeout=self._idle_s)
            except queue.Empty:
                self._unload()
                continue
            if job is None:
                return
            try:
                job()
            except Exception as error:
                self._fault(error)

    def _fault(self, error: Exception) -> None:
        _LOG.error("recognising", exc_info=error, extra={"facts": {"error": type(error).__name__}})
        told = FAILED
        if isinstance(error, WhisperaError):
            told = f"{error.message} ({error.hint})" if error.hint else error.message
        self._parts.screen.note(told)

    def _hearing_now(self) -> Hearing:
        if self._hearing is None:
            self._hearing = self._parts.open_hearing()
        return self._hearing

    def _unload(self) -> None:
        if self._hearing is not None and not self._is_busy():
            self._hearing.close()
            self._hearing = None
            _LOG.info("recogniser unloaded")

    def _begin(self, recording: Recording) -> None:
        self._recording = recording
        self._cleaning = self._parts.cues.cleaning()
        self._following.begin()
        with suppress(WhisperaError):  # the end says what is wrong
            self._parts.load()  # while the command is said, not after

    def _follow(self) -> None:
        self._asked.clear()
        if self._recording is not None:
            self._take_in(*self._recording.take())

    def _so_far(self) -> str:
        if self._recording is None:
            return ""
        self._take_in(*self._recording.take())
        return self._following.partial()

    def _drop(self, recording: Recording) -> None:
        recording.take()
        if self._recording is recording:
            self._forget()
            self._following.drop()

    def _forget(self) -> None:
        self._recording = self._cleaning = None
        self._latest = self._latest[:0].copy()

    def _end(
        self,
        recording: Recording,
        bidden: bool,
        after: Callable[[], Sequence[Said]],
        over: Callable[[], None],
        heard: Callable[[Heard | None, Clip], None],
    ) -> None:
        meant, clip = None, Clip(self._latest[:0])
        try:
            self._take_rest(recording)
            over()
            clip = self._following.clip
            self._parts.load()
            meant = self._following.end(after(), bidden=bidden)
        except Exception as error:
            self._fault(error)  # told before it is over
        finally:
            self._forget()
            heard(meant, clip)
            self._following.drop()  # where it was never asked

    def _take_rest(self, recording: Recording) -> None:
        """Takes in what there is until the recording is over, which it is too when nobody speaks any more."""
        samples, at = recording.take()
        while True:
            self._look_at(samples)
            if recording.goes_on and self._parts.is_silent(self._latest):
                recording.end()
            self._hear(samples, at)
            if not recording.goes_on:
                break
            samples, at = recording.take(LOOK_S)
        self._hear(*recording.take())
        if self._cleaning is not None:
            self._following.feed(self._cleaning.end())

    def _take_in(self, samples: NDArray[np.float32], at: float) -> None:
        self._look_at(samples)
        self._hear(samples, at)

    def _look_at(self, samples: NDArray[np.float32]) -> None:
        self._latest = np.concatenate([self._latest, samples])[-LATEST:]

    def _hear(self, samples: NDArray[np.float32], at: float) -> None:
        if self._cleaning is not None and len(samples):
            self._following.feed(self._cleaning.feed(samples, at))
