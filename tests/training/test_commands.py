"""`whispera regen`, `train` and `base build` on the shipped actions, with a tiny base."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from generator import generate
from tests.training import tiny_base
from whispera.__main__ import main
from whispera.catalog import load
from whispera.pipeline.filelock import FileLock
from whispera.training import lora
from whispera.training.loop import Progress

ROOT = Path(__file__).parents[2]
RECIPE = """\
seed: 11
rank: 4
alpha: 8
examples: 24000
examples_new: 300
new_share: 0.4
learning_rate: 2.0e-3
learning_rate_first: 2.0e-3
learning_rate_new: 2.0e-3
tokens_per_batch: 1536
evaluations: 1
patience: 2
tolerance: 0.05
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the shipped actions, a quick recipe, little data, and a base that knows them all."""
    place = tmp_path_factory.mktemp("workspace")
    shutil.copytree(ROOT / "config", place / "config", ignore=shutil.ignore_patterns("local"))
    (place / "config" / "recipes" / "adapter.yaml").write_text(RECIPE)
    catalog = load(place / "config")
    samples = list(generate(catalog, seed=1, size=1500))
    assert main(["--workspace", str(place), "regen", "--size", "1500"]) == 0
    texts = [one.text.lower() for one in samples[:300]]
    tiny_base.write_base(place / "bases" / "tiny", catalog, texts, trained_on=list(catalog.actions.values()))
    return place


@pytest.fixture
def workspace(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Path(shutil.copytree(made, tmp_path / "workspace"))


def run(workspace: Path, *arguments: str) -> int:
    return main(["--workspace", str(workspace), *arguments])


def train(workspace: Path, *arguments: str) -> int:
    return run(workspace, "train", "--base", str(workspace / "bases" / "tiny"), "--threads", "1", *arguments)


def test_regen_writes_the_same_bytes_again(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(workspace, "regen", "--size", "400") == 0
    before = (workspace / "train.jsonl").read_bytes()
    assert run(workspace, "regen", "--size", "400") == 0
    assert (workspace / "train.jsonl").read_bytes() == before
    shown = capsys.readouterr()
    assert "400 lines in" in shown.err
    assert shown.out == ""


def test_regen_check_tells_the_same_from_the_changed(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = workspace / "train.jsonl"
    assert run(workspace, "regen", "--size", "400") == 0
    assert run(workspace, "regen", "--size", "400", "--check") == 0
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join([*lines[:41], lines[41].replace("user", "User"), *lines[42:]]), encoding="utf-8")
    assert run(workspace, "regen", "--size", "400", "--check") == 1
    assert f"{path}:42 is not what regen writes" in capsys.readouterr().err
    path.unlink()
    assert run(workspace, "regen", "--size", "400", "--check") == 1
    assert "hint: write it: whispera regen" in capsys.readouterr().err
    assert not path.exists()


def test_regen_reports_the_balance(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, drawing = tmp_path / "other.jsonl", tmp_path / "balance.svg"
    assert run(workspace, "regen", "--size", "400", "--out", str(out), "--stats", "--plot", str(drawing)) == 0
    assert "set_volume" in capsys.readouterr().out
    assert drawing.read_text().count("open_app")
    assert run(workspace, "regen", "--size", "400", "--out", str(out), "--json") == 0
    assert json.loads(capsys.readouterr().out)["samples"] == 400


@pytest.mark.parametrize(
    "arguments", [["--plot", "balance.pdf"], ["--out", "nowhere/at/all.jsonl"], ["--size", "0"]]
)
def test_regen_refuses_what_it_cannot_write(
    workspace: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(workspace, "regen", *arguments) == 2
    assert "hint:" in capsys.readouterr().err


def test_train_reports_and_the_adapter_is_used(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(workspace, "--examples", "300", "--json") == 0
    shown = capsys.readouterr()
    report = json.loads(shown.out)
    assert report["new_actions"] == []
    assert report["seconds"] > 0
    assert {"before", "after", "temperature"} <= set(report)
    assert "the whole dataset" in shown.err
    assert (workspace / "adapters" / "tiny" / "adapter_model.safetensors").is_file()
    lines = workspace / "mine.txt"
    lines.write_text("hush | mute\n")
    base = str(workspace / "bases" / "tiny")
    for extra, adapter in (([], True), (["--no-adapter"], False)):
        assert run(workspace, "eval", str(lines), "--base", base, "--json", *extra) == 0
        assert json.loads(capsys.readouterr().out)["adapter"] is adapter


def test_train_gives_new_actions_their_share(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = workspace / "bases" / "tiny" / "card.json"
    data = json.loads(card.read_text())
    del data["actions"]["mute"]
    card.write_text(json.dumps(data))
    code = train(workspace)
    shown = capsys.readouterr()
    assert "new or changed: mute" in shown.err
    if code == 0:  # a base of random weights may also be refused
        assert "new actions, held out" in shown.out
        assert "temperature" in shown.out
    else:
        assert "stays as it was" in shown.err


def test_interrupted_train_says_how_to_go_on(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(workspace, "--examples", "200") == 0
    before = (workspace / "adapters" / "tiny" / "adapter_model.safetensors").read_bytes()

    def stop(_bar: object, progress: Progress, _total: int) -> None:
        if progress.seen > 150:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("whispera.cli.run_bar.RunBar.update", stop)
        assert train(workspace, "--examples", "300") == 130
    shown = capsys.readouterr().err
    assert "the adapter you had stays as it was" in shown
    assert "whispera train --resume" in shown
    assert (workspace / "adapters" / "tiny" / "adapter_model.safetensors").read_bytes() == before
    assert (workspace.parent / "state" / "whispera" / "train" / lora.STATE).is_file()
    train(workspace, "--examples", "300", "--resume")
    assert "resuming at" in capsys.readouterr().err


def test_second_train_is_refused(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = workspace.parent / "state" / "whispera" / "train"
    state.mkdir(parents=True)
    with FileLock(state / "lock"):
        assert train(workspace) == 1
    assert "another training is running" in capsys.readouterr().err


def test_train_without_data_says_how_to_make_it(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (workspace / "train.jsonl").unlink()
    assert train(workspace) == 2
    shown = capsys.readouterr().err
    assert "there is no dataset" in shown
    assert "hint: make it: whispera regen" in shown


def test_train_without_torch_says_how_to_get_it(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "whispera.training.lora")
    monkeypatch.delattr("whispera.training.lora")
    monkeypatch.setitem(sys.modules, "torch", None)
    assert train(workspace) == 1
    shown = capsys.readouterr().err
    assert "this needs torch" in shown
    assert "bin/setup train" in shown


def test_base_build_says_what_it_needs(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(workspace, "base", "build") == 2
    assert "utterances.jsonl" in capsys.readouterr().err
    assert run(workspace, "base", "build", "--corpora", str(tmp_path)) == 2
    assert f"no utterances.jsonl in {tmp_path}" in capsys.readouterr().err
    (tmp_path / "utterances.jsonl").write_text("")
    assert run(workspace, "base", "build", "--corpora", str(tmp_path)) == 1
    shown = capsys.readouterr().err
    assert "SmolLM2-135M-Instruct" in shown
    assert "whispera models get smollm2-135m" in shown
