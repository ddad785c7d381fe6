"""`whispera adapters`: list, compare, use and rollback, on adapters that were really trained."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.training import small_workspace
from whispera.__main__ import main
from whispera.engines.adapter import CARD, WEIGHTS
from whispera.pipeline.filelock import FileLock


@pytest.fixture(scope="module")
def made(tuned_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with two adapters, the second hardly trained: it was made from the bare base."""
    place = Path(shutil.copytree(tuned_workspace, tmp_path_factory.mktemp("workspaces") / "two"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(place / "state"))
        patch.setenv("XDG_CACHE_HOME", str(place / "cache"))
        assert main(["--workspace", str(place), "adapters", "use", "none", *base(place)]) == 0
        assert small_workspace.train(place, "--examples", "250") == 0
    return place


def base(place: Path) -> tuple[str, str]:
    return "--base", str(place / "bases" / "tiny")


@pytest.fixture
def workspace(made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    place = Path(shutil.copytree(made, tmp_path / "workspace"))
    capsys.readouterr()
    return place


def adapters(place: Path, *arguments: str) -> int:
    return main(["--workspace", str(place), "adapters", *arguments, *base(place)])


def listed(place: Path, capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    capsys.readouterr()
    assert adapters(place, "list", "--json") == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)
    return found


def active(place: Path, capsys: pytest.CaptureFixture[str]) -> str:
    return next((row["name"] for row in listed(place, capsys) if row["active"]), "none")


def weights(place: Path) -> bytes:
    return (place / "adapters" / "tiny" / WEIGHTS).read_bytes()


def test_list_shows_what_each_was_trained_on(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = listed(workspace, capsys)
    assert (first["name"], first["active"], first["fits"]) == ("1", False, True)
    assert (second["name"], second["active"], second["fits"]) == ("2", True, True)
    assert first["heldout"]["after"] > first["heldout"]["before"]
    assert first["bytes"] > 10_000
    assert adapters(workspace, "list") == 0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 3
    assert shown[2].split()[:3] == ["tiny", "2", "active"]


def test_list_without_a_base_finds_every_one(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--workspace", str(workspace), "adapters"]) == 0
    assert "no: it is of a base that is not here" in capsys.readouterr().out
    shutil.rmtree(workspace / "adapters")
    assert main(["--workspace", str(workspace), "adapters"]) == 0
    assert "whispera train makes one" in capsys.readouterr().err


def test_use_and_rollback_change_what_is_read(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    second = weights(workspace)
    assert adapters(workspace, "rollback") == 0
    assert active(workspace, capsys) == "1"
    assert weights(workspace) != second
    assert adapters(workspace, "use", "2") == 0
    assert weights(workspace) == second
    assert adapters(workspace, "use", "none") == 0
    assert active(workspace, capsys) == "none"
    assert adapters(workspace, "rollback") == 0
    assert active(workspace, capsys) == "2"


@pytest.mark.parametrize(("key", "why"), [("base_hash", "another base"), ("catalog_hash", "another catalog")])
def test_what_does_not_fit_is_not_used(
    workspace: Path, key: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    card = workspace / "adapters" / "tiny.versions" / "1" / CARD
    card.write_text(json.dumps(json.loads(card.read_text()) | {key: "0"}))
    assert listed(workspace, capsys)[0]["why_not"] == f"was trained {'on' if 'base' in why else 'for'} {why}"
    assert adapters(workspace, "use", "1") == 1
    shown = capsys.readouterr().err
    assert f"{why}; nothing was changed" in shown
    assert "hint:" in shown
    assert adapters(workspace, "rollback") == 1
    assert active(workspace, capsys) == "2"


def test_the_bare_base_is_not_used_where_it_lacks_actions(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = workspace / "bases" / "tiny" / CARD
    card.write_text(json.dumps(json.loads(card.read_text()) | {"catalog_hash": "0"}))
    assert adapters(workspace, "use", "none") == 1
    assert "alone does not know these actions; nothing was changed" in capsys.readouterr().err
    assert active(workspace, capsys) == "2"


def test_nothing_is_changed_during_a_training(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lock = workspace.parent / "xdg" / "state" / "whispera" / "train" / "lock"
    lock.parent.mkdir(parents=True)
    with FileLock(lock):
        assert adapters(workspace, "use", "1") == 1
    assert "another training is running" in capsys.readouterr().err
    assert active(workspace, capsys) == "2"


def test_an_unknown_adapter_is_named_with_those_there_are(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert adapters(workspace, "use", "7") == 2
    assert "hint: there are 1, 2, none" in capsys.readouterr().err


def test_compare_tells_which_is_better(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "report"
    assert adapters(workspace, "compare", "before", "active", "--report", str(report), "--json") == 0
    data = json.loads(capsys.readouterr().out)
    assert data["names"] == ["adapter 1", "adapter 2"]
    assert data["before"]["total"] == data["after"]["total"] > 10
    assert data["after"]["right"] - data["before"]["right"] == data["won"] - data["lost"]
    assert data["lost"] > data["won"], "the second has hardly been trained"
    assert all(one["said_after"] and one["wanted"] for one in data["new_mistakes"])
    assert json.loads((report / "figures.json").read_text())["p_value"] == data["p_value"]
    assert (report / "outcomes.svg").is_file()


def test_compare_reads_a_file_and_the_bare_base(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("open krita | open_app | target=krita\nscroll up | scroll | direction=up\n")
    assert adapters(workspace, "compare", "none", "1", str(file)) == 0
    shown = capsys.readouterr().out
    assert "the bare base           2      0" in shown
    assert "adapter 1               2" in shown
    file.write_text("open krita | opn_app\n")
    assert adapters(workspace, "compare", "none", "1", str(file)) == 2
    assert "there is no action named 'opn_app'" in capsys.readouterr().err
