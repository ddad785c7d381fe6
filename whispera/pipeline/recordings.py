"""The recordings beside the history, `<state>/audio/<number>.flac`, where `history.audio` asks for them.

A file is written beside its place, synced, and renamed: a half one is never found. Where the setting is off,
nothing is written at all.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from whispera import whole
from whispera.errors import StateError
from whispera.pipeline.database import make_private, warn

if TYPE_CHECKING:
    from whispera.audio.clip import Clip
    from whispera.pipeline.session import Session

FOLDER = "audio"
SUFFIX = ".flac"


def keep_recording(session: Session, number: int | None, clip: Clip) -> Path | None:
    """Keeps the recording of a history entry, where the settings want it; None where nothing was written.

    `number`: as `Session.remember` gave it. Never raises: the command was carried out. Recordings whose
    entries are gone from the history go too.
    """
    if number is None or not session.catalog.settings.history_audio or not len(clip.samples):
        return None
    folder = session.history.path.parent / FOLDER
    path = folder / f"{number}{SUFFIX}"
    try:
        make_private(folder.parent)
        make_private(folder)
        whole.write(path, encoded(clip), mode=0o600)
        session.history.attach(number, path.name)
        _prune(folder, session.history.with_audio())
    except (OSError, StateError, ImportError) as error:
        warn(f"the recording of this command is not kept: {error}")
        return None
    return path


def erase(state: Path, numbers: Collection[int] | None = None) -> None:
    """Deletes the recordings of history entries, None: all; raises StateError."""
    for path in list(_files(state / FOLDER)):
        if numbers is None or int(path.stem) in numbers:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise StateError(
                    f"{path} cannot be deleted: {error.strerror}", hint="check that the directory is writable"
                ) from error


def encoded(clip: Clip) -> bytes:
    """A recording as FLAC, 16 bits; raises ImportError where the package for it is missing."""
    import soundfile

    from whispera.audio.clip import SAMPLE_RATE_HZ

    out = io.BytesIO()
    soundfile.write(out, clip.samples, SAMPLE_RATE_HZ, format="FLAC", subtype="PCM_16")
    return out.getvalue()


def _prune(folder: Path, known: Collection[int]) -> None:
    for path in list(_files(folder)):
        if int(path.stem) not in known:
            with suppress(OSError):
                path.unlink()


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.glob(f"*{SUFFIX}") if folder.is_dir() else ():
        if path.stem.isdigit():
            yield path
