"""`whispera synth`: paraphrases by a language model of the user's choice, for a person to review."""

from __future__ import annotations

import json
import random
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whispera.cli import synth_endpoint, synth_review
from whispera.cli.faults import INTERRUPTED, tell
from whispera.cli.files import replace_file
from whispera.cli.options import Options
from whispera.cli.parts import needs_generator
from whispera.errors import UsageError
from whispera.synth import answer, request, reviewed
from whispera.synth.endpoint import Client, EndpointError, Unusable
from whispera.synth.kept import Kept
from whispera.synth.reviewed import Paraphrase, Reviewed

if TYPE_CHECKING:
    from generator.paraphrases import Judge
    from whispera.catalog.catalog import Catalog
    from whispera.catalog.model import Action
    from whispera.workspace import Workspace

KEPT = "synth"
"""Folder of kept answers in the state directory."""
THINNEST = 10
_IN_A_ROW = 3
"""So many actions without an answer end a run."""


@click.group("synth", invoke_without_command=True)
@click.option("--endpoint", "address", metavar="URL", help="An OpenAI-compatible endpoint to ask.")
@click.option("--model", help="The model to ask for; the only one there where it is not named.")
@click.option("--remote-ok", is_flag=True, help="Allow an endpoint that is not this machine.")
@click.option(
    "--action", "names", multiple=True, metavar="NAME", help="An action; may be given several times."
)
@click.option("--all", "everything", is_flag=True, help="Every action.")
@click.option(
    "--thinnest",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"The N actions with the fewest patterns; {THINNEST} where no action is named.",
)
@click.option(
    "-n",
    "--count",
    default=20,
    show_default=True,
    type=click.IntRange(1, 500),
    help="Paraphrases an action to ask for.",
)
@click.option("--seed", default=1, show_default=True, help="Another one asks for others.")
@click.option(
    "--timeout",
    "timeout_s",
    default=120.0,
    show_default=True,
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="For one answer.",
)
@click.option(
    "--key-env",
    metavar="NAME",
    help=f"The variable that holds the key; {synth_endpoint.KEY} for other machines.",
)
@click.option(
    "--key-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file of yours alone that holds the key.",
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; of your configuration where it is not named.",
)
@click.option("--dry-run", is_flag=True, help="Show the first request, and send nothing.")
@click.option("--json", "as_json", is_flag=True, help="What was found as JSON on stdout.")
@click.pass_context
def command(ctx: click.Context, /, **options: Any) -> int:
    """Have a language model write other ways of saying an action, for a person to review.

    What is sent: the summary, the slots and a dozen patterns of each action, and the summaries of its
    neighbours; no history, no corrections, no names of yours but those in your own actions, nothing that is
    held out. Where: to the endpoint you name (--endpoint, synth.endpoint of your settings, or
    OPENAI_BASE_URL). A local one (llama-server, Ollama, LM Studio, vLLM, mlx_lm.server) keeps it on this
    machine; any other is asked only with --remote-ok.

    What comes back is filled with values and read by the model here. Where both agree a paraphrase is agreed,
    else undecided; what is known, or measured on, is rejected. Nothing is learnt before you say so:

    \b
    whispera synth --endpoint http://127.0.0.1:8080/v1 --action set_volume
    whispera synth review FILE
    whispera synth apply FILE
    whispera regen && whispera train
    """
    if ctx.invoked_subcommand is not None:
        given = [name for name in ctx.params if _is_given(ctx, name)]
        if given:
            raise UsageError(
                f"the options before '{ctx.invoked_subcommand}' belong to whispera synth alone",
                hint=f"whispera synth {ctx.invoked_subcommand} --help",
            )
        return 0
    found = ctx.find_object(Options) or Options()
    return run(found, Wanted(**options))


command.add_command(synth_review.review)
command.add_command(synth_review.apply)


def _is_given(ctx: click.Context, name: str) -> bool:
    return ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


@dataclass(frozen=True, slots=True)
class Wanted:
    """The command line."""

    address: str | None
    model: str | None
    remote_ok: bool
    names: tuple[str, ...]
    everything: bool
    thinnest: int | None
    count: int
    seed: int
    timeout_s: float
    key_env: str | None
    key_file: Path | None
    out: Path | None
    dry_run: bool
    as_json: bool


@dataclass(slots=True)
class Progress:
    """What a run has done so far."""

    asked: int = 0
    """Requests sent."""
    kept: int = 0
    """Requests that were answered in an earlier run."""
    failed: dict[str, str] = field(default_factory=dict)
    """Action to why there are no paraphrases of it."""
    new: int = 0
    """Paraphrases added to the file."""


def run(options: Options, wanted: Wanted) -> int:
    """Asks, judges and writes; the exit code."""
    from whispera.catalog.load import load

    place = options.workspace()
    catalog = load(place.config, overlay=place.local)
    actions = chosen(catalog, wanted)
    endpoint = synth_endpoint.named(wanted.address, catalog.settings)
    synth_endpoint.tell_what_is_sent(endpoint, actions)
    if wanted.dry_run:
        count = min(wanted.count, request.MOST)
        shown = request.messages(actions[0], catalog, count=count, rng=random.Random(wanted.seed))
        click.echo("\n\n".join(f"[{one['role']}]\n{one['content']}" for one in shown))
        return 0
    synth_endpoint.check_allowed(endpoint, remote_ok=wanted.remote_ok)
    key = synth_endpoint.key_of(endpoint, variable=wanted.key_env, file=wanted.key_file)
    client = Client(endpoint, key=key, timeout_s=wanted.timeout_s, say=tell)
    judge = judge_of(options, place, catalog, wanted.seed)
    model = wanted.model or catalog.settings.synth_model or synth_endpoint.only_model(client)
    path = (
        wanted.out
        or place.local / synth_review.REVIEWED / f"{time.strftime('%Y-%m-%d')}-{_file_name(model)}.yaml"
    )
    page = reviewed.read(path) if path.is_file() else Reviewed(model, endpoint.url)
    if page.model != model:
        raise UsageError(f"{path} holds paraphrases by {page.model}", hint="name another file with --out")
    before = _in_other_files(place.local / synth_review.REVIEWED, path)
    for name, _, one in page.lines():
        if name in catalog.actions:
            judge.take(name, one.say)
    answers = Kept(place.state / KEPT, url=endpoint.url, write=replace_file)
    progress = Progress()
    in_a_row = 0
    try:
        with _bar(actions) as steps:
            for action in steps:
                try:
                    says = list(
                        _asked(action, catalog, client, answers, progress, model=model, wanted=wanted)
                    )
                    in_a_row = 0
                except Unusable:
                    raise
                except EndpointError as error:
                    progress.failed[action.name] = error.message
                    in_a_row += 1
                    if in_a_row == min(_IN_A_ROW, len(actions)):
                        raise
                    continue
                known = {one.say for one in page.actions.get(action.name, ())} | before.get(
                    action.name, set()
                )
                more = [_judged(judge, action, say) for say in says if say not in known]
                if more:
                    page = page.with_more(action.name, more)
                    replace_file(path, reviewed.render(page))
                    progress.new += len(more)
    except KeyboardInterrupt:
        tell(
            f"interrupted; {progress.new} paraphrases are in {path}" if progress.new else "interrupted",
            hint="what was answered is kept: the same command goes on where it stopped",
        )
        return INTERRUPTED
    _show(page, path, progress, as_json=wanted.as_json)
    return 1 if progress.failed else 0


def chosen(catalog: Catalog, wanted: Wanted) -> list[Action]:
    """The actions that were asked for; raises UsageError."""
    from whispera.pipeline.names import close, did_you_mean

    if sum([bool(wanted.names), wanted.everything, wanted.thinnest is not None]) > 1:
        raise UsageError("either --action, --all or --thinnest", hint="whispera synth --help")
    for name in wanted.names:
        if name not in catalog.actions:
            hint = did_you_mean(close(name, list(catalog.actions))) or "whispera actions list"
            raise UsageError(f"there is no action named '{name}'", hint=hint)
    if wanted.names:
        return [catalog.actions[name] for name in dict.fromkeys(wanted.names)]
    actions = list(catalog.actions.values())
    if wanted.everything:
        return actions
    return sorted(actions, key=lambda one: len(one.patterns))[: wanted.thinnest or THINNEST]


def judge_of(options: Options, place: Workspace, catalog: Catalog, seed: int) -> Judge:
    """The judge of paraphrases; raises ModelError where the model here does not know the actions."""
    with needs_generator("run synth"):
        from generator.leaks import read_measured
        from generator.paraphrases import Judge
    session = options.session()
    session.understand("hello")  # a model that does not fit is told before anything is asked
    measured = read_measured(place.evaluation, catalog)
    return Judge(catalog, understand=session.understand, measured=measured, seed=seed)


def _asked(
    action: Action,
    catalog: Catalog,
    client: Client,
    answers: Kept,
    progress: Progress,
    *,
    model: str,
    wanted: Wanted,
) -> Iterator[str]:
    """The paraphrases of an action, asked for in portions; raises EndpointError where none can be read."""
    left, number = wanted.count, 0
    says: dict[str, None] = {}
    while left > 0:
        count = min(left, request.MOST)
        seed = wanted.seed * 1000 + number
        body = request.body(action, catalog, model=model, count=count, seed=seed)
        text = answers.get(body)
        if text is None:
            progress.asked += 1
            text = client.answer(body)
            found = answer.read_answer(text)
            if found:
                answers.put(body, text)
        else:
            progress.kept += 1
            found = answer.read_answer(text)
        slots = [spec.name for spec in action.slots]
        says |= dict.fromkeys(filter(None, (answer.tidy(one, slots) for one in found)))
        left -= count
        number += 1
    if not says:
        raise EndpointError(
            f"{model} answers, but not with paraphrases", hint="ask again, or another model (--model)"
        )
    yield from says


def _judged(judge: Judge, action: Action, say: str) -> Paraphrase:
    verdict = judge.judge(action.name, say)
    return Paraphrase(say, verdict.kind, verdict.why)


def _in_other_files(folder: Path, path: Path) -> dict[str, set[str]]:
    """What other reviewed files hold, by action, so that nobody is asked about it twice."""
    found: dict[str, set[str]] = {}
    for other in sorted(folder.glob("*.yaml")):
        if other != path:
            for action, _, one in reviewed.read(other).lines():
                found.setdefault(action, set()).add(one.say)
    return found


def _show(page: Reviewed, path: Path, progress: Progress, *, as_json: bool) -> None:
    counts = page.counts()
    if as_json:
        facts = {
            "file": str(path) if page.actions else None,
            **counts,
            "new": progress.new,
            "requests": progress.asked,
            "kept": progress.kept,
            "failed": progress.failed,
        }
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
    else:
        for name, why in progress.failed.items():
            tell(f"{name}: {why}")
        said = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
        click.echo(f"{progress.new} new paraphrases" + (f"; {path}: {said}" if page.actions else ""))
    if any(counts[status] for status in reviewed.WAITING):
        tell("nothing is learnt yet", hint=f"whispera synth review {path}")
    elif not progress.new and not progress.failed:
        tell("all of it was known", hint="--seed 2 asks for others")


@contextmanager
def _bar(actions: Sequence[Action]) -> Iterator[Iterator[Action]]:
    if not sys.stderr.isatty():
        yield iter(actions)
        return
    with click.progressbar(
        actions, label="Asking", file=sys.stderr, item_show_func=lambda one: one.name if one else ""
    ) as bar:
        yield iter(bar)


def _file_name(model: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", model).strip("-.")[:60] or "model"
