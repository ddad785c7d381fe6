"""Recordings beside the history: whole or not at all, only where they are wanted, gone with their entries."""

from __future__ import annotations

import os
import sqlite3
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from whispera.audio.clip import Clip
from whispera.audio.files import read_clip
from whispera.catalog.settings import Settings
from whispera.domain.intent import Intent
from whispera.domain.outcome import Outcome, Parse
from whispera.pipeline.history import PRUNE_EVERY, History
from whispera.pipeline.recordings import keep_recording

pytest.importorskip("soundfile")
CLIP = Clip(np.sin(np.arange(8000) / 9).astype(np.float32))
PARSE = Parse("mute", '{"action":"mute"}', Intent("mute"), None, 0.99, 1.0)


@pytest.fixture
def session(tmp_path: Path) -> Any:
    """As much of a session as is needed."""
    return make(tmp_path)


def make(state: Path, *, audio: bool = True, keep: int = 10_000) -> Any:
    settings = replace(Settings(), history_audio=audio, history_keep=keep)
    history = History(state / "state", keep=keep)
    return SimpleNamespace(catalog=SimpleNamespace(settings=settings), history=history)


def say(session: Any) -> tuple[int, Path | None]:
    number = session.history.record(PARSE, Outcome("done", "Muted.", 0), session="s")
    return number, keep_recording(session, number, CLIP)


def files(session: Any) -> list[str]:
    folder = session.history.path.parent / "audio"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_a_recording_is_found_by_its_entry(session: Any) -> None:
    number, path = say(session)
    assert path is not None
    assert session.history.entry(number).audio == path.name == f"{number}.flac"
    assert session.history.entry(number).as_json()["audio"] == path.name
    np.testing.assert_allclose(read_clip(path).samples, CLIP.samples, atol=1e-4)
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert files(session) == [path.name]


def test_where_the_settings_say_no_nothing_is_written(tmp_path: Path) -> None:
    session = make(tmp_path, audio=False)
    number, path = say(session)
    assert path is None
    assert session.history.entry(number).audio == ""
    assert not (tmp_path / "state" / "audio").exists()


@pytest.mark.parametrize(("number", "clip"), [(None, CLIP), (1, Clip(CLIP.samples[:0]))])
def test_what_is_not_in_the_history_or_empty_is_not_kept(
    session: Any, number: int | None, clip: Clip
) -> None:
    assert keep_recording(session, number, clip) is None
    assert files(session) == []


def test_recordings_go_with_their_entries(tmp_path: Path) -> None:
    session = make(tmp_path, keep=3)
    numbers = [say(session)[0] for _ in range(PRUNE_EVERY + 1)]
    kept = {entry.id for entry in session.history.recent(1000)}
    assert len(kept) == 4
    assert set(files(session)) == {f"{number}.flac" for number in kept}
    assert numbers[0] not in kept


def test_forgetting_an_entry_forgets_its_recording(session: Any) -> None:
    first, second, third = (say(session)[0] for _ in range(3))
    session.history.forget(second)
    assert files(session) == [f"{first}.flac", f"{third}.flac"]
    session.history.forget()
    assert files(session) == []


def test_a_write_that_fails_leaves_no_half_file_and_no_fault(
    session: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    number, path = say(session)
    assert path is None
    assert files(session) == []
    assert session.history.entry(number).audio == ""
    assert "the recording of this command is not kept" in caplog.text


def test_a_history_from_before_recordings_is_taken_over(tmp_path: Path) -> None:
    session = make(tmp_path)
    number, _ = say(session)
    session.history.close()
    with sqlite3.connect(session.history.path) as old:
        old.execute("ALTER TABLE command DROP COLUMN audio")
        version = old.execute("PRAGMA user_version").fetchone()[0]
        old.execute(f"PRAGMA user_version = {version - 1}")
    old.close()
    again = make(tmp_path)
    assert again.history.entry(number).audio == ""
    assert say(again)[1] is not None
