"""`whispera train`: tunes the adapter on train.jsonl; the old one stays unless the new one is better."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whispera import workspace
from whispera.cli import train_conversations, train_dpo
from whispera.cli.faults import INTERRUPTED, tell
from whispera.cli.options import base_name_option, report_option
from whispera.cli.own_examples import own_examples
from whispera.cli.parts import needs, needs_generator
from whispera.cli.regen import check_data
from whispera.cli.run_bar import RunBar, length_of
from whispera.cli.train_method import Choice, method_options
from whispera.cli.training_lock import training_lock
from whispera.engines.adapter import folder_for
from whispera.engines.load import free_threads
from whispera.errors import UsageError
from whispera.evaluation.comparison import render

if TYPE_CHECKING:
    from whispera.catalog.catalog import Catalog
    from whispera.domain.labelled import Labelled
    from whispera.evaluation.comparison import Comparison
    from whispera.training.loop import Score
    from whispera.training.lora import TrainPlan, TrainReport

MOST_TOLD = 5
"""Examples still misunderstood that are named at the end of a run."""


@click.command("train")
@base_name_option("The base to tune: by name, or the folder of one.")
@click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Training data; train.jsonl of the workspace where it is not named.",
)
@click.option(
    "--examples", type=click.IntRange(min=1), help="Examples to learn from, instead of the recipe's number."
)
@click.option("--all", "everything", is_flag=True, help="Learn from the whole dataset, new actions or not.")
@click.option(
    "--dpo",
    is_flag=True,
    help="Learn from pairs of a right and a wrong answer: your corrections, and what is confused.",
)
@click.option(
    "--conversations",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Learn to talk, from questions and answers in this file; see whispera chat.",
)
@click.option("--name", help="Of the adapter for --conversations; that of the file where it is not named.")
@click.option(
    "--template",
    type=click.Choice(["chatml", "plain"]),
    help="How --conversations are written, instead of the recipe's.",
)
@click.option("--resume", is_flag=True, help="Go on with the run that was interrupted.")
@click.option("--threads", type=click.IntRange(min=1), help="Processor threads; two where it is not named.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON on stdout.")
@report_option("Write what changed, with plots, into a new folder.")
@method_options
@click.pass_context
def train(
    ctx: click.Context,
    *,
    base_name: str,
    data: Path | None,
    examples: int | None,
    everything: bool,
    dpo: bool,
    conversations: Path | None,
    name: str | None,
    template: str | None,
    resume: bool,
    threads: int | None,
    as_json: bool,
    report_dir: Path | None,
    choice: Choice,
) -> None:
    """Tune the adapter on train.jsonl, for actions that are new or changed.

    New actions get most of the run, the others are replayed. Where no action is new, what you corrected and
    confirmed since the last training is learnt in a short run. The old adapter stays where the run is
    interrupted, moves nothing, or understands held-out sentences worse than before.
    """
    if dpo and (data or examples or everything):
        raise UsageError(
            "--dpo takes no --data, --examples or --all", hint="its settings are in config/recipes/dpo.yaml"
        )
    if conversations is None and (name or template):
        raise UsageError(
            "--template and --name belong to --conversations", hint="name the file to learn from"
        )
    if conversations is not None and (dpo or data or examples or everything or report_dir):
        raise UsageError(
            "--conversations takes no --dpo, --data, --examples, --all or --report",
            hint="its settings are in config/recipes/conversation.yaml",
        )
    if not choice.is_plain and (dpo or conversations is not None):
        raise UsageError(
            "--dpo and --conversations take no --trainer, --device, --bits, --full or --out",
            hint="they are tuned by torch on the processor",
        )
    choice.check(resume=resume)
    place = ctx.find_object(workspace.Workspace) or workspace.find()
    base = choice.base(place, base_name)
    if conversations is not None:
        run = train_conversations.Run(conversations, name or "", template or "", resume, threads)
        ctx.exit(train_conversations.run(place, base, run, as_json=as_json))
    with needs("train"):
        from whispera.training import lora
        from whispera.training.corrections import OwnExamples
    from whispera.catalog import load

    if report_dir is not None:
        with needs("report"):
            from whispera.evaluation import comparison_report
        comparison_report.check_folder(report_dir)
    recipe = lora.read_recipe(place.recipe("adapter"))
    if examples is not None:
        recipe = dataclasses.replace(recipe, examples=examples, examples_new=examples)
    catalog = load(place.config, overlay=place.local)
    own = OwnExamples() if dpo else own_examples(place, catalog, seed=recipe.seed)
    if examples is not None:
        own = own.of_size(examples)
    plan = lora.TrainPlan(
        catalog=catalog,
        base=base,
        adapters=place.adapters,
        start=folder_for(place, base.name),
        data=data or place.dataset,
        heldout=heldout_of(catalog),
        work=place.state / "train",
        resume=resume,
        everything=everything,
        own=own,
        threads=threads or free_threads(),
        method=choice.method(place, base),
    )
    if not dpo:
        check_data(place, catalog, plan.data)
    with training_lock(place):
        if dpo:
            ctx.exit(train_dpo.run(place, plan, as_json=as_json, report_dir=report_dir))
        try:
            with RunBar("Training") as bar:
                report = lora.run(recipe, plan, report=bar.update, say=bar.say)
        except KeyboardInterrupt:
            kept = (plan.work / lora.STATE).is_file()
            tell(
                "interrupted; the adapter you had stays as it was",
                hint=f"{place.command} train --resume goes on where it stopped" if kept else "",
            )
            ctx.exit(INTERRUPTED)
        found = comparison_of(place, plan, report)
    if as_json:
        click.echo(json.dumps(report.as_json() | {"comparison": found.as_json()}, indent=2))
    else:
        click.echo(f"{text_of(report, place.adapters, plan.method.out)}\n\n{render(found)}")
    write_report(report_dir, found)


def comparison_of(place: workspace.Workspace, plan: TrainPlan, report: TrainReport) -> Comparison:
    """The held-out phrasings before and after a run that has just been kept."""
    from whispera.catalog.compiled import compiled
    from whispera.cli import compared
    from whispera.engines.versions import AdapterVersions

    catalog = compiled(place.config, place.cache, place.local)
    if plan.method.out is not None:
        return compared.of_training(report, plan.heldout, plan.method.out, catalog, None)
    version = AdapterVersions.of(place, plan.base.name).active()
    return compared.of_training(report, plan.heldout, plan.base, catalog, version)


def write_report(folder: Path | None, found: Comparison) -> None:
    """The page of `--report`, where it is asked for."""
    if folder is not None:
        from whispera.evaluation import comparison_report

        click.echo(f"report: {comparison_report.write(folder, found)}", err=True)


def heldout_of(catalog: Catalog) -> list[Labelled]:
    """The catalog's held-out examples, by the generator where there is one; raises WhisperaError else."""
    with needs_generator("train"):
        from generator import heldout
    return heldout(catalog, seed=1)


def text_of(report: TrainReport, adapters: Path, whole: Path | None = None) -> str:
    """The report at the end of a run, as text; `whole`: the base it wrote instead of an adapter."""

    def change(before: Score, after: Score) -> str:
        return (
            f"action {before.action:6.1%} -> {after.action:6.1%}   "
            f"exact {before.exact:6.1%} -> {after.exact:6.1%}"
        )

    lines = [f"the base is in {whole}" if whole else f"the adapter is in {adapters / report.folder}"]
    known = "known actions, held out" if report.new_after or not report.new_actions else "held out"
    lines.append(f"{known:<25} {change(report.before, report.after)}")
    if report.new_before is not None and report.new_after is not None:
        lines.append(f"new actions, held out     {change(report.new_before, report.new_after)}")
    if report.new_actions:
        names = report.new_actions
        named = ", ".join(names) if len(names) <= MOST_TOLD else f"{len(names)} actions"
        lines.append(f"new or changed            {named}")
    if report.own:
        before, after = sum(one.before for one in report.own), sum(one.after for one in report.own)
        lines.append(f"your examples             {before} -> {after} of {len(report.own)} understood")
        wrong = [repr(one.text) for one in report.own if not one.after]
        lines += [f"  still not: {', '.join(wrong[:MOST_TOLD])}"] if wrong else []
    lines.append(f"examples                  {report.examples} in {length_of(report.seconds)}")
    lines.append(f"temperature               {report.temperature:.2f}")
    return "\n".join(lines)
