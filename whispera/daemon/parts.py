"""What a voice service is made of, and the real parts by the settings of a session."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from whispera.daemon.keys import KeyChoice, choose_keys
from whispera.daemon.recorder import TAIL_S
from whispera.daemon.screen import NotificationScreen, Screen, Screens, TerminalScreen
from whispera.daemon.stoppable import Interruptible
from whispera.daemon.telling import Speaker, SystemSpeaker
from whispera.pipeline.runner import RealRunner

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from whispera.audio.microphone import Microphone
    from whispera.pipeline.hearing import Hearing
    from whispera.pipeline.session import Session


class Watcher(Protocol):
    """Tells when speech begins and when it has ended; see `audio.endpoint.Endpoint`."""

    def feed(self, samples: NDArray[np.float32]) -> list[Literal["speech", "end"]]:
        """What became certain with the next samples (n,)."""


class Sounds(Protocol):
    """Short sounds, and what they leave in a recording; see `audio.cue.Cues`."""

    def play(self, name: Literal["start", "stop", "error"]) -> None:
        """Begins to play; never waits."""

    def cleaned(self, samples: NDArray[np.float32], *, ended: float | None = None) -> NDArray[np.float32]:
        """A recording (n,) that ended at a time of the monotonic clock, without the sounds in it."""

    def close(self) -> None:
        """Plays nothing more."""


class NoSounds:
    """No sounds, for tests; remembers what would have been played."""

    def __init__(self) -> None:
        self.played: list[str] = []

    def play(self, name: Literal["start", "stop", "error"]) -> None:
        """Notes the sound."""
        self.played.append(name)

    def cleaned(
        self,
        samples: NDArray[np.float32],
        *,
        ended: float | None = None,  # noqa: ARG002
    ) -> NDArray[np.float32]:
        """The recording as it is."""
        return samples

    def close(self) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything outside the state machine."""

    microphone: Microphone
    open_hearing: Callable[[], Hearing]
    watcher: Callable[[int], Watcher]
    """Pause in milliseconds to what watches for it."""
    runner: Interruptible
    keys: KeyChoice
    speaker: Speaker
    speaks: bool
    """Answers are spoken."""
    screen: Screen
    cues: Sounds
    now: Callable[[], float] = time.monotonic
    tail_s: float = TAIL_S

    def wait(self, until: float) -> None:
        """Returns at a time of the clock `now`."""
        left = until - self.now()
        if left > 0:
            time.sleep(left)


def parts_of(session: Session) -> Parts:
    """The real parts for a session; raises ConfigError, and ModelError where packages are missing."""
    from whispera.audio.cue import Cues
    from whispera.audio.endpoint import Endpoint
    from whispera.audio.microphone import PortMicrophone
    from whispera.audio.speech import Voice
    from whispera.pipeline.hearing import open_hearing

    settings = session.catalog.settings.voice
    speaks = settings.answer in ("speak", "both")
    shows = NotificationScreen(answers=settings.answer in ("notify", "both"))
    line: list[Screen] = [TerminalScreen(sys.stderr)] if sys.stderr and sys.stderr.isatty() else []
    return Parts(
        microphone=PortMicrophone(settings.microphone),
        open_hearing=lambda: open_hearing(session),
        # the state machine knows better what is too long
        watcher=lambda pause_ms: Endpoint(Voice(), pause_ms, 2 * settings.max_s),
        runner=RealRunner(session.platform),
        keys=choose_keys(settings, session.platform),
        speaker=SystemSpeaker(session.platform),
        speaks=speaks,
        screen=Screens([*line, shows]),
        cues=Cues(on=settings.cue),
    )
