"""`whispera base build`: makes nano, the embedded base, from SmolLM2 and human utterances."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import click

from whispera import workspace
from whispera.cli import base_average, base_prepare
from whispera.cli.faults import INTERRUPTED, tell
from whispera.cli.own_examples import labelled_examples
from whispera.cli.parts import needs
from whispera.cli.run_bar import RunBar
from whispera.cli.train import heldout_of
from whispera.engines.adapter import CARD
from whispera.engines.load import free_threads
from whispera.engines.store import folder_of, named, read_models
from whispera.errors import ModelError, UsageError

NEEDED = """A base learns how people phrase things from human utterances that are not part of the project:
a folder with utterances.jsonl, one JSON object a line:
    {"source": "hwu64", "text": "...", "intent": "alarm_set", "slots": [["time", "half past six"]]}
of HWU64 (CC BY 4.0), Snips 2017 (CC0) and SLURP devel (CC BY 4.0), as config/corpora.yaml names them.
The project ships a finished base; only who wants another one needs this."""


SEED = "smollm2-135m"
"""The model that nano is made from, as config/models.yaml names it."""


def fetched(place: workspace.Workspace) -> Path:
    """Where `whispera models get` puts the GGUF file of the seed."""
    model = named(read_models(place.config), SEED)
    (name,) = (file for file in model.files if file.endswith(".gguf"))
    return folder_of(model, place) / name


@click.group("base")
def base() -> None:
    """The base models that adapters are tuned on."""


base.add_command(base_prepare.prepare)
base.add_command(base_prepare.export)
base.add_command(base_average.average)


@base.command("build")
@click.option(
    "--corpora",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder with utterances.jsonl, human utterances with intents and slots.",
)
@click.option(
    "--source",
    type=click.Path(path_type=Path),
    help="GGUF file of SmolLM2-135M-Instruct, the fetched one where it is not named; "
    "or the folder of a base to go on from.",
)
@click.option(
    "--examples",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Desktop commands to learn as well, in the form of examples.jsonl (docs/data.md).",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write; the shipped base, nano, where it is not named.",
)
@click.option("--threads", type=click.IntRange(min=1), help="Processor threads; two where it is not named.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KEY=NUMBER",
    help="A number of base.yaml or mix.yaml in config/recipes to replace for this run: noise.typing=0.",
)
@click.option("--json", "as_json", is_flag=True, help="The score as JSON on stdout.")
@click.pass_context
def build(
    ctx: click.Context,
    *,
    corpora: Path | None,
    source: Path | None,
    examples: Path | None,
    out: Path | None,
    threads: int | None,
    settings: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make nano from the lower layers of SmolLM2; about an hour on two cores.

    An interrupted build goes on from its last checkpoint when it is started again.
    """
    place = ctx.find_object(workspace.Workspace) or workspace.find()
    if corpora is None or not (corpora / "utterances.jsonl").is_file():
        missing = "no --corpora" if corpora is None else f"no utterances.jsonl in {corpora}"
        raise UsageError(f"{missing}\n{NEEDED}", hint="whispera base build --corpora DIR")
    if out is None and place.data:
        raise UsageError("an installed Whispera keeps its base", hint="name a folder for yours with --out")
    weights = source or fetched(place)
    if not weights.is_file() and not (weights / CARD).is_file():
        raise ModelError(
            f"there is no {weights}",
            hint=f"whispera models get {SEED}, or name the GGUF file with --source",
        )
    with needs("train"):
        from whispera.training import base as training
        from whispera.training import corpora as human
        from whispera.training.prepare import check_out
        from whispera.training.recipe import override
    from generator import generate
    from generator.leaks import read_measured
    from whispera.catalog import load, mix

    folder = (out or place.models / workspace.DEFAULT_BASE).absolute()
    check_out(folder)
    catalog = load(place.config)
    of_mix = [one for one in settings if one.partition("=")[0] in mix.NAMES]
    others = [one for one in settings if one not in of_mix]
    recipe = override(training.read_recipe(place.config / "recipes" / "base.yaml"), others, also=mix.BRIEFLY)
    drawn = replace(catalog, mix=mix.override(catalog.mix, of_mix) if catalog.mix else None)
    measured = read_measured(place.evaluation, catalog)
    theirs = human.load(corpora, place.config / "corpora.yaml")
    theirs.examples = labelled_examples(examples, catalog) if examples else []
    for part in (theirs.foreign, theirs.mapped, theirs.negatives, theirs.examples):
        part[:] = [one for one in part if measured.leak(one) is None]
    count = threads or free_threads()
    plan = training.BuildPlan(
        source=weights,
        out=folder,
        work=place.state / "base",
        catalog=drawn,
        corpora=theirs,
        heldout=heldout_of(catalog),
        generate=lambda seed, size: generate(drawn, seed=seed, size=size, avoid=measured.leak),
        processes=count,
        threads=count,
    )
    try:
        with RunBar("Building") as bar:
            score = training.build(recipe, plan, report=bar.update, say=bar.say)
    except KeyboardInterrupt:
        tell(
            "interrupted; the base you had stays as it was", hint="the same command goes on where it stopped"
        )
        ctx.exit(INTERRUPTED)
    if as_json:
        click.echo(json.dumps({"folder": str(folder), "heldout": asdict(score)}, indent=2))
    else:
        click.echo(f"the base is in {folder}: {score.action:.1%} action, {score.exact:.1%} exact held out")
