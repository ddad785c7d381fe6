"""`whispera base prepare`, `base export`: a base of a model from elsewhere, and a base for other programs."""

from __future__ import annotations

import json
from pathlib import Path

import click

from whispera import workspace
from whispera.cli.bases import find_base, plan_of
from whispera.cli.bases import prepare as prepare_base
from whispera.cli.options import base_name_option
from whispera.cli.parts import needs
from whispera.errors import UsageError


@click.command("prepare")
@click.argument("name")
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    help="GGUF file of a Llama model, or Hugging Face folder of a Qwen2 one; the fetched model where it is "
    "not named.",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write; its name becomes that of the base.",
)
@click.option(
    "--bits",
    type=click.Choice(["8", "4"]),
    default="8",
    show_default=True,
    help="Of the linear layers. In four bits the base is named NAME-4bit.",
)
@click.option("--json", "as_json", is_flag=True, help="The card of the base as JSON on stdout.")
@click.pass_context
def prepare(
    ctx: click.Context, *, name: str, source: Path | None, out: Path | None, bits: str, as_json: bool
) -> None:
    """Make a base of a model, once; `--base NAME` does it by itself for a model that was fetched.

    NAME is a base of config/models.yaml, or with --source any name. Kept beside the fetched models.
    """
    from whispera.engines.adapter import base_card

    place = ctx.find_object(workspace.Workspace) or workspace.find()
    plan = plan_of(place, name, source=source, out=out, bits=int(bits))
    with needs("train"):
        folder = prepare_base(place, plan, again=source is not None or out is not None)
    click.echo(json.dumps(base_card(folder).data, indent=2) if as_json else str(folder))


@click.command("export")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@base_name_option("The base to write: one by name, or the folder of one.")
@click.option(
    "--format",
    "layout",
    type=click.Choice(["hf"]),
    default="hf",
    show_default=True,
    help="The layout: hf is Hugging Face's, which transformers and mlx-lm load.",
)
@click.option("--half", is_flag=True, help="In float16 instead of float32.")
@click.pass_context
def export(ctx: click.Context, *, folder: Path, base_name: str, layout: str, half: bool) -> None:  # noqa: ARG001
    """Write a base into a new folder, for other programs: config.json, model.safetensors, tokenizer.json."""
    place = ctx.find_object(workspace.Workspace) or workspace.find()
    found = find_base(place, base_name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} holds something already", hint="name a new folder")
    with needs("train"):
        from whispera.training import checkpoint
    checkpoint.put(found, folder.absolute(), half=half)
    click.echo(str(folder))
