"""Milliseconds from text to intent in a running process, and how often the model is asked.

Reads every utterance of eval/desktop.txt, grouped by its length in words. Each round reads all of them
once, so that no utterance is read twice in a row.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from measure import ROOT, SPREAD_HEADS, arguments, show, spread, table
from models import open_understander

LENGTHS = ((1, 2), (3, 4), (5, 8), (9, 14), (15, 1000))
WARM_UP = 10


class Counting:
    """An engine that counts what it is asked."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine
        self.passes = 0
        self.tokens = 0

    def start(self) -> Any:
        return self._engine.start()

    def extend(self, state: Any, ids: Sequence[int], allowed: Sequence[int]) -> Any:
        self.passes += 1
        self.tokens += len(ids)
        return self._engine.extend(state, ids, allowed)


def main() -> None:
    options = arguments(__doc__, add_options)
    texts = [line.partition("|")[0].strip() for line in options.file.read_text(encoding="utf-8").splitlines()]
    texts = [text for text in texts if text and not text.startswith("#")]
    understander = open_understander(options.base, threads=options.threads)
    for text in texts[:WARM_UP]:
        understander.parse(text)
    times: dict[str, list[float]] = defaultdict(list)
    for _ in range(options.rounds):
        for text in texts:
            times[text].append(understander.parse(text).ms)
    counting = Counting(understander.model.engine)
    object.__setattr__(understander.model, "engine", counting)
    passes: dict[str, int] = {}
    tokens: dict[str, int] = {}
    for text in texts:
        counting.passes = counting.tokens = 0
        understander.parse(text)
        passes[text], tokens[text] = counting.passes, counting.tokens
    groups = {"all": texts}
    for low, high in LENGTHS:
        name = f"{low} to {high} words" if high < LENGTHS[-1][1] else f"{low} words and more"
        groups[name] = [text for text in texts if low <= len(text.split()) <= high]
    figures: dict[str, Any] = {"file": options.file.name, "rounds": options.rounds, "warm_up": WARM_UP}
    rows = []
    for name, members in groups.items():
        if not members:
            continue
        ms = spread([value for text in members for value in times[text]])
        asked = spread([passes[text] for text in members])
        read = spread([tokens[text] for text in members])
        figures[name] = {
            "utterances": len(members),
            "ms": asdict(ms),
            "passes": asdict(asked),
            "tokens": asdict(read),
        }
        rows.append([name, *ms.cells("ms"), f"{asked.median:.0f} ({asked.worst:.0f})", f"{read.median:.0f}"])
    text = table(["utterance", *SPREAD_HEADS, "passes (max)", "tokens"], rows)
    show(options, figures, f"{text}\n\nWarm-up: {WARM_UP} utterances; {options.rounds} rounds over the file.")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base", type=Path, help="folder of the model (the embedded one)")
    parser.add_argument("--file", type=Path, default=ROOT / "eval" / "desktop.txt", help="an evaluation file")
    parser.add_argument("--rounds", type=int, default=3, help="times every utterance is read (3)")
    parser.add_argument("--threads", type=int, help="threads of the model (as the program chooses)")


if __name__ == "__main__":
    main()
