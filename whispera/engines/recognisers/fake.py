"""Recognisers that hear what they are told, for tests: one of whole recordings, one that can follow them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from whispera.audio.clip import Clip
from whispera.domain.outcome import Rejection
from whispera.domain.transcript import Hypothesis, Transcript

if TYPE_CHECKING:
    from numpy.typing import NDArray

NO_SPEECH = Rejection("no_speech", "Nothing was said.")


class FakeRecogniser:
    """Asks a function what is in each recording; keeps the recordings."""

    name = "fake"

    def __init__(self, heard: Callable[[Clip], str | tuple[Hypothesis, ...]]) -> None:
        """`heard`: the words in a recording, none where it is empty; or several hypotheses, best first."""
        self._heard = heard
        self.clips: list[Clip] = []
        """What it was given, oldest first."""
        self.closed = False

    def transcribe(self, clip: Clip) -> Transcript:
        """What the function says."""
        self.clips.append(clip)
        return self._transcript(clip)

    def close(self) -> None:
        """Takes note of it."""
        self.closed = True

    def _transcript(self, clip: Clip) -> Transcript:
        heard = self._heard(clip)
        if isinstance(heard, str):
            heard = (Hypothesis(heard, 0.0),) if heard else ()
        return Transcript(heard, clip.seconds, 0.0, None if heard else NO_SPEECH)


class FakeStreamingRecogniser(FakeRecogniser):
    """Asks that function about what was fed, too."""

    def __init__(
        self,
        heard: Callable[[Clip], str | tuple[Hypothesis, ...]],
        *,
        on_feed: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_feed`: called with each block, in the thread that feeds; it may wait, or raise."""
        super().__init__(heard)
        self._on_feed = on_feed
        self._blocks: list[NDArray[np.float32]] = []
        self._begun = False
        self.fed: list[int] = []
        """Samples of each block, of the utterance that was begun last."""
        self.followed: list[Clip] = []
        """What was followed to its end."""
        self.dropped = 0
        """Utterances that were begun and dropped."""

    def begin(self) -> None:
        """Drops the utterance before, if it was not ended."""
        self.drop()
        self.fed = []
        self._begun = True

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Keeps them."""
        assert self._begun
        self._on_feed()
        self._blocks.append(samples)
        self.fed.append(len(samples))

    def partial(self) -> str:
        """What the function says of what there is."""
        return self._transcript(self._so_far()).text

    def end(self) -> Transcript:
        """What the function says of all of it."""
        assert self._begun
        clip = self._so_far()
        self.followed.append(clip)
        self._begun, self._blocks = False, []
        return self._transcript(clip)

    def drop(self) -> None:
        """Takes note of it."""
        self.dropped += self._begun
        self._begun, self._blocks = False, []

    def _so_far(self) -> Clip:
        return Clip(np.concatenate(self._blocks) if self._blocks else np.zeros(0, dtype=np.float32))
