"""`whispera train --dpo` as it is typed, in a small workspace with an adapter."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.training import small_workspace
from whispera.engines.adapter import WEIGHTS, read_card
from whispera.training import dpo
from whispera.training.loop import Progress

SETTINGS = {
    "lines": "80",
    "passes": "3",
    "learning_rate": "1.0e-3",
    "tolerance": "0.3",
    "tokens_per_batch": "512",
    "kept_out": "0.2",
}


@pytest.fixture
def workspace(
    tuned_workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    place = Path(shutil.copytree(tuned_workspace, tmp_path / "workspace"))
    recipe = place / "config" / "recipes" / "dpo.yaml"
    lines = []
    for line in recipe.read_text(encoding="utf-8").splitlines():
        key = line.split(":")[0]
        lines.append(f"{key}: {SETTINGS[key]}" if key in SETTINGS else line)
    recipe.write_text("\n".join(lines) + "\n", encoding="utf-8")
    local = place / "config" / "local"
    local.mkdir()
    example = {"text": "shut your trap", "intent": {"action": "mute"}}
    (local / "examples.jsonl").write_text(json.dumps(example) + "\n", encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(place / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    capsys.readouterr()
    return place


def weights(place: Path) -> bytes:
    return (place / "adapters" / "tiny" / WEIGHTS).read_bytes()


def test_run_reports_before_and_after_and_is_not_mined_twice(
    workspace: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = weights(workspace)

    def stop(_bar: object, progress: Progress, _total: int) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("whispera.cli.run_bar.RunBar.update", stop)
        assert small_workspace.train(workspace, "--dpo") == 130
    shown = capsys.readouterr()
    assert "pairs (" in shown.err
    assert "the adapter you had stays as it was" in shown.err
    assert "whispera train --dpo --resume" in shown.err
    assert weights(workspace) == before
    pairs = workspace / "state" / "whispera" / "train" / "tiny.pairs.jsonl"
    assert pairs.is_file()

    def again(*_: object) -> None:
        raise AssertionError("pairs of the same model and lines were looked for again")

    monkeypatch.setattr("whispera.training.preferences.Asker.pairs", again)
    assert small_workspace.train(workspace, "--dpo", "--resume", "--json") == 0
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    found = report["preferences"]
    assert "resuming at" in shown.err
    assert sum(found["kinds"].values()) == len(pairs.read_text(encoding="utf-8").splitlines()) - 1
    assert found["kinds"]["correction"] > 0
    assert found["learnt"]["after"]["margin"] > found["learnt"]["before"]["margin"]
    assert {"before", "after", "comparison"} <= set(report)
    assert weights(workspace) != before
    card = read_card(workspace / "adapters" / "tiny")
    assert card.data["preferences"]["kinds"] == found["kinds"]


def test_worse_run_is_refused(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = weights(workspace)
    recipe = workspace / "config" / "recipes" / "dpo.yaml"
    text = recipe.read_text(encoding="utf-8").replace("learning_rate: 1.0e-3", "learning_rate: 0")
    recipe.write_text(text, encoding="utf-8")
    assert small_workspace.train(workspace, "--dpo") == 1
    shown = capsys.readouterr().err
    assert "the weights did not move; the adapter you had stays as it was" in shown
    assert "hint: raise learning_rate in config/recipes/dpo.yaml" in shown
    assert weights(workspace) == before


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("reference: nobody", "reference: expected base or start"),
        ("beta: 0", "beta: expected a positive number"),
        ("gamma: 1", "gamma: unknown key"),
    ],
)
def test_broken_recipe_is_told(
    workspace: Path, line: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe = workspace / "config" / "recipes" / "dpo.yaml"
    key = line.split(":")[0]
    kept = [one for one in recipe.read_text(encoding="utf-8").splitlines() if not one.startswith(f"{key}:")]
    recipe.write_text("\n".join([*kept, line]) + "\n", encoding="utf-8")
    assert small_workspace.train(workspace, "--dpo") == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("more", [["--all"], ["--examples", "9"], ["--data", "train.jsonl"]])
def test_settings_of_another_training_are_refused(
    workspace: Path, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert small_workspace.train(workspace, "--dpo", *more) == 2
    assert "hint: its settings are in config/recipes/dpo.yaml" in capsys.readouterr().err


def test_shipped_recipe_can_be_read() -> None:
    recipe = dpo.read_recipe(small_workspace.ROOT / "config" / "recipes" / "dpo.yaml")
    assert recipe.reference == "base"
    assert recipe.runner_up == 0.2
