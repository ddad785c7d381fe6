"""Noise: as loud as stated, of the stated kind, the same every time."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.audio.mixing import KINDS, LEVEL, active, make_noise, mix, rms
from whispera.errors import UsageError

SECONDS = 4


def spoken() -> Clip:
    """Three bursts of a voice-like buzz with pauses between them, a second each."""
    at = np.arange(SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    burst = 0.2 * np.sign(np.sin(2 * np.pi * 120 * at))
    still = np.zeros(SAMPLE_RATE_HZ)
    return Clip(np.concatenate([burst, still, burst, still, burst]).astype(np.float32))


@cache  # the tests only read it
def made(kind: str, seed: int = 1, seconds: float = SECONDS) -> NDArray[np.float32]:
    count = int(seconds * SAMPLE_RATE_HZ)
    return make_noise(kind, count, rng=np.random.default_rng(seed), speech=[spoken()])


def band(samples: NDArray[np.float32], low: float, high: float) -> float:
    """Power between two frequencies."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    hertz = np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE_HZ)
    return float(power[(hertz >= low) & (hertz < high)].sum())


@pytest.mark.parametrize("kind", KINDS)
def test_noise_has_its_level_and_is_the_same_for_the_same_seed(kind: str) -> None:
    noise = made(kind)
    assert noise.dtype == np.float32
    assert noise.shape == (SECONDS * SAMPLE_RATE_HZ,)
    assert rms(noise) == pytest.approx(LEVEL, rel=1e-3)
    assert np.array_equal(noise, made.__wrapped__(kind))
    assert not np.array_equal(noise, made(kind, seed=2))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [0, 1, 321])
def test_noise_may_be_as_short_as_wanted(kind: str, count: int) -> None:
    assert made(kind, seconds=count / SAMPLE_RATE_HZ).shape == (count,)


def test_white_noise_is_even_and_pink_falls_by_octaves() -> None:
    octaves = [(125, 250), (250, 500), (500, 1000), (1000, 2000), (2000, 4000)]
    white = [band(made("white"), *edge) for edge in octaves]
    pink = [band(made("pink"), *edge) for edge in octaves]
    assert all(after / before == pytest.approx(2, rel=0.25) for before, after in pairwise(white))
    assert all(after / before == pytest.approx(1, rel=0.25) for before, after in pairwise(pink))


def test_hum_is_mains_and_its_harmonics() -> None:
    hum = made("hum")
    assert sum(band(hum, f - 1, f + 1) for f in range(50, 401, 50)) > 0.95 * band(hum, 0, 8000)


def test_clicks_leave_most_of_the_time_still() -> None:
    frames = np.square(made("clicks")).reshape(-1, 160).mean(axis=1)
    assert np.median(frames) < 0.1 * frames.mean()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("snr_db", [24.0, 12.0, 6.0, -6.0])
def test_ratio_is_that_of_speech_where_somebody_speaks(kind: str, snr_db: float) -> None:
    clip = spoken()
    mixed = mix(clip, made(kind, seconds=5), snr_db=snr_db)
    talking = active(clip.samples)
    # the sum may have been turned down: its speech is the clip times a factor
    scale = 1.0 if np.abs(mixed.samples).max() < 1 else 1 / np.abs(_raw(clip, kind, snr_db)).max()
    noise = mixed.samples - clip.samples * np.float32(scale)
    got = 20 * np.log10(rms(clip.samples[talking]) * scale / rms(noise))
    assert got == pytest.approx(snr_db, abs=0.2)


def _raw(clip: Clip, kind: str, snr_db: float) -> NDArray[np.float32]:
    noise = made(kind, seconds=5)
    return clip.samples + noise * np.float32(0.2 / LEVEL * 10 ** (-snr_db / 20))


def test_pauses_are_no_speech() -> None:
    talking = active(spoken().samples)
    second = SAMPLE_RATE_HZ
    assert talking[:second].all()
    assert not talking[second : 2 * second].any()
    assert talking[2 * second : 3 * second].all()


def test_sum_stays_within_full_scale() -> None:
    loud = Clip(np.clip(spoken().samples * 10, -1, 1))
    mixed = mix(loud, made("white"), snr_db=0)
    assert np.abs(mixed.samples).max() <= 1
    assert mixed.samples.shape == loud.samples.shape


@pytest.mark.parametrize("samples", [np.zeros(0), np.zeros(SAMPLE_RATE_HZ)])
def test_silence_is_left_alone(samples: NDArray[np.float64]) -> None:
    clip = Clip(samples.astype(np.float32))
    assert mix(clip, made("white"), snr_db=6) is clip


def test_unknown_kind_and_babble_of_nobody_are_errors() -> None:
    rng = np.random.default_rng(1)
    with pytest.raises(UsageError, match="no noise named 'brown'") as raised:
        make_noise("brown", 100, rng=rng)
    assert "babble" in raised.value.hint
    with pytest.raises(UsageError, match="babble is made of speech"):
        make_noise("babble", 100, rng=rng, speech=[Clip(np.zeros(100, dtype=np.float32))])
