"""The ablation benchmark: rows that a build takes, and the file of finished ones."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.generator.small_catalog import MIX
from whispera.catalog.mix import NAMES, override

ROOT = Path(__file__).resolve().parents[2]
FIGURES = {
    "desktop action": 61.0,
    "desktop exact": 50.5,
    "not commands": 9.5,
    "dialogues exact": 40.0,
    "held out exact": 55.0,
}


@pytest.fixture(autouse=True)
def benchmarks() -> Iterator[None]:
    sys.path.insert(0, str(ROOT / "benchmarks"))
    yield
    sys.path.remove(str(ROOT / "benchmarks"))


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, float]]]:
    """The rows that were built; nothing is, and the third one is interrupted."""
    import ablation

    found: list[tuple[str, dict[str, float]]] = []

    def build(name: str, settings: dict[str, float], *_: Any) -> dict[str, float]:
        if len(found) == 2:
            found.append(("interrupted", {}))
            raise KeyboardInterrupt
        found.append((name, settings))
        return {**FIGURES, "minutes": float(len(found))}

    monkeypatch.setattr(ablation, "build", build)
    return found


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    import ablation

    monkeypatch.setattr(sys, "argv", ["ablation.py", "--source", "none.gguf", "--json", *arguments])
    ablation.main()


def test_every_row_changes_numbers_that_there_are() -> None:
    from ablation import ROWS, SMALL

    base = yaml.safe_load((ROOT / "config" / "recipes" / "base.yaml").read_text(encoding="utf-8"))
    for name, settings in ROWS.items():
        of_mix = [f"{key}={value}" for key, value in settings.items() if key in NAMES]
        assert not of_mix or override(MIX, of_mix) != MIX, name
        assert all(key in base or key in NAMES for key in settings), name
        assert {**SMALL, **settings}["generated"] == SMALL["generated"], name


def test_an_interrupted_run_goes_on_where_it_was(
    built: list[tuple[str, dict[str, float]]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out, rows = tmp_path / "rows.jsonl", ("4 layers", "without follow-ups", "8 layers")
    with pytest.raises(KeyboardInterrupt):
        run(monkeypatch, "--out", str(out), *rows)
    written = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [one["row"] for one in written] == ["4 layers", "without follow-ups"]
    assert written[1]["settings"]["shares.dialogue"] == 0 and written[1]["figures"]["minutes"] == 2
    with out.open("a", encoding="utf-8") as file:
        file.write('{"row": "8 lay')  # cut off, as by a power cut
    capsys.readouterr()
    run(monkeypatch, "--out", str(out), *rows)
    assert [name for name, _ in built] == ["4 layers", "without follow-ups", "interrupted", "8 layers"]
    assert len(out.read_text(encoding="utf-8").splitlines()) == 3
    figures = json.loads(capsys.readouterr().out)
    assert [figures[name]["minutes"] for name in rows] == [1, 2, 4]


def test_a_row_of_other_settings_is_built_again(
    built: list[tuple[str, dict[str, float]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "rows.jsonl"
    run(monkeypatch, "--out", str(out), "4 layers")
    run(monkeypatch, "--out", str(out), "--set", "generated=300", "--set", "noise.typing=0.5", "4 layers")
    run(monkeypatch, "--out", str(out), "--set", "generated=300", "--set", "noise.typing=0.5", "4 layers")
    assert [settings["generated"] for _, settings in built] == [20000, 300]
    assert built[1][1]["noise.typing"] == 0.5


def test_a_row_of_other_material_is_built_again(
    built: list[tuple[str, dict[str, float]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    out = tmp_path / "rows.jsonl"
    run(monkeypatch, "--out", str(out), "4 layers")
    run(monkeypatch, "--out", str(out), "--examples", "taught.jsonl", "4 layers")
    run(monkeypatch, "--out", str(out), "--examples", "taught.jsonl", "4 layers")
    assert [settings.get("examples") for _, settings in built] == [None, "taught.jsonl"]


@pytest.mark.parametrize("text", ["mine\n", "mine", '{"row": "4 layers"}\n', "[]\n{"])
def test_a_file_of_something_else_is_left_alone(
    built: list[tuple[str, dict[str, float]]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    out = tmp_path / "notes.txt"
    out.write_text(text)
    with pytest.raises(SystemExit, match=r"notes\.txt"):
        run(monkeypatch, "--out", str(out), "4 layers")
    assert out.read_text() == text and not built


def test_an_unknown_row_and_a_file_that_cannot_be_written_are_named_at_once(
    built: list[tuple[str, dict[str, float]]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit):
        run(monkeypatch, "5 layers")
    assert "no row '5 layers'" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="cannot be written"):
        run(monkeypatch, "--out", str(tmp_path / "none" / "rows.jsonl"), "4 layers")
    assert not built
