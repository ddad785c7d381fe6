"""Recordings of people through both recognisers, several beams and contexts, clean and in noise.

The 100 human recordings of coffee orders (--audio) in the domain they belong to (--domain). Each row is one
setting over all recordings; the settings marked best and pocketsphinx are measured in noise as well. Noise is
generated, the same every time, and mixed so many dB below the speech.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ears import Setting, listening
from measure import ROOT, arguments, show, table

from whispera import workspace
from whispera.audio.clip import Clip
from whispera.audio.files import read_clip
from whispera.audio.mixing import KINDS, make_noise, mix
from whispera.cli.evaluate_audio import peak_mb
from whispera.evaluation.audio import Round, listen
from whispera.evaluation.audio_labels import Labelled, labels_of, read_labels, sample
from whispera.evaluation.expected import slot_names

BEAMS = (1, 5, 8)
RATIOS_DB = (24.0, 12.0, 6.0)
SEED = 1


def main() -> None:
    options = arguments(__doc__, add_options)
    place = workspace.find(str(ROOT), domain=options.domain)
    settings = [one for one in settings_of(options) if not options.setting or one.name in options.setting]
    rounds: dict[str, list[Round]] = {}
    for setting in settings:
        with listening(setting) as (session, hearing):
            slots_of = slot_names(session.catalog.actions)
            labelled = read_labels(options.audio, slots_of, labels=labels_of(place.config))
            labelled = sample(labelled, options.limit)
            clips = [read_clip(one.path) for one in labelled]
            hearing.hear(clips[0])
            rounds[setting.name] = []
            for name, heard in conditions(clips, options, noisy=setting.name in options.noisy):
                one = measured(name, heard, labelled, hearing, slots_of)
                rounds[setting.name].append(one)
                print(f"{setting.name}, {name}: {one.exact.value:.1%}", file=sys.stderr)
    figures: dict[str, Any] = {
        "recordings": len(labelled),
        "minutes": sum(clip.seconds for clip in clips) / 60,
        "noise": options.noise_kind,
        "settings": {name: [one.as_json() for one in some] for name, some in rounds.items()},
        "peak_mb": peak_mb(),
    }
    show(options, figures, text_of(rounds, options))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--audio", type=Path, default=ROOT.parent / "shared" / "audio" / "barista")
    parser.add_argument("--domain", default="barista", help="what they are said to (barista)")
    parser.add_argument("--limit", type=int, help="so many recordings, drawn alike every time (all)")
    parser.add_argument("--noise-kind", choices=KINDS, default="white")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", default="", help="another Whisper model, or its folder")
    parser.add_argument("--setting", action="append", help="a row to measure; may be given several times")
    parser.add_argument(
        "--noisy",
        action="append",
        help="a row to measure in noise too (the first row and pocketsphinx)",
    )


def settings_of(options: argparse.Namespace) -> list[Setting]:
    """The rows, the shipped setting first."""
    common: dict[str, Any] = {"domain": options.domain, "threads": options.threads, "model": options.model}
    found = [Setting(**common)]
    for beam in BEAMS:
        found.append(Setting(beam=beam, **common))
        found.append(Setting(beam=beam, prompt=False, **common))
    found.append(Setting(beam=5, rescoring=False, **common))
    found.append(Setting(beam=5, prompt=False, rescoring=False, **common))
    found.append(Setting(recogniser="pocketsphinx", domain=options.domain, threads=options.threads))
    if options.noisy is None:
        options.noisy = [found[0].name, found[-1].name]
    return found


def conditions(
    clips: Sequence[Clip], options: argparse.Namespace, *, noisy: bool
) -> list[tuple[str, list[Clip]]]:
    """The recordings as they are and, for some settings, over noise."""
    found = [("clean", list(clips))]
    for snr_db in RATIOS_DB if noisy else ():
        rng = np.random.default_rng(SEED)
        longest = max(len(clip.samples) for clip in clips)
        noise = make_noise(options.noise_kind, 4 * longest, rng=rng, speech=clips)
        mixed = []
        for clip in clips:
            start = int(rng.integers(0, 3 * longest))
            mixed.append(mix(clip, noise[start : start + len(clip.samples)], snr_db=snr_db))
        found.append((f"{snr_db:g} dB {options.noise_kind}", mixed))
    return found


def measured(
    name: str,
    clips: Sequence[Clip],
    labelled: Sequence[Labelled],
    hearing: Any,
    slots_of: dict[str, list[str]],
) -> Round:
    """All recordings under one condition."""
    pairs = zip(labelled, clips, strict=True)
    return Round(name, tuple(listen(hearing, clip, one, slots_of) for one, clip in pairs))


def text_of(rounds: dict[str, list[Round]], options: argparse.Namespace) -> str:
    rows = [
        [
            f"{setting}, {one.name}",
            f"{one.action.value:.0%}",
            f"{one.exact.value:.0%}",
            *(f"{one.latency_ms[name]:.0f} ms" for name in ("median", "p90")),
            f"{one.real_time_factor:.3f} x",
            str(sum(one.rejections.values())),
        ]
        for setting, some in rounds.items()
        for one in some
    ]
    heads = ["setting", "intent", "every slot", "median", "p90", "real time", "rejected"]
    slots = dict.fromkeys(name for some in rounds.values() for one in some for name in one.per_slot)
    per_slot = [
        [
            f"{setting}, {one.name}",
            *(f"{one.per_slot[slot].value:.0%}" if slot in one.per_slot else "-" for slot in slots),
        ]
        for setting, some in rounds.items()
        for one in some
    ]
    count = len(next(iter(rounds.values()))[0].spoken)
    return (
        f"{table(heads, rows)}\n\n{table(['right values', *slots], per_slot)}\n\n{count} recordings of "
        f"{options.audio.name}, {options.threads} threads. Median and p90: from the last sample to the "
        "intent. Warm-up: one recording."
    )


if __name__ == "__main__":
    main()
