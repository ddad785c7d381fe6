"""How much of the published set also comes up in the base's training data, and the figures without it.

Short commands ("new tab") are said in few ways: the patterns make some of the lines of eval/desktop.txt word
for word, though none was copied. The generated part of every pass of config/recipes/base.yaml is drawn again,
from the configuration as it is now. A line counts as seen when one of those utterances is equal to it but for
case and punctuation, and as nearly seen when one of six words or more has nine words of ten in common.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from measure import ROOT, arguments, show, table
from models import open_understander

from generator import generate
from generator.fillers import plain
from generator.leaks import read_measured
from whispera.catalog import load
from whispera.evaluation.expected import read
from whispera.evaluation.measure import answer
from whispera.training.base import read_recipe

FILE = "desktop.txt"


def main() -> None:
    options = arguments(__doc__, add_options)
    catalog = load(ROOT / "config")
    recipe = read_recipe(ROOT / "config" / "recipes" / "base.yaml")
    measured = read_measured(ROOT / "eval", catalog)
    seen: set[str] = set()
    for epoch in range(recipe.passes):
        seed = recipe.seed * 1000 + epoch
        drawn = generate(catalog, seed=seed, size=recipe.generated, avoid=measured.leak)
        seen.update(plain(sample.text) for sample in drawn)
    near = {found.line for text in seen if (found := measured.near(text)) is not None}
    nearly = {one.number for one in near if one.file == FILE}
    understander = open_understander(options.base)
    slots_of = {name: [slot.name for slot in action.slots] for name, action in catalog.actions.items()}
    lines = read(ROOT / "eval" / FILE, slots_of)
    kinds = {
        line.line: "seen"
        if plain(line.text) in seen
        else "nearly seen"
        if line.line in nearly
        else "not seen"
        for line in lines
    }
    answers = [(kinds[line.line], answer(line, understander.parse(line.text), slots_of)) for line in lines]
    figures: dict[str, dict[str, float]] = {}
    for name in ("seen", "nearly seen", "not seen", "all"):
        part = [one for kind, one in answers if name in (kind, "all")]
        count = max(1, len(part))
        figures[name] = {
            "lines": len(part),
            "action": sum(one.action_right for one in part) / count,
            "exact": sum(one.exact for one in part) / count,
        }
    rows = [[name, str(f["lines"]), f"{f['action']:.1%}", f"{f['exact']:.1%}"] for name, f in figures.items()]
    show(options, figures, table(["in the training data", "lines", "action", "exact"], rows))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base", type=Path, help="folder of the model (the embedded one)")


if __name__ == "__main__":
    main()
