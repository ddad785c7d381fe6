"""Hearing a recording while it is made, where the recogniser can do that; else once it is whole.

What is heard is the same either way. One recording at a time; asked by one thread at a time.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from whispera.audio.clip import Clip
from whispera.engines.recognisers import StreamingRecogniser
from whispera.pipeline.hearing import Heard

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whispera.pipeline.context import Said
    from whispera.pipeline.hearing import Hearing

_LOG = logging.getLogger(__name__)


class Following:
    """Samples as they come, and what was meant by them in the end."""

    def __init__(self, hearing: Callable[[], Hearing]) -> None:
        """`hearing`: what hears, asked for when there is something to be heard."""
        self._hearing = hearing
        self._blocks: list[NDArray[np.float32]] = []
        self._stream: StreamingRecogniser | None = None
        self._begun = False

    @property
    def clip(self) -> Clip:
        """What was fed since `begin`."""
        return Clip(np.concatenate(self._blocks) if self._blocks else np.zeros(0, dtype=np.float32))

    def begin(self) -> None:
        """Begins a recording; one that was begun and not ended is dropped."""
        self.drop()
        self._begun = True
        recogniser = self._hearing().recogniser
        self._stream = recogniser if isinstance(recogniser, StreamingRecogniser) else None
        if self._stream is not None:
            self._try(self._stream.begin)

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Takes the next samples (n,) of the recording, 16 kHz, -1 to 1; begins one where none was."""
        if not self._begun:
            self.begin()
        self._blocks.append(samples)
        stream = self._stream
        if stream is not None:
            self._try(lambda: stream.feed(samples))

    def partial(self) -> str:
        """The words so far."""
        if self._stream is not None:
            return self._stream.partial()
        return self._hearing().recogniser.transcribe(self.clip).text

    def end(self, after: Sequence[Said] = (), *, bidden: bool = True) -> Heard:
        """What was meant by the recording, said after others (newest last); as `Hearing.hear`."""
        hearing, stream, clip = self._hearing(), self._stream, self.clip
        self._stream = None
        self.drop()
        if stream is None:
            return hearing.hear(clip, after, bidden=bidden)
        started = time.perf_counter()
        transcript = stream.end()
        parse = hearing.read(transcript, after, bidden=bidden)
        return Heard(transcript, parse, (time.perf_counter() - started) * 1e3)

    def drop(self) -> None:
        """Forgets the recording."""
        stream, self._stream = self._stream, None
        self._blocks, self._begun = [], False
        if stream is not None:
            stream.drop()

    def _try(self, work: Callable[[], None]) -> None:
        """Does some of the work beforehand; what fails is left to the end, which says what is wrong."""
        try:
            work()
        except Exception as error:
            _LOG.warning("a recording could not be followed: %s", error)
            self._stream = None
