"""Running programs.

Protects against: a value of the user becoming more than the one argument it is (programs are started from
argv, never through a shell); a program that hangs (time limit, then its whole process group is killed) or
prints without end (output is cut); passwords asked for on the terminal (none is attached, input is empty);
secrets and code-loading variables of the calling environment (allow-list in `environment.py`).

Does not protect against: what the configured programs do with their arguments, programs that start others
outside their process group, or a configuration written by somebody else. Nothing is sandboxed: programs run
with the rights of the user.
"""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol

from whispera.domain.outcome import Command, Outcome
from whispera.errors import NotPossible
from whispera.pipeline.environment import trimmed
from whispera.pipeline.packages import install_hint
from whispera.pipeline.platform import Platform

if TYPE_CHECKING:
    import subprocess

OUTPUT_CHARS = 20_000
"""What is kept of a program's output; the rest is read and thrown away."""
STARTED_S = 0.1
"""How long a detached program is watched for falling over at once."""
_GRACE_S = 0.5
"""Between asking a process group to end and killing it."""
_ERROR_LINES = 3


class Runner(Protocol):
    """Carries commands out."""

    def run(self, command: Command) -> Outcome:
        """What became of a command that is not a built-in; raises NotPossible for a missing program."""

    def read(self, argv: Sequence[str], *, timeout_s: float = 2.0) -> str:
        """What a program prints, for probing a state; raises NotPossible where it is missing or fails."""


class RealRunner:
    """Runs programs on this machine."""

    def __init__(self, platform: Platform, *, output_chars: int = OUTPUT_CHARS) -> None:
        self._platform = platform
        self._output_chars = output_chars
        self._waited_for: subprocess.Popen[bytes] | None = None

    def interrupt(self) -> None:
        """Ends the program that is being waited for, and all of its group; from another thread."""
        process = self._waited_for
        if process is not None:
            _kill_group(process)

    def run(self, command: Command) -> Outcome:
        """Runs, or with `detach` starts, a command; see `Runner.run`."""
        if command.kind == "builtin" or not command.argv:
            raise ValueError(f"not a program: {command.kind} {command.argv}")
        if command.detach:
            return self._start(command)
        code, out, err = self._complete(command.argv, command.env, command.timeout_s)
        program = Path(command.argv[0]).name
        if code is None:
            return Outcome(
                "failed",
                f"{program} did not finish within {command.timeout_s:g} s and was stopped",
                1,
                command,
            )
        if code != 0:
            why = _first_lines(err) or _first_lines(out) or f"exit code {code}"
            return Outcome("failed", f"{program}: {why}", 1, command)
        return Outcome("done", out.strip("\n"), 0, command)

    def read(self, argv: Sequence[str], *, timeout_s: float = 2.0) -> str:
        """What a program prints; see `Runner.read`."""
        code, out, err = self._complete(argv, {}, timeout_s)
        if code != 0:
            why = _first_lines(err) or (f"exit code {code}" if code is not None else "no answer in time")
            raise NotPossible(f"{argv[0]} does not tell: {why}", hint="try it in a terminal")
        return out

    def _complete(
        self, argv: Sequence[str], env: Mapping[str, str], timeout_s: float
    ) -> tuple[int | None, str, str]:
        """Exit code (None when the time was up), output and errors, each cut."""
        import subprocess  # not before something runs

        process = self._popen(
            argv, env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=None
        )
        assert process.stdout is not None and process.stderr is not None
        readers = [_Reader(process.stdout, self._output_chars), _Reader(process.stderr, self._output_chars)]
        code: int | None = None
        self._waited_for = process
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            _kill_group(process)
        except BaseException:
            _kill_group(process)
            raise
        finally:
            self._waited_for = None
            # a program left running in the background may hold the pipes open: do not wait for that one
            deadline = time.monotonic() + _GRACE_S
            for reader in readers:
                reader.join(max(0.0, deadline - time.monotonic()))
        return code, readers[0].text(), readers[1].text()

    def _start(self, command: Command) -> Outcome:
        """Starts a program in a session of its own and leaves it running."""
        import subprocess

        null = subprocess.DEVNULL
        process = self._popen(
            command.argv, command.env, stdin=null, stdout=null, stderr=null, cwd=self._platform.home
        )
        try:
            code = process.wait(STARTED_S)
        except subprocess.TimeoutExpired:
            # reaps it when it ends while this process still lives (the daemon)
            threading.Thread(target=process.wait, daemon=True, name="reaper").start()
            return Outcome("done", "", 0, command)
        if code != 0:
            program = Path(command.argv[0]).name
            return Outcome("failed", f"{program} stopped at once with exit code {code}", 1, command)
        return Outcome("done", "", 0, command)

    def _popen(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        *,
        stdin: int,
        stdout: int,
        stderr: int,
        cwd: Path | None,
    ) -> subprocess.Popen[bytes]:
        import subprocess

        platform = self._platform
        # CreateProcess and a relative PATH would look into the current directory first
        program = platform.which(argv[0])
        if program is None:
            raise NotPossible(
                f"{argv[0]} is not installed here", hint=install_hint([Path(argv[0]).name], platform)
            )
        flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
        try:
            return subprocess.Popen(
                [program, *argv[1:]],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                cwd=cwd if cwd is not None and cwd.is_dir() else None,
                env=trimmed(platform.environ, env),
                start_new_session=os.name == "posix",
                creationflags=flags,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise NotPossible(
                f"{argv[0]} cannot be started: {reason}", hint="try it in a terminal"
            ) from error


class _Reader(threading.Thread):
    """Reads a pipe to its end and keeps the beginning."""

    def __init__(self, pipe: IO[bytes], limit: int) -> None:
        super().__init__(daemon=True)
        self._pipe = pipe
        self._limit = limit
        self._kept = bytearray()
        self._cut = False
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError, ValueError), self._pipe:
            while chunk := os.read(self._pipe.fileno(), 65536):
                room = self._limit - len(self._kept)
                self._kept += chunk[: max(room, 0)]
                self._cut = self._cut or len(chunk) > room

    def text(self) -> str:
        """What was kept, with a last line that says so if anything was cut."""
        text = bytes(self._kept).decode("utf-8", "replace").replace("\r\n", "\n")
        return f"{text}\n... (cut)" if self._cut else text


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Ends a process and everything in its group: asked first, then killed."""
    import subprocess

    if os.name != "posix":
        subprocess.run(
            ["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, timeout=10, check=False
        )
        process.kill()
        process.wait()
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_S)
            if number == signal.SIGTERM:
                # the leader went in peace; its children get what they did not take
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
            return


def _first_lines(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "; ".join(lines[:_ERROR_LINES])
