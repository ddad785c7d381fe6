"""`whispera train --conversations FILE`: tunes an adapter to talk, for `whispera chat`."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whispera.cli.faults import INTERRUPTED, tell
from whispera.cli.parts import needs
from whispera.cli.run_bar import RunBar, length_of
from whispera.cli.training_lock import training_lock
from whispera.engines import chat
from whispera.engines.chat import NONE
from whispera.engines.load import free_threads
from whispera.errors import UsageError
from whispera.workspace import Workspace

if TYPE_CHECKING:
    from whispera.training.talking import ConversationReport

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Run:
    """What was asked for."""

    data: Path
    name: str
    """Of the adapter; that of the file where it is empty."""
    template: str
    """Instead of the recipe's, where it is not empty."""
    resume: bool
    threads: int | None


def run(place: Workspace, base: Path, asked: Run, *, as_json: bool) -> int:
    """The exit code of a run; raises UsageError and what `training.talking` raises."""
    name = asked.name or asked.data.stem.lower()
    if not _NAME.fullmatch(name) or name == NONE:
        raise UsageError(
            f"'{name}' is no name for an adapter", hint="small letters, digits, - and _: --name whispera"
        )
    with needs("train"):
        from whispera.training import talking
    recipe = talking.read_recipe(place.recipe("conversation"))
    plan = talking.ConversationPlan(
        base=base,
        adapters=place.adapters,
        data=asked.data,
        name=name,
        work=place.state / "train",
        start=chat.names([place.adapters, place.shipped_adapters], base.name).get(name),
        template=asked.template,
        resume=asked.resume,
        threads=asked.threads or free_threads(),
    )
    try:
        with training_lock(place), RunBar("Tuning") as bar:
            report = talking.run(recipe, plan, report=bar.update, say=bar.say)
    except KeyboardInterrupt:
        kept = (plan.work / talking.STATE).is_file()
        tell(
            "interrupted; the adapter you had stays as it was",
            hint="the same command with --resume goes on where it stopped" if kept else "",
        )
        return INTERRUPTED
    click.echo(json.dumps(report.as_json(), indent=2) if as_json else text_of(report, place.adapters))
    return 0


def text_of(report: ConversationReport, adapters: Path) -> str:
    """The report at the end of a run, as text."""
    where = "kept out" if report.kept_out else "learnt from"
    before, after = math.exp(report.before.loss), math.exp(report.after.loss)
    return "\n".join(
        [
            f"the adapter is in {adapters / report.folder}",
            f"conversations             {report.conversations}, {report.tokens} tokens of answers, "
            f"template {report.template}",
            f"answers {where:<17} perplexity {before:.1f} -> {after:.1f}   "
            f"next token right {report.before.exact:.1%} -> {report.after.exact:.1%}",
            f"time                      {length_of(report.seconds)}",
        ]
    )
