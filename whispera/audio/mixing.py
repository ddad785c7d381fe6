"""Noise made here, and mixed under a recording at a stated ratio: for measuring and for tests.

No recording of noise is needed, and the same generator gives the same noise. It is simple noise: what a
recogniser does in it says how it degrades, not how it does in a given street.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.errors import UsageError

Samples = NDArray[np.float32]
"""(n,), mono, `SAMPLE_RATE_HZ` a second."""

LEVEL = 0.1
"""Root mean square of noise as it is made: about -20 dB of full scale."""
FRAME = SAMPLE_RATE_HZ // 50
"""Samples of 20 ms, over which loudness is taken."""
ACTIVE_DB = 25.0
"""A frame this much softer than the loud ones is no speech."""
TALKERS = 6
"""Voices at a time in babble."""


def make_noise(kind: str, count: int, *, rng: np.random.Generator, speech: Sequence[Clip] = ()) -> Samples:
    """(count,) noise of a kind, at `LEVEL`; raises UsageError for an unknown kind and babble of nobody."""
    if not count:
        return np.zeros(0, dtype=np.float32)
    if kind == "babble":
        made = _babble(count, rng, speech)
    elif kind in _MAKERS:
        made = _MAKERS[kind](count, rng)
    else:
        raise UsageError(f"there is no noise named '{kind}'", hint=f"there are {', '.join(KINDS)}")
    return at_level(made, LEVEL)


def mix(clip: Clip, noise: Samples, *, snr_db: float) -> Clip:
    """The clip over noise that is `snr_db` softer than what is said in it.

    The level of the speech is taken where somebody speaks, that of the noise over all of it, so that a long
    pause does not make the noise softer. Noise that is too short is repeated. The sum is turned down as a
    whole where it would exceed full scale. A clip of silence is given back as it is.
    """
    samples = np.asarray(clip.samples, dtype=np.float32)
    speech, under = rms(samples[active(samples)]), rms(noise)
    if speech == 0.0 or under == 0.0:
        return clip
    gain = speech / under * 10 ** (-snr_db / 20)
    mixed = samples + np.resize(noise, len(samples)) * np.float32(gain)
    peak = float(np.max(np.abs(mixed)))
    return Clip((mixed / max(1.0, peak)).astype(np.float32))


def active(samples: Samples) -> NDArray[np.bool_]:
    """(n,) true in the frames that are not `ACTIVE_DB` softer than the loud ones (95th percentile)."""
    if not len(samples):
        return np.zeros(0, dtype=bool)
    padded = np.pad(samples, (0, -len(samples) % FRAME))
    power = np.mean(np.square(padded.reshape(-1, FRAME), dtype=np.float64), axis=1)
    loud = float(np.quantile(power, 0.95))
    return np.repeat((power > 0) & (power >= loud * 10 ** (-ACTIVE_DB / 10)), FRAME)[: len(samples)]


def rms(samples: Samples) -> float:
    """Root mean square; 0 of nothing."""
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if len(samples) else 0.0


def at_level(samples: Samples, level: float) -> Samples:
    """The samples with another root mean square; silence stays silence."""
    now = rms(samples)
    return (samples * (level / now)).astype(np.float32) if now else samples.astype(np.float32)


def _white(count: int, rng: np.random.Generator) -> Samples:
    return rng.standard_normal(count, dtype=np.float32)


def _pink(count: int, rng: np.random.Generator) -> Samples:
    """Power falling as 1/f, as in wind, traffic and most rooms."""
    spectrum = np.fft.rfft(_white(count, rng))
    spectrum /= np.sqrt(np.maximum(np.arange(len(spectrum)), 1.0))
    return np.fft.irfft(spectrum, count).astype(np.float32)


def _hum(count: int, rng: np.random.Generator) -> Samples:
    """Mains at 50 Hz with its harmonics, and a little hiss."""
    at = np.arange(count) / SAMPLE_RATE_HZ
    made = 0.02 * _white(count, rng).astype(np.float64)
    for harmonic in range(1, 9):
        made += np.sin(2 * np.pi * 50 * harmonic * at + rng.uniform(0, 2 * np.pi)) / harmonic
    return made.astype(np.float32)


def _clicks(count: int, rng: np.random.Generator) -> Samples:
    """About two a second: knocks, key clicks and coughs, of 2 to 250 ms that die away."""
    made = np.zeros(count)
    at = 0.0
    while (at := at + rng.exponential(0.5)) * SAMPLE_RATE_HZ < count:
        length = int(SAMPLE_RATE_HZ * rng.choice([0.002, 0.01, 0.05, 0.25]))
        burst = rng.standard_normal(length) * np.exp(-np.arange(length) / (length / 4))
        burst = np.convolve(burst, np.ones(width := int(rng.integers(1, 12))) / width, "same")
        _add(made, burst * rng.uniform(0.3, 1.0), int(at * SAMPLE_RATE_HZ))
    return made.astype(np.float32)


def _music(count: int, rng: np.random.Generator) -> Samples:
    """Chords, a bass, a melody and a beat, four bars to a sequence of four chords."""
    beat = 60 / rng.uniform(80, 140)
    key = int(rng.integers(45, 57))
    chords = [(0, 4, 7), (-3, 0, 4), (5, 9, 12), (7, 11, 14)]
    rng.shuffle(chords)
    made = np.zeros(count)
    for number in range(int(count / SAMPLE_RATE_HZ / beat) + 1):
        start = int(number * beat * SAMPLE_RATE_HZ)
        chord = chords[number // 4 % len(chords)]
        if number % 4 == 0:
            for step in chord:
                _add(made, 0.25 * _tone(key + 12 + step, 4 * beat, rng), start)
        _add(made, 0.5 * _tone(key - 12 + chord[0], beat, rng), start)
        for half in range(2):
            if rng.random() < 0.7:
                note = _tone(key + 24 + int(rng.choice(chord)), beat / 2, rng)
                _add(made, 0.35 * note, start + int(half * beat / 2 * SAMPLE_RATE_HZ))
        _add(made, _drum(number % 2 == 1, rng), start)
    return made.astype(np.float32)


def _tone(note: int, seconds: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """A plucked tone; `note` as in MIDI, 69 is 440 Hz."""
    at = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    hertz = 440 * 2 ** ((note - 69) / 12)
    made = np.zeros(len(at))
    for harmonic in range(1, 7):
        if hertz * harmonic < SAMPLE_RATE_HZ / 2:
            phase = rng.uniform(0, 2 * np.pi)
            made += np.sin(2 * np.pi * hertz * harmonic * at + phase) * np.exp(-2 * harmonic * at) / harmonic
    return made * np.minimum(1.0, at / 0.005)


def _drum(snare: bool, rng: np.random.Generator) -> NDArray[np.float64]:
    """A fifth of a second: a falling tone, or noise."""
    at = np.arange(SAMPLE_RATE_HZ // 5) / SAMPLE_RATE_HZ
    made: NDArray[np.float64]
    if snare:
        made = 0.6 * rng.standard_normal(len(at)) * np.exp(-30 * at)
    else:
        made = 1.2 * np.sin(2 * np.pi * (50 * at + 4 * (1 - np.exp(-25 * at)))) * np.exp(-12 * at)
    return made


def _babble(count: int, rng: np.random.Generator, speech: Sequence[Clip]) -> Samples:
    """Several of the clips at a time, one after another without end, each talker as loud as the others."""
    spoken = [np.asarray(clip.samples, dtype=np.float32) for clip in speech if rms(clip.samples)]
    if not spoken:
        raise UsageError("babble is made of speech, and there is none", hint="name another kind of noise")
    made = np.zeros(count, dtype=np.float32)
    for _ in range(TALKERS):
        parts: list[Samples] = []
        while sum(map(len, parts)) < 2 * count:
            parts += [at_level(spoken[i], LEVEL) for i in rng.permutation(len(spoken))]
        whole = np.concatenate(parts)
        start = int(rng.integers(0, len(whole) - count + 1))
        made += whole[start : start + count]
    return made


def _add(to: NDArray[np.float64], part: NDArray[np.float64], start: int) -> None:
    end = min(len(to), start + len(part))
    if start < end:
        to[start:end] += part[: end - start]


_MAKERS: Mapping[str, Callable[[int, np.random.Generator], Samples]] = {
    "white": _white,
    "pink": _pink,
    "hum": _hum,
    "clicks": _clicks,
    "music": _music,
}
KINDS = (*_MAKERS, "babble")
"""The noises there are."""
