"""Notes: one line each, with its time, at the end of a Markdown file of the user's.

The line is appended under a lock on the file and synced to the disk, so that two processes lose nothing and
a power cut loses no note that was confirmed. The file is the user's own: it may be edited, moved or linked.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from whispera.errors import StateError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

_LOCK_TRIES = 1000
_LOCK_WAIT_S = 0.01


def notes_file(*, setting: str, home: Path, documents: Path) -> Path:
    """The file notes go to: the setting `notes.file`, else notes.md in the Documents folder, else in home."""
    if setting:
        # an absolute setting replaces what stands before it
        return home / setting.removeprefix("~/")
    return (documents if documents.is_dir() else home) / "notes.md"


def add_note(path: Path, text: str, *, now: float) -> str:
    """The line that was appended and is on the disk; raises StateError."""
    stamp = time.strftime("%Y-%m-%d %H:%M", time.localtime(now))
    line = f"- {stamp} {' '.join(text.split())}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _append(path, line + "\n")
    except OSError as error:
        raise StateError(
            f"the note was not written to {path}: {error.strerror or error}",
            hint="name another file in the setting notes.file",
        ) from error
    return line


def _append(path: Path, line: str) -> None:
    for _ in range(_LOCK_TRIES):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o666)
        try:
            if not _lock(descriptor):
                time.sleep(_LOCK_WAIT_S)
                continue
            if not _is_current(path, descriptor):  # an editor saved by renaming while we waited
                continue
            _write(descriptor, line)
            return
        finally:
            os.close(descriptor)
    raise OSError(f"{path} stayed locked")


def _write(descriptor: int, line: str) -> None:
    """Appends whole or not at all: on a full disk what was written of it is cut off again."""
    size = os.fstat(descriptor).st_size
    content = line.encode("utf-8", "replace")
    if size and not _ends_with_newline(descriptor, size):
        content = b"\n" + content
    try:
        while content:
            content = content[os.write(descriptor, content) :]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, size)
        raise


def _ends_with_newline(descriptor: int, size: int) -> bool:
    os.lseek(descriptor, size - 1, os.SEEK_SET)
    return os.read(descriptor, 1) == b"\n"


def _is_current(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _lock(descriptor: int) -> bool:
    """Whether the file is ours until it is closed."""
    try:
        if sys.platform == "win32":
            # a byte no note reaches: a locked one could not be read by an editor
            os.lseek(descriptor, 0x7FFFFFFF, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except PermissionError:
        if sys.platform == "win32":
            return False
        raise
    return True
