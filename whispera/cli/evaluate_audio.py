"""`whispera eval --audio DIR`: recordings from their last sample to the intent, clean and in noise."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whispera import __version__
from whispera.cli.parts import needs
from whispera.workspace import Workspace

if TYPE_CHECKING:
    from whispera.audio.clip import Clip

Each = Callable[[Sequence[Any], Callable[[Any], Any]], list[Any]]
"""Asks one after the other, with a progress bar."""
NOISES = ("white", "pink", "hum", "clicks", "music", "babble")
"""`audio.mixing.KINDS`, which `--help` must not import numpy for; a test compares them."""
SEED = 1


@dataclass(frozen=True, slots=True)
class Asked:
    """What `eval --audio` was told."""

    folder: Path
    recogniser: str | None = None
    """Another one than the settings name."""
    beam: int | None = None
    """Another beam than theirs."""
    noise: tuple[float, ...] = ()
    """Ratios of speech to noise in dB, measured beside the clean recordings."""
    kind: str = "white"
    limit: int | None = None
    threshold: float | None = None
    report: Path | None = None
    wrong: bool = False
    """List what went wrong in noise as well."""
    as_json: bool = False


def run(place: Workspace, base: Path, asked: Asked, *, each: Each) -> None:
    """Print the figures, and write the report where one is asked for."""
    from whispera.audio.files import read_clip
    from whispera.evaluation import audio, audio_text
    from whispera.evaluation.audio_labels import labels_of, read_labels, sample
    from whispera.evaluation.expected import slot_names
    from whispera.pipeline.hearing import open_hearing
    from whispera.pipeline.session import open_session
    from whispera.pipeline.understand import Understander

    if asked.report is not None:
        with needs("report"):
            from whispera.evaluation import audio_report
        audio_report.check_folder(asked.report)
    session = open_session(place, base=base)
    catalog = session.catalog
    voice = catalog.settings.voice
    voice = replace(voice, beam=asked.beam or voice.beam, recogniser=asked.recogniser or voice.recogniser)
    confidence = catalog.settings.confidence
    if asked.threshold is not None:
        confidence = dict.fromkeys(confidence, asked.threshold)
    settings = replace(catalog.settings, voice=voice, confidence=confidence)
    understander = session.understander
    assert isinstance(understander, Understander)
    session.catalog = understander.catalog = replace(catalog, settings=settings)
    slots_of = slot_names(catalog.actions)
    labelled = sample(read_labels(asked.folder, slots_of, labels=labels_of(place.config)), asked.limit)
    clips = [read_clip(one.path) for one in labelled]
    hearing = open_hearing(session)
    started = time.monotonic()
    try:
        hearing.hear(clips[0])  # the first recording pays for what is loaded on first use
        rounds = []
        for name, heard in _conditions(clips, asked):
            pairs = list(zip(labelled, heard, strict=True))
            spoken = each(pairs, lambda pair: audio.listen(hearing, pair[1], pair[0], slots_of))
            rounds.append(audio.Round(name, tuple(spoken)))
    finally:
        hearing.close()
    model = understander.model
    figures = audio.AudioFigures(rounds, peak_mb())
    figures.extra = {
        "version": __version__,
        "date": time.strftime("%Y-%m-%d"),
        "folder": asked.folder.absolute().name,
        "recordings": len(labelled),
        "minutes": round(sum(clip.seconds for clip in clips) / 60, 2),
        "recogniser": voice.recogniser,
        "model": voice.model if voice.recogniser == "whisper" else None,
        "beam": voice.beam,
        "base": model.name,
        "adapter": bool(model.adapter),
        "domain": place.domain or "desktop",
        "noise": asked.kind if asked.noise else None,
        "threshold": asked.threshold,
        "seconds": round(time.monotonic() - started, 2),
    }
    if asked.as_json:
        click.echo(json.dumps(figures.as_json(), ensure_ascii=False, indent=2))
    else:
        click.echo(audio_text.render(figures, wrong=asked.wrong))
    if asked.report is not None:
        click.echo(f"report: {audio_report.write(asked.report, figures)}", err=True)


def _conditions(clips: Sequence[Clip], asked: Asked) -> list[tuple[str, list[Clip]]]:
    """The recordings as they are, then over noise at each ratio; the same noise every time.

    Babble is made of the recordings themselves, so that it sounds like the room they are from.
    """
    import numpy as np

    from whispera.audio.mixing import make_noise, mix

    found = [("clean", list(clips))]
    for snr_db in asked.noise:
        rng = np.random.default_rng(SEED)
        longest = max(len(clip.samples) for clip in clips)
        noise = make_noise(asked.kind, 4 * longest, rng=rng, speech=clips)
        starts = rng.integers(0, 3 * longest, len(clips))
        mixed = [
            mix(clip, noise[start : start + len(clip.samples)], snr_db=snr_db)
            for clip, start in zip(clips, starts, strict=True)
        ]
        found.append((f"{snr_db:g} dB {asked.kind}", mixed))
    return found


def peak_mb() -> float | None:
    """The largest resident memory of this process, in MB of a million bytes; None where it is not told."""
    if sys.platform == "win32":
        return None
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
