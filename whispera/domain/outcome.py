"""What became of an utterance: understood or not, and what running it did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from whispera.domain.intent import Intent

Reason = Literal[
    "empty", "too_long", "none", "low_confidence", "value", "unreadable", "no_speech", "not_recognised"
]


@dataclass(frozen=True, slots=True)
class Rejection:
    """Why an utterance was not taken as a command; a value, not an error."""

    reason: Reason
    message: str
    """One sentence for the user."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A runner-up: what the model would have chosen instead."""

    intent: Intent
    confidence: float


@dataclass(frozen=True, slots=True)
class Parse:
    """An utterance as understood."""

    text: str
    """As typed or transcribed."""
    wire: str
    """The wire intent the model gave, empty when it was not asked."""
    intent: Intent | None
    """The canonical intent; None when nothing could be read from the text."""
    rejection: Rejection | None
    """Set when the intent must not be acted on."""
    confidence: float
    """Calibrated probability of the whole intent, 0 to 1."""
    ms: float
    """Milliseconds from text to intent."""
    runners_up: tuple[Candidate, ...] = ()
    """Other readings, most probable first."""
    previous: tuple[Intent, ...] = ()
    """What it was read after, newest last: wire intents, whose values are words."""

    @property
    def accepted(self) -> bool:
        """Whether the runtime may act on it."""
        return self.intent is not None and self.rejection is None


@dataclass(frozen=True, slots=True)
class Command:
    """What will be done, fully resolved for this machine."""

    intent: Intent
    kind: Literal["argv", "keys", "type", "app", "url", "path", "builtin"]
    argv: tuple[str, ...] = ()
    """Program and arguments; for `builtin` its name; each slot value is at most one element."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Extra environment, for values an interpreter must not parse."""
    detach: bool = False
    """Start and leave running (applications)."""
    timeout_s: float = 20.0
    slots: Mapping[str, object] = field(default_factory=dict)
    """For a built-in: the slots with defaults filled in."""


Status = Literal["done", "failed", "planned", "asked", "refused"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What running a command did."""

    status: Status
    message: str
    """One sentence, or the output of the command."""
    exit_code: int = 0
    """Exit code of the program as a whole (0 done, 1 fault, 4 not possible, 5 confirmation)."""
    command: Command | None = None
    undo: Intent | None = None
    """The intent that takes it back, where there is one."""
