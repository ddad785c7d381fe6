"""What a built-in is given and what it answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from whispera.catalog.compiled import CompiledCatalog
from whispera.domain.intent import Intent
from whispera.pipeline.history import History
from whispera.pipeline.platform import Platform
from whispera.pipeline.runner import Runner
from whispera.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Context:
    """One command and where it runs."""

    workspace: Workspace
    catalog: CompiledCatalog
    platform: Platform
    runner: Runner
    history: History
    session: str
    """As `history.session_id`: whose commands `undo` and `repeat` look at."""
    tty: str = ""
    """Terminal the command was typed on; empty for one that was spoken or came from a desktop."""
    utterance: str = ""
    """The words of the command."""
    notes_file: str = ""
    """The setting `notes.file`."""
    undo_window_s: float = 120.0
    """How long a command can be taken back."""
    now: Callable[[], float] = time.time
    """Unix seconds."""


@dataclass(frozen=True, slots=True)
class BuiltinResult:
    """What a built-in did, or what is to be done now."""

    message: str
    """For people: what was done, the answer, or why not."""
    ok: bool = True
    then: Intent | None = None
    """To be resolved and run now in place of the command."""
    undoes: int | None = None
    """History entry `then` takes back; should it fail, `History.release_undo` lets the user try again."""


Slots = Mapping[str, object]
"""Slot to canonical value, with the defaults of the action."""
Builtin = Callable[[Context, Slots], BuiltinResult]


def text_of(slots: Slots, name: str) -> str:
    """The value of a text slot, empty where it was not said."""
    value = slots.get(name)
    return "" if value is None else str(value)


def whole_of(slots: Slots, name: str) -> int:
    """The value of a number slot, 0 where it was not said."""
    value = slots.get(name)
    return value if isinstance(value, int) else 0
