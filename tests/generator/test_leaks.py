"""What is measured on is not trained on: found, told with its place, and fails the run."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from generator import generate, leaks
from generator.alike import Alike, in_common, numbered
from generator.export import LeakError, line
from generator.leaks import Measured, read_measured
from tests.generator.small_catalog import build
from whispera.catalog import load
from whispera.catalog.catalog import Catalog
from whispera.catalog.model import NearMiss
from whispera.catalog.vocabulary import NonCommands
from whispera.domain.labelled import Copied, Labelled, Span, Target
from whispera.nlu.codec import encode

ROOT = Path(__file__).resolve().parents[2]
DESKTOP = """\
Mute! | mute
could you kill the sound now | mute
open visual studio code | open_app | target=visual studio code
open ferret | open_app | target=ferret
set the volume to thirty percent please | set_volume | level=30
"""
DIALOGUES = """\
# a comment that nobody says here
open the gate | open_app | target=gate
  and now the other big one | open_app | target=big one
"""


@pytest.fixture
def measured(catalog: Catalog, tmp_path: Path) -> Measured:
    (tmp_path / "desktop.txt").write_text(DESKTOP, encoding="utf-8")
    (tmp_path / "dialogues.txt").write_text(DIALOGUES, encoding="utf-8")
    (tmp_path / "README.md").write_text("open the readme file now | mute", encoding="utf-8")
    return read_measured(tmp_path, catalog)


def opening(text: str, words: str) -> Labelled:
    start = text.index(words)
    span = Span(start, start + len(words))
    return Labelled(
        text, (Target("open_app", (("target", span),)),), origin="pattern", source="open {target}"
    )


def test_lines_of_all_files_are_read_without_comments(measured: Measured) -> None:
    assert [str(one) for one in measured.lines] == [
        *(f"desktop.txt:{number}" for number in range(1, 6)), "dialogues.txt:2", "dialogues.txt:3"
    ]  # fmt: skip
    assert measured.lines[-1].text == "and now the other big one"
    assert measured.lines[1].action == "mute"


def test_no_folder_measures_nothing(catalog: Catalog, tmp_path: Path) -> None:
    assert read_measured(tmp_path / "none", catalog).lines == ()


LEAKS = {
    "five words": (Labelled("Could you kill the sound now?", (Target("mute"),)), "desktop.txt:2"),
    "a free value of two words": (opening("open Visual Studio Code", "Visual Studio Code"), "desktop.txt:3"),
    "a line that leans": (Labelled("and now the other big one", (Target("none"),)), "dialogues.txt:3"),
}
FORCED = {
    "a short command": Labelled("mute", (Target("mute"),)),
    "a value of one word": opening("open ferret", "ferret"),
    "a value taken from before": Labelled(
        "open ferret", (Target("open_app", (("target", Copied("visual studio code")),)),)
    ),
    "another sentence": Labelled("could you kill the sound", (Target("mute"),)),
}


@pytest.mark.parametrize(("sample", "where"), LEAKS.values(), ids=LEAKS)
def test_a_line_with_words_of_its_own_is_a_leak(measured: Measured, sample: Labelled, where: str) -> None:
    assert str(measured.leak(sample)) == where
    with pytest.raises(LeakError, match=f"is the evaluation line {where}") as raised:
        leaks.check([Labelled("mute", (Target("mute"),)), replace(sample, source="a {x}")], measured)
    assert "'a {x}'" in raised.value.hint


@pytest.mark.parametrize("sample", FORCED.values(), ids=FORCED)
def test_what_the_command_forces_is_no_leak(measured: Measured, sample: Labelled) -> None:
    assert measured.leak(sample) is None
    leaks.check([sample], measured)


def test_the_generator_says_something_else(catalog: Catalog, tmp_path: Path) -> None:
    plain = [one.text for one in generate(catalog, seed=5, size=300)]
    longest = sorted(plain, key=lambda text: -len(text.split()))[:40]
    (tmp_path / "mine.txt").write_text("".join(f"{text} | none\n" for text in longest), encoding="utf-8")
    measured = read_measured(tmp_path, catalog)
    assert len(measured.lines) == 40
    samples = list(generate(catalog, seed=5, size=300, avoid=measured.leak))
    assert not any(measured.equal(one.text) for one in samples)
    assert len(samples) == len(plain)
    leaks.check(samples, measured)


WRITTEN = {
    "a pattern": ("mute", "patterns", ("could you kill the sound now^3",), "sound.yaml:7"),
    "a fixed value": ("set_volume", "patterns", ("set the volume to {level=30|thirty percent} please",), ""),
    "a near miss": ("mute", "near_misses", (NearMiss("Open the big old gate!", {"action": "none"}, 9),), ""),
}


@pytest.mark.parametrize(("name", "field", "lines", "where"), WRITTEN.values(), ids=WRITTEN)
def test_a_written_line_that_is_measured_on_fails(
    name: str, field: str, lines: tuple[object, ...], where: str, catalog: Catalog, tmp_path: Path
) -> None:
    (tmp_path / "desktop.txt").write_text(DESKTOP + "open the big old gate | none\n", encoding="utf-8")
    measured = read_measured(tmp_path, catalog)
    action = replace(catalog.actions[name], **{field: lines}, source="sound.yaml", lines={"patterns[0]": 7})
    spoilt = build(actions={**catalog.actions, name: action})
    with pytest.raises(LeakError, match="measured on") as raised:
        leaks.check_written(spoilt, measured, own=lambda file: False)
    assert "sound.yaml" in raised.value.message
    assert where in raised.value.message
    assert raised.value.hint
    leaks.check_written(spoilt, measured, own=lambda file: file == "sound.yaml")
    leaks.check_written(catalog, measured, own=lambda file: False)


def test_a_written_line_that_is_no_command_fails_too(catalog: Catalog, measured: Measured) -> None:
    spoilt = build(none=NonCommands({"chat": ("and now the other big one",)}))
    with pytest.raises(LeakError, match=r"kinds\.chat.*dialogues.txt:3"):
        leaks.check_written(spoilt, measured, own=lambda file: False)


def test_nothing_that_ships_for_training_is_measured_on() -> None:
    catalog = load(ROOT / "config")
    measured = read_measured(ROOT / "eval", catalog)
    assert len(measured.lines) > 1000
    leaks.check_written(catalog, measured, own=lambda file: False)


def test_a_line_of_the_dataset_is_found_by_number(measured: Measured, tmp_path: Path) -> None:
    data = tmp_path / "train.jsonl"
    said = [*FORCED.values(), LEAKS["a free value of two words"][0]]
    data.write_text("".join(line(encode(one)) for one in said), encoding="utf-8")
    with pytest.raises(LeakError, match=r"train\.jsonl:5: .*desktop\.txt:3") as raised:
        leaks.check_dataset(data, measured)
    assert raised.value.hint == "make the data again: whispera regen"
    leaks.check_dataset(data, measured, own={"open visual studio code"})
    data.write_text("broken\n" + json.dumps({"messages": []}) + "\n", encoding="utf-8")
    leaks.check_dataset(data, measured)
    leaks.check_dataset(tmp_path / "nowhere", measured)


def test_the_overlap_is_counted_by_file(measured: Measured) -> None:
    near = Labelled("set the volume to thirty percent, please do", (Target("none"),))
    said = [*FORCED.values(), LEAKS["five words"][0], near, replace(near, text=near.text.upper())]
    found = leaks.overlap(said, measured)
    assert found.as_json() == {
        "lines": {"desktop.txt": 5, "dialogues.txt": 2},
        "equal": {"desktop.txt": 2},
        "leaks": 1,
        "near": 1,
        "near_lines": 1,
    }
    assert "2 of 5 in desktop.txt, 0 of 2 in dialogues.txt" in found.text()
    assert "is nearly desktop.txt:5" in found.text()


def test_alike_sentences_share_nine_words_of_ten() -> None:
    texts = ["a b c d e f g h i j", "a a b c d e", "the long road to the old mill"]
    alike = Alike(texts)
    assert list(alike.find("a b c d e f g h i x")) == [(0, 0.9)]
    assert list(alike.find("mill old the to road long the")) == [(2, 1.0)]
    assert not list(alike.find("a b c d e f g h x y"))
    assert not list(alike.find("a b c d e e"))
    assert not list(alike.find("a b c"))


def test_the_index_finds_what_comparing_all_finds(catalog: Catalog) -> None:
    texts = [leaks.plain(one.text) for one in generate(catalog, seed=2, size=250)]
    alike = Alike(texts[:120])
    for text in texts[120:]:
        words = numbered(text.split())
        wanted = {
            index
            for index, other in enumerate(texts[:120])
            if min(len(words), len(other.split())) >= 6 and in_common(words, numbered(other.split())) >= 0.9
        }
        assert {index for index, _ in alike.find(text)} == wanted
