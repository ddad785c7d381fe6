"""How well values and phrasings that training never saw are understood.

Patterns are filled with values of training, and with values that the filler lists hold out: the first says
what the second costs. Follow-ups are what the generator says after other commands, with values held out, and
as noisy as training has them. The held-out examples of the action files are phrasings that no pattern makes.
Whole actions that are held out are measured by train_new_action.py. Warm-up: one sentence. The model is asked
as commands are, thresholds included.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from measure import ROOT, arguments, show, table
from models import open_understander

from generator import generate
from generator.heldout import held_values, located
from generator.sources import read
from whispera.catalog import load, mix
from whispera.catalog.catalog import Catalog
from whispera.domain.intent import NONE, SEQUENCE
from whispera.domain.labelled import Labelled
from whispera.evaluation.heldout import expected_of
from whispera.evaluation.measure import answer
from whispera.nlu.codec import encode
from whispera.nlu.decode import trace_of
from whispera.pipeline.context import ABOUT_COMMANDS


def main() -> None:
    options = arguments(__doc__, add_options)
    catalog = load(ROOT / "config")
    sources = read(catalog)
    phrasings, _ = located(sources)
    sets = {
        "patterns, values of training": held_values(sources, seed=1, each=options.each, split="train"),
        "patterns, values held out": held_values(sources, seed=1, each=options.each),
        "follow-ups, values held out": follow_ups(catalog, options.follow_ups),
        "phrasings held out: commands": [one for one in phrasings if one.action != "none"],
        "phrasings held out: no command": [one for one in phrasings if one.action == "none"],
        "all these, after two other commands": after_others(phrasings, catalog),
    }
    slots_of = {name: [slot.name for slot in action.slots] for name, action in catalog.actions.items()}
    understander = open_understander(options.base)
    understander.parse("hello")
    figures: dict[str, Any] = {}
    for name, samples in sets.items():
        lines = [expected_of(one, catalog.actions, line=number) for number, one in enumerate(samples, 1)]
        befores = [[trace_of(wire) for wire in one.previous] for one in samples]
        answers = [
            answer(line, understander.parse(line.text, previous=before), slots_of)
            for line, before in zip(lines, befores, strict=True)
        ]
        count = max(1, len(answers))
        figures[name] = {
            "utterances": len(answers),
            "action": sum(one.action_right for one in answers) / count,
            "exact": sum(one.exact for one in answers) / count,
            "acted on wrongly": sum(one.got is not None and not one.exact for one in answers) / count,
        }
    rows = [
        [name, str(one["utterances"]), *(f"{one[head]:.1%}" for head in HEADS[2:])]
        for name, one in figures.items()
    ]
    show(options, figures, table(HEADS, rows))


HEADS = ["set", "utterances", "action", "exact", "acted on wrongly"]


def follow_ups(catalog: Catalog, size: int) -> list[Labelled]:
    """What is said after other commands, drawn by the mix without all else."""
    assert catalog.mix is not None
    alone = [f"{name}={int(name == 'shares.dialogue')}" for name in mix.NAMES if name.startswith("shares.")]
    drawn = replace(catalog, mix=mix.override(catalog.mix, alone))
    return list(generate(drawn, seed=1, size=size, split="heldout"))


def after_others(phrasings: Sequence[Labelled], catalog: Catalog) -> list[Labelled]:
    """Phrasings as they are said after two commands that have nothing to do with them."""
    drawn = generate(catalog, seed=2, size=1500, split="heldout")
    plain = [one for one in drawn if not one.previous and one.action not in ABOUT_COMMANDS | {NONE, SEQUENCE}]
    wires = [encode(one).wire for one in plain]
    rng = random.Random(1)
    return [replace(one, previous=tuple(rng.sample(wires, 2))) for one in phrasings]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base", type=Path, help="folder of the model (the embedded one)")
    parser.add_argument("--follow-ups", type=int, default=2000, help="utterances after commands (2000)")
    parser.add_argument("--each", type=int, default=20, help="filled patterns of each action (20)")


if __name__ == "__main__":
    main()
