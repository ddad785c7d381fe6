"""Where the daemon is found: its socket, its lock and its log.

The socket is `$XDG_RUNTIME_DIR/whispera/daemon.sock`, and `daemon.sock` in the state directory where the
system gives no such directory. Standard library alone; imported on the hot path.
"""

from __future__ import annotations

import binascii
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from whispera.daemon.reach import runtime_directory

if TYPE_CHECKING:
    from whispera.workspace import Workspace

LOCK = "daemon.lock"
PID = "daemon.pid"
LOG = "daemon.log"
ERRORS = "daemon.err"
"""What the process itself printed; empty unless it could not start."""
LONGEST = 100
"""Bytes of a socket's path that every system takes (104 with the closing zero on macOS, 108 on Linux)."""


@dataclass(frozen=True, slots=True)
class Place:
    """The files of one user's daemon."""

    directory: Path
    """Holds the socket; of this user, mode 0700."""
    address: str
    """Path of the socket, or name of the pipe on Windows."""
    state: Path
    """The state directory, which is that of one domain."""

    @property
    def locks(self) -> tuple[Path, ...]:
        """Held while a daemon runs: one for the state directory, one for the socket."""
        return (
            (self.state / LOCK, Path(f"{self.address}.lock"))
            if sys.platform != "win32"
            else (self.state / LOCK,)
        )

    def is_taken(self) -> bool:
        """Whether there is something to connect to; cheap, and no promise."""
        if sys.platform == "win32":  # looking at a pipe is connecting to it
            return True
        try:
            os.stat(self.address)  # noqa: PTH116 - a Path costs more than the question
        except OSError:
            return False
        return True

    @property
    def pid(self) -> Path:
        """Holds the number of the process that has the locks."""
        return self.state / PID

    @property
    def log(self) -> Path:
        """What happened, a JSON object a line."""
        return self.state / LOG

    @property
    def errors(self) -> Path:
        """What a daemon in the background printed."""
        return self.state / ERRORS


def place_of(workspace: Workspace) -> Place:
    """The place of the daemon of this user; nothing is made."""
    state = workspace.state
    if sys.platform == "win32":
        user = os.environ.get("USERNAME", "")
        return Place(state, rf"\\.\pipe\whispera-{user}-{_sum(state)}", state)
    name = f"daemon-{workspace.domain}.sock" if workspace.domain else "daemon.sock"
    runtime = runtime_directory()
    directory = Path(runtime, "whispera") if runtime else state
    address = str(directory / name)
    if len(os.fsencode(address)) > LONGEST:
        directory = Path(f"/tmp/whispera-{os.geteuid()}-{_sum(state)}")
        address = str(directory / "daemon.sock")
    return Place(directory, address, state)


def _sum(path: Path) -> str:
    return f"{binascii.crc32(os.fsencode(path)):08x}"
