"""What is written beside its place: whole or not there, with its mode, and no halves for long."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from whispera import whole
from whispera.cache import keep_newest


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder."""
    folder = tmp_path / "place"
    folder.mkdir()
    return folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def age(path: Path, *, seconds: float = 3 * whole.LEFT_OVER_S) -> Path:
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


def make(path: Path) -> Path:
    path.write_text("half", encoding="utf-8")
    return path


def full(_: int) -> None:
    raise OSError(28, "No space left on device")


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX's")
@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_file_is_replaced_and_has_its_mode(place: Path, mode: int) -> None:
    path = make(place / "file")
    whole.write(path, "new", mode=mode)
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("new", mode)
    assert names(place) == {"file"}


def test_a_write_that_fails_leaves_what_was_there(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, folder = make(place / "file"), place / "folder"
    folder.mkdir()
    make(folder / "one")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        whole.write(file, "new")
    with pytest.raises(OSError, match="No space"), whole.folder_beside(folder) as half:
        (half / "two").write_text("new")
    assert (file.read_text(), names(folder), names(place)) == ("half", {"one"}, {"file", "folder"})


def test_a_folder_is_replaced_whole(place: Path) -> None:
    folder = place / "deep" / "folder"
    for name in ("one", "two"):
        with whole.folder_beside(folder) as half:
            (half / name).write_text(name)
            assert name not in (names(folder) if folder.exists() else ())
        assert (names(folder), names(folder.parent)) == ({name}, {"folder"})


def test_a_folder_that_cannot_be_put_in_place_brings_the_former_back(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = place / "folder"
    folder.mkdir()
    make(folder / "one")
    replace = Path.replace

    def fails(self: Path, target: Path) -> Path:
        if self.suffix == ".tmp":
            raise OSError(5, "Input/output error")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(OSError, match="Input/output"), whole.folder_beside(folder) as half:
        make(half / "two")
    assert (names(folder), names(place)) == ({"one"}, {"folder"})


def test_what_killed_writers_left_goes_with_the_next_write_and_nothing_else_does(place: Path) -> None:
    age(make(place / ".file.12.ab34ab34.tmp"))
    age(make(place / ".file.12.ab34ab34.old"))
    kept = {".file.13.ab34ab34.tmp", ".file.theirs.tmp", ".file.12.ab34ab34.txt", ".other.12.ab34ab34.tmp"}
    for name in kept:
        age(make(place / name))
    os.utime(place / ".file.13.ab34ab34.tmp")
    (place / ".folder.12.ab34ab34.tmp").mkdir()
    make(place / ".folder.12.ab34ab34.tmp" / "one")
    age(place / ".folder.12.ab34ab34.tmp")
    (place / ".folder.12.ab34ab34.old").mkdir()
    age(place / ".folder.12.ab34ab34.old")
    with whole.folder_beside(place / "folder"):
        assert (place / ".folder.12.ab34ab34.old").exists()  # nothing is in its place yet
        assert not (place / ".folder.12.ab34ab34.tmp").exists()
    whole.write(place / "file", "first")
    whole.write(place / "file", "second")
    assert names(place) == {"file", "folder", ".folder.12.ab34ab34.old", *kept}
    whole.forget_halves(place / "folder")
    assert names(place) == {"file", "folder", *kept}


def test_of_a_kind_the_newest_stay_and_halves_go(place: Path) -> None:
    for number in range(5):
        age(make(place / f"kind-{number}.txt"), seconds=100.0 - number)
    for name in (".kind-1.txt.12.ab34ab34.tmp", "kind-1.txt.12.ab", "other-1.txt", ".other-1.txt"):
        age(make(place / name))
    (place / ".kind-2.12.ab34ab34.tmp").mkdir()
    newest = age(place / "kind-0.txt", seconds=1e6)  # a clock that was set back
    keep_newest(newest, kind="kind-", count=3)
    assert names(place) == {
        "kind-0.txt", "kind-4.txt", "kind-3.txt", ".kind-2.12.ab34ab34.tmp", "other-1.txt", ".other-1.txt"
    }  # fmt: skip


def test_of_a_kind_of_folders_the_newest_stay(place: Path) -> None:
    for number in range(3):
        folder = place / f"kind-{number}"
        folder.mkdir()
        make(folder / "one")
        age(folder, seconds=100.0 - number)
    keep_newest(place / "kind-2", kind="kind-", count=2)
    assert names(place) == {"kind-1", "kind-2"}
