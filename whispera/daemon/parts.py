"""What a voice service is made of, and the real parts by the settings of a session."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal, Protocol

from whispera.audio.cleaning import Cleaning
from whispera.audio.recorder import TAIL_S
from whispera.daemon.keys import KeyChoice, choose_keys
from whispera.daemon.reading import SharedReader
from whispera.daemon.screen import NotificationScreen, Screen, Screens, TerminalScreen
from whispera.daemon.stoppable import Interruptible
from whispera.daemon.telling import Speaker, SystemSpeaker
from whispera.errors import ModelError
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


class Cleans(Protocol):
    """Takes sounds out of one recording; see `audio.cleaning.Cleaning`."""

    def feed(self, samples: NDArray[np.float32], at: float) -> NDArray[np.float32]:
        """What came out (n,) by the next samples (m,), the last of which came at a time of the clock."""

    def end(self) -> NDArray[np.float32]:
        """The rest (n,)."""


class Sounds(Protocol):
    """Short sounds, and what they leave in a recording; see `audio.cue.Cues`."""

    def play(self, name: Literal["start", "stop", "error"]) -> None:
        """Begins to play; never waits."""

    def cleaning(self) -> Cleans:
        """What takes the sounds out of one recording."""

    def close(self) -> None:
        """Plays nothing more."""


class NoSounds:
    """No sounds, for tests; remembers what would have been played."""

    def __init__(self) -> None:
        self.played: list[str] = []

    def play(self, name: Literal["start", "stop", "error"]) -> None:
        """Notes the sound."""
        self.played.append(name)

    def cleaning(self) -> Cleaning:
        """What changes nothing."""
        return Cleaning(tuple)

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
    load: Callable[[], None] = lambda: None
    """Has what understands words in memory, should it have been unloaded; raises ModelError."""
    now: Callable[[], float] = time.monotonic
    tail_s: float = TAIL_S
    """How long a recording goes on after its end, unless nobody speaks."""
    is_silent: Callable[[NDArray[np.float32]], bool] = lambda _: False
    """Whether nobody speaks at the end of some sound (n,)."""


def parts_of(session: Session) -> Parts:
    """The real parts for a session; raises ConfigError, and ModelError where packages are missing."""
    from whispera.audio.cue import Cues
    from whispera.audio.endpoint import Endpoint
    from whispera.audio.microphone import PortMicrophone
    from whispera.audio.speech import Voice
    from whispera.pipeline.hearing import open_hearing

    settings = session.catalog.settings.voice
    keys = choose_keys(settings, session.platform)  # before anything that would have to be closed
    speaks = settings.answer in ("speak", "both")
    shows = NotificationScreen(answers=settings.answer in ("notify", "both"))
    line: list[Screen] = [TerminalScreen(sys.stderr)] if sys.stderr and sys.stderr.isatty() else []
    return Parts(
        microphone=PortMicrophone(settings.microphone),
        open_hearing=lambda: open_hearing(session),
        # the state machine knows better what is too long
        watcher=lambda pause_ms: Endpoint(Voice(), pause_ms, 2 * settings.max_s),
        runner=RealRunner(session.platform),
        keys=keys,
        speaker=SystemSpeaker(session.platform),
        speaks=speaks,
        screen=Screens([*line, shows]),
        cues=Cues(on=settings.cue),
        load=partial(_load, session),
        is_silent=_silence(),
    )


def _load(session: Session) -> None:
    reader = session.understander
    if isinstance(reader, SharedReader):
        reader.load()


def _silence() -> Callable[[NDArray[np.float32]], bool]:
    """Tells whether nobody speaks at the end of some sound (n,); never sure of it without the detector."""
    from whispera.audio.endpoint import ends_in_silence
    from whispera.audio.speech import Voice

    try:
        detector = Voice()
    except ModelError:  # pocketsphinx does without, and a recording has its whole tail then
        return lambda _: False
    return lambda samples: ends_in_silence(samples, detector)
