"""`whispera eval --audio` with a recogniser that knows recordings, and a model that answers from a table."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from whispera.__main__ import main
from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.domain.transcript import Hypothesis, Transcript
from whispera.engines.fake import fake_model
from whispera.engines.recognisers import Setting

pytest.importorskip("soundfile")

ANSWERS = {"mute it": '{"action":"mute"}', "louder": '{"action":"volume_up"}'}
SAID = {2: "mute it", 3: "louder"}
"""Seconds of a recording to what is said in it."""


class Knowing:
    """Knows a recording by its length."""

    name = "knowing"
    beam = 0

    def transcribe(self, clip: Clip) -> Transcript:
        text = SAID.get(round(clip.seconds), "")
        return Transcript((Hypothesis(text, 0.0),) if text else (), clip.seconds, 1.0)

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def recogniser(monkeypatch: pytest.MonkeyPatch) -> Knowing:
    knowing = Knowing()

    def opened(name: str, setting: Setting) -> Knowing:
        knowing.name, knowing.beam = name, setting.catalog.settings.voice.beam
        return knowing

    monkeypatch.setattr("whispera.engines.recognisers.open_recogniser", opened)
    monkeypatch.setattr("whispera.engines.load.load", lambda *_, **__: fake_model(ANSWERS, confidence=0.9))
    return knowing


@pytest.fixture
def base(tmp_path: Path) -> str:
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "card.json").write_text("{}")
    return str(folder)


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    folder = tmp_path / "recordings"
    folder.mkdir()
    labels = {
        "a.wav": {"text": "mute it", "intent": {"action": "mute"}},
        "b.wav": {"text": "turn it up", "intent": {"action": "mute"}},
        "c.wav": {},
    }
    for seconds, name in enumerate(labels, 2):
        tone = 0.2 * np.sin(np.arange(seconds * SAMPLE_RATE_HZ) / 8)
        with wave.open(str(folder / name), "wb") as file:
            file.setparams((1, 2, SAMPLE_RATE_HZ, 0, "NONE", "not compressed"))
            file.writeframes((tone * 32767).astype("<i2").tobytes())
    (folder / "labels.json").write_text(json.dumps(labels))
    return folder


def test_recordings_are_measured_clean_and_in_noise(
    recordings: Path, base: str, recogniser: Knowing, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["eval", "--audio", str(recordings), "--base", base, "--json", "--beam", "3"]
    noise = ["--noise", "12", "--noise", "6", "--noise-kind", "babble", "--recogniser", "pocketsphinx"]
    assert main([*words, *noise]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert [one["name"] for one in found["rounds"]] == ["clean", "12 dB babble", "6 dB babble"]
    for one in found["rounds"]:
        assert one["exact"] == {"right": 2, "total": 3, "share": 0.6667}
        assert [wrong["file"] for wrong in one["wrong"]] == ["b.wav"]
        assert one["wrong"][0]["heard"] == "louder"
        assert one["word_error_rate"] == 0.6
    assert (found["recogniser"], recogniser.name) == ("pocketsphinx", "pocketsphinx")
    assert found["beam"] == recogniser.beam == 3
    assert found["recordings"] == 3
    assert found["peak_mb"] > 10
    assert recogniser.closed


def test_text_says_what_was_wrong_and_limit_takes_fewer(
    recordings: Path, base: str, recogniser: Knowing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", "--audio", str(recordings), "--base", base]) == 0
    shown = capsys.readouterr().out
    assert "recordings: 3 recordings" in shown
    assert "clean: 1 of 3 not exactly right" in shown
    assert main(["eval", "--audio", str(recordings), "--base", base, "--limit", "2"]) == 0
    assert "recordings: 2 recordings" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--audio", "DIR", "eval/desktop.txt"], "--audio takes no FILE"),
        (["--audio", "DIR", "--dialogues"], "--audio takes no FILE"),
        (["--noise", "12", "eval/desktop.txt"], "belongs to --audio"),
        ([], "name a FILE"),
    ],
)
def test_options_that_do_not_go_together_are_said(
    recordings: Path, words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["eval", *(str(recordings) if word == "DIR" else word for word in words)]) == 2
    assert message in capsys.readouterr().err


def test_other_peoples_labels_need_their_domain(
    recordings: Path, base: str, recogniser: Knowing, capsys: pytest.CaptureFixture[str]
) -> None:
    (recordings / "labels.json").write_text(json.dumps({"a.wav": {"intent": "orderTea", "slots": {}}}))
    assert main(["eval", "--audio", str(recordings), "--base", base]) == 2
    shown = capsys.readouterr().err
    assert "'orderTea' is no intent of this domain" in shown
    assert "--domain" in shown
