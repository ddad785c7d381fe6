"""Writing the user's own files, whole or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from whispera import whole
from whispera.errors import StateError
from whispera.pipeline.filelock import FileLock

_LOCK_WAIT_S = 10.0


def replace_file(path: Path, text: str) -> None:
    """Writes a file, in a folder that is made where it is missing; raises StateError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        whole.write(path, text)
    except OSError as error:
        raise StateError(
            f"{path} cannot be written: {error.strerror or error}", hint="check its owner and the free space"
        ) from error


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """Keeps other Whispera processes from changing a file meanwhile; raises StateError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.with_name(f".{path.name}.lock"))
        if not lock.acquire(timeout_s=_LOCK_WAIT_S):
            raise StateError(f"{path} is being written by another process", hint="try again")
    except OSError as error:
        raise StateError(
            f"{path} cannot be written: {error.strerror or error}", hint="check its owner and the free space"
        ) from error
    try:
        yield
    finally:
        lock.release()
