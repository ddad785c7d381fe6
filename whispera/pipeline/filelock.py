"""An advisory lock on a file, across processes; released by the system when its holder dies.

Standard library alone. It protects Whispera's processes from each other, not from other programs.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import TracebackType

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_RETRY_S = 0.01


class FileLock:
    """An exclusive lock, held from `acquire` to `release`; not reentrant."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd: int | None = None

    def acquire(self, *, timeout_s: float = 0.0) -> bool:
        """Whether the lock is ours now; waits up to `timeout_s`. Raises OSError where no file can be made."""
        if self._fd is not None:
            raise RuntimeError(f"{self.path} is locked by this object already")
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        deadline = time.monotonic() + timeout_s
        while not _try_lock(fd):
            if time.monotonic() >= deadline:
                os.close(fd)
                return False
            time.sleep(_RETRY_S)
        self._fd = fd
        return True

    def release(self) -> None:
        """Gives the lock back; nothing happens where it is not held."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> FileLock:
        if not self.acquire(timeout_s=10.0):
            raise TimeoutError(f"{self.path} stayed locked for 10 seconds")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _try_lock(fd: int) -> bool:
    try:
        if sys.platform == "win32":
            os.lseek(fd, 0, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
