"""`whispera undo`: take the last command of this terminal back."""

from __future__ import annotations

import click

from whispera.cli.options import Options
from whispera.cli.terminal import asker
from whispera.cli.typed import show
from whispera.domain.intent import Intent
from whispera.domain.outcome import Parse
from whispera.errors import NotPossible
from whispera.pipeline.history import UNDO


@click.command("undo")
@click.option("--dry-run", is_flag=True, help="Show what would be taken back, and how.")
@click.option("--json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(options: Options, dry_run: bool, json: bool) -> int:
    """Take the last command of this terminal back, if it can be."""
    session = options.session()
    entry = session.undoable()
    if entry is None or entry.undo is None:
        raise NotPossible(
            "there is nothing to take back",
            hint="only a command of the last minutes can be, and not every one",
        )
    intent = entry.undo if dry_run else Intent(UNDO)
    answer = session.act(Parse("undo", "", intent, None, 1.0, 0.0), dry_run=dry_run, asker=asker())
    show(answer, json=json)
    session.remember(answer)
    return answer.exit_code
