"""`whispera history`: what was said and what became of it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click

from whispera import whole
from whispera.cli.options import Options
from whispera.errors import ConfirmationNeeded, UsageError
from whispera.pipeline.history import Entry, session_id
from whispera.pipeline.policy import describe


@click.group("history", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """What was said and what became of it, newest last."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_entries)


@command.command("list")
@click.option("--count", type=click.IntRange(1), default=20, show_default=True, help="How many entries.")
@click.option("--here", is_flag=True, help="Only what was said in this terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def list_entries(options: Options, count: int = 20, here: bool = False, as_json: bool = False) -> None:
    """The newest entries, newest last."""
    entries = options.history().recent(count, session=session_id() if here else None)
    for entry in reversed(entries):
        click.echo(_json(entry) if as_json else _line(entry))


@command.command("show")
@click.argument("id", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show_entry(options: Options, id: int, as_json: bool) -> None:
    """Everything about one entry."""
    entry = options.history().entry(id)
    if as_json:
        click.echo(_json(entry))
        return
    for name, value in entry.as_json().items():
        if name == "time":
            value = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(entry.time))
        elif isinstance(value, dict | list):
            value = json.dumps(value, ensure_ascii=False) if value else None
        if value not in (None, "", False):
            click.echo(f"{name:<10} {value}")


@command.command("forget")
@click.argument("id", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="Erase the whole history.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def forget(options: Options, id: int | None, everything: bool, yes: bool) -> None:
    """Erase one entry, or with --all every one; not even the disk keeps them."""
    if (id is None) != everything:
        raise click.UsageError("give the number of an entry, or --all")
    if everything and not yes:
        from whispera.cli.terminal import asker

        somebody = asker()
        question = "Erase the whole history, corrections included?"
        if somebody is None:
            raise ConfirmationNeeded(
                f"{question} Nobody is here to say yes.", hint="add --yes to answer beforehand"
            )
        if not somebody.confirm(question):
            raise ConfirmationNeeded("nothing was erased")
    count = options.history().forget(id)
    click.echo(f"erased {count} {'entry' if count == 1 else 'entries'}")


@command.command("export")
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True, path_type=Path), default="-")
@click.option("--new", is_flag=True, help="Only what was not exported before.")
@click.pass_obj
def export(options: Options, file: Path, new: bool) -> None:
    """Write the history as JSON lines, oldest first, to FILE or stdout."""
    history = options.history()
    if str(file) == "-":
        history.export(sys.stdout, new=new)
        return
    try:
        with whole.beside(file) as half, half.open("w", encoding="utf-8") as stream:
            count = history.export(stream, new=new)
    except OSError as error:
        raise UsageError(
            f"{file} cannot be written: {error.strerror}",
            hint="name a file in a directory that you may write",
        ) from error
    click.echo(f"wrote {count} {'entry' if count == 1 else 'entries'} to {file}", err=True)


def _json(entry: Entry) -> str:
    return json.dumps(entry.as_json(), ensure_ascii=False)


def _line(entry: Entry) -> str:
    when = time.strftime("%m-%d %H:%M", time.localtime(entry.time))
    meant = describe(entry.intent) if entry.intent else "-"
    marks = "".join(
        [
            ", taken back" if entry.undone else "",
            f", should be {describe(entry.correction)}" if entry.correction else "",
        ]
    )
    return f"{entry.id:>5}  {when}  {entry.utterance!r} -> {meant} ({entry.status}{marks})"
