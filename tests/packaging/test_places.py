"""Where an installed Whispera reads and writes, and where one with a workspace does."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from whispera import workspace
from whispera.cli.correct import append_example
from whispera.domain.intent import Intent
from whispera.engines.adapter import CARD, folder_for
from whispera.engines.store import shelf
from whispera.errors import UsageError
from whispera.workspace import Workspace, find, restoring

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the installed package, and a user without anything."""
    package = tmp_path / "site-packages" / "whispera"
    (package / "shipped" / "config" / "actions").mkdir(parents=True)
    monkeypatch.setattr(workspace, "PACKAGE", package)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return package


def with_adapter(folder: Path, base: str) -> Path:
    """The folder of adapters, holding one of that base."""
    (folder / base).mkdir(parents=True)
    (folder / base / CARD).write_text("{}")
    return folder


def test_an_installed_one_reads_inside_and_writes_into_the_user_data(package: Path, tmp_path: Path) -> None:
    place = find()
    mine = tmp_path / "data" / "whispera"
    assert place.config == package / "shipped" / "config"
    assert (place.own, place.local, place.adapters) == (mine, mine / "config", mine / "adapters")
    assert shelf(place) == mine / "models"
    assert not mine.exists()


@pytest.mark.parametrize(
    ("platform", "expected"),
    [("linux", ".local/share/whispera"), ("darwin", "Library/Application Support/whispera")],
)
def test_the_user_data_is_where_the_platform_keeps_it(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, expected: str
) -> None:
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", platform)
    assert find().own == tmp_path / expected


def test_a_relative_data_directory_is_not_taken_from_the_current_one(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "data")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find().own == tmp_path / ".local" / "share" / "whispera"


def test_a_named_workspace_holds_its_own(package: Path, tmp_path: Path) -> None:
    root = tmp_path / "work"
    with pytest.raises(UsageError):
        find(str(root))
    shutil.copytree(package / "shipped", root)
    place = find(str(root))
    assert (place.root, place.own, place.local) == (root, root, root / "config" / "local")
    assert place.adapters == place.shipped_adapters == root / "adapters"


def test_a_checkout_holds_its_own() -> None:
    place = find()
    assert (place.root, place.own, place.local) == (ROOT, ROOT, ROOT / "config" / "local")


def test_the_shipped_adapter_is_used_until_there_is_an_own_one(package: Path) -> None:
    place = find()
    assert folder_for(place, "nano") == with_adapter(package / "shipped" / "adapters", "nano")
    with_adapter(place.adapters, "another")
    assert folder_for(place, "nano") == place.shipped_adapters
    with_adapter(place.adapters, "nano.previous")  # of a training that was killed at its end
    assert folder_for(place, "nano") == place.adapters


def test_a_correction_makes_the_overlay(package: Path, tmp_path: Path) -> None:
    place: Workspace = find()
    append_example(place, "shush", Intent("mute"))
    assert (tmp_path / "data" / "whispera" / "config" / "examples.jsonl").is_file()
    assert not (package / "shipped" / "config" / "local").exists()


def test_what_is_broken_is_had_again_as_it_came(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = package / "models" / "nano" / "model.safetensors"
    assert "pip install --force-reinstall" in restoring(weights)
    assert "git" not in restoring(weights)
    fetched = tmp_path / "data" / "whispera" / "models" / "smollm2-135m"
    assert restoring(fetched) == restoring(fetched / "tokenizer.json")
    assert "whispera models get smollm2-135m" in restoring(fetched)
    shutil.rmtree(package / "shipped")
    assert "unpack" in restoring(weights)
    monkeypatch.setattr(workspace, "PACKAGE", ROOT / "whispera")
    there = restoring(ROOT / "whispera" / "models" / "nano" / "model.onnx")
    if (ROOT / ".git").exists():
        assert there == "restore it: git checkout -- whispera/models/nano/model.onnx"
