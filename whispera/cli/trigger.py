"""`whispera trigger`: for the key binding of a desktop. `pressed.py` is its short way."""

from __future__ import annotations

import json

import click

from whispera.cli.options import Options
from whispera.cli.pressed import TRIGGERS, send


@click.command("trigger")
@click.argument("what", type=click.Choice(TRIGGERS))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def command(options: Options, what: str, as_json: bool) -> None:
    """Tell the daemon what a key did.

    Bind `whispera trigger toggle` to a key of your desktop, or press and release to its going down and up;
    cancel drops what is being said or done.
    """
    send(what, options.workspace())
    if as_json:
        click.echo(json.dumps({"ok": True, "did": what}))
