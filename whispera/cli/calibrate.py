"""`whispera calibrate`: the least confidence of each risk, for a stated share of false activations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whispera import workspace
from whispera.cli.bases import find_base, load_base
from whispera.cli.config import change
from whispera.cli.options import asked_base_options
from whispera.errors import UsageError, WhisperaError

if TYPE_CHECKING:
    from whispera.catalog.compiled import CompiledCatalog
    from whispera.cli.compared import Question
    from whispera.evaluation.thresholds import Outcome


@dataclass(frozen=True, slots=True)
class _Found:
    """What was measured, and what came of it."""

    sentences: int
    rate: float
    """What was asked for."""
    now: Outcome
    chosen: Outcome | None
    curve: Sequence[Outcome]


@click.command("calibrate")
@click.argument("files", nargs=-1, metavar="[FILE]...", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--false-activation",
    "rate",
    type=click.FloatRange(0, 1),
    default=0.01,
    show_default=True,
    help="Share of the sentences that are no command that may be acted on.",
)
@asked_base_options
@click.option("--write", is_flag=True, help="Make them your settings; without it they are only shown.")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON on stdout.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    files: tuple[Path, ...],
    rate: float,
    base_name: str,
    no_adapter: bool,
    write: bool,
    as_json: bool,
) -> None:
    """Choose how sure a reading must be to be acted on, for each risk.

    Asked are the held-out examples of the action files, or the FILEs, which are written as those of `whispera
    eval`: sentences that nobody trained on, and that are not what you measure on afterwards.
    """
    from whispera.catalog import compiled
    from whispera.cli.evaluate import each
    from whispera.evaluation import thresholds
    from whispera.evaluation.expected import slot_names
    from whispera.evaluation.measure import answer
    from whispera.pipeline.understand import Understander

    place = ctx.find_object(workspace.Workspace) or workspace.find()
    catalog = compiled(place.config, place.cache, place.local)
    questions = _questions(place, catalog, files)
    if not any(one.expected.is_none for one in questions):
        raise UsageError(
            "none of the sentences is no command",
            hint="write a good many that are: nice weather today | none",
        )
    base = find_base(place, base_name)
    model = load_base(place, base, catalog, use_adapter=not no_adapter)
    slots_of = slot_names(catalog.actions)
    reader = Understander(catalog, model)
    answers = each(questions, lambda one: answer(one.expected, reader.parse(one.expected.text), slots_of))
    cases = thresholds.cases_of(answers, catalog.actions, slots_of)
    now = catalog.settings.confidence
    chosen = thresholds.choose(cases, rate=rate, now=now)
    found = _Found(len(cases), rate, thresholds.outcome(cases, now), chosen, thresholds.curve(cases))
    click.echo(json.dumps(_as_json(found), indent=2) if as_json else _as_text(found))
    if chosen is None:
        raise WhisperaError(
            f"no thresholds keep false activations at {100 * rate:g} % of these sentences",
            hint="ask for less, with a larger --false-activation, or train on more that is no command",
        )
    if write:
        change(place, {f"confidence.{risk}": value for risk, value in chosen.thresholds.items()})
        click.echo(f"written: {place.local / 'settings.yaml'}", err=True)


def _questions(place: workspace.Workspace, catalog: CompiledCatalog, files: Sequence[Path]) -> list[Question]:
    """The sentences of the files, else the held-out ones of the action files; each with what is right."""
    from whispera.catalog.load import load
    from whispera.cli.compared import Question, questions_of
    from whispera.cli.train import heldout_of
    from whispera.evaluation.expected import read, slot_names

    if files:
        slots_of = slot_names(catalog.actions)
        return [Question(one) for file in files for one in read(file, slots_of)]
    samples = heldout_of(load(place.config, overlay=place.local))
    return [one for one in questions_of(samples, catalog) if not one.previous]


def _as_json(found: _Found) -> dict[str, Any]:
    return {
        "sentences": found.sentences,
        "false_activation": found.rate,
        "now": _row(found.now),
        "chosen": _row(found.chosen) if found.chosen is not None else None,
        "curve": [_row(one) for one in found.curve],
    }


def _row(one: Outcome) -> dict[str, Any]:
    return {
        "thresholds": dict(one.thresholds),
        "right": one.right,
        "wrong": one.wrong,
        "commands": one.commands,
        "false_activations": one.false,
        "no_command": one.nones,
        "at_most": round(one.at_most, 4),
    }


def _as_text(found: _Found) -> str:
    from whispera.evaluation.text import table

    def cells(one: Outcome) -> tuple[str, ...]:
        of = max(1, one.commands)
        return (
            f"{100 * one.right / of:.1f} %",
            f"{100 * one.wrong / of:.1f} %",
            f"{one.false}",
            f"{100 * one.false_activation:.1f} %",
            f"{100 * one.at_most:.1f} %",
        )

    head = ("rightly done", "wrongly done", "false activations", "share", "at most")
    lines = [
        f"{found.sentences} sentences, {found.now.nones} of them no command; of these may be acted on: "
        f"{100 * found.rate:g} %",
        "",
        table(
            ("one threshold for all", *head),
            [(f"{next(iter(one.thresholds.values())):.2f}", *cells(one)) for one in found.curve],
        ),
        "",
    ]
    rows = [("now", found.now)] + ([("chosen", found.chosen)] if found.chosen is not None else [])
    told = [(name, *(f"{value:.2f}" for value in one.thresholds.values()), *cells(one)) for name, one in rows]
    lines.append(table(("", *found.now.thresholds, *head), told))
    return "\n".join(lines)
