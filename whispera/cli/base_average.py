"""`whispera base average`: one base of several that went on from one another."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from whispera import workspace
from whispera.cli.parts import needs
from whispera.cli.train import heldout_of
from whispera.errors import UsageError


@click.command("average")
@click.argument("folders", nargs=-1, required=True, metavar="FOLDER[=WEIGHT]...")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write; its name becomes that of the base.",
)
@click.option("--json", "as_json", is_flag=True, help="The score as JSON on stdout.")
@click.pass_context
def average(ctx: click.Context, *, folders: tuple[str, ...], out: Path, as_json: bool) -> None:
    """Average the weights of bases, the last one's card going on.

    They must have come from one another (`base build --source`). Weights are relative, 1 where none is given.
    """
    place = ctx.find_object(workspace.Workspace) or workspace.find()
    if len(folders) < 2:
        raise UsageError("an average wants two bases or more", hint="whispera base average A B --out C")
    if out.exists():
        raise UsageError(f"{out} is there already", hint="name a new folder")
    with needs("train"):
        from whispera.training import averaging
    from whispera.catalog.load import load

    catalog = load(place.config)
    parts = [averaging.Part(*_read(one)) for one in folders]
    score = averaging.average(parts, out.absolute(), catalog=catalog, heldout=heldout_of(catalog))
    if as_json:
        click.echo(json.dumps({"folder": str(out), "heldout": asdict(score)}, indent=2))
    else:
        click.echo(f"the base is in {out}: {score.action:.1%} action, {score.exact:.1%} exact held out")


def _read(text: str) -> tuple[Path, float]:
    """The folder and the weight of one argument; raises UsageError."""
    name, found, number = text.rpartition("=")
    if not found:
        return Path(text), 1.0
    try:
        weight = float(number)
    except ValueError:
        weight = 0.0
    if not 0 < weight < float("inf"):
        raise UsageError(f"'{number}' is no weight", hint="a number above 0, such as nano=0.4")
    return Path(name), weight
