"""`whispera synth review` and `apply`: a person decides, and what was accepted becomes patterns."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

import click

from whispera.cli.faults import INTERRUPTED, tell
from whispera.cli.files import held, replace_file
from whispera.cli.options import Options
from whispera.cli.terminal import TerminalAsker, asker
from whispera.errors import ConfigError, ConfirmationNeeded, PatternError, UsageError
from whispera.synth import overlay, reviewed
from whispera.synth.reviewed import WAITING, Paraphrase, Reviewed

if TYPE_CHECKING:
    from whispera.catalog.catalog import Catalog

REVIEWED = "synth"
"""Folder of the reviewed files in the user's configuration."""

_FILE = click.Path(dir_okay=False, path_type=Path)
_CHOICES = "[y]es, [n]o, [e]dit, [l]ater, [q]uit?"


@click.command("review")
@click.argument("file", type=_FILE)
@click.option("--accept-agreed", is_flag=True, help="Accept what is agreed without asking; ask nothing.")
@click.option("--json", "as_json", is_flag=True, help="How many there are of each status, as JSON on stdout.")
@click.pass_obj
def review(options: Options, file: Path, accept_agreed: bool, as_json: bool) -> int:
    """Decide about the paraphrases of FILE that are agreed or undecided.

    Each is shown with what the model here made of it. Every answer is written down at once.
    """
    page = reviewed.read(file)
    if accept_agreed:
        for action, index, one in list(page.lines()):
            if one.status == "agreed":
                page = page.with_one(action, index, replace(one, status="accepted"))
        replace_file(file, reviewed.render(page))
    else:
        code = _walk(options, file, page)
        if code:
            return code
        page = reviewed.read(file)
    counts = page.counts()
    if as_json:
        click.echo(json.dumps(counts, indent=2))
    else:
        click.echo(", ".join(f"{count} {status}" for status, count in counts.items() if count))
    if counts["accepted"]:
        tell("they are no patterns yet", hint=f"whispera synth apply {file}")
    return 0


def _walk(options: Options, file: Path, page: Reviewed) -> int:
    """Asks about one after the other; 0, or the exit code of an interrupted review."""
    waiting = [(action, index, one) for action, index, one in page.lines() if one.status in WAITING]
    if not waiting:
        return 0
    person = asker()
    if person is None:
        raise ConfirmationNeeded(
            f"{len(waiting)} paraphrases wait for somebody to decide",
            hint="run it in a terminal, or accept what is agreed with --accept-agreed",
        )
    workspace = options.workspace()
    catalog: Catalog | None = None
    try:
        for number, (action, index, one) in enumerate(waiting, 1):
            tell(f"{number}/{len(waiting)} {action}: {one.say}\n    {one.status}: {one.why}")
            if catalog is None:
                from whispera.catalog.load import load

                catalog = load(workspace.config, overlay=workspace.local)
            decided = _decide(person, catalog, action, one)
            if decided is None:
                return 0
            page = page.with_one(action, index, decided)
            replace_file(file, reviewed.render(page))
    except KeyboardInterrupt:
        tell("interrupted; what you have decided is kept", hint=f"whispera synth review {file}")
        return INTERRUPTED
    return 0


def _decide(person: TerminalAsker, catalog: Catalog, action: str, one: Paraphrase) -> Paraphrase | None:
    """The paraphrase as decided; None where the person has had enough."""
    while True:
        answer = person.ask(_CHOICES)
        word = (answer or "q").strip().lower()[:1]
        if word == "q":
            return None
        if word == "l":
            return one
        if word == "n":
            return replace(one, status="rejected", why="by a person")
        if word == "y":
            return replace(one, status="accepted")
        if word == "e":
            say = " ".join((person.ask("as it should be:") or "").split())
            wrong = problem(catalog, action, say) if say else "nothing was written"
            if not wrong:
                return Paraphrase(say, "accepted", f"edited by a person, was {one.say!r}")
            tell(wrong)


def problem(catalog: Catalog, action: str, say: str) -> str:
    """Why a text can be no pattern of an action; empty where it can."""
    from whispera import patterns
    from whispera.catalog.check_words import pattern_problems

    spec = catalog.actions.get(action)
    if spec is None:
        return f"there is no action named '{action}' here"
    try:
        found = patterns.slots(patterns.parse(say))
    except PatternError as error:
        return f"that is no pattern: {error.message}"
    unknown = [slot.name for slot in found if spec.slot(slot.name) is None]
    if unknown:
        return f"{action} has no slot '{unknown[0]}'"
    problems = pattern_problems(say, catalog, spec)
    return problems[0][0] if problems else ""


@click.command("apply")
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="What was added as JSON on stdout.")
@click.pass_obj
def apply(options: Options, file: Path, as_json: bool) -> None:
    """Make patterns of what is accepted in FILE, in your own configuration.

    They extend the actions and copy nothing. Applying a file again replaces what it gave before; to take it
    back, delete the folder that is named.
    """
    from whispera.catalog.load import load

    page = reviewed.read(file)
    workspace = options.workspace()
    target = workspace.local / overlay.FOLDER / file.stem
    if not file.stem or file.stem.startswith("."):
        raise UsageError(f"{file} has no name to call a folder by", hint="rename it")
    with held(target):
        with tempfile.TemporaryDirectory(prefix="whispera-") as folder:
            trial = Path(folder) / "local"
            if workspace.local.is_dir():
                shutil.copytree(workspace.local, trial, ignore=shutil.ignore_patterns(".*"))
            shutil.rmtree(trial / overlay.FOLDER / file.stem, ignore_errors=True)
            catalog = load(workspace.config, overlay=trial)
            patterns = accepted(page, catalog, file)
            files = overlay.extensions(patterns, of=file)
            _write(trial, files)
            load(workspace.config, overlay=trial)  # whatever would break the configuration is never put there
        aside = workspace.local / REVIEWED
        _replace(target, {PurePath(path.name): text for path, text in files.items()}, aside=aside)
    count = sum(map(len, patterns.values()))
    if as_json:
        facts = {
            "folder": str(target),
            "patterns": count,
            "actions": {k: len(v) for k, v in patterns.items()},
        }
        click.echo(json.dumps(facts, indent=2))
    else:
        click.echo(
            f"{count} patterns of {len(patterns)} actions in {target}" if count else "nothing is accepted"
        )
    counts = page.counts()
    waiting = sum(counts[status] for status in WAITING)
    if waiting:
        tell(f"{waiting} are not decided", hint=f"whispera synth review {file}")
    if count:
        tell("the model does not know them yet", hint="whispera regen && whispera train")


def accepted(page: Reviewed, catalog: Catalog, file: Path) -> dict[str, list[str]]:
    """The accepted patterns by action, without known ones; raises ConfigError for one that cannot be."""
    found: dict[str, list[str]] = {}
    for action, index, one in page.lines():
        if one.status != "accepted":
            continue
        wrong = problem(catalog, action, one.say)
        if wrong:
            raise ConfigError(
                f"{one.say!r}: {wrong}",
                file=file,
                key=f"actions.{action}[{index}]",
                hint="mend the line, or write status: rejected",
            )
        known = {text.lower() for text in (*catalog.actions[action].patterns, *found.get(action, ()))}
        if one.say.lower() not in known:
            found.setdefault(action, []).append(one.say)
    return found


def _write(folder: Path, files: Mapping[PurePath, str]) -> None:
    for name, text in files.items():
        replace_file(folder / name, text)


def _replace(target: Path, files: Mapping[PurePath, str], *, aside: Path) -> None:
    """Puts a folder with these files in the place of another, at once.

    What is half written stays in the folder `aside`, where nothing is read as configuration.
    """
    aside.mkdir(parents=True, exist_ok=True)
    beside, former = aside / f".{target.name}.new", aside / f".{target.name}.old"
    for leftover in (beside, former):
        shutil.rmtree(leftover, ignore_errors=True)
    if files:
        _write(beside, files)
    if target.is_dir():
        target.replace(former)
    if files:
        beside.replace(target)
    shutil.rmtree(former, ignore_errors=True)
