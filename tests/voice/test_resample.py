"""From any rate to 16 kHz: tones stay what they were, and what is too high does not come back lower."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from whispera.audio.clip import SAMPLE_RATE_HZ
from whispera.audio.resample import Resampler

RATES = [8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000, 192000]


def tone(hertz: float, rate_hz: int, seconds: float = 1.0) -> NDArray[np.float32]:
    return np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate_hz)) / rate_hz).astype(np.float32)


def in_blocks(resampler: Resampler, samples: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    return np.concatenate([resampler.feed(samples[i : i + size]) for i in range(0, len(samples), size)])


def decibels(samples: NDArray[np.float32]) -> float:
    return float(10 * np.log10(2 * np.mean(np.square(samples, dtype=np.float64)) + 1e-20))


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("hertz", [100.0, 1000.0, 3300.0, 6500.0])
def test_a_tone_stays_a_pure_tone_of_its_loudness(rate_hz: int, hertz: float) -> None:
    if hertz > 0.42 * rate_hz:
        pytest.skip("not in the recording")
    made = in_blocks(Resampler(rate_hz), tone(hertz, rate_hz), rate_hz // 50)[2000:-2000]
    assert abs(decibels(made)) < 0.2
    at = np.arange(len(made)) / SAMPLE_RATE_HZ
    basis = np.stack([np.sin(2 * np.pi * hertz * at), np.cos(2 * np.pi * hertz * at)], axis=1)
    residue = made - basis @ np.linalg.lstsq(basis, made, rcond=None)[0]
    assert decibels(residue.astype(np.float32)) < -70


@pytest.mark.parametrize("rate_hz", [44100, 48000, 96000])
@pytest.mark.parametrize("hertz", [8200.0, 9000.0, 12000.0, 15900.0, 20000.0])
def test_what_is_too_high_does_not_fold_back(rate_hz: int, hertz: float) -> None:
    made = in_blocks(Resampler(rate_hz), tone(hertz, rate_hz), rate_hz // 50)[2000:-2000]
    assert decibels(made) < -75


@given(
    rate_hz=st.sampled_from(RATES),
    channels=st.integers(1, 3),
    sizes=st.lists(st.integers(0, 900), min_size=1, max_size=30),
)
@settings(max_examples=60, deadline=None)
def test_blocks_leave_no_seam(rate_hz: int, channels: int, sizes: list[int]) -> None:
    samples = np.random.default_rng(1).uniform(-1, 1, sum(sizes) * channels).astype(np.float32)
    whole = Resampler(rate_hz, channels).feed(samples)
    one = Resampler(rate_hz, channels)
    parts, start = [], 0
    for size in sizes:
        parts.append(one.feed(samples[start : start + size * channels]))
        start += size * channels
    np.testing.assert_allclose(np.concatenate(parts), whole, atol=1e-6)


@given(rate_hz=st.sampled_from(RATES), seconds=st.floats(0.1, 2.5))
@settings(max_examples=40, deadline=None)
def test_nothing_is_lost_over_time(rate_hz: int, seconds: float) -> None:
    samples = np.zeros(round(seconds * rate_hz), dtype=np.float32)
    resampler = Resampler(rate_hz)
    made = in_blocks(resampler, samples, rate_hz // 50)
    behind = seconds - len(made) / SAMPLE_RATE_HZ
    assert behind < resampler.delay_s + 2 / min(rate_hz, SAMPLE_RATE_HZ)
    assert behind > -2 / min(rate_hz, SAMPLE_RATE_HZ)


def test_channels_are_mixed() -> None:
    left, right = np.full(4800, 0.5, dtype=np.float32), np.full(4800, -0.1, dtype=np.float32)
    made = Resampler(48000, 2).feed(np.stack([left, right], axis=1).reshape(-1))
    np.testing.assert_allclose(made[200:], 0.2, atol=1e-5)
