"""`whispera train --dpo`: finds pairs of a right and a wrong answer, and tunes the adapter on them."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whispera.cli.faults import INTERRUPTED, tell
from whispera.cli.parts import needs, needs_generator
from whispera.cli.run_bar import LINE_EVERY_S, RunBar
from whispera.engines.adapter import WEIGHTS, base_card, file_hash
from whispera.engines.load import load
from whispera.evaluation.comparison import render
from whispera.pipeline.examples import FILE as EXAMPLES
from whispera.pipeline.history import History
from whispera.workspace import Workspace

if TYPE_CHECKING:
    from whispera.catalog.catalog import Catalog
    from whispera.training.dpo import DpoRecipe, DpoReport
    from whispera.training.lora import TrainPlan
    from whispera.training.pairs import PairScore
    from whispera.training.preferences import Corrected, Lines, Pair

SPLIT = "preferences"
"""The generator's split that pairs are looked for in; training never draws from it."""
PAIRS = "pairs.jsonl"
OWN = "corrected"
"""Source of the very words that were corrected, which may be measured on elsewhere."""


def run(place: Workspace, plan: TrainPlan, *, as_json: bool, report_dir: Path | None = None) -> int:
    """The exit code; the caller holds the lock of a training."""
    from whispera.cli import train

    with needs("train"):
        from whispera.training import dpo, lora
    recipe = dpo.read_recipe(place.recipe("dpo"))
    fresh = lora.read_recipe(place.recipe("adapter"))
    try:
        pairs = find_pairs(place, plan, recipe)
        with RunBar("Preferring") as bar:
            report = dpo.run(recipe, plan, pairs, fresh=fresh, report=bar.update, say=bar.say)
    except KeyboardInterrupt:
        kept = (plan.work / dpo.STATE).is_file()
        tell(
            "interrupted; the adapter you had stays as it was",
            hint=f"{place.command} train --dpo --resume goes on where it stopped" if kept else "",
        )
        return INTERRUPTED
    found = train.comparison_of(place, plan, report.adapter)
    if as_json:
        click.echo(json.dumps(report.as_json() | {"comparison": found.as_json()}, indent=2))
    else:
        click.echo(f"{text_of(report, place.adapters)}\n\n{render(found)}")
    train.write_report(report_dir, found)
    return 0


def find_pairs(place: Workspace, plan: TrainPlan, recipe: DpoRecipe) -> list[Pair]:
    """The pairs of a run: those found before for the same model and lines, or found now."""
    from whispera.training import preferences

    model = load(
        plan.base,
        plan.start or plan.adapters,
        catalog_hash=plan.catalog.hash,
        threads=plan.threads,
        command=place.command,
    )
    lines = lines_of(place, plan, recipe)
    key = {
        "base": base_card(plan.base).base_hash,
        "adapter": file_hash(Path(model.adapter) / WEIGHTS) if model.adapter else "",
        "catalog": plan.catalog.hash,
        "lines": lines.digest,
        "runner_up": recipe.runner_up,
    }
    path = plan.work / f"{plan.base.name}.{PAIRS}"
    pairs = preferences.read_pairs(path, key)
    if pairs is None:
        asker = preferences.Asker(plan.catalog, model, runner_up=recipe.runner_up)
        found = watched(preferences.mine(asker, lines), len(lines), label="Looking for pairs")
        pairs = [pair for some in found for pair in some]
        preferences.write_pairs(path, pairs, key)
    click.echo(f"{kinds_of(preferences.count_kinds(pairs))} in {len(lines)} sentences: {path}", err=True)
    return pairs


def lines_of(place: Workspace, plan: TrainPlan, recipe: DpoRecipe) -> Lines:
    """The sentences to look for pairs in: the user's corrections, and some that training did not see."""
    from whispera.training.preferences import Lines, plain

    with needs_generator("train"):
        from generator import generate, leaks
    evaluation = leaks.read_measured(place.evaluation, plan.catalog)
    measured = {plain(one.text) for one in plan.heldout} | {plain(one.text) for one in evaluation.lines}
    kept_out = [
        line
        for line in generate(plan.catalog, seed=recipe.seed, size=recipe.lines, split=SPLIT)
        if plain(line.text) not in measured
    ]
    own = [
        one
        for one in corrected_lines(place, plan.catalog, seed=recipe.seed)
        if one.labelled.source == OWN or plain(one.labelled.text) not in measured
    ]
    return Lines(own, kept_out, measured)


def corrected_lines(place: Workspace, catalog: Catalog, *, seed: int) -> list[Corrected]:
    """What the user has corrected, with the wire intents that were given for it, and the same dressed anew.

    Of the examples and the history; where both have the same words after the same commands, the example
    counts. The words themselves have the source `OWN`.
    """
    from generator import correction, dressed, read_corrections
    from whispera.training.preferences import Corrected

    history = History(place.state)
    entries = [entry for entry in history.corrections() if entry.correction is not None]
    history.close()
    written = {(line.text, line.previous): line for line in read_corrections(place.local / EXAMPLES)}
    said: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for entry in entries:
        if entry.correction is None:
            continue
        previous = tuple(json.dumps(one.as_json(), ensure_ascii=False) for one in entry.previous)
        key = (entry.utterance, previous)
        if entry.wire:
            said.setdefault(key, []).append(entry.wire)
        line = correction(entry.utterance, entry.correction.as_json(), source=f"history {entry.id}")
        written.setdefault(key, replace(line, previous=previous))
    found, _ = dressed(list(written.values()), catalog, seed=seed)
    lines: list[Corrected] = []
    for one in found:
        first, *copies = one.samples
        wires = tuple(said.get((one.line.text, one.line.previous), ()))
        lines.append(Corrected(replace(first, source=OWN), wires))
        lines.extend(map(Corrected, copies))
    return lines


def watched(found: Iterable[list[Pair]], total: int, *, label: str) -> Iterator[list[Pair]]:
    """What is found, with a progress bar on stderr when that is a terminal, else a line now and then."""
    if sys.stderr.isatty():
        with click.progressbar(found, length=total, label=label, file=sys.stderr) as bar:
            yield from bar
        return
    shown_s, count = time.monotonic(), 0
    for number, some in enumerate(found, 1):
        count += len(some)
        if time.monotonic() - shown_s >= LINE_EVERY_S:
            shown_s = time.monotonic()
            click.echo(f"{number}/{total} sentences, {count} pairs", err=True)
        yield some


def kinds_of(counts: dict[str, int]) -> str:
    """How many pairs there are of each kind, in words."""
    names = {"correction": "from corrections", "confusion": "confusions", "runner-up": "runners-up"}
    return f"{sum(counts.values())} pairs ({', '.join(f'{counts[kind]} {names[kind]}' for kind in names)})"


def text_of(report: DpoReport, adapters: Path) -> str:
    """The report at the end of a run, as text."""
    from whispera.cli import train

    lines = [train.text_of(report.adapter, adapters)]
    lines.append(f"pairs                     {kinds_of(report.kinds)}")
    for what, before, after in (
        ("pairs learnt from", report.learnt_before, report.learnt_after),
        ("pairs kept out", report.kept_before, report.kept_after),
    ):
        lines.append(f"{what:<25} {change(before, after)}")
    return "\n".join(lines)


def change(before: PairScore, after: PairScore) -> str:
    """How pairs are told apart, before and after."""
    if not before.pairs:
        return "none"
    return (
        f"right {before.accuracy:6.1%} -> {after.accuracy:6.1%}   "
        f"margin {before.margin:5.2f} -> {after.margin:5.2f}   of {before.pairs}"
    )
