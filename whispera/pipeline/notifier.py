"""How a due alarm reaches the user: a notification and a sound, else the terminal it was set on.

Every text of the user's goes out as one argument, or through the environment where an interpreter would
read it; nothing is put into a script. Used by the alarm service, never on the way of a command.
"""

from __future__ import annotations

import html
import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from whispera.errors import UsageError
from whispera.pipeline.chime import chime

NOTIFIER_VARIABLE = "WHISPERA_NOTIFIER"
"""A JSON list: the program, and its first arguments, to call with title and body instead of the desktop."""
TIMEOUT_S = 8.0
CHIME_FILE = "chime.wav"

_APPLESCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)
_BALLOON = (
    "Add-Type -AssemblyName System.Windows.Forms, System.Drawing; "
    "$icon = New-Object System.Windows.Forms.NotifyIcon; "
    "$icon.Icon = [System.Drawing.SystemIcons]::Information; $icon.Visible = $true; "
    "$icon.ShowBalloonTip(5000, $env:WHISPERA_TITLE, $env:WHISPERA_TEXT, 'Info'); "
    "Start-Sleep -Seconds 5; $icon.Dispose()"
)
_PLAY = "(New-Object System.Media.SoundPlayer $env:WHISPERA_SOUND).PlaySync()"
_POWERSHELL = ("powershell", "-NoProfile", "-NonInteractive", "-Command")

if sys.platform == "win32":
    _TERMINAL_FLAGS = 0
else:
    _TERMINAL_FLAGS = os.O_NOCTTY | os.O_NONBLOCK | os.O_NOFOLLOW


@dataclass(frozen=True, slots=True)
class Notice:
    """What the user is told."""

    title: str
    body: str
    tty: str = ""
    """The terminal it was asked for on, empty where there was none."""
    session: Mapping[str, str] = field(default_factory=dict)
    """Environment of the desktop session it was asked for in."""


class Notifier(Protocol):
    """Tells the user something that is due."""

    def show(self, notice: Notice) -> str:
        """The means that worked, such as `notify-send, paplay`; empty where none did. Raises OSError."""


class CommandNotifier:
    """A program of the user's own, or the fake one of the tests, called with title and body."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = tuple(argv)

    def show(self, notice: Notice) -> str:
        """The program's name; raises OSError where it cannot be started or fails."""
        done = subprocess.run(
            [*self._argv, notice.title, notice.body],
            env={**os.environ, **notice.session},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=60.0,
            check=False,
        )
        if done.returncode:
            raise OSError(f"{self._argv[0]} ended with {done.returncode}")
        return Path(self._argv[0]).name


class DesktopNotifier:
    """The desktop of this machine."""

    def __init__(self, state: Path) -> None:
        self._state = state

    def show(self, notice: Notice) -> str:
        """The means that worked; the terminal stands in for a notification or a sound that did not."""
        with ThreadPoolExecutor(max_workers=2) as pool:
            notifying, playing = pool.submit(self._notify, notice), pool.submit(self._play, notice)
        means = [notifying.result(), playing.result()]
        if not all(means) and ring_terminal(notice.tty, "" if means[0] else _line(notice)):
            means.append("terminal")
        return ", ".join(filter(None, means))

    def _notify(self, notice: Notice) -> str:
        argv, texts = notification(notice, "--urgency=critical")
        return argv[0] if _succeeds(argv, {**texts, **notice.session}) or _succeeds(argv, texts) else ""

    def _play(self, notice: Notice) -> str:
        try:
            sound = str(chime(self._state / CHIME_FILE))
        except OSError:
            return ""
        players: list[list[str]] = [["paplay", sound], ["pw-play", sound], ["aplay", "-q", sound]]
        if sys.platform == "darwin":
            players = [["afplay", sound]]
        elif sys.platform == "win32":
            players = [[*_POWERSHELL, _PLAY]]
        for argv in players:
            if _succeeds(argv, {"WHISPERA_SOUND": sound, **notice.session}):
                return argv[0]
        return ""


def notification(notice: Notice, *options: str) -> tuple[list[str], dict[str, str]]:
    """The program that shows a notice on the desktop, and what it reads from its environment.

    `options` are those of notify-send.
    """
    texts = {"WHISPERA_TITLE": notice.title, "WHISPERA_TEXT": notice.body}
    if sys.platform == "darwin":
        script = [word for line in _APPLESCRIPT for word in ("-e", line)]
        return ["osascript", *script, notice.title, notice.body], texts
    if sys.platform == "win32":
        return [*_POWERSHELL, _BALLOON], texts
    # the body is markup to notification servers, the title is not
    body = html.escape(notice.body, quote=False)
    return ["notify-send", "--app-name=Whispera", *options, "--", notice.title, body], texts


def choose_notifier(state: Path, *, command: str = "") -> Notifier:
    """The desktop, or the program of a JSON list given or set in WHISPERA_NOTIFIER; raises UsageError."""
    text = command or os.environ.get(NOTIFIER_VARIABLE, "")
    if not text:
        return DesktopNotifier(state)
    try:
        argv = json.loads(text)
    except ValueError:
        argv = None
    if not isinstance(argv, list) or not argv or not all(isinstance(word, str) for word in argv):
        raise UsageError(
            f"{NOTIFIER_VARIABLE} is no JSON list of words: {text}", hint='for example ["my-notifier"]'
        )
    return CommandNotifier(argv)


def ring_terminal(tty: str, line: str) -> bool:
    """Whether a bell, and the line if there is one, went to a terminal of this user's."""
    if not tty.startswith("/dev/"):  # Windows has none
        return False
    try:
        descriptor = os.open(tty, os.O_WRONLY | _TERMINAL_FLAGS)
    except OSError:
        return False
    try:
        found = os.fstat(descriptor)
        # the name may have passed on to somebody else's terminal since
        if not stat.S_ISCHR(found.st_mode) or not _is_ours(found) or not os.isatty(descriptor):
            return False
        os.write(descriptor, f"\a\r\n{line}\r\n".encode() if line else b"\a")
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def _is_ours(found: os.stat_result) -> bool:
    return sys.platform != "win32" and found.st_uid == os.getuid()


def _line(notice: Notice) -> str:
    """Title and body without anything a terminal would obey."""
    text = f"{notice.title}: {notice.body}" if notice.body else notice.title
    return "".join(character if character.isprintable() else " " for character in text)


def _succeeds(argv: Sequence[str], extra: Mapping[str, str]) -> bool:
    program = shutil.which(argv[0])
    if not program:
        return False
    try:
        done = subprocess.run(
            [program, *argv[1:]],
            env={**os.environ, **extra},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
