"""What corrections do: to the corrected utterance, to its neighbours, and to everything else.

corrections.txt holds utterances in words of people's own, some odd and some private ("monk mode"), each with
three neighbours: the same with another word or value. The first of them that the model gets wrong are
corrected as `whispera correct` does it, then `whispera train` runs, a short run since no action is new.
Measured is how many of the corrected utterances and of their neighbours are right then, whether neighbours
that were right before still are, and eval/desktop.txt before and after, with an exact McNemar test.

`--mode together`: all corrections, one training. `in-turn`: a training after each, on top of those before.
`alone`: each by itself, from the same start; lost and won lines are summed over all of these trainings.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from measure import PYTHON, ROOT, arguments, run, show, table, user
from models import base_folder

from whispera.catalog.compiled import CompiledCatalog, compiled
from whispera.cli.correct import append_example
from whispera.domain.intent import Intent
from whispera.engines.load import load
from whispera.evaluation.comparison import mcnemar
from whispera.evaluation.dialogues import Dialogue
from whispera.evaluation.dialogues import read as read_blocks
from whispera.evaluation.expected import Expected, read
from whispera.evaluation.measure import answer
from whispera.pipeline.understand import Understander
from whispera.workspace import Workspace

FILE = Path(__file__).with_name("corrections.txt")
DESKTOP = ROOT / "eval" / "desktop.txt"
NUMBERS = ("percent", "count", "duration")
"""Types whose canonical values are numbers."""


def main() -> None:
    options = arguments(__doc__, add_options)
    base = base_folder(options.base)
    with user() as env:
        bench = Bench(Path(env["HOME"]), base, env, threads=options.threads)
        start = bench.workspace("start")
        before = bench.ask(start, read_blocks(FILE, bench.slots_of), read(DESKTOP, bench.slots_of))
        chosen = before.wrong()[: options.count]
        figures: dict[str, Any] = {
            "mode": options.mode,
            "utterances": len(before.blocks),
            "misunderstood": len(before.wrong()),
            "corrected": len(chosen),
        }
        trainings: list[Training] = []
        if options.mode == "together":
            trainings = [bench.teach(bench.workspace("together"), chosen, chosen)]
        elif options.mode == "alone":
            for number, one in enumerate(chosen):
                trainings.append(bench.teach(bench.workspace(f"alone-{number}"), [one], [one]))
        else:
            place = bench.workspace("in-turn")
            for number, one in enumerate(chosen):
                last = number == len(chosen) - 1
                trainings.append(bench.teach(place, [one], chosen if last else [one]))
    figures |= summary(trainings, before, last_only=options.mode == "in-turn")
    show(options, figures, text_of(figures))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base", type=Path, help="folder of the model (the embedded one)")
    parser.add_argument("--threads", type=int, default=2, help="processor threads of the training (2)")
    parser.add_argument("--count", type=int, default=30, help="corrections to make (30)")
    parser.add_argument("--mode", choices=["together", "in-turn", "alone"], default="together")


@dataclass(frozen=True)
class Asked:
    """What a model makes of the corrections' file and of the published set."""

    blocks: list[Dialogue]
    right: dict[str, bool]
    """Utterance or neighbour to whether it is exactly right."""
    desktop: list[bool]

    def wrong(self) -> list[Dialogue]:
        """The blocks whose utterance is misunderstood."""
        return [block for block in self.blocks if not self.right[block[0].text]]


@dataclass(frozen=True)
class Training:
    """What one training gave."""

    blocks: Sequence[Dialogue]
    """What is looked at after it."""
    seconds: float
    """0 where the adapter was refused."""
    after: Asked
    refused: str = ""
    """Why the adapter was refused, empty where it was kept."""
    report: Mapping[str, Any] = field(default_factory=dict)


class Bench:
    """Workspaces with corrections, and models that were trained on them."""

    def __init__(self, home: Path, base: Path, env: Mapping[str, str], *, threads: int) -> None:
        self._home = home
        self._base = base
        self._env = env
        self._threads = threads
        self._catalog: CompiledCatalog = compiled(ROOT / "config", home / "cache")
        self.slots_of = {
            name: [slot.name for slot in action.slots] for name, action in self._catalog.actions.items()
        }

    def workspace(self, name: str) -> Workspace:
        """A copy of the configuration, the adapters and the dataset, without corrections."""
        place = self._home / name
        shutil.copytree(ROOT / "config", place / "config", ignore=shutil.ignore_patterns("local"))
        if (ROOT / "adapters").is_dir():
            shutil.copytree(ROOT / "adapters", place / "adapters")
        shutil.copy(ROOT / "train.jsonl", place)
        return Workspace(root=place, state=place / "state", cache=self._home / "cache")

    def ask(self, place: Workspace, blocks: list[Dialogue], desktop: Sequence[Expected]) -> Asked:
        """The answers of the base with the adapter of a workspace."""
        model = load(self._base, place.adapters, catalog_hash=self._catalog.hash, threads=self._threads)
        understander = Understander(self._catalog, model)

        def is_right(line: Expected) -> bool:
            return answer(line, understander.parse(line.text), self.slots_of).exact

        return Asked(
            blocks,
            {line.text: is_right(line) for block in blocks for line in block},
            [is_right(line) for line in desktop],
        )

    def teach(self, place: Workspace, new: Sequence[Dialogue], looked_at: Sequence[Dialogue]) -> Training:
        """Correct the utterances `new` and train once; then ask everything again."""
        for block in new:
            append_example(place, block[0].text, self.intent_of(block[0]))
        words = ["train", "--base", str(self._base), "--threads", str(self._threads), "--json"]
        command = [PYTHON, "-m", "whispera", "--workspace", str(place.root), *words]
        done = run(command, env=self._env)
        after = self.ask(place, list(looked_at), read(DESKTOP, self.slots_of))
        if done.code:
            return Training(looked_at, 0.0, after, done.err.strip().splitlines()[-2])
        report = json.loads(done.out)
        assert report["own_new"] == len(new), done.err
        return Training(looked_at, done.seconds, after, report=report)

    def intent_of(self, line: Expected) -> Intent:
        """The first of the intents that are right, as `whispera correct` takes it."""
        name = line.actions[0]
        slots: dict[str, str | int] = {}
        for slot, values in line.slots.items():
            spec = self._catalog.actions[name].slot(slot)
            assert spec is not None
            slots[slot] = int(values[0]) if spec.type in NUMBERS else values[0]
        return Intent(name, slots)


def summary(trainings: Sequence[Training], before: Asked, *, last_only: bool) -> dict[str, Any]:
    """The figures of all trainings; with `last_only` of the state after the last."""
    fixed = [one.after.right[one.blocks[0][0].text] for one in trainings] if last_only else []
    looked = trainings[-1:] if last_only else trainings
    corrected = [one.after.right[block[0].text] for one in looked for block in one.blocks]
    neighbours = [
        (before.right[line.text], one.after.right[line.text])
        for one in looked
        for block in one.blocks
        for line in block[1:]
    ]
    pairs = [pair for one in looked for pair in zip(before.desktop, one.after.desktop, strict=True)]
    won, lost = (sum(pair == wanted for pair in pairs) for wanted in ((False, True), (True, False)))
    times = [one.seconds for one in trainings if not one.refused]
    return {
        "fixed": share(corrected),
        "fixed_at_once": share(fixed) if fixed else None,
        "neighbours_before": share([was for was, _ in neighbours]),
        "neighbours_after": share([now for _, now in neighbours]),
        "neighbours_mended": share([now for was, now in neighbours if not was]),
        "neighbours_kept": share([now for was, now in neighbours if was]),
        "desktop_before": share(before.desktop),
        "desktop_after": share([now for _, now in pairs]),
        "desktop_won": won,
        "desktop_lost": lost,
        "desktop_p": mcnemar(won, lost),
        "heldout_lost": [one.report["comparison"]["lost"] for one in trainings if one.report],
        "heldout_won": [one.report["comparison"]["won"] for one in trainings if one.report],
        "refused": [one.refused for one in trainings if one.refused],
        "examples": [one.report["examples"] for one in trainings if one.report],
        "seconds": {"median": median(times) if times else 0, "all": round(sum(times), 1)},
        "still_wrong": [
            block[0].text for one in looked for block in one.blocks if not one.after.right[block[0].text]
        ],
    }


def share(values: Sequence[bool]) -> dict[str, int]:
    """Right ones and all."""
    return {"right": sum(values), "total": len(values)}


def text_of(figures: Mapping[str, Any]) -> str:
    """The figures as a table."""

    def row(name: str, key: str) -> list[str]:
        found = figures[key]
        part = f"{found['right'] / found['total']:.1%}" if found["total"] else "-"
        return [name, f"{found['right']} of {found['total']}", part]

    rows = [row("corrected utterances right", "fixed")]
    if figures["fixed_at_once"] is not None:
        rows.append(row("right after their own training", "fixed_at_once"))
    rows += [
        row("neighbours right before", "neighbours_before"),
        row("neighbours right after", "neighbours_after"),
        row("of those wrong before, right now", "neighbours_mended"),
        row("of those right before, right still", "neighbours_kept"),
        row(f"{DESKTOP.name} before", "desktop_before"),
        row(f"{DESKTOP.name} after", "desktop_after"),
    ]
    took = figures["seconds"]
    lines = [
        f"{figures['corrected']} corrections of {figures['misunderstood']} misunderstood, {figures['mode']}",
        "",
        table(["", "lines", "share"], rows),
        "",
        f"{DESKTOP.name}: {figures['desktop_won']} won, {figures['desktop_lost']} lost, "
        f"p = {figures['desktop_p']:.3g} (McNemar)",
        f"a training: {took['median']:.0f} s (median), {took['all']:.0f} s all",
    ]
    lines += [f"refused: {one}" for one in figures["refused"]]
    lines += [f"still wrong: {text}" for text in figures["still_wrong"]]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
