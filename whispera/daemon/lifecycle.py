"""One daemon a user: its locks, its directory, its socket, and how it is started and ended.

The locks are freed by the system when their holder dies, however that happens, so whoever holds them may
replace a socket that is left over. Files of others, symbolic links and directories that others may write are
refused, never followed.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from whispera.daemon import client
from whispera.errors import DaemonError
from whispera.pipeline.alarm_start import package_path
from whispera.pipeline.database import make_private
from whispera.pipeline.filelock import FileLock

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

    from whispera.daemon.place import Place

BACKLOG = 64
START_S = 30.0
"""The longest a start in the background is waited for; loading a recogniser takes a few seconds."""
STOP_S = 20.0
"""The longest an end is waited for: a command that runs is let finish."""
ASKED_S = 0.3
"""Who merely asks whether a daemon lives holds the lock for less."""
_POLL_S = 0.1


@contextlib.contextmanager
def claimed(place: Place) -> Iterator[None]:
    """While it lasts this process is the daemon; raises DaemonError where another is."""
    _own_directory(place.state)
    if place.directory != place.state:
        _own_directory(place.directory)
    with contextlib.ExitStack() as held:
        for path in place.locks:
            lock = FileLock(path)
            try:
                ours = lock.acquire(timeout_s=ASKED_S)
            except OSError as error:
                raise DaemonError(f"{path}: {error.strerror}", hint="check its permissions") from error
            if not ours:
                raise DaemonError(who_runs(place), hint="whispera daemon stop ends it")
            held.callback(lock.release)
        _write_private(place.pid, f"{os.getpid()}\n")
        held.callback(_remove, place.pid)
        yield


def who_runs(place: Place) -> str:
    """A sentence that names the daemon that holds the lock."""
    try:
        number = place.pid.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        number = ""
    return f"a daemon runs already{f', process {number}' if number.isdigit() else ''}"


def _own_directory(directory: Path) -> None:
    """Has a directory of this user's alone; raises DaemonError."""
    try:
        make_private_at(directory)
    except OSError as error:
        raise DaemonError(
            f"{directory} cannot be used: {error.strerror}", hint="check its permissions"
        ) from error


def make_private_at(directory: Path) -> None:
    """Makes a directory, mode 0700; raises OSError, also where it is a link or somebody else's."""
    if sys.platform == "win32":
        make_private(directory)
        return
    directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise NotADirectoryError(20, "it is no directory, or a link to one")
    if found.st_uid != os.geteuid():
        raise PermissionError(13, "it belongs to another user")
    if found.st_mode & 0o077:
        directory.chmod(0o700)


def bind(place: Place) -> socket.socket:
    """The listening socket, mode 0600; the lock must be held. Raises DaemonError.

    A socket that is left over is replaced; anything else in its place is an error.
    """
    path = Path(place.address)
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise DaemonError(f"{path} is in the way: it is no socket", hint="move it away")
        path.unlink()
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listening.bind(place.address)
    except OSError as error:
        listening.close()
        raise DaemonError(f"{path} cannot be listened at: {error}", hint="check its permissions") from error
    finally:
        os.umask(before)
    listening.listen(BACKLOG)
    listening.setblocking(False)
    return listening


def unbind(place: Place, inode: int) -> None:
    """Removes the socket, should it still be the one with that number."""
    path = Path(place.address)
    with contextlib.suppress(OSError):
        if path.lstat().st_ino == inode:
            path.unlink()


def inode_of(place: Place) -> int:
    """The number of the socket that is there now; 0 where there is none."""
    with contextlib.suppress(OSError):
        return Path(place.address).lstat().st_ino
    return 0


def is_running(place: Place) -> bool:
    """Whether some process is the daemon, answering or not."""
    try:
        lock = FileLock(place.locks[0])
        if not place.locks[0].exists() or not lock.acquire():
            return place.locks[0].exists()
        lock.release()
    except OSError:
        return False
    return False


def daemon_argv(*, workspace_dir: str | None, domain: str = "", voice: bool = True) -> list[str]:
    """The command that runs the daemon in the foreground; wants `package_path()` on PYTHONPATH."""
    argv = [sys.executable, "-P", "-m", "whispera"]
    if workspace_dir:
        argv += ["--workspace", str(Path(workspace_dir).expanduser().absolute())]
    if domain:
        argv += ["--domain", domain]
    argv += ["daemon", "--foreground"]
    return argv if voice else [*argv, "--no-voice"]


def start_detached(place: Place, argv: Sequence[str]) -> dict[str, object]:
    """Starts a daemon in the background; its status once it answers. Raises DaemonError where it does not."""
    _own_directory(place.state)
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    paths = [package_path(), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    with _private_file(place.errors) as errors:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            cwd=Path.home() if Path.home().is_dir() else place.state,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
            creationflags=flags,
        )
    # reaps it, should it end before this process does
    threading.Thread(target=process.wait, daemon=True).start()

    def failed() -> None:
        if process.poll() is not None:
            printed = place.errors.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            said = [line.removeprefix("whispera: ") for line in printed if not line.startswith("hint: ")]
            raise DaemonError(
                said[-1] if said else f"the daemon ended at once, with exit code {process.returncode}",
                hint=next((one.removeprefix("hint: ") for one in printed if one.startswith("hint: ")), "")
                or "whispera daemon --foreground shows what it does",
            )

    return wait_until_ready(place, failed=failed)


def wait_until_ready(place: Place, *, failed: Callable[[], None] = lambda: None) -> dict[str, object]:
    """The status of a daemon that was started, once it answers; raises DaemonError where it does not.

    `failed` raises where that is known already.
    """
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        with contextlib.suppress(DaemonError):
            status = client.ask(place, {"do": "status"})
            if status.get("ready"):
                return status
        failed()
        time.sleep(_POLL_S)
    raise DaemonError(f"the daemon does not answer after {START_S:g} s", hint=f"look into {place.errors}")


def stop_running(place: Place) -> None:
    """Ends the daemon and waits for that; raises DaemonError where there is none, or it does not end."""
    client.ask(place, {"do": "stop"}, timeout_s=STOP_S)
    deadline = time.monotonic() + STOP_S
    while time.monotonic() < deadline:
        if not is_running(place):
            return
        time.sleep(_POLL_S)
    raise DaemonError(
        f"the daemon did not end within {STOP_S:g} s", hint=f"{who_runs(place)}: end it by its number"
    )


def _private_file(path: Path) -> IO[bytes]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def _write_private(path: Path, text: str) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0)
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="ascii") as file:
        file.write(text)


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink()


def watch_signals(loop: AbstractEventLoop, wanted: Mapping[str, Callable[[], None]]) -> list[int]:
    """The signals that are answered from now on, of those named; none on Windows and in other threads."""
    numbers: list[int] = []
    for name, call in wanted.items():
        number = getattr(signal, name, None)
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            if number is not None:
                loop.add_signal_handler(number, call)
                numbers.append(number)
    return numbers
