"""One at a time: a training and whatever else changes the adapters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from whispera.errors import StateError
from whispera.pipeline.filelock import FileLock
from whispera.workspace import Workspace


@contextmanager
def training_lock(workspace: Workspace) -> Iterator[None]:
    """Keeps other processes from changing the adapters meanwhile; raises StateError."""
    work = workspace.state / "train"
    try:
        work.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(work / "lock")
        free = lock.acquire()
    except OSError as error:
        raise StateError(
            f"cannot keep the state of the run in {work}: {error.strerror}",
            hint="make it writable, or set XDG_STATE_HOME",
        ) from error
    if not free:
        raise StateError("another training is running here", hint="wait for it, or stop it")
    try:
        yield
    finally:
        lock.release()
