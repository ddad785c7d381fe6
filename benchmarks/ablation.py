"""What each part of the base's training mix and some of its choices are worth, in points.

Each row is a small `whispera base build` from the source model with some numbers of config/recipes/base.yaml
replaced, measured on eval/desktop.txt, eval/dialogues.txt and the held-out examples of the action files.
Small builds are far from converged: differences tell what matters, not what a whole build reaches.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from measure import PYTHON, ROOT, arguments, show, succeed, table, user

SMALL = {"passes": 1, "generated": 10000, "foreign": 2000, "mapped": 500, "negatives": 700}
ROWS: dict[str, dict[str, float]] = {
    "the mix, small": {},
    "without foreign utterances": {"foreign": 0, "generated": 12000},
    "without mapped utterances": {"mapped": 0, "generated": 10500},
    "without human negatives": {"negatives": 0, "generated": 10700},
    "generated alone": {"foreign": 0, "mapped": 0, "negatives": 0, "generated": 13200},
    "4 layers": {"layers": 4},
    "8 layers": {"layers": 8},
    "twice as long": {"passes": 2},
    "batches of 2048 tokens": {"tokens_per_batch": 2048},
}
"""Row to what it changes; parts left out are made up for by generated utterances."""


def main() -> None:
    options = arguments(__doc__, add_options)
    rows, figures = [], {}
    with user() as env:
        for name in options.row or ROWS:
            figures[name] = build(name, options, env)
            rows.append([name, *(f"{figures[name][key]:.1f}" for key in HEADS[1:])])
            print(table(HEADS, [rows[-1]]), file=sys.stderr, flush=True)
    show(options, figures, table(HEADS, rows))


HEADS = ["row", "desktop action", "desktop exact", "dialogues exact", "held out exact", "minutes"]


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--corpora", type=Path, default=ROOT.parent / "shared" / "corpora")
    parser.add_argument("--source", type=Path, required=True, help="GGUF file of SmolLM2-135M-Instruct")
    parser.add_argument("row", nargs="*", help="rows to build (all)")


def build(name: str, options: argparse.Namespace, env: dict[str, str]) -> dict[str, float]:
    """The scores of one small build, in per cent, and how long it took."""
    out = Path(env["HOME"]) / name.replace(" ", "-") / "nano"
    out.parent.mkdir(parents=True)
    settings = [f"--set={key}={value}" for key, value in {**SMALL, **ROWS[name]}.items()]
    command = [PYTHON, "-m", "whispera", "base", "build", "--json", "--out", str(out), *settings]
    built = succeed(
        [*command, "--corpora", str(options.corpora), "--source", str(options.source)],
        env={**env, "XDG_STATE_HOME": str(out.parent / "state")},
    )

    def scores(*words: str) -> dict[str, Any]:
        asked = [PYTHON, "-m", "whispera", "eval", *words, "--base", str(out), "--no-adapter", "--json"]
        found: dict[str, Any] = json.loads(succeed(asked, env=env).out)
        return found

    desktop = scores(str(ROOT / "eval" / "desktop.txt"))
    dialogues = scores("--dialogues", str(ROOT / "eval" / "dialogues.txt"))
    return {
        "desktop action": 100 * desktop["action"]["right"] / desktop["action"]["total"],
        "desktop exact": 100 * desktop["exact"]["right"] / desktop["exact"]["total"],
        "dialogues exact": 100 * dialogues["exact"]["right"] / dialogues["exact"]["total"],
        "held out exact": 100 * json.loads(built.out)["heldout"]["exact"],
        "minutes": built.seconds / 60,
    }


if __name__ == "__main__":
    main()
