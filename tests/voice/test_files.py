"""Recordings from files: formats, rates, channels, and what is no recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from whispera.audio.clip import SAMPLE_RATE_HZ
from whispera.audio.files import read_clip, resampled
from whispera.errors import UsageError

soundfile = pytest.importorskip("soundfile")


def tone(rate_hz: int, *, hz: float = 440.0, seconds: float = 0.5) -> np.ndarray:
    return (0.4 * np.sin(2 * np.pi * hz * np.arange(int(rate_hz * seconds)) / rate_hz)).astype(np.float32)


def loudest_hz(samples: np.ndarray) -> float:
    return float(np.abs(np.fft.rfft(samples)).argmax() * SAMPLE_RATE_HZ / len(samples))


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_any_rate_and_number_of_channels_is_read(tmp_path: Path, rate_hz: int, channels: int) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.stack([tone(rate_hz)] * channels, axis=1), rate_hz)
    clip = read_clip(path)
    assert clip.samples.dtype == np.float32
    assert clip.samples.ndim == 1
    assert clip.seconds == pytest.approx(0.5, abs=0.001)
    assert loudest_hz(clip.samples) == pytest.approx(440, abs=3)
    inner = clip.samples[800:-800]
    assert float(np.abs(inner).max()) == pytest.approx(0.4, abs=0.02)


@pytest.mark.parametrize(
    ("ending", "subtype"), [("flac", "PCM_24"), ("ogg", "VORBIS"), ("aiff", "PCM_16"), ("wav", "ULAW")]
)
def test_other_formats_are_read(tmp_path: Path, ending: str, subtype: str) -> None:
    path = tmp_path / f"a.{ending}"
    soundfile.write(path, tone(16_000), 16_000, subtype=subtype)
    assert loudest_hz(read_clip(path).samples) == pytest.approx(440, abs=3)


def test_what_is_above_the_band_does_not_fold_back() -> None:
    inner = resampled(tone(48_000, hz=15_000), 48_000)[800:-800]
    assert float(np.abs(inner).max()) < 0.02


def test_an_empty_recording_is_a_clip_without_samples(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(0, dtype=np.float32), 44_100)
    assert read_clip(tmp_path / "a.wav").seconds == 0


def test_what_is_no_recording_is_told_with_a_hint(tmp_path: Path) -> None:
    (tmp_path / "a.wav").write_text("no sound")
    with pytest.raises(UsageError) as told:
        read_clip(tmp_path / "a.wav")
    assert told.value.hint
    with pytest.raises(UsageError, match="there is no file"):
        read_clip(tmp_path / "absent.wav")


def test_a_recording_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whispera.audio.files.MAX_S", 0.25)
    soundfile.write(tmp_path / "a.wav", tone(8_000), 8_000)
    with pytest.raises(UsageError, match="long"):
        read_clip(tmp_path / "a.wav")
