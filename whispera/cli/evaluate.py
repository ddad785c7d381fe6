"""`whispera eval FILE`: how much of an evaluation file is understood, as text, JSON or a report."""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import click

from whispera import __version__, workspace
from whispera.cli import evaluate_audio, evaluate_prompted
from whispera.cli.bases import find_base, load_base
from whispera.cli.options import asked_base_options, report_option
from whispera.cli.parts import needs
from whispera.errors import UsageError

Thing = TypeVar("Thing")
Result = TypeVar("Result")

_BLOCK = re.compile(r"([^:]+):([1-9]\d*)-([1-9]\d*)")


def read_block(text: str) -> tuple[str, int, int]:
    """Name, first and last line of a block; raises UsageError."""
    found = _BLOCK.fullmatch(text)
    if found is None or int(found[2]) > int(found[3]):
        raise UsageError(
            f"'{text}' is no block of lines", hint="write NAME:FROM-TO, such as --block plain:1-440"
        )
    return found[1], int(found[2]), int(found[3])


@click.command("eval")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--dialogues", "as_dialogues", is_flag=True, help="FILE holds dialogues; play each as a session."
)
@click.option("--json", "as_json", is_flag=True, help="All figures as JSON on stdout.")
@report_option("Write a report with plots into a new folder.")
@click.option(
    "--threshold",
    type=click.FloatRange(0, 1),
    help="Least confidence that counts, instead of those of config/settings.yaml.",
)
@asked_base_options
@click.option("--wrong", is_flag=True, help="List every wrong answer.")
@click.option(
    "--block",
    "blocks",
    multiple=True,
    metavar="NAME:FROM-TO",
    help="Report these lines of the file apart; may be given several times.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Ask only so many lines, drawn alike every time.")
@click.option(
    "--few-shot",
    "few_shot",
    type=click.IntRange(min=0),
    metavar="N",
    help="Prompt the base, untuned, with instructions and N examples of train.jsonl; beside its adapter.",
)
@click.option("--unconstrained", is_flag=True, help="With --few-shot: let it write freely as well.")
@click.option(
    "--draw",
    type=click.Choice(["seeded", "nearest"]),
    default="seeded",
    show_default=True,
    help="With --few-shot: the same examples for all, or those with the nearest words.",
)
@click.option(
    "--audio",
    "audio_dir",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Measure recordings: labels.json in DIR says what is said in them.",
)
@click.option(
    "--recogniser", metavar="NAME", help="With --audio: whisper or pocketsphinx, instead of the settings'."
)
@click.option("--beam", type=click.IntRange(min=1), help="With --audio: hypotheses that Whisper follows.")
@click.option(
    "--noise",
    type=float,
    multiple=True,
    metavar="DB",
    help="With --audio: again with noise so much softer than the speech; may be given several times.",
)
@click.option(
    "--noise-kind",
    "noise_kind",
    type=click.Choice(evaluate_audio.NOISES),
    default="white",
    show_default=True,
    help="With --noise: what to mix in.",
)
@click.pass_context
def evaluate(
    ctx: click.Context,
    *,
    file: Path | None,
    as_dialogues: bool,
    as_json: bool,
    report_dir: Path | None,
    threshold: float | None,
    base_name: str,
    no_adapter: bool,
    wrong: bool,
    blocks: tuple[str, ...],
    limit: int | None,
    few_shot: int | None,
    unconstrained: bool,
    draw: str,
    audio_dir: Path | None,
    recogniser: str | None,
    beam: int | None,
    noise: tuple[float, ...],
    noise_kind: str,
) -> None:
    """Measure how well FILE is understood: one utterance a line with the intents that are right.

    With --audio, how well recordings are: whether intent and slots are right, how quickly, with what memory.
    In a file of dialogues an empty line ends each, and an indented line leans on those before it; such lines
    are reported apart, and so are the dialogues under each heading.
    """
    from whispera.catalog import compiled
    from whispera.evaluation import dialogues, measure, text
    from whispera.evaluation.expected import read, slot_names
    from whispera.pipeline.understand import Understander

    if few_shot is None and (unconstrained or draw != "seeded"):
        raise UsageError("--unconstrained and --draw belong to --few-shot", hint="add --few-shot 16")
    if few_shot is not None and (as_dialogues or report_dir or no_adapter or blocks):
        raise UsageError(
            "--few-shot takes no --dialogues, --report, --no-adapter or --block", hint="leave them away"
        )
    place = ctx.find_object(workspace.Workspace) or workspace.find()
    if audio_dir is not None:
        if file is not None or as_dialogues or blocks or few_shot is not None or no_adapter:
            raise UsageError(
                "--audio takes no FILE, --dialogues, --block, --few-shot or --no-adapter",
                hint="whispera eval --audio DIR",
            )
        asked = evaluate_audio.Asked(
            audio_dir,
            recogniser,
            beam,
            noise,
            noise_kind,
            limit=limit,
            threshold=threshold,
            report=report_dir,
            wrong=wrong,
            as_json=as_json,
        )
        evaluate_audio.run(place, find_base(place, base_name), asked, each=each)
        return
    if file is None or recogniser or beam or noise:
        raise UsageError(
            "name a FILE, or recordings with --audio" if file is None else "that option belongs to --audio",
            hint="whispera eval eval/desktop.txt, or whispera eval --audio DIR",
        )
    ranges = [read_block(block) for block in blocks]
    if report_dir is not None:
        with needs("report"):
            from whispera.evaluation import report
        report.check_folder(report_dir)
    catalog = compiled(place.config, place.cache, place.local)
    if threshold is not None:
        confidence = dict.fromkeys(catalog.settings.confidence, threshold)
        catalog = replace(catalog, settings=replace(catalog.settings, confidence=confidence))
    slots_of = slot_names(catalog.actions)
    expected = [] if as_dialogues else read(file, slots_of)
    talks = dialogues.read(file, slots_of) if as_dialogues else []
    if not expected and not talks:
        raise UsageError(f"{file} holds no utterance", hint="the format is described in docs/evaluation.md")
    expected = evaluate_prompted.sample(expected, limit)
    base = find_base(place, base_name)
    if few_shot is not None:
        how = evaluate_prompted.FewShot(few_shot, unconstrained, draw, threshold)
        evaluate_prompted.run(place, catalog, base, expected, how, each=each, wrong=wrong, as_json=as_json)
        return
    model = load_base(place, base, catalog, use_adapter=not no_adapter)
    started = time.monotonic()
    understander = Understander(catalog, model)
    understander.parse("hello")  # the first parse pays for what is loaded on first use
    played = each(talks, lambda talk: dialogues.play(understander, talk, slots_of))
    answers = each(expected, lambda one: measure.answer(one, understander.parse(one.text), slots_of))
    answers += [answer for one in played for answer in one]

    def type_of(action: str, slot: str) -> str:
        spec = catalog.actions[action].slot(slot)
        return spec.type if spec is not None else ""

    figures = measure.figures(answers, slots_of, type_of)
    figures.extra = {
        **({"dialogues": len(talks)} if as_dialogues else {}),
        "version": __version__,
        "date": time.strftime("%Y-%m-%d"),
        "file": file.name,
        "utterances": len(answers),
        "base": model.name,
        "adapter": bool(model.adapter),
        "temperature": model.temperature,
        "threshold": threshold,
        "thresholds": dict(catalog.settings.confidence),
        "seconds": round(time.monotonic() - started, 2),
        "blocks": dialogues.kinds(played)
        + [measure.block(name, answers, first=first, last=last) for name, first, last in ranges],
    }
    if as_json:
        click.echo(json.dumps(figures.as_json(), ensure_ascii=False, indent=2))
    else:
        click.echo(text.render(figures, wrong=wrong))
    if report_dir is not None:
        click.echo(f"report: {report.write(report_dir, figures)}", err=True)


def each(things: Sequence[Thing], ask: Callable[[Thing], Result]) -> list[Result]:
    """What was answered to each, with a progress bar on stderr when that is a terminal."""
    if not things or not sys.stderr.isatty():
        return [ask(one) for one in things]
    with click.progressbar(things, label="Evaluating", file=sys.stderr) as shown:
        return [ask(one) for one in shown]
