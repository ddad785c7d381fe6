"""A runner whose command can be stopped while it runs: "no, stop".

What has been stopped stays stopped: neither another way of doing it nor the next step of a sequence is run
until `ready` is called. Programs that were started and left running (applications) are not ended.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from whispera.domain.outcome import Command, Outcome
from whispera.pipeline.runner import Runner

STOPPED = "Stopped."
SPEAKERS = frozenset({"espeak-ng", "espeak", "spd-say", "say", "flite", "festival"})
"""Programs that speak; the microphone is not listened to while one runs."""
_SPEAKING_SCRIPT = "SpeechSynthesizer"


class Interruptible(Runner, Protocol):
    """A runner that can end what it waits for."""

    def interrupt(self) -> None:
        """Ends the program that is being waited for; from another thread."""


class StoppableRunner:
    """Another runner, with a brake."""

    def __init__(self, runner: Interruptible, *, on_speech: Callable[[bool], None] | None = None) -> None:
        """`on_speech`: told when a program begins to speak (True) and when it is over."""
        self._runner = runner
        self._on_speech = on_speech
        self._stopped = threading.Event()
        self._speaking = False

    def ready(self) -> None:
        """A new command may run."""
        self._stopped.clear()

    def stop(self) -> None:
        """Ends what runs, and lets nothing else begin; from any thread."""
        self._stopped.set()
        self._runner.interrupt()

    def hush(self) -> None:
        """Ends a program that speaks."""
        if self._speaking:
            self.stop()

    @property
    def stopped(self) -> bool:
        """Whether it has been stopped since it was made ready."""
        return self._stopped.is_set()

    def run(self, command: Command) -> Outcome:
        """As `Runner.run`; a command that is stopped is refused, not failed."""
        if self.stopped:
            return Outcome("refused", STOPPED, 5, command)
        self._tell(speaks(command))
        try:
            outcome = self._runner.run(command)
        finally:
            if self._speaking:
                self._tell(False)
        return Outcome("refused", STOPPED, 5, command) if self.stopped else outcome

    def read(self, argv: Sequence[str], *, timeout_s: float = 2.0) -> str:
        """As `Runner.read`."""
        return self._runner.read(argv, timeout_s=timeout_s)

    def _tell(self, speaking: bool) -> None:
        if speaking != self._speaking:
            self._speaking = speaking
            if self._on_speech is not None:
                self._on_speech(speaking)


def speaks(command: Command) -> bool:
    """Whether a command is a program that speaks."""
    if not command.argv:
        return False
    return Path(command.argv[0]).stem in SPEAKERS or any(_SPEAKING_SCRIPT in word for word in command.argv)
