"""What is seen of listening: a line in the terminal, a notification that replaces itself.

A `Screen` is told every change of state, every passing note and every answer, from any thread, and keeps none
waiting.
"""

from __future__ import annotations

import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol, TextIO

from whispera.daemon.effects import State
from whispera.pipeline.notifier import NOTIFIER_VARIABLE, CommandNotifier, Notice, Notifier, notification

WORDS: dict[State, str] = {
    "idle": "ready",
    "listening": "listening ...",
    "recognising": "recognising ...",
    "acting": "working ...",
    "asking": "waiting for an answer",
    "speaking": "speaking",
    "paused": "the microphone is switched off",
    "trouble": "the microphone does not work",
}
"""What a state is called."""
ANNOUNCED: frozenset[State] = frozenset({"listening", "asking", "paused", "trouble"})
"""States that are notified at once; the others pass, or end in an answer."""
LASTING: frozenset[State] = frozenset({"listening", "asking"})
"""States whose notification stays until something comes in its place."""
LASTS_MS = 120_000
"""For so long, should nothing ever come."""
PASSES_MS = 5000
PASSING_S = 0.5
"""A state that passes is notified in place of one that stays, where it takes longer than this."""
TITLE = 60
"""Characters; what is longer is told as title and text."""
TIMEOUT_S = 8.0
_MARKS: dict[State, str] = {"listening": "●", "asking": "?", "trouble": "!", "paused": "-"}


class Screen(Protocol):
    """Shows what goes on."""

    def show(self, state: State, text: str) -> None:
        """The state from now on, with what it is about."""

    def note(self, text: str) -> None:
        """Something to be seen once."""

    def answer(self, text: str, *, ok: bool) -> None:
        """What came of a command; `ok`: it was done."""

    def close(self) -> None:
        """Nothing is shown any more."""


class TerminalScreen:
    """One line of a terminal that always tells the state, answers and notes scrolling away above it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._rewrites = stream.isatty()
        self._line = ""
        self._lock = threading.Lock()

    def show(self, state: State, text: str) -> None:
        """Writes the state over the one before."""
        line = f"{_MARKS.get(state, ' ')} {WORDS[state]}" + (f": {clean(text)}" if text else "")
        with self._lock:
            self._line = line
            self._write(f"\r\x1b[K{line}" if self._rewrites else f"{line}\n")

    def note(self, text: str) -> None:
        """Writes a line."""
        self._above(text)

    def answer(self, text: str, *, ok: bool) -> None:  # noqa: ARG002
        """Writes the lines of an answer."""
        self._above(text)

    def close(self) -> None:
        """Leaves the cursor at the beginning of a line."""
        with self._lock:
            if self._rewrites:
                self._write("\r\x1b[K")

    def _above(self, text: str) -> None:
        lines = "".join(f"{clean(line)}\n" for line in text.splitlines() if line.strip())
        with self._lock:
            self._write(f"\r\x1b[K{lines}{self._line}" if self._rewrites else lines)

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # the terminal was closed
            self._stream.write(text)
            self._stream.flush()


@dataclass(frozen=True, slots=True)
class _Bubble:
    title: str
    body: str = ""
    lasts_ms: int = PASSES_MS
    passing: bool = False
    """Not worth showing if something else comes soon."""

    @property
    def stays(self) -> bool:
        """Until something comes in its place."""
        return self.lasts_ms == LASTS_MS


_LAST = _Bubble("Whispera does not listen any more", lasts_ms=1000)


class NotificationScreen:
    """The desktop's notifications: one bubble, replaced by what comes next."""

    def __init__(self, *, states: bool = True, answers: bool = True) -> None:
        """`states`, `answers`: which of the two are notified; notes go with the states."""
        # elsewhere a notification cannot be replaced, and they would pile up
        self._states = states and sys.platform not in ("darwin", "win32")
        self._answers = answers
        self._queue: queue.SimpleQueue[_Bubble | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._stays = False
        """What was put into the queue last stays."""
        self._seen: _Bubble | None = None
        """What was notified last; for the thread that notifies."""
        self._id = 0
        command = os.environ.get(NOTIFIER_VARIABLE, "")
        self._other: Notifier | None = _other(command) if command else None
        self._thread = threading.Thread(target=self._run, daemon=True, name="notifications")
        self._thread.start()

    def show(self, state: State, text: str) -> None:
        """Notifies the states that a user waits for, and every question."""
        words = WORDS[state].capitalize()
        if state == "asking" and (self._states or self._answers):
            self._put(_Bubble(text, WORDS[state], LASTS_MS))
        elif self._states and state in ANNOUNCED:
            self._put(_Bubble(words, text, LASTS_MS if state in LASTING else PASSES_MS))
        else:
            self._put(_Bubble(words, text, 1000 if state == "idle" else LASTS_MS, passing=True))

    def note(self, text: str) -> None:
        """Notifies a note."""
        if self._states:
            self._put(_Bubble(*parted(text)))

    def answer(self, text: str, *, ok: bool) -> None:  # noqa: ARG002
        """Notifies an answer."""
        if self._answers and text:
            title, _, body = text.partition("\n")
            self._put(_Bubble(title, body))

    def close(self) -> None:
        """Lets what is waiting be shown, for a moment."""
        self._queue.put(None)
        self._thread.join(TIMEOUT_S)

    def _put(self, bubble: _Bubble) -> None:
        with self._lock:
            if bubble.passing and not self._stays:
                return  # there is nothing whose place it would take
            self._stays = bubble.stays
            self._queue.put(bubble)

    def _run(self) -> None:
        while True:
            shown = self._queue.get()
            # what has been overtaken is not worth a bubble
            while shown is not None and (shown.passing or self._other is None):
                try:
                    later = self._queue.get(timeout=PASSING_S if shown.passing else 0.0)
                except queue.Empty:
                    break
                if later is None and not shown.stays and not shown.passing:
                    self._notify(shown)
                shown = later
            if shown is None:
                if self._seen is not None and self._seen.stays:
                    self._notify(_LAST)
                return
            self._notify(shown)

    def _notify(self, bubble: _Bubble) -> None:
        self._seen = bubble
        notice = Notice(clean(bubble.title), bubble.body)
        if self._other is not None:
            with suppress(OSError, subprocess.SubprocessError):
                self._other.show(notice)
            return
        argv, texts = notification(
            notice,
            *("--print-id", "--urgency=normal"),
            *(f"--expire-time={bubble.lasts_ms}", f"--replace-id={self._id}"),
        )
        program = shutil.which(argv[0])
        if program is None:
            return
        with suppress(OSError, subprocess.SubprocessError, ValueError):
            done = subprocess.run(
                [program, *argv[1:]],
                env={**os.environ, **texts},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=TIMEOUT_S,
                check=False,
            )
            self._id = int(done.stdout)


class Screens:
    """Several at once."""

    def __init__(self, screens: Sequence[Screen]) -> None:
        self._screens = tuple(screens)

    def show(self, state: State, text: str) -> None:
        """Shows it on each."""
        for screen in self._screens:
            screen.show(state, text)

    def note(self, text: str) -> None:
        """Shows it on each."""
        for screen in self._screens:
            screen.note(text)

    def answer(self, text: str, *, ok: bool) -> None:
        """Shows it on each."""
        for screen in self._screens:
            screen.answer(text, ok=ok)

    def close(self) -> None:
        """Closes each."""
        for screen in self._screens:
            screen.close()


@dataclass(slots=True)
class FakeScreen:
    """Remembers what it was told."""

    states: list[tuple[State, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    answers: list[tuple[str, bool]] = field(default_factory=list)
    closed: bool = False

    def show(self, state: State, text: str) -> None:
        """Notes a state."""
        self.states.append((state, text))

    def note(self, text: str) -> None:
        """Notes a note."""
        self.notes.append(text)

    def answer(self, text: str, *, ok: bool) -> None:
        """Notes an answer."""
        self.answers.append((text, ok))

    def close(self) -> None:
        """Notes that it was closed."""
        self.closed = True


def clean(text: str) -> str:
    """A line without anything a terminal would obey."""
    return "".join(character if character.isprintable() else " " for character in text).strip()


def parted(text: str) -> tuple[str, str]:
    """A title, and the rest of what would be too long for one."""
    if len(text) <= TITLE:
        return text, ""
    title, mark, rest = min(
        (text.partition(mark) for mark in (": ", "; ", ". ")), key=lambda one: len(one[0])
    )
    return title + mark.strip(" :;"), rest


def _other(command: str) -> CommandNotifier | None:
    """The program that is set in place of the desktop's notifications."""
    import json

    try:
        argv = json.loads(command)
    except ValueError:
        return None
    return CommandNotifier([str(word) for word in argv]) if isinstance(argv, list) and argv else None
