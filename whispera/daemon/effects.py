"""What the state machine of `talking.py` wants done, one value each; `voice.py` does it.

Recordings are numbers, given once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["idle", "listening", "recognising", "acting", "asking", "speaking", "paused", "trouble"]
"""What a user sees of it; paused: the open microphone is switched off."""


@dataclass(frozen=True, slots=True)
class Record:
    """Begin a recording."""

    number: int
    pre_roll: bool
    """With what was kept of the time before."""
    pause_ms: int = 0
    """Report speech, and its end after so long a silence; 0 for a recording that a key ends."""


@dataclass(frozen=True, slots=True)
class Finish:
    """End the recording and recognise it; `on_heard` brings its words."""

    number: int
    bidden: bool = True
    """A key said that a command was coming, not speech alone."""


@dataclass(frozen=True, slots=True)
class Discard:
    """End the recording and forget it."""

    number: int


@dataclass(frozen=True, slots=True)
class Act:
    """Carry out what was said in a recording; `on_acted` says when that is over."""

    number: int


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer the open question: the recording that holds the answer, None for no answer."""

    number: int | None


@dataclass(frozen=True, slots=True)
class Ask:
    """Tell the user a question; `on_told` says when that is over."""

    text: str


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Stop the command that is being carried out."""


@dataclass(frozen=True, slots=True)
class Hush:
    """Stop speaking."""


@dataclass(frozen=True, slots=True)
class Cue:
    """Play a short sound."""

    name: Literal["start", "stop", "error"]


@dataclass(frozen=True, slots=True)
class Show:
    """The state to be seen from now on."""

    state: State
    text: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """Something to be seen once."""

    text: str


Effect = Record | Finish | Discard | Act | Reply | Ask | Interrupt | Hush | Cue | Show | Note
