"""Whisper: the guards by themselves, and the real model on spoken words where it is there."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.audio.files import read_clip
from whispera.audio.speech import Stretch, Voice, has_speech, speech_share
from whispera.catalog.compiled import CompiledCatalog, compiled
from whispera.domain.transcript import Hypothesis
from whispera.engines.recognisers import Setting, open_recogniser
from whispera.engines.recognisers.biasing import prompt_of
from whispera.engines.recognisers.expected import Expected
from whispera.errors import ModelError, UsageError
from whispera.nlu.transcript import normalised
from whispera.workspace import Workspace

pytest.importorskip("faster_whisper")
pytest.importorskip("pocketsphinx")
from whispera.engines.recognisers.opinion import Opinion
from whispera.engines.recognisers.whisper import (
    PIECE_S,
    WhisperRecogniser,
    is_echo,
    is_made_up,
    per_word,
    pieces_of,
    unlooped,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
SHELF = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whispera" / "models"
MODEL = SHELF / "whisper-tiny.en"
RNG = np.random.default_rng(3)
NO_WORDS: dict[str, Any] = {
    "nothing": np.zeros(0),
    "silence": np.zeros(3 * SAMPLE_RATE_HZ),
    "white noise": RNG.normal(0, 0.1, 3 * SAMPLE_RATE_HZ),
    "clicks": (RNG.random(3 * SAMPLE_RATE_HZ) < 0.0002) * 0.9,
    "a chord": sum(0.2 * np.sin(6.283 * hz * np.arange(48_000) / SAMPLE_RATE_HZ) for hz in (262, 330, 392)),
}


def clip_of(samples: np.ndarray) -> Clip:
    return Clip(np.asarray(samples, dtype=np.float32))


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> CompiledCatalog:
    return compiled(ROOT / "config", tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def whisper() -> Iterator[WhisperRecogniser]:
    if not (MODEL / "model.bin").is_file():
        pytest.skip("whisper-tiny.en is not there: whispera models get whisper-tiny.en")
    recogniser = WhisperRecogniser(MODEL)
    yield recogniser
    recogniser.close()


@pytest.fixture
def speak(tmp_path: Path) -> Callable[[str], Clip]:
    if shutil.which("flite") is None:
        pytest.skip("flite is not installed")

    def spoken(words: str) -> Clip:
        path = tmp_path / "said.wav"
        subprocess.run(["flite", "-voice", "slt", "-t", words, "-o", str(path)], check=True)
        return read_clip(path)

    return spoken


@pytest.mark.parametrize(
    ("heard", "is_none"),
    [
        ("Open Firefox.", False),
        ("next next next", False),
        ("you you you you you you", True),
        ("...", True),
        ("", True),
        ("ha" * 60, True),
    ],
)
def test_a_loop_is_no_transcript(heard: str, is_none: bool) -> None:
    assert is_made_up(heard) == is_none


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("Mute it. Mute it. Mute", "Mute it."),
        ("Open Firefox. open firefox", "Open Firefox."),
        ("next next", "next next"),
        ("open the tab and close the tab", "open the tab and close the tab"),
        ("", ""),
    ],
)
def test_what_is_written_twice_was_said_once(heard: str, said: str) -> None:
    assert unlooped(heard) == said


@pytest.mark.parametrize(
    ("heard", "is_part"),
    [
        ("Play music.", True),
        ("undo, play music", True),
        ("Play the music.", False),
        ("", False),
    ],
)
def test_a_part_of_the_prompt_is_an_echo(heard: str, is_part: bool) -> None:
    assert is_echo(heard, "Open chrome, undo, play music.") == is_part


def test_a_long_transcript_is_no_worse_for_its_length() -> None:
    assert per_word(Hypothesis("I leave my number", -9.0)) == -1.8
    assert per_word(Hypothesis("mute", -1.0)) == -0.5


def test_long_recordings_are_read_in_pieces_that_end_in_pauses() -> None:
    second = SAMPLE_RATE_HZ
    found = [Stretch(at * second, (at + 8) * second, 8000) for at in (1, 11, 21, 31)]
    pieces = pieces_of(found, 60 * second)
    assert len(pieces) == 2
    assert all(end - start <= PIECE_S * second for start, end in pieces)
    assert 19 * second < pieces[0][1] <= pieces[1][0] < 21 * second
    [*cut] = pieces_of([Stretch(0, 70 * second, 70_000)], 70 * second)
    assert [start for start, _ in cut] == [0, PIECE_S * second, 2 * PIECE_S * second]
    assert cut[-1][1] == 70 * second
    assert pieces_of([], 0) == []


def test_a_model_that_is_not_there_says_how_to_get_it(catalog: CompiledCatalog, tmp_path: Path) -> None:
    place = Workspace(root=ROOT, state=tmp_path, cache=tmp_path)
    with pytest.raises(ModelError) as told:
        open_recogniser("whisper", Setting(place, catalog))
    assert told.value.hint == "whispera models get whisper-tiny.en"
    voice = replace(catalog.settings.voice, model=str(tmp_path / "absent"))
    other = replace(catalog, settings=replace(catalog.settings, voice=voice))
    with pytest.raises(ModelError, match="is not there"):
        open_recogniser("whisper", Setting(place, other))
    (tmp_path / "absent").mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (tmp_path / "absent" / name).write_text("{}")
    with pytest.raises(ModelError, match="does not load"):
        open_recogniser("whisper", Setting(place, other))


def test_an_unknown_recogniser_is_told(catalog: CompiledCatalog, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="wisper"):
        open_recogniser("wisper", Setting(Workspace(root=ROOT, state=tmp_path, cache=tmp_path), catalog))


@pytest.mark.parametrize("kind", list(NO_WORDS))
def test_what_is_no_speech_yields_no_words(whisper: WhisperRecogniser, kind: str) -> None:
    heard = whisper.transcribe(clip_of(NO_WORDS[kind]))
    assert heard.hypotheses == ()
    assert heard.rejection is not None
    assert heard.rejection.reason == "no_speech"


@pytest.mark.real_commands
@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("open firefox", "open Firefox"),
        ("set the volume to twenty five percent", "set the volume to 25%"),
        ("go to wikipedia dot org", "go to Wikipedia.org"),
    ],
)
def test_spoken_commands_are_written_down(
    whisper: WhisperRecogniser, speak: Callable[[str], Clip], said: str, written: str
) -> None:
    heard = whisper.transcribe(speak(said))
    assert written in {normalised(one.text) for one in heard.hypotheses[:2]}
    scores = [one.score for one in heard.hypotheses]
    assert scores == sorted(scores, reverse=True)
    assert len({one.text for one in heard.hypotheses}) == len(scores) > 1
    assert heard.rejection is None


@pytest.mark.real_commands
def test_words_to_expect_are_heard(whisper: WhisperRecogniser, speak: Callable[[str], Clip]) -> None:
    said = speak("open zettelkasten")
    whisper.prompt = "Open Zettelkasten, Quibblebox."
    try:
        assert "zettelkasten" in whisper.transcribe(said).text.lower()
    finally:
        whisper.prompt = ""


@pytest.mark.real_commands
def test_commands_that_sound_alike_are_expected_the_second_time(
    whisper: WhisperRecogniser, speak: Callable[[str], Clip]
) -> None:
    said = speak("bring the thumbnailer container down")
    first = whisper.transcribe(said)
    assert "thumbnailer" not in first.text
    assert whisper.again(said, first) is first
    expecting = WhisperRecogniser(MODEL)
    expecting.expected = Expected(["stop the thumbnailer container", "press the space bar"])
    try:
        heard = expecting.again(said, first)
        assert normalised(heard.text) == "bring the thumbnailer container down"
        assert first.text in {one.text for one in heard.hypotheses}
        assert heard.ms > first.ms
        elsewhere = speak("what a lovely garden they have behind that house")
        unlike = expecting.again(elsewhere, expecting.transcribe(elsewhere))
        assert normalised(unlike.text) == "what a lovely garden they have behind that house"
    finally:
        expecting.close()


@pytest.mark.real_commands
def test_another_recogniser_is_believed_where_it_hears_nearly_the_same(
    whisper: WhisperRecogniser, speak: Callable[[str], Clip]
) -> None:
    said = speak("open the calendar")
    first = whisper.transcribe(said)
    assert normalised(first.text) == "open the calendar"
    first = replace(first, hypotheses=(Hypothesis(first.text, -2.0), *first.hypotheses[1:]))
    guessed = replace(first, clarity="guessed")
    sure = replace(first, hypotheses=(Hypothesis(first.text, -0.8), *first.hypotheses[1:]))
    try:
        whisper.opinion = Told("open a calendar")
        assert whisper.again(said, guessed).clarity == "unclear"
        assert "open a calendar" in {one.text for one in whisper.again(said, first).hypotheses}
        assert whisper.again(said, sure) is sure
        whisper.opinion = Told("Open the calendar")
        assert whisper.again(said, guessed) == replace(first, clarity="unclear")
        assert whisper.again(said, first) is first
        for words in ("put the cat out", "never mind"):
            whisper.opinion = Told(words)
            assert whisper.again(said, guessed) is guessed
    finally:
        whisper.opinion = None


def test_without_pocketsphinx_whisper_is_on_its_own_and_says_so(
    catalog: CompiledCatalog,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    if not (MODEL / "model.bin").is_file():
        pytest.skip("whisper-tiny.en is not there: whispera models get whisper-tiny.en")
    place = Workspace(ROOT, tmp_path / "state", tmp_path / "cache")
    voice = replace(catalog.settings.voice, model=str(MODEL))
    here = replace(catalog, settings=replace(catalog.settings, voice=voice))
    monkeypatch.setitem(sys.modules, "pocketsphinx", None)
    for name in ("opinion", "pocketsphinx"):
        monkeypatch.delitem(sys.modules, f"whispera.engines.recognisers.{name}", raising=False)
    monkeypatch.setattr("whispera.engines.recognisers.whisper.expected_for", lambda _: None)
    with caplog.at_level(logging.WARNING):
        open_recogniser("whisper", Setting(place, here)).close()
    assert "pocketsphinx is not installed" in caplog.text


class Told(Opinion):
    """What it is told to have heard."""

    def __init__(self, words: str) -> None:
        self._words = words

    def words(self, speech: NDArray[np.float32]) -> str:
        return self._words

    def close(self) -> None:
        pass


@pytest.mark.real_commands
@pytest.mark.parametrize("said", ["Mein Bruder arbeitet in einer Fabrik.", "Das Buch liegt auf dem Tisch."])
def test_another_language_is_no_echo_of_the_prompt(
    whisper: WhisperRecogniser, catalog: CompiledCatalog, tmp_path: Path, said: str
) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is not installed")
    path = tmp_path / "said.wav"
    subprocess.run(["espeak-ng", "-v", "de", "-w", str(path), said], check=True)
    whisper.prompt = prompt_of(catalog, ["Zettelkasten"])
    try:
        heard = whisper.transcribe(read_clip(path))
        assert not is_echo(heard.text, whisper.prompt)
        assert heard.clarity != "clear" or not heard.hypotheses
    finally:
        whisper.prompt = ""


@pytest.mark.real_commands
def test_silence_around_the_words_is_cut_off(
    whisper: WhisperRecogniser, speak: Callable[[str], Clip]
) -> None:
    quiet = np.zeros(20 * SAMPLE_RATE_HZ, dtype=np.float32)
    said = speak("open firefox").samples
    heard = whisper.transcribe(clip_of(np.concatenate([quiet, said, quiet])))
    assert normalised(heard.text).lower() == "open firefox"


@pytest.mark.real_commands
def test_speech_is_told_from_other_sound(speak: Callable[[str], Clip]) -> None:
    said = speak("open firefox and set the volume to ten").samples
    assert has_speech(said)
    assert 0.5 < speech_share(said) <= 1
    assert not any(has_speech(clip_of(samples).samples) for samples in NO_WORDS.values())


@pytest.mark.real_commands
def test_a_stream_is_judged_as_the_whole(speak: Callable[[str], Clip]) -> None:
    said = speak("open firefox").samples
    voice = Voice()
    whole = voice.probabilities(said)
    voice.reset()
    parts = [voice.probabilities(said[at : at + 320]) for at in range(0, len(said), 320)]
    assert np.allclose(np.concatenate(parts), whole)
    assert len(whole) == len(said) // 512
