"""A recogniser that hears what it is told, for tests."""

from __future__ import annotations

from collections.abc import Callable

from whispera.audio.clip import Clip
from whispera.domain.outcome import Rejection
from whispera.domain.transcript import Hypothesis, Transcript

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
        heard = self._heard(clip)
        if isinstance(heard, str):
            heard = (Hypothesis(heard, 0.0),) if heard else ()
        return Transcript(heard, clip.seconds, 0.0, None if heard else NO_SPEECH)

    def close(self) -> None:
        """Takes note of it."""
        self.closed = True
