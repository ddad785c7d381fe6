"""`whispera base prepare`, `base export`, and `--base NAME` that prepares what was fetched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.training import tiny_checkpoint
from whispera.__main__ import main
from whispera.cli.bases import find_base
from whispera.engines.adapter import read_card
from whispera.errors import ModelError
from whispera.workspace import Workspace, find

MODELS = """\
models:
  tiny-qwen:
    summary: Tiny.
    licence: MIT
    size_mb: 1
    base: true
    files: [config.json, model.safetensors, tokenizer.json]
    sources: [{hub: nobody/tiny-qwen}]
  ears:
    summary: No base.
    licence: MIT
    size_mb: 1
    files: [model.bin]
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint.write(tmp_path_factory.mktemp("hub") / "qwen")


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    (tmp_path / "ws" / "config").mkdir(parents=True)
    (tmp_path / "ws" / "config" / "models.yaml").write_text(MODELS)
    return find(str(tmp_path / "ws"))


def run(place: Workspace, *arguments: str) -> int:
    return main(["--workspace", str(place.root), *arguments])


def get(place: Workspace, source: Path) -> None:
    assert run(place, "models", "get", "tiny-qwen", "--from", str(source)) == 0


def test_what_was_not_fetched_is_named_with_the_way_to_get_it(
    place: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    for arguments in (["base", "prepare", "tiny-qwen"], ["run", "--base", "tiny-qwen", "mute"]):
        assert run(place, *arguments) == 1
        shown = capsys.readouterr()
        assert "tiny-qwen is not here" in shown.err
        assert "hint: get it: whispera models get tiny-qwen" in shown.err
        assert shown.out == ""


def test_fetched_base_is_prepared_once_by_its_name(
    place: Workspace, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    get(place, source)
    capsys.readouterr()
    folder = find_base(place, "tiny-qwen")
    assert folder == place.cache / "models" / "prepared" / "tiny-qwen"
    assert read_card(folder).data["licence"] == "MIT"
    assert "reading tiny-qwen from" in capsys.readouterr().err
    made = (folder / "model.onnx").stat().st_mtime_ns
    assert find_base(place, "tiny-qwen") == folder
    assert run(place, "base", "prepare", "tiny-qwen") == 0
    shown = capsys.readouterr()
    assert (shown.err, shown.out) == ("", f"{folder}\n")
    assert (folder / "model.onnx").stat().st_mtime_ns == made


def test_name_with_4bit_is_the_base_in_four_bits(place: Workspace, source: Path) -> None:
    get(place, source)
    folder = find_base(place, "tiny-qwen-4bit")
    assert (folder.name, read_card(folder).data["bits"]) == ("tiny-qwen-4bit", 4)
    assert run(place, "base", "prepare", "tiny-qwen", "--bits", "4") == 0
    assert [path.name for path in folder.parent.iterdir() if path.is_dir()] == ["tiny-qwen-4bit"]


def test_base_for_an_older_prompt_is_prepared_again(place: Workspace, source: Path) -> None:
    get(place, source)
    folder = find_base(place, "tiny-qwen")
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | {"prompt_version": 0}))
    assert find_base(place, "tiny-qwen") == folder
    assert json.loads((folder / "card.json").read_text()) == card


def test_files_of_ones_own_become_a_base_by_any_name(
    place: Workspace, source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(place, "base", "prepare", "mine", "--source", str(source), "--json") == 0
    assert json.loads(capsys.readouterr().out)["name"] == "mine"
    assert read_card(find_base(place, "mine")).data["source"]["file"] == "model.safetensors"


def test_out_names_the_folder(place: Workspace, source: Path, tmp_path: Path) -> None:
    out = tmp_path / "bases" / "other"
    assert run(place, "base", "prepare", "mine", "--source", str(source), "--out", str(out)) == 0
    assert read_card(out).data["name"] == "other"
    assert find_base(place, str(out)) == out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ears"], "no base named 'ears' in the list"),
        (["../up", "--source", "."], "'../up' is no name"),
        (["mine", "--source", "nowhere"], "there is no nowhere"),
        (["mine", "--source", "."], "holds no model"),
    ],
)
def test_what_cannot_be_prepared_is_named(
    place: Workspace,
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(place, "base", "prepare", *arguments) != 0
    shown = capsys.readouterr().err
    assert message in shown
    assert "hint:" in shown


def test_unknown_base_is_answered_with_those_there_are(place: Workspace) -> None:
    with pytest.raises(ModelError, match="no base named 'ears'") as caught:
        find_base(place, "ears")
    assert "tiny-qwen" in caught.value.hint


def test_export_writes_a_new_folder_whole(place: Workspace, source: Path, tmp_path: Path) -> None:
    assert run(place, "base", "prepare", "mine", "--source", str(source)) == 0
    out = tmp_path / "hf"
    assert run(place, "base", "export", str(out), "--base", "mine", "--half") == 0
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {path.name for path in out.iterdir()}
    before = {path.name: path.stat().st_mtime_ns for path in out.iterdir()}
    assert run(place, "base", "export", str(out), "--base", "mine") == 2
    assert {path.name: path.stat().st_mtime_ns for path in out.iterdir()} == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hf", "ws", "xdg"]
