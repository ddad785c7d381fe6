"""Files and folders that appear whole or not at all: written beside their place, synced, renamed.

A reader sees what was there before or what is new. A writer that is killed leaves a half under a hidden
name, `.NAME.<process>.<random>.tmp`, which the next one to write the same removes when it is old enough.
Keeping two writers apart is the caller's (`pipeline.filelock`). Standard library alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LEFT_OVER_S = 3600.0
"""A half that nobody has written to for longer was left by a process that was killed."""


def write(path: Path, content: str | bytes, *, mode: int = 0o666) -> None:
    """Writes a file; raises OSError, with what was there as it was. `mode`: as in `beside`."""
    with beside(path, mode=mode) as half:
        half.write_bytes(content.encode() if isinstance(content, str) else content)


@contextmanager
def beside(path: Path, *, mode: int = 0o666) -> Iterator[Path]:
    """A new, empty file to write to, which takes the place of `path` when the block ends without an error.

    `mode`: its permissions, less the umask. The folder must be there. Raises OSError.
    """
    forget_halves(path)
    half = _half_of(path)
    try:
        os.close(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
        yield half
        sync(half)
        half.replace(path)
    except BaseException:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        raise


@contextmanager
def folder_beside(folder: Path, *, mode: int = 0o777) -> Iterator[Path]:
    """As `beside`, a new and empty folder to fill with files; the folders it lies in are made.

    Between two renames neither is in place.
    """
    import shutil

    folder.parent.mkdir(parents=True, exist_ok=True)
    forget_halves(folder)
    half = _half_of(folder)
    former = half.with_suffix(".old")
    try:
        half.mkdir(mode=mode)
        yield half
        sync_files(half)
        if folder.exists():
            folder.replace(former)
        half.replace(folder)
    except BaseException:
        if former.exists() and not folder.exists():
            former.replace(folder)
        raise
    finally:
        shutil.rmtree(half, ignore_errors=True)
        shutil.rmtree(former, ignore_errors=True)


def sync(path: Path) -> None:
    """Sees to it that what was written to a file is on the disk; raises OSError."""
    flags = os.O_RDWR if os.name == "nt" else os.O_RDONLY  # Windows refuses who only reads
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_files(folder: Path) -> None:
    """`sync` for every file in a folder."""
    for path in folder.iterdir():
        sync(path)


def forget_halves(path: Path) -> None:
    """Removes what killed writers of a file or folder left; never raises.

    What was to be replaced stays where nothing is in its place.
    """
    endings = ("tmp", "old") if path.exists() else ("tmp",)
    long_ago = time.time() - LEFT_OVER_S
    with suppress(OSError):
        for entry in os.scandir(path.parent):
            name, *rest = entry.name.rsplit(".", 3)
            if name == f".{path.name}" and len(rest) == 3 and rest[0].isdigit() and rest[2] in endings:
                with suppress(OSError):  # another process was quicker
                    if entry.stat(follow_symlinks=False).st_mtime < long_ago:
                        remove(Path(entry.path))


def remove(path: Path) -> None:
    """Removes a file, or a folder with all that is in it; raises OSError for a file that stays."""
    if path.is_dir() and not path.is_symlink():
        import shutil

        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()


def _half_of(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.tmp")
