"""`whispera apps`: the applications found on this machine."""

from __future__ import annotations

import dataclasses
import json

import click

from whispera.cli.options import Options
from whispera.errors import StateError
from whispera.pipeline.applications import Applications
from whispera.pipeline.lookup import Lookup
from whispera.pipeline.platform import detect

CACHE = "applications.json"


@click.group("apps", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """The applications found on this machine."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_apps)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def list_apps(options: Options, as_json: bool = False) -> None:
    """Every application that is installed, by name."""
    found = Applications(detect(), cache=options.workspace().cache).all()
    for one in sorted(found, key=lambda app: app.name.casefold()):
        if as_json:
            click.echo(json.dumps(dataclasses.asdict(one), ensure_ascii=False))
        else:
            click.echo(f"{one.name}  ({' '.join(one.argv)})")
    if not found and not as_json:
        click.echo("no application is installed here, as far as the system's menus tell", err=True)


@command.command("find")
@click.argument("name", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def find(options: Options, name: tuple[str, ...], as_json: bool) -> None:
    """What a spoken name stands for; exit code 4 where there is nothing of that name."""
    platform = detect()
    lookup = Lookup(options.catalog().lookup, platform, cache=options.workspace().cache)
    app = lookup.app(" ".join(name))
    if as_json:
        click.echo(json.dumps(dataclasses.asdict(app), ensure_ascii=False))
    else:
        click.echo(f"{app.name}: {' '.join(app.argv) or app.launch}  (process {app.process})")


@command.command("refresh")
@click.pass_obj
def refresh(options: Options) -> None:
    """Look for applications anew; needed only where the system hides that one was installed."""
    cache = options.workspace().cache
    try:
        (cache / CACHE).unlink(missing_ok=True)
    except OSError as error:
        raise StateError(
            f"{cache / CACHE} cannot be removed: {error.strerror}", hint="check its owner"
        ) from error
    count = len(Applications(detect(), cache=cache).all())
    click.echo(f"found {count} application{'' if count == 1 else 's'}")
