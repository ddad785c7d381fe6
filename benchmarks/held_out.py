"""How well values and phrasings that training never saw are understood.

Patterns are filled with values of training, and with values that the filler lists hold out: the first says
what the second costs. The held-out examples of the action files are phrasings that no pattern makes. Whole
actions that are held out are measured by train_new_action.py. Warm-up: one sentence. The model is asked as
commands are, thresholds included.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from measure import ROOT, arguments, show, table
from models import open_understander

from generator.heldout import held_values, located
from generator.sources import read
from whispera.catalog import load
from whispera.evaluation.heldout import expected_of
from whispera.evaluation.measure import answer


def main() -> None:
    options = arguments(__doc__, add_options)
    catalog = load(ROOT / "config")
    sources = read(catalog)
    phrasings, _ = located(sources)
    sets = {
        "patterns, values of training": held_values(sources, seed=1, each=options.each, split="train"),
        "patterns, values held out": held_values(sources, seed=1, each=options.each),
        "phrasings held out: commands": [one for one in phrasings if one.action != "none"],
        "phrasings held out: no command": [one for one in phrasings if one.action == "none"],
    }
    slots_of = {name: [slot.name for slot in action.slots] for name, action in catalog.actions.items()}
    understander = open_understander(options.base)
    understander.parse("hello")
    figures: dict[str, Any] = {}
    for name, samples in sets.items():
        lines = [expected_of(one, catalog.actions, line=number) for number, one in enumerate(samples, 1)]
        answers = [answer(line, understander.parse(line.text), slots_of) for line in lines]
        count = max(1, len(answers))
        figures[name] = {
            "utterances": len(answers),
            "action": sum(one.action_right for one in answers) / count,
            "exact": sum(one.exact for one in answers) / count,
        }
    rows = [
        [name, str(one["utterances"]), f"{one['action']:.1%}", f"{one['exact']:.1%}"]
        for name, one in figures.items()
    ]
    show(options, figures, table(["set", "utterances", "action", "exact"], rows))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base", type=Path, help="folder of the model (the embedded one)")
    parser.add_argument("--each", type=int, default=20, help="filled patterns of each action (20)")


if __name__ == "__main__":
    main()
