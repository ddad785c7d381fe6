"""Labels beside recordings, and the figures of what was heard, against ones worked out by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.cli.evaluate_audio import NOISES
from whispera.domain.intent import Intent
from whispera.domain.outcome import Parse, Rejection
from whispera.domain.transcript import Hypothesis, Transcript
from whispera.errors import ConfigError, UsageError
from whispera.evaluation import audio_text
from whispera.evaluation.audio import AudioFigures, Round, by_ear, edits, fold, listen, spoken_words
from whispera.evaluation.audio_labels import Labelled, Labels, labels_of, read_labels, sample

SLOTS = {
    "set_volume": ["level"],
    "order_drink": ["drink", "shots", "sugar"],
    "mute": [],
    "open_app": ["target"],
}
LABELS = Labels({"orderDrink": "order_drink"}, {"coffeeDrink": "drink", "numberOfShots": "shots"})


@dataclass
class Heard:
    transcript: Transcript
    parse: Parse


class Ears:
    """Hears what it is told to, whatever the clip."""

    def __init__(self, text: str, intent: Intent | None, rejection: Rejection | None = None) -> None:
        said = (Hypothesis(text, -1.0),) if text else ()
        self._heard = Heard(Transcript(said, 1.0, 1.0), Parse(text, "", intent, rejection, 0.9, 1.0))

    def hear(self, clip: Clip) -> Heard:
        return self._heard


def folder(tmp_path: Path, labels: Any) -> Path:
    for name in labels if isinstance(labels, dict) else ():
        (tmp_path / name).touch()
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    return tmp_path


def one(tmp_path: Path, label: Any) -> Labelled:
    [labelled] = read_labels(folder(tmp_path, {"a.wav": label}), SLOTS, labels=LABELS)
    return labelled


def test_own_label(tmp_path: Path) -> None:
    found = one(tmp_path, {"text": "volume 30", "intent": {"action": "set_volume", "level": 30}})
    assert found.path == tmp_path / "a.wav"
    assert found.text == found.expected.text == "volume 30"
    assert found.expected.actions == ("set_volume",)
    assert found.expected.slots == {"level": ("30",)}


def test_label_without_intent_is_no_command(tmp_path: Path) -> None:
    found = one(tmp_path, {"text": "nice day"})
    assert found.expected.is_none


def test_alternatives_and_steps(tmp_path: Path) -> None:
    found = one(tmp_path, {"intent": {"action": ["mute", "set_volume"], "level": [0, None]}})
    assert found.expected.actions == ("mute", "set_volume")
    assert found.expected.slots == {"level": ("0", "")}
    steps = [{"action": "mute"}, {"action": "open_app", "target": "Word"}]
    found = one(tmp_path, {"intent": {"action": "sequence", "steps": steps}})
    assert [(step.action, step.slots) for step in found.expected.steps] == [
        ("mute", {}),
        ("open_app", {"target": ("Word",)}),
    ]


def test_foreign_label_is_mapped_and_trimmed(tmp_path: Path) -> None:
    label = {"intent": "orderDrink", "slots": {"coffeeDrink": " Latte", "numberOfShots": "double shot"}}
    found = one(tmp_path, label)
    assert found.expected.actions == ("order_drink",)
    assert found.expected.slots == {"drink": ("Latte",), "shots": ("double shot",)}
    assert found.text == ""


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (["mute"], "expected an object"),
        ({"intent": {"action": "dance"}}, "no action named 'dance'"),
        ({"intent": {"action": "mute", "level": 3}}, "no slot named 'level'"),
        ({"intent": {"action": "sequence"}}, "expected a list"),
        ({"intent": {"level": 3}}, "expected an object with 'action'"),
        ({"intent": "orderTea"}, "'orderTea' is no intent of this domain"),
        ({"intent": "orderDrink", "slots": {"size": "small"}}, "'size' is no slot of this domain"),
        ({"text": 3}, "text: expected a string"),
    ],
)
def test_label_that_cannot_be_read_names_the_recording(tmp_path: Path, label: Any, message: str) -> None:
    with pytest.raises(UsageError) as raised:
        one(tmp_path, label)
    assert "a.wav" in raised.value.message
    assert message in raised.value.message
    assert raised.value.hint


def test_missing_recordings_and_labels_are_errors(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read"):
        read_labels(tmp_path, SLOTS)
    with pytest.raises(UsageError, match="labels no recording"):
        read_labels(folder(tmp_path, []), SLOTS)
    (folder(tmp_path, {"a.wav": {}}) / "a.wav").unlink()
    with pytest.raises(UsageError, match="no such recording"):
        read_labels(tmp_path, SLOTS)


def test_domain_maps_labels(tmp_path: Path) -> None:
    assert labels_of(tmp_path) == Labels()
    file = tmp_path / "domain.yaml"
    file.write_text("tag: cafe\n")
    assert labels_of(tmp_path) == Labels()
    file.write_text("labels: {intent: {orderDrink: order_drink}, slots: {coffeeDrink: drink}}\n")
    assert labels_of(tmp_path) == Labels({"orderDrink": "order_drink"}, {"coffeeDrink": "drink"})
    for wrong in ("labels: 3", "labels: {intent: [a]}", "labels: {slots: {a: 3}}", "labels: {"):
        file.write_text(wrong)
        with pytest.raises(ConfigError):
            labels_of(tmp_path)


def test_sample_is_the_same_every_time_and_in_order(tmp_path: Path) -> None:
    labels = {f"{number}.wav": {"text": str(number)} for number in range(20)}
    labelled = read_labels(folder(tmp_path, labels), SLOTS)
    drawn = sample(labelled, 5)
    assert drawn == sample(labelled, 5)
    assert [found.expected.line for found in drawn] == sorted(found.expected.line for found in drawn)
    assert sample(labelled, 20) == sample(labelled, None) == labelled


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Twelve Ounce", "12 ounce"),
        ("twelve-ounce", "12 ounce"),
        (" a bit of  sugar ", "a bit of sugar"),
        ("one hundred and five", "105"),
        (30, "thirty"),
    ],
)
def test_values_are_compared_as_they_sound(left: Any, right: str) -> None:
    assert fold(left) == fold(right)


def test_values_that_sound_different_differ() -> None:
    assert fold("brown sugar") != fold("sugar")
    assert fold("fifteen") != fold("fifty")


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("Set the volume to thirty percent.", "set the volume to 30%"),
        ("open github.com", "open github dot com"),
        ("three point five", "3.5"),
        ("don't stop, please!", "don't stop please"),
    ],
)
def test_transcripts_are_counted_as_they_sound(said: str, heard: str) -> None:
    assert spoken_words(said) == spoken_words(heard)


@pytest.mark.parametrize(
    ("reference", "heard", "count"),
    [("a b c", "a b c", 0), ("a b c", "a x c", 1), ("a b c", "a c", 1), ("a c", "a b c", 1), ("a b", "", 2)],
)
def test_edits(reference: str, heard: str, count: int) -> None:
    assert edits(reference.split(), heard.split()) == count


@pytest.mark.parametrize(
    ("got", "strictly", "heard"),
    [
        ("Kick-off Deck 4.pptx", True, True),
        ("kickoff deck four dot pptx", False, True),
        ("kickoff desk 4.pptx", False, False),
    ],
)
def test_what_cannot_be_heard_is_forgiven_by_ear_alone(
    tmp_path: Path, got: str, strictly: bool, heard: bool
) -> None:
    label = one(tmp_path, {"intent": {"action": "open_app", "target": "Kick-off Deck 4.pptx"}})
    clip = Clip(np.zeros(SAMPLE_RATE_HZ, dtype=np.float32))
    spoken = listen(Ears(got, Intent("open_app", {"target": got})), clip, label, SLOTS)
    assert spoken.answer.exact is strictly
    assert by_ear(spoken, SLOTS) is heard


def made(tmp_path: Path) -> AudioFigures:
    """Four recordings: right, a wrong slot and one too many, nothing heard, rightly nothing."""
    labels = {
        "a.wav": {"text": "volume to thirty", "intent": {"action": "set_volume", "level": 30}},
        "b.wav": {
            "text": "latte double shot please",
            "intent": {"action": "order_drink", "drink": "latte", "shots": "double shot"},
        },
        "c.wav": {"text": "mute", "intent": {"action": "mute"}},
        "d.wav": {},
    }
    silent = Rejection("no_speech", "Nothing was said.")
    wrong = Intent("order_drink", {"drink": "Latte", "shots": "single shot", "sugar": "sugar"})
    ears = [
        Ears("volume to 30", Intent("set_volume", {"level": 30})),
        Ears("latte single shot please", wrong),
        Ears("", None, silent),
        Ears("", None, silent),
    ]
    clip = Clip(np.zeros(2 * SAMPLE_RATE_HZ, dtype=np.float32))
    labelled = read_labels(folder(tmp_path, labels), SLOTS)
    spoken = [listen(ear, clip, label, SLOTS) for ear, label in zip(ears, labelled, strict=True)]
    return AudioFigures([Round("clean", tuple(spoken))], 123.4)


def test_figures_are_those_worked_out_by_hand(tmp_path: Path) -> None:
    [clean] = made(tmp_path).as_json()["rounds"]
    assert clean["action"] == {"right": 3, "total": 4, "share": 0.75}
    assert clean["exact"] == {"right": 2, "total": 4, "share": 0.5}
    assert {name: (share["right"], share["total"]) for name, share in clean["per_slot"].items()} == {
        "drink": (1, 1),
        "level": (1, 1),
        "shots": (0, 1),
        "sugar": (0, 1),
    }
    assert clean["word_error_rate"] == 0.25  # one wrong, one missing, of eight
    assert clean["rejections"] == {"no_speech": 2}
    assert 0 <= clean["latency_ms"]["median"] <= clean["latency_ms"]["p90"] <= clean["latency_ms"]["max"]
    assert clean["real_time_factor"] < 1
    assert [wrong["file"] for wrong in clean["wrong"]] == ["b.wav", "c.wav"]
    assert clean["wrong"][0]["wanted"] == "order_drink drink=latte shots=double shot"
    assert clean["wrong"][0]["given"] == "order_drink drink=Latte shots=single shot sugar=sugar"


def test_text_lists_what_went_wrong(tmp_path: Path) -> None:
    shown = audio_text.render(made(tmp_path))
    assert "clean: 2 of 4 not exactly right" in shown
    assert "heard  latte single shot please" in shown
    assert "heard  (nothing)" in shown
    assert "got    nothing, confidence 0.90, no_speech" in shown
    assert "peak memory 123 MB" in shown


def test_only_the_first_round_is_listed_unless_asked(tmp_path: Path) -> None:
    figures = made(tmp_path)
    figures.rounds.append(Round("6 dB white", figures.rounds[0].spoken))
    assert audio_text.render(figures).count("not exactly right") == 1
    assert audio_text.render(figures, wrong=True).count("not exactly right") == 2


def test_noise_kinds_are_those_that_can_be_made() -> None:
    from whispera.audio.mixing import KINDS

    assert NOISES == KINDS


def test_report_draws_conditions_slots_and_speed(tmp_path: Path) -> None:
    audio_report = pytest.importorskip("whispera.evaluation.audio_report")
    figures = made(tmp_path)
    figures.rounds.append(Round("6 dB white", figures.rounds[0].spoken))
    figures.extra = {
        "version": "0", "date": "2020-02-02", "folder": "mine", "recordings": 4, "minutes": 0.1,
        "recogniser": "whisper", "beam": 5, "base": "nano", "adapter": True, "domain": "desktop",
    }  # fmt: skip
    page = audio_report.write(tmp_path / "report", figures).read_text(encoding="utf-8")
    assert "mine: 50.0 % with every slot right" in page
    assert "6 dB white: 2 of 4" in page
    assert "latte single shot please" in page
    plots = sorted(path.name for path in (tmp_path / "report").glob("*.svg"))
    assert plots == ["latency.svg", "noise.svg", "slots.svg"]
    with pytest.raises(UsageError, match="holds something else"):
        audio_report.write(tmp_path, figures)
