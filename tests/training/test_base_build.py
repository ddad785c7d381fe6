"""`whispera base build --set`: numbers of the recipe and of the mix, checked, recorded and kept to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from generator import generate
from tests.training import small_workspace
from whispera.__main__ import main
from whispera.catalog.catalog import Catalog
from whispera.catalog.mix import NAMES, Recipe, numbers
from whispera.domain.labelled import Labelled

SMALL = ("passes=1", "generated=120", "foreign=0", "mapped=0", "negatives=0")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose tiny base a build goes on from, and corpora of nothing."""
    place = small_workspace.make(tmp_path_factory.mktemp("workspaces") / "building")
    (place / "config" / "corpora.yaml").write_text("tags: {}\nmapped: {}\nnegatives: []\n")
    (place / "corpora").mkdir()
    (place / "corpora" / "utterances.jsonl").write_text("")
    return place


def build(place: Path, out: Path, *settings: str, examples: Path | None = None) -> int:
    given = [f"--set={one}" for one in (*SMALL, *settings)]
    given += [f"--examples={examples}"] if examples else []
    source = ["--source", str(place / "bases" / "tiny"), "--corpora", str(place / "corpora")]
    words = ["base", "build", *source, "--out", str(out), "--threads", "1", *given]
    return main(["--workspace", str(place), *words])


def test_a_build_is_drawn_by_the_numbers_given_and_its_card_says_so(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn_by: list[Recipe | None] = []

    def noted(catalog: Catalog, **options: Any) -> Iterable[Labelled]:
        drawn_by.append(catalog.mix)
        return generate(catalog, **options)

    monkeypatch.setattr("generator.generate", noted)
    assert build(workspace, tmp_path / "mine", "noise.typing=0", "shares.dialogue=0", "seed=4") == 0
    card = json.loads((tmp_path / "mine" / "card.json").read_text(encoding="utf-8"))
    assert (card["mix"]["noise.typing"], card["mix"]["shares.dialogue"]) == (0, 0)
    assert (card["mix"]["shares.none"], card["recipe"]["seed"]) == (0.11, 4)
    assert list(card["mix"]) == list(NAMES)
    assert drawn_by and all(mix and numbers(mix) == card["mix"] for mix in drawn_by)


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("noise.typnig=0", "shares.(command|none|"),
        ("noise.typnig=0", "tokens_per_batch"),
        ("noise.typing=2", "must be from 0 to 1"),
        ("noise.typing=", "is no number"),
        ("passes=often", "is no number"),
    ],
)
def test_a_wrong_number_is_named_before_anything_is_done(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], setting: str, message: str
) -> None:
    assert build(workspace, tmp_path / "mine", setting) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "mine").exists()


def test_a_build_does_not_go_on_from_one_of_another_mix(
    workspace: Path,
    tmp_path: Path,
    own_workspace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from whispera.cli.run_bar import RunBar

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(RunBar, "update", stop)
        assert build(workspace, tmp_path / "mine", "noise.typing=0") == 130
    saved = own_workspace / "state" / "whispera" / "base" / "checkpoint.pt"
    kept = saved.read_bytes()
    assert build(workspace, tmp_path / "mine", "noise.typing=0.1") == 1
    assert str(saved) in capsys.readouterr().err.replace("\n", "")
    assert saved.read_bytes() == kept
    assert build(workspace, tmp_path / "mine", "noise.typing=0") == 0
    assert "resuming at" in capsys.readouterr().err
    assert not saved.exists()


def test_examples_of_a_file_are_learnt_as_well_and_what_cannot_be_is_told(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from whispera.training import base

    learnt: list[str] = []

    def noted(*given: Any, **options: Any) -> Iterable[tuple[Labelled, float]]:
        for example, weight in mix(*given, **options):
            learnt.append(example.text)
            yield example, weight

    mix = base.mix
    monkeypatch.setattr(base, "mix", noted)
    examples = tmp_path / "examples.jsonl"
    said = [
        {"text": "drag the page towards the floor down", "intent": {"action": "scroll", "direction": "down"}},
        {"text": "crank the tunes to thirty", "intent": {"action": "set_volume", "level": 30}},
        {"text": "louder", "intent": {"action": "set_volume", "level": 80}},
    ]
    examples.write_text("".join(json.dumps(one) + "\n" for one in said), encoding="utf-8")
    assert build(workspace, tmp_path / "mine", examples=examples) == 0
    assert [learnt.count(str(one["text"])) for one in said] == [1, 1, 0]
    assert "the example 'louder' cannot be learnt" in capsys.readouterr().err
    card = json.loads((tmp_path / "mine" / "card.json").read_text(encoding="utf-8"))
    assert card["examples_given"] == 2


def test_a_broken_line_of_the_examples_is_named(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    examples = tmp_path / "examples.jsonl"
    examples.write_text('{"text": "open krita"}\n', encoding="utf-8")
    assert build(workspace, tmp_path / "mine", examples=examples) == 2
    assert "examples.jsonl:1" in capsys.readouterr().err.replace("\n", "")
    assert not (tmp_path / "mine").exists()


def test_a_folder_with_something_else_is_left_as_it_is(
    workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear ana")
    assert build(workspace, tmp_path / "mine") == 2
    assert "no base and is left as it is" in " ".join(capsys.readouterr().err.split())
    assert (tmp_path / "mine" / "letter.txt").read_text() == "dear ana"
