"""Our own voice: answers and questions spoken by the system's speech program.

The words go in through standard input or the environment, never into an argument or a script. Whoever owns a
`Speaker` keeps the microphone unheard until `on_end`.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from whispera.pipeline.platform import Platform

TIMEOUT_S = 60.0
"""No answer takes longer to say."""
CHARS = 300
"""What is said of a long answer."""
TEXT = "WHISPERA_TEXT"
_SCRIPT = (
    "Add-Type -AssemblyName System.Speech; "
    f"(New-Object System.Speech.Synthesis.SpeechSynthesizer).Speak($env:{TEXT})"
)


@dataclass(frozen=True, slots=True)
class Speech:
    """A program that speaks what it is given."""

    argv: tuple[str, ...]
    by_environment: bool = False
    """The words come in the variable WHISPERA_TEXT, else through standard input."""


def speech(platform: Platform) -> Speech | None:
    """What speaks here, None where nothing does."""
    if platform.name == "macos":
        return Speech(("say", "-f", "-"))
    if platform.name == "windows":
        return Speech(("powershell", "-NoProfile", "-NonInteractive", "-Command", _SCRIPT), True)
    for argv in (("espeak-ng", "--stdin"), ("spd-say", "--wait", "--pipe-mode"), ("espeak", "--stdin")):
        if platform.which(argv[0]):
            return Speech(argv)
    return None


def speakable(text: str) -> str:
    """What is said of an answer: its first lines, without what a voice stumbles over."""
    words = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return words if len(words) <= CHARS else words[:CHARS].rsplit(" ", 1)[0]


class Speaker(Protocol):
    """Says things aloud, one at a time."""

    def say(self, text: str, *, on_end: Callable[[], None]) -> bool:
        """Begins to say a text in place of whatever is being said; whether there is a voice.

        `on_end` is called from another thread, also where it is hushed or fails.
        """

    def hush(self) -> None:
        """Ends what is being said."""


class SystemSpeaker:
    """The speech program of this machine."""

    def __init__(self, platform: Platform) -> None:
        self._speech = speech(platform)
        self._platform = platform
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._turn = 0

    @property
    def name(self) -> str:
        """The program, empty where there is none."""
        return self._speech.argv[0] if self._speech else ""

    def say(self, text: str, *, on_end: Callable[[], None]) -> bool:
        """Begins to say a text; see `Speaker.say`."""
        if self._speech is None or not speakable(text):
            return False
        self.hush()
        with self._lock:
            turn = self._turn
        threading.Thread(
            target=self._say, args=(speakable(text), turn, on_end), daemon=True, name="speech"
        ).start()
        return True

    def hush(self) -> None:
        """Ends what is being said."""
        with self._lock:
            self._turn += 1
            process = self._process
        if process is not None:
            with contextlib.suppress(OSError):
                process.terminate()

    def _say(self, text: str, turn: int, on_end: Callable[[], None]) -> None:
        assert self._speech is not None
        try:
            program = self._platform.which(self._speech.argv[0]) or self._speech.argv[0]
            with self._lock:
                if turn != self._turn:
                    return
                process = self._process = subprocess.Popen(
                    [program, *self._speech.argv[1:]],
                    env={**os.environ, TEXT: text} if self._speech.by_environment else None,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            words = None if self._speech.by_environment else text.encode()
            try:
                process.communicate(words, timeout=TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
        except OSError:
            pass  # no program, or hushed before it took its words; the notification told it
        finally:
            with self._lock:
                if turn == self._turn:
                    self._process = None
            on_end()


@dataclass(slots=True)
class FakeSpeaker:
    """Says nothing and remembers it; ends when the test says so."""

    said: list[str] = field(default_factory=list)
    hushed: int = 0
    _end: Callable[[], None] | None = None

    def say(self, text: str, *, on_end: Callable[[], None]) -> bool:
        """Notes the text."""
        self.said.append(text)
        self._end = on_end
        return True

    def hush(self) -> None:
        """Ends it, as a program does that is ended."""
        self.hushed += 1
        self.finish()

    def finish(self) -> None:
        """The text has been said."""
        end, self._end = self._end, None
        if end is not None:
            end()
