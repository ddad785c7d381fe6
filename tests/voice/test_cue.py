"""Cues: never speech to the detector, and gone from a recording that heard them; words over them stay."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.desktop.desk import require
from whispera.audio.cleaning import Cleaning, CueFilter
from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.audio.cue import CueName, Cues, cue_samples
from whispera.audio.files import read_clip
from whispera.audio.sounding import TONES
from whispera.workspace import find

MODEL = find().cache / "models" / "whisper-tiny.en"
NAMES: tuple[CueName, ...] = ("start", "stop", "error")


def decibels(samples: NDArray[np.float32]) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-20))


def heard(name: CueName, gain: float, *, seed: int = 0) -> NDArray[np.float32]:
    """A cue in the noise of a quiet room, cut off where it is too loud for the microphone."""
    noise = np.random.default_rng(seed).normal(0, 1e-4, 2 * SAMPLE_RATE_HZ).astype(np.float32)
    cue = cue_samples(name)
    noise[8000 : 8000 + len(cue)] += gain * cue
    return np.clip(noise, -1, 1)


def without_cue(samples: NDArray[np.float32], name: CueName, start: int, end: int) -> NDArray[np.float32]:
    """A whole recording through the filter of a cue."""
    one = CueFilter(name, start, end)
    return np.concatenate([one.feed(samples), one.end()])


def cleaned(cues: Cues, samples: NDArray[np.float32], *, ended: float) -> NDArray[np.float32]:
    """A whole recording without cues; its last sample came at that time."""
    cleaning = cues.cleaning()
    return np.concatenate([cleaning.feed(samples, ended), cleaning.end()])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("gain_db", [-60, -40, -20, 0, 14, 30])
def test_no_cue_is_speech_at_any_volume(name: CueName, gain_db: int) -> None:
    pytest.importorskip("faster_whisper")
    from whispera.audio.speech import Voice

    samples = heard(name, 10 ** (gain_db / 20))
    assert Voice().probabilities(samples).max() < 0.35
    filtered = without_cue(samples, name, 7000, 7000 + SAMPLE_RATE_HZ)
    assert Voice().probabilities(filtered).max() < 0.35


@pytest.mark.parametrize("name", NAMES)
def test_a_cue_is_gone_from_a_recording(name: CueName) -> None:
    samples = heard(name, 1.0)
    filtered = without_cue(samples, name, 7000, 7000 + SAMPLE_RATE_HZ)
    assert decibels(samples[8000:11000]) > -30
    assert decibels(filtered[6000:14000]) < -70


@pytest.mark.parametrize("echo_s", [0.02, 0.15, 0.4])
def test_so_is_its_echo(echo_s: float) -> None:
    samples = heard("start", 0.5)
    late = round(echo_s * SAMPLE_RATE_HZ)
    samples[late:] += 0.3 * samples[:-late]
    filtered = without_cue(samples, "start", 7000, 7000 + SAMPLE_RATE_HZ)
    assert decibels(filtered[6000:20000]) < -70


def test_nothing_else_is_touched() -> None:
    samples = heard("start", 0.5)
    filtered = without_cue(samples, "start", 7000, 12000)
    np.testing.assert_array_equal(filtered[:6000], samples[:6000])
    np.testing.assert_array_equal(filtered[14000:], samples[14000:])
    for start, end in ((40000, 50000), (-900, -200)):
        np.testing.assert_array_equal(without_cue(samples, "start", start, end), samples)


def test_words_over_a_cue_stay(tmp_path: Path) -> None:
    require("flite")
    pytest.importorskip("faster_whisper")
    from whispera.audio.speech import Voice

    path = tmp_path / "words.wav"
    subprocess.run(["flite", "-voice", "slt", "-t", "open the calendar", "-o", str(path)], check=True)
    words = read_clip(path).samples
    over = words.copy()
    cue = cue_samples("start")
    over[: len(cue)] += cue
    filtered = without_cue(over, "start", 0, SAMPLE_RATE_HZ)
    before, after = Voice().probabilities(words), Voice().probabilities(filtered)
    assert np.mean((before > 0.5) != (after > 0.5)) < 0.05
    # what is missing is the bands of the tones, a small part of speech
    assert decibels((filtered - words)[: SAMPLE_RATE_HZ // 2]) < decibels(words[: SAMPLE_RATE_HZ // 2]) - 10


@pytest.mark.skipif(not (MODEL / "model.bin").is_file(), reason="whispera models get whisper-tiny.en")
@pytest.mark.parametrize("name", NAMES)
def test_whisper_writes_the_same_words_with_a_cue_over_them(tmp_path: Path, name: CueName) -> None:
    require("flite")
    from whispera.engines.recognisers.whisper import WhisperRecogniser

    path = tmp_path / "words.wav"
    subprocess.run(["flite", "-voice", "slt", "-t", "set the volume to fifty", "-o", str(path)], check=True)
    words = np.pad(read_clip(path).samples, (8000, 8000))
    over = words.copy()
    cue = cue_samples(name)
    over[9600 : 9600 + len(cue)] += cue
    filtered = without_cue(over, name, 9000, 9000 + SAMPLE_RATE_HZ)
    whisper = WhisperRecogniser(MODEL, beam=1)
    assert whisper.transcribe(Clip(filtered)).text == whisper.transcribe(Clip(words)).text
    assert "50" in whisper.transcribe(Clip(filtered)).text
    alone = heard(name, 1.0)
    assert whisper.transcribe(Clip(alone)).text == ""
    whisper.close()


def test_the_tones_are_short_and_below_half_the_rate() -> None:
    assert set(TONES) == set(NAMES)
    for tones in TONES.values():
        assert sum(seconds for _, seconds in tones) < 0.3
        assert all(hertz < 8000 for hertz, _ in tones)


def test_cues_are_taken_out_where_they_were_played(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    with_cue, without = heard("start", 0.5), heard("start", 0.0)
    cues = Cues()
    began = time.monotonic()
    cues.play("start")
    took_s = time.monotonic() - began
    # the cue was played half a second after the recording began
    ended = began - 0.5 + len(with_cue) / SAMPLE_RATE_HZ
    clean = cleaned(cues, with_cue, ended=ended)
    long_ago = cleaned(cues, with_cue, ended=ended - 60)
    cues.close()
    assert took_s < 0.5
    assert decibels(clean - without) < -70
    np.testing.assert_array_equal(long_ago, with_cue)


@pytest.mark.parametrize("size", [160, 320, 1111, 40000])
def test_a_recording_is_cleaned_while_it_is_made_as_it_would_be_whole(size: int) -> None:
    samples = heard("start", 0.5)
    began = 100.0
    # before the recording began, in it, and in what has come out already where the blocks are small
    played = [(1, began - 0.4, "stop"), (2, began + 0.5, "start"), (3, began + 0.55, "error")]
    whole = Cleaning(lambda: played)
    expected = np.concatenate([whole.feed(samples, began + 2.0), whole.end()])
    known = played[:1]
    piecewise = Cleaning(lambda: known)
    out, delay = [], 0
    for at in range(0, len(samples), size):
        block = samples[at : at + size]
        now = began + (at + len(block)) / SAMPLE_RATE_HZ
        known = [one for one in played if one[1] <= now]
        out.append(piecewise.feed(block, now))
        delay = max(delay, at + len(block) - sum(map(len, out)))
    out.append(piecewise.end())
    clean = np.concatenate(out)
    assert len(clean) == len(samples)
    assert delay <= 3 * 768
    # where the second one was asked for, a little has come out before it was known
    assert decibels((clean - expected)[9000:]) < -70
    assert decibels(clean[8000:12000]) < -70


def test_sound_waits_for_nothing_where_no_cue_may_be_heard() -> None:
    samples = heard("start", 0.5)
    played = [(1, 100.0, "start")]
    cleaning = Cleaning(lambda: played)
    # the cue was asked for half a second in, and may be heard until 1.14 s later
    waiting = [at + 320 - len_out for at, len_out in _out_by(cleaning, samples, began=99.5)]
    assert waiting[0] == 0
    assert max(waiting) == 768
    assert waiting[-1] == 0


def _out_by(cleaning: Cleaning, samples: NDArray[np.float32], *, began: float) -> Iterator[tuple[int, int]]:
    """How much had come out after each block of 320 samples, by its first one."""
    count = 0
    for at in range(0, len(samples), 320):
        count += len(cleaning.feed(samples[at : at + 320], began + (at + 320) / SAMPLE_RATE_HZ))
        yield at, count


def test_where_they_are_off_nothing_is_started_or_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    cues = Cues(on=False)
    cues.play("start")
    samples = heard("start", 0.5)
    np.testing.assert_array_equal(cleaned(cues, samples, ended=time.monotonic()), samples)
    cues.close()


def test_a_player_that_died_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    cues = Cues()
    assert cues._process is not None
    cues._process.kill()
    cues._process.wait()
    cues.play("stop")
    assert cues._process.poll() is None
    cues.close()
