"""The user's own examples as samples: other values, what they lean on, and how many by their weight."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.corrections import COPIES, Correction, corrections, dressed, read_corrections
from generator.export import write
from tests.generator import small_catalog
from whispera.catalog.vocabulary import Followups
from whispera.domain.labelled import Copied, Labelled, Span
from whispera.errors import ConfigError


def lines(path: Path, *examples: Mapping[str, Any]) -> list[Correction]:
    path.write_text("".join(json.dumps(one) + "\n" for one in examples), encoding="utf-8")
    return read_corrections(path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "examples.jsonl"


def said(sample: Labelled, slot: str) -> object:
    value = dict(sample.steps[0].slots)[slot]
    return sample.text[value.start : value.end] if isinstance(value, Span) else value


VOLUME = {"text": "crank the tunes to 30", "intent": {"action": "set_volume", "level": 30}}
SCROLL = {"text": "shove it down a page", "intent": {"action": "scroll", "direction": "down"}}


def test_copies_have_other_values_too(file: Path) -> None:
    samples = corrections(lines(file, VOLUME), small_catalog.build(), seed=1)
    assert samples[0].text == VOLUME["text"]
    levels = [said(sample, "level") for sample in samples]
    assert 5 <= levels.count("30") < len(levels) - 5
    assert all(sample.action == "set_volume" for sample in samples)


def test_words_of_an_enum_change_with_what_they_mean(file: Path) -> None:
    samples = corrections(lines(file, SCROLL), small_catalog.build(), seed=1)
    found = {said(sample, "direction") for sample in samples}
    assert found == {"up", "down"}
    for sample in samples:
        if sample.text.lower().startswith("shove it up"):
            assert said(sample, "direction") == "up"


def test_weight_decides_how_many_copies(file: Path) -> None:
    light = {**VOLUME, "source": "accepted", "weight": 1}
    heavy = {**SCROLL, "source": "corrected", "weight": 3}
    one, three = dressed(lines(file, light, heavy), small_catalog.build(), seed=1)[0]
    assert COPIES <= len(one.samples) <= COPIES + 1
    assert 2 * COPIES < len(three.samples) <= 3 * COPIES + 1


def test_a_line_without_weight_counts_as_a_correction(file: Path) -> None:
    (line,) = lines(file, VOLUME)
    assert line.weight == 3.0


def test_copies_do_not_depend_on_the_other_examples(file: Path) -> None:
    catalog = small_catalog.build()
    alone = corrections(lines(file, VOLUME), catalog, seed=1)
    assert corrections(lines(file, VOLUME), catalog, seed=1) == alone
    both = dressed(lines(file, VOLUME, SCROLL), catalog, seed=1)[0]
    assert [sample.text for sample in both[0].samples] == [sample.text for sample in alone]


def test_what_leans_on_a_command_keeps_it_and_copies_its_value(file: Path) -> None:
    leaning = {
        "text": "kill it",
        "intent": {"action": "close_app", "target": "Ferret"},
        "previous": [{"action": "open_app", "target": "Ferret"}],
    }
    samples = corrections(lines(file, leaning), small_catalog.build(), seed=1)
    targets = set()
    for sample in samples:
        (wire,) = sample.previous
        copied = said(sample, "target")
        assert isinstance(copied, Copied)
        assert json.loads(wire)["target"].strip() == copied.words
        targets.add(copied.words)
    assert len(targets) > 2


def test_what_stands_alone_is_sometimes_said_after_other_commands(file: Path) -> None:
    catalog = small_catalog.build(followups=Followups(source="followups.yaml"))
    samples = corrections(lines(file, VOLUME), catalog, seed=1)
    after = [sample for sample in samples if sample.previous]
    assert 0 < len(after) < len(samples) / 2
    assert not any("volume" in wire for sample in after for wire in sample.previous)


def test_what_cannot_be_learnt_is_told(file: Path) -> None:
    unsaid = {"text": "crank it", "intent": {"action": "set_volume", "level": 30}}
    unknown = {"text": "make tea", "intent": {"action": "make_tea"}}
    found, problems = dressed(lines(file, unsaid, unknown, VOLUME), small_catalog.build(), seed=1)
    assert [one.line.text for one in found] == [VOLUME["text"]]
    assert [reason for _, reason in problems] == [
        "no words say set_volume.level=30",
        "no action named 'make_tea'",
    ]


def test_a_held_out_example_that_was_corrected_is_no_leak(file: Path, tmp_path: Path) -> None:
    held_out = {"text": "start up my Quibblebox", "intent": {"action": "none"}}
    value = {"text": "give me Zorptracker", "intent": {"action": "open_app", "target": "Zorptracker"}}
    catalog = small_catalog.build()
    samples = corrections(lines(file, held_out, value), catalog, seed=1)
    assert write(tmp_path / "train.jsonl", samples, catalog=catalog) == len(samples)


@pytest.mark.parametrize(
    "broken",
    ["{", '{"text": "x"}', '{"text": "x", "intent": {"action": "mute"}, "source": "guessed"}',
     '{"text": "x", "intent": {"action": "mute"}, "weight": 0}', '{"text": 7, "intent": {"action": "mute"}}',
     '["x"]', '{"text": "x", "intent": ["mute"]}'],
)  # fmt: skip
def test_a_broken_line_is_named(file: Path, broken: str) -> None:
    file.write_text(f"{json.dumps(VOLUME)}\n\n{broken}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        read_corrections(file)
    assert f"{file}:3: not an example" in str(caught.value)
    assert caught.value.hint
