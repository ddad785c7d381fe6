"""pocketsphinx on speech made when the test runs, with a small configuration."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pocketsphinx")

from tests.catalog.small_config import FILES
from tests.voice.test_listener import Reads
from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.audio.files import read_clip
from whispera.catalog.compiled import compiled
from whispera.engines.recognisers import Setting, open_recogniser
from whispera.engines.recognisers.opinion import MOST_S, opinion_for
from whispera.engines.recognisers.pocketsphinx import Loudness, PocketsphinxRecogniser
from whispera.engines.recognisers.pocketsphinx_models import read_card
from whispera.pipeline.following import Following
from whispera.workspace import Workspace

FLITE = shutil.which("flite")


def workspace_in(folder: Path) -> Workspace:
    for name, text in FILES.items():
        path = folder / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return Workspace(folder, folder / "state", folder / "cache")


def opened(place: Workspace) -> PocketsphinxRecogniser:
    recogniser = open_recogniser("pocketsphinx", Setting(place, compiled(place.config, place.cache)))
    assert isinstance(recogniser, PocketsphinxRecogniser)
    return recogniser


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return workspace_in(tmp_path_factory.mktemp("pocketsphinx"))


@pytest.fixture(scope="module")
def recogniser(place: Workspace) -> Iterator[PocketsphinxRecogniser]:
    one = opened(place)
    yield one
    one.close()


def say(text: str, folder: Path, *, voice: str = "slt") -> Clip:
    if FLITE is None:
        pytest.skip("flite is not installed")
    path = folder / "said.wav"
    subprocess.run([FLITE, "-voice", voice, "-t", text, "-o", str(path)], check=True, capture_output=True)
    quiet = np.zeros(SAMPLE_RATE_HZ // 4, dtype=np.float32)
    return Clip(np.concatenate([quiet, read_clip(path).samples, quiet]))


def test_an_opinion_is_had_of_speech_as_long_as_a_command(place: Workspace, tmp_path: Path) -> None:
    opinion = opinion_for(Setting(place, compiled(place.config, place.cache)))
    said = say("set the volume to thirty five percent", tmp_path).samples
    assert opinion.words(said) == "set the volume to thirty five percent"
    assert opinion.words(np.resize(said, int(MOST_S * SAMPLE_RATE_HZ) + 1)) == ""
    opinion.close()
    opinion.close()


@pytest.mark.parametrize("voice", ["slt", "rms"])
@pytest.mark.parametrize("text", ["set the volume to thirty five percent", "turn wifi on", "never mind"])
def test_a_command_is_recognised(place: Workspace, tmp_path: Path, text: str, voice: str) -> None:
    with closing(opened(place)) as recogniser:  # one that has heard no other voice
        for _ in range(3):
            recogniser.transcribe(say("lock the screen", tmp_path, voice=voice))  # it gets used to this one
        heard = recogniser.transcribe(say(text, tmp_path, voice=voice))
    assert heard.text == text
    assert heard.rejection is None
    assert heard.hypotheses[0].score <= 0


@pytest.mark.parametrize(
    "text",
    [
        "the weather in norway has been rather cold since the beginning of october",
        "my sister told him that the train to london leaves from another platform",
    ],
)
def test_talk_is_not_recognised(recogniser: PocketsphinxRecogniser, tmp_path: Path, text: str) -> None:
    heard = recogniser.transcribe(say(text, tmp_path))
    assert not heard.hypotheses
    assert heard.rejection is not None
    assert heard.rejection.reason == "not_recognised"


def test_silence_and_noise_are_no_speech(recogniser: PocketsphinxRecogniser) -> None:
    rng = np.random.default_rng(1)
    tone = np.sin(np.arange(32_000) * 2 * np.pi * 440 / SAMPLE_RATE_HZ)
    for samples in (np.zeros(32_000), rng.normal(0, 0.05, 32_000), 0.3 * tone, np.zeros(0)):
        heard = recogniser.transcribe(Clip(samples.astype(np.float32)))
        assert not heard.hypotheses
        assert heard.rejection is not None
        assert heard.rejection.reason in ("no_speech", "not_recognised")


def test_words_are_heard_while_they_are_said(place: Workspace, tmp_path: Path) -> None:
    clip = say("set the volume to twenty percent", tmp_path)
    with closing(opened(place)) as recogniser:
        recogniser.begin()
        recogniser.feed(clip.samples[: len(clip.samples) // 2])
        recogniser.begin()  # the first one is dropped
        shown = []
        for at in range(0, len(clip.samples), 320):
            recogniser.feed(clip.samples[at : at + 320])
            shown.append(recogniser.partial())
        heard = recogniser.end()
    assert heard.text == "set the volume to twenty percent"
    assert heard.seconds == pytest.approx(clip.seconds)
    assert any(0 < len(one.split()) < 5 for one in shown)


def test_what_is_followed_is_heard_as_it_would_be_whole(place: Workspace, tmp_path: Path) -> None:
    # two of them, for both learn of voice and room what they hear
    whole, followed = opened(place), opened(place)
    rng = random.Random(1)
    for text in ("set the volume to twenty percent", "turn wifi on"):
        clip = say(text, tmp_path)
        expected = whole.transcribe(clip)
        following = Following(Reads(followed).itself)  # type: ignore[arg-type]
        at = 0
        while at < len(clip.samples):
            size = rng.choice([160, 640, 1000, 4801])
            following.feed(clip.samples[at : at + size])
            at += size
        transcript = following.end().transcript
        assert transcript.hypotheses == expected.hypotheses
        assert transcript.hypotheses[0].text == text
        assert transcript.rejection == expected.rejection
        assert transcript.seconds == expected.seconds
    whole.close()
    followed.close()


def test_models_are_made_once_and_mended(tmp_path: Path) -> None:
    place = workspace_in(tmp_path)
    first = opened(place).models
    again = opened(place).models
    assert again == first
    first.talk.write_text("cut off")
    assert read_card(first.folder) is None
    assert opened(place).models.talk.read_text() != "cut off"
    path = place.config / "actions" / "sound" / "mute.yaml"
    path.write_text(path.read_text().replace("quiet", "silent"))
    os.utime(path, (time.time() + 2,) * 2)
    changed = opened(place).models
    assert changed.folder != first.folder
    assert "silent S AY" in changed.dictionary.read_text()
    assert not list(place.cache.glob(".pocketsphinx-*"))


def test_a_cache_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    place = workspace_in(tmp_path)
    catalog = compiled(place.config, place.cache)
    blocked = tmp_path / "file"
    blocked.write_text("")
    elsewhere = Workspace(place.root, place.state, blocked)
    recogniser = open_recogniser("pocketsphinx", Setting(elsewhere, catalog))
    assert isinstance(recogniser, PocketsphinxRecogniser)
    folder = recogniser.models.folder
    assert folder.is_dir()
    recogniser.close()
    assert not folder.exists()


def test_names_of_applications_can_be_heard(tmp_path: Path) -> None:
    place = workspace_in(tmp_path)
    (place.config / "actions" / "settings" / "open_app.yaml").write_text(
        "action: open_app\ngroup: settings\nsummary: Opens.\n"
        "slots: {target: name}\nfill: {target: [app_names]}\n"
        'patterns: ["open {target}"]\nrun: {any: {builtin: clock.time}}\n'
    )
    (place.config / "slots" / "app_names.yaml").write_text(
        "fill: app_names\ntype: name\nvalues: [chrome, notes]\n"
    )
    order = place.config / "order.yaml"
    order.write_text(order.read_text().replace("[set_setting]", "[set_setting, open_app]"))
    setting = Setting(place, compiled(place.config, place.cache), names=["Quibblebox"])
    recogniser = open_recogniser("pocketsphinx", setting)
    assert recogniser.transcribe(say("open quibblebox", tmp_path)).text == "open quibblebox"


def test_loudness_tells_speech_where_silero_is_not() -> None:
    gate = Loudness()
    rng = np.random.default_rng(1)
    quiet = rng.normal(0, 0.0005, 8192).astype(np.float32)
    loud = rng.normal(0, 0.1, 8192).astype(np.float32)
    assert not gate.probabilities(quiet).any()
    assert gate.probabilities(loud).all()
