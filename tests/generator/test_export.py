"""train.jsonl: byte-identical, whole or absent, and free of what evaluation measures."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from generator import generate, heldout, write
from generator.export import LeakError
from generator.generate import Mix
from generator.heldout import located
from generator.sources import read
from generator.stats import plot, report
from tests.generator.small_catalog import build
from whispera.catalog.catalog import Catalog
from whispera.catalog.model import Example
from whispera.domain.labelled import Labelled, Span, Target


def test_writing_twice_gives_the_same_bytes(catalog: Catalog, tmp_path: Path) -> None:
    paths = [tmp_path / "one.jsonl", tmp_path / "two.jsonl"]
    for path in paths:
        assert write(path, generate(catalog, seed=1, size=300), catalog=catalog) > 250
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_lines_are_chat_pairs_with_wire_intents(catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    write(path, generate(catalog, seed=1, size=200), catalog=catalog)
    for line in path.read_text(encoding="utf-8").splitlines():
        user, assistant = json.loads(line)["messages"]
        assert (user["role"], assistant["role"]) == ("user", "assistant")
        assert user["content"].startswith("<desktop> ")
        wire = json.loads(assistant["content"])
        assert wire["action"] in {*catalog.actions, "none", "sequence"}


def test_samples_alike_to_the_model_are_written_once(catalog: Catalog, tmp_path: Path) -> None:
    twice = [Labelled("Mute!", (Target("mute"),)), Labelled("mute", (Target("mute"),))]
    assert write(tmp_path / "train.jsonl", twice, catalog=catalog) == 1


LEAKS = {
    "an example": Labelled("Start up my quibblebox!", (Target("open_app", (("target", Span(12, 22)),)),)),
    "a non-command example": Labelled("what a day that was", (Target("none"),)),
    "a compound example": Labelled("mute it and bring up marmot", (Target("none"),)),
    "a held-out value": Labelled("open zorptracker", (Target("open_app", (("target", Span(5, 16)),)),)),
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_a_planted_leak_stops_the_writing(leak: Labelled, catalog: Catalog, tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_text("before\n")
    with pytest.raises(LeakError) as raised:
        write(path, [Labelled("mute", (Target("mute"),)), leak], catalog=catalog)
    assert raised.value.hint
    assert path.read_text() == "before\n"
    assert list(tmp_path.iterdir()) == [path]


def test_heldout_finds_the_words_of_canonical_values(catalog: Catalog) -> None:
    samples = {sample.text: sample for sample in heldout(catalog, seed=1)}
    level = samples["could the sound go to a quarter"].steps[0].slots[0][1]
    assert isinstance(level, Span)
    assert "could the sound go to a quarter"[level.start : level.end] == "a quarter"
    assert len(samples["mute it and bring up Marmot"].steps) == 2
    assert any("Zorptracker" in text for text in samples)


def test_heldout_reports_examples_without_the_words_of_a_value(catalog: Catalog) -> None:
    action = catalog.actions["set_volume"]
    odd = replace(action, examples=(Example("wake the dead", {"action": "set_volume", "level": 100}),))
    _, problems = located(read(build(actions={**catalog.actions, "set_volume": odd})))
    assert problems == [("set_volume", "wake the dead", "no words say set_volume.level=100")]


def test_unusable_lines_are_reported(catalog: Catalog) -> None:
    action = catalog.actions["set_volume"]
    silent = replace(action, patterns=(*action.patterns, "deafen me {level=100|}", "sound to {volume}"))
    mix = Mix(read(build(actions={**catalog.actions, "set_volume": silent})), seed=1)
    reasons = {line: reason for _, line, reason in mix.problems}
    assert reasons["deafen me {level=100|}"] == "no words say level=100"
    assert "no slot 'volume'" in reasons["sound to {volume}"]


def test_the_report_counts_actions_patterns_and_values(catalog: Catalog, tmp_path: Path) -> None:
    balance = report(generate(catalog, seed=1, size=400), catalog)
    as_json = balance.as_json()
    assert sum(as_json["shares"].values()) == pytest.approx(1, abs=0.01)
    mute = as_json["actions"]["mute"]
    assert mute["patterns_used"] == mute["patterns"] == 4
    assert as_json["actions"]["open_app"]["values"]["target"] > 20
    assert "open_app" in balance.text()


def test_the_picture_of_the_balance_is_drawn(catalog: Catalog, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    balance = report(generate(catalog, seed=1, size=100), catalog)
    plot(balance, tmp_path / "balance.svg")
    assert (tmp_path / "balance.svg").read_text().startswith("<?xml")
