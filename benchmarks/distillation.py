"""Utterances as a tuned base understands them: examples for a smaller one (`base build --examples`).

Human utterances of other domains are drawn, without what they are labelled with, and the base is asked for
each as `whispera parse` asks it. Answers it is sure of become examples, a share of those that are no command
among them. This is distillation by answers: what is learnt is what the teacher says, not how sure it is.
"""

from __future__ import annotations

import argparse
import json
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

from measure import PYTHON, ROOT, arguments, show, succeed, table

from whispera.nlu.normalise import normalise
from whispera.training.corpora import read

SEED = 1


def main() -> None:
    options = arguments(__doc__, add_options)
    said = {normalise(one.text).text: one.text for one in read(options.corpora)}
    texts = random.Random(SEED).sample(sorted(said.values()), min(options.count, len(said)))
    asked = [PYTHON, "-m", "whispera", "parse", "-", "--json", "--base", options.teacher]
    done = succeed(asked, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdin="\n".join(texts).encode())
    sure = [one for one in map(json.loads, done.out.splitlines()) if is_sure(one, options.least)]
    commands = [one for one in sure if one["intent"]["action"] != "none"]
    none = [one for one in sure if one["intent"]["action"] == "none"][: options.none]
    with options.out.open("w", encoding="utf-8") as file:
        for one in [*commands, *none]:
            line = {"text": one["text"], "intent": one["intent"], "source": "accepted"}
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
    figures = {"asked": len(texts), "sure": len(sure), "commands": len(commands), "none": len(none)}
    actions = Counter(one["intent"]["action"] for one in commands).most_common()
    rows = [[name, str(count)] for name, count in [*figures.items(), *actions]]
    show(options, {**figures, "actions": dict(actions)}, table(["what", "utterances"], rows))


def is_sure(answer: dict[str, Any], least: float) -> bool:
    """Whether an answer may be learnt from: read without doubt, as a command or as none."""
    intent = answer["intent"]
    taken = answer["accepted"] or (intent is not None and intent["action"] == "none")
    return bool(taken and answer["confidence"] >= least)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--corpora", type=Path, default=ROOT.parent / "shared" / "corpora")
    parser.add_argument("--teacher", default="smollm2-135m", help="name of a base with an adapter")
    parser.add_argument("--count", type=int, default=8000, help="utterances to ask for (8000)")
    parser.add_argument("--least", type=float, default=0.9, help="confidence of what is kept (0.9)")
    parser.add_argument("--none", type=int, default=1200, help="most that are no command (1200)")
    parser.add_argument("--out", type=Path, required=True, help="file of examples, JSON lines")


if __name__ == "__main__":
    main()
