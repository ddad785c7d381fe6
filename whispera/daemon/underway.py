"""What is under way while somebody talks: a recording, a question; and when each is given up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from whispera.catalog.settings import VoiceSettings

TAP_S = 0.2
"""A shorter press is a slip: nothing of it is recognised."""
START_S = 8.0
"""Where no key ends a recording, it is dropped if nobody has begun to speak by then."""
NEVER = float("inf")

End = Literal["release", "press", "silence"]
"""What ends a recording; silence ends one that a press would end too, but later."""


@dataclass(slots=True)
class Recording:
    """What is being said."""

    number: int
    since: float
    ends: End
    source: str = ""
    """The key that began it, empty where none did or any may end it."""
    answers: bool = False
    """It may hold the answer to the question."""
    tap: bool = True
    """A release within TAP_S means that nothing was meant."""
    spoke: bool = False
    """Somebody has begun to speak."""

    @property
    def bidden(self) -> bool:
        """Whether a key said that a command was coming, not speech alone."""
        return self.ends != "silence"

    def is_tap(self, at: float) -> bool:
        """Whether a release at that time is that of a slip."""
        return self.tap and at - self.since < TAP_S

    def longest(self, settings: VoiceSettings) -> float:
        """When it is longer than a command may be."""
        return self.since + settings.max_s

    def silent_until(self, settings: VoiceSettings) -> float:
        """When it is given up because nobody speaks."""
        if self.ends == "release" or self.spoke:
            return NEVER
        return self.since + (settings.answer_s if self.answers else START_S)


@dataclass(slots=True)
class Question:
    """What is being asked."""

    text: str
    asked: float
    told: float | None = None
    """Since when it has been told, so that the time for the answer runs."""
    answer: int | None = None
    """The recording that may hold the answer and is being recognised."""
    tries: int = 0
    """Recordings that were to hold it."""

    def answer_by(self, settings: VoiceSettings, recording: Recording | None) -> float:
        """When the time for an answer is over; never while one is being given or recognised."""
        answering = recording is not None and recording.answers
        if self.told is None or self.answer is not None or answering:
            return NEVER
        return self.told + settings.answer_s
