"""Corrections in a training: a short run that learns them, keeps the rest, and knows what it has learnt."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.training import small_workspace
from whispera.__main__ import main
from whispera.catalog.compiled import compiled
from whispera.domain.labelled import Labelled, Target
from whispera.engines.adapter import Card, read_card
from whispera.engines.load import load
from whispera.pipeline.understand import Understander
from whispera.training.corrections import CorrectionsRecipe, OwnExample, OwnExamples, own_example
from whispera.training.dataset import Drawn, Line

SHUSH = {"text": "zip it", "intent": {"action": "mute"}, "source": "corrected", "weight": 3}
NEIGHBOURS = ("zip it please", "please zip it", "Zip it now!")
OTHERS = ("open krita", "scroll down", "page up", "volume to 40 percent", "good morning", "mute it")


@pytest.fixture
def workspace(tuned_workspace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    place = Path(shutil.copytree(tuned_workspace, tmp_path / "workspace"))
    capsys.readouterr()
    return place


def write(place: Path, *examples: Mapping[str, Any]) -> None:
    path = place / "config" / "local" / "examples.jsonl"
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in examples), encoding="utf-8")


def readings(place: Path, *texts: str) -> dict[str, str]:
    catalog = compiled(place / "config", place / "cache", None)
    model = load(place / "bases" / "tiny", place / "adapters", catalog_hash=catalog.hash)
    reader = Understander(catalog, model)
    found = {text: reader.parse(text).intent for text in texts}
    return {text: intent.action if intent else "" for text, intent in found.items()}


def test_one_correction_mends_its_neighbours_and_breaks_nothing(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = readings(workspace, SHUSH["text"], *OTHERS)
    assert before[SHUSH["text"]] != "mute"
    write(workspace, SHUSH)
    assert small_workspace.train(workspace, "--json") == 0
    shown = capsys.readouterr()
    assert "your examples; 1 new of your 1 examples" in shown.err
    report = json.loads(shown.out)
    assert 700 < report["examples"] < 1000, "a short run"
    assert report["own"] == [{"text": "zip it", "action": "mute", "before": False, "after": True}]
    after = readings(workspace, SHUSH["text"], *NEIGHBOURS, *OTHERS)
    assert {text: after[text] for text in (SHUSH["text"], *NEIGHBOURS)} == dict.fromkeys(
        (SHUSH["text"], *NEIGHBOURS), "mute"
    )
    kept = [text for text in OTHERS if after[text] == before[text]]
    assert len(kept) >= len(OTHERS) - 1
    assert report["comparison"]["before"]["total"] == len(report["paired"])
    assert report["comparison"]["won"] - report["comparison"]["lost"] == round(
        (report["after"]["exact"] - report["before"]["exact"]) * len(report["paired"])
    )


def test_what_was_learnt_is_not_new_again(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(workspace, SHUSH)
    assert small_workspace.train(workspace, "--report", str(workspace / "report")) == 0
    shown = capsys.readouterr()
    assert "your examples             0 -> 1 of 1 understood" in shown.out
    assert "(McNemar)" in shown.out or "Both are right" in shown.out
    assert (workspace / "report" / "index.html").is_file()
    card = read_card(workspace / "adapters" / "tiny").data
    assert len(card["corrections"]) == 1
    assert (card["recipe"]["examples"], card["recipe"]["rank"]) == (800, 16)
    small_workspace.train(workspace, "--examples", "60")
    assert "the whole dataset" in capsys.readouterr().err
    write(workspace, {**SHUSH, "intent": {"action": "none"}})
    small_workspace.train(workspace, "--examples", "60")
    assert "your examples; 1 new of your 1 examples" in capsys.readouterr().err


def test_what_cannot_be_learnt_is_told_and_left_out(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(workspace, {"text": "louder", "intent": {"action": "set_volume", "level": 80}})
    small_workspace.train(workspace, "--examples", "60")
    shown = capsys.readouterr().err
    assert "the example 'louder' cannot be learnt: no words say set_volume.level=80" in shown
    assert "the whole dataset" in shown
    write(workspace, {"text": "louder"})
    assert main(["--workspace", str(workspace), "train", "--base", str(workspace / "bases" / "tiny")]) == 2
    assert "examples.jsonl:1" in capsys.readouterr().err


# -- the lines of a run


def made_of(text: str, action: str, *, weight: float = 1.0, copies: int = 4) -> OwnExample:
    samples = [Labelled(text if not n else f"{text} {n}", (Target(action),)) for n in range(copies)]
    return own_example(f"digest of {text}", weight, samples)


def line(text: str, action: str) -> Line:
    return made_of(text, action, copies=1).lines[0]


DATASET = [line(f"{action} {n}", action) for action in ("mute", "copy", "paste", "none") for n in range(30)]
OWN = OwnExamples(
    (
        made_of("zip it", "mute", weight=3),
        made_of("nick that", "copy", weight=1),
        made_of("old one", "paste"),
    ),
    CorrectionsRecipe(examples=400, examples_each=100, share=0.2, share_known=0.05),
)


def test_a_short_run_holds_new_known_and_replayed_lines() -> None:
    new = list(OWN.all[:2])
    counts = Counter(
        one.prompt.removeprefix("<desktop> ").split(" ")[0] for one in OWN.draw(DATASET, new, seed=1).train
    )
    assert counts.total() == 500
    assert (counts["zip"], counts["nick"], counts["old"]) == (75, 25, 25)
    assert counts["none"] == round((500 - 125) * CorrectionsRecipe().share_none)
    assert counts["mute"] > counts["paste"], "near what is learnt most can be lost"


def test_the_words_themselves_and_every_copy_come_before_any_twice() -> None:
    train = OWN.draw([], [OWN.all[0]], seed=1).train
    counts = Counter(one.prompt for one in train if "zip" in one.prompt)
    assert len(counts) == 4
    assert max(counts.values()) - min(counts.values()) <= 1


def test_only_what_a_card_does_not_list_is_new() -> None:
    card = Card({"corrections": ["digest of old one", "digest of something else"]})
    assert [one.text for one in OWN.new(card)] == ["zip it", "nick that"]
    assert [one.text for one in OWN.new(Card({}))] == ["zip it", "nick that", "old one"]


def test_lines_that_say_something_else_are_left_out() -> None:
    disputed = [
        line("zip it", "copy"),
        line("zip it", "mute"),
        line("zip it 2", "none"),
        line("zip up", "copy"),
    ]
    assert OWN.undisputed(disputed) == [disputed[1], disputed[3]]


def test_what_is_learnt_is_not_measured_on() -> None:
    heldout = [Labelled(text, (Target("copy"),)) for text in ("Zip it!", "zip it 3", "zip it 9")]
    assert [one.text for one in OWN.measurable(heldout)] == ["zip it 9"]


def test_other_runs_have_the_examples_in_them() -> None:
    whole = OWN.mixed_in(Drawn(DATASET, []), [], whole=True, seed=1).train
    assert len(whole) == len(DATASET) + 12
    again = OWN.mixed_in(Drawn(whole, []), [], whole=True, seed=1).train
    assert len(again) == len(whole), "they are there already"
    new_action = OWN.mixed_in(Drawn(DATASET, []), [], whole=False, seed=1).train
    assert len(new_action) == len(DATASET)
    assert sum("zip" in one.prompt for one in new_action) > 2
