"""The microphones of a PulseAudio server, or of PipeWire in its place, by `pactl`.

PortAudio reaches such a server as one device, "pulse"; which microphone that means is said in `PULSE_SOURCE`.
"""

from __future__ import annotations

import os
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass

TIMEOUT_S = 3.0
VARIABLE = "PULSE_SOURCE"
"""Read by the server's library: the source that is recorded from."""


@dataclass(frozen=True, slots=True)
class Source:
    """Something the server records from."""

    index: int
    """Another one each time it is plugged in."""
    name: str
    description: str
    is_monitor: bool
    """It is what a speaker plays, not a microphone."""
    is_default: bool


def sources() -> list[Source] | None:
    """What the server records from; None where no server answers."""
    listed = _pactl("list", "sources")
    if listed is None:
        return None
    told = (_pactl("info") or "").splitlines()
    default = next((line.partition(": ")[2] for line in told if line.startswith("Default Source: ")), "")
    found = []
    for block in listed.split("\nSource #"):
        lines = block.strip().removeprefix("Source #").splitlines()
        fields = dict(line.strip().partition(": ")[::2] for line in lines[1:] if line.startswith("\t"))
        if not lines or not lines[0].strip().isdigit() or "Name" not in fields:
            continue
        monitored = fields.get("Monitor of Sink", "n/a") != "n/a"
        name = fields["Name"]
        description = fields.get("Description", name)
        found.append(Source(int(lines[0]), name, description, monitored, name == default))
    return found


class Watch:
    """Notices at once when a source is plugged in or out; costs nothing until then.

    A server gives a stream whose source is gone another one, unasked, so its user must look.
    """

    def __init__(self) -> None:
        """Where no server answers, nothing is ever noticed."""
        self.changed = threading.Event()
        """Set at each change; whoever looks clears it."""
        self._process: subprocess.Popen[bytes] | None = None
        with suppress(OSError):
            self._process = subprocess.Popen(
                ["pactl", "subscribe"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "LC_ALL": "C"},
                start_new_session=True,
            )
            threading.Thread(target=self._look, args=(self._process,), daemon=True).start()

    @property
    def watches(self) -> bool:
        """Whether a server is being watched."""
        return self._process is not None and self._process.poll() is None

    def close(self) -> None:
        """Watches no longer."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _look(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as events:
            for event in events:
                if event.startswith((b"Event 'new' on source #", b"Event 'remove' on source #")):
                    self.changed.set()


def _pactl(*words: str) -> str | None:

    try:
        done = subprocess.run(
            ["pactl", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
