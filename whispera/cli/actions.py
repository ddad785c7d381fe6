"""`whispera actions`: the actions there are, and whether their files are in order."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import click

from whispera.catalog.model import Action, SlotSpec, Step
from whispera.cli.options import Options
from whispera.errors import UsageError, WhisperaError


@click.group("actions", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """The actions there are, and whether their files are in order."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_actions)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def list_actions(options: Options, as_json: bool = False) -> None:
    """Every action with its slots, by group."""
    catalog = options.catalog()
    group = ""
    for action in catalog.actions.values():
        if as_json:
            click.echo(json.dumps(_facts(action), ensure_ascii=False))
            continue
        if action.group != group:
            group = action.group
            click.echo(f"{group}:")
        slots = ", ".join(map(_slot, action.slots))
        said = f"{action.name}({slots})" if slots else action.name
        click.echo(f"  {said:<44}  {action.summary}")


@command.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def show(options: Options, name: str, as_json: bool) -> None:
    """One action: what it needs, what is said for it, what it runs."""
    from whispera.catalog.load import load

    workspace = options.workspace()
    actions = load(workspace.config, overlay=workspace.local).actions
    action = actions.get(name)
    if action is None:
        from whispera.pipeline.names import close, did_you_mean

        offers = did_you_mean(close(name, list(actions)))
        raise UsageError(f"there is no action named '{name}'", hint=offers or "whispera actions list")
    if as_json:
        facts = _facts(action)
        facts["patterns"] = list(action.patterns)
        facts["examples"] = [{"say": one.say, "intent": dict(one.intent)} for one in action.examples]
        facts["run"] = {p: [dataclasses.asdict(step) for step in steps] for p, steps in action.run.items()}
        click.echo(json.dumps(facts, ensure_ascii=False, default=str))
        return
    click.echo(f"{action.name} ({action.group}, {action.risk}): {action.summary}")
    for spec in action.slots:
        click.echo(f"  {_slot(spec)}" + (f": one of {', '.join(spec.enum)}" if spec.enum else ""))
    click.echo(f"from {action.source}")
    if action.undo:
        click.echo(f"taken back by {action.undo}")
    click.echo(f"said like: {'; '.join(one.say for one in action.examples[:4])}")
    for platform, steps in action.run.items():
        for step in steps:
            click.echo(f"  {platform:<8} {_step(step)}")


@command.command("check")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def check(options: Options, as_json: bool) -> int:
    """Check every file of the configuration; exit code 2 where something is to be mended."""
    from whispera.catalog.check import check as check_config

    workspace = options.workspace()
    problems = check_config(workspace.config, overlay=workspace.local)
    for problem in problems:
        if as_json:
            click.echo(json.dumps(dataclasses.asdict(problem), ensure_ascii=False))
        else:
            click.echo(str(problem))
            if problem.hint:
                click.echo(f"  hint: {problem.hint}")
    if not problems and not as_json:
        click.echo(f"all {len(options.catalog().actions)} actions are in order")
    return 2 if problems else 0


@command.command("docs")
@click.option("--write", is_flag=True, help="Write docs/actions.md of the workspace.")
@click.option("--check", "check_page", is_flag=True, help="Fail unless docs/actions.md is what it should be.")
@click.pass_obj
def docs(options: Options, write: bool, check_page: bool) -> None:
    """The page about the shipped actions, docs/actions.md."""
    from whispera.catalog.docs import markdown
    from whispera.catalog.load import load
    from whispera.cli.files import replace_file

    if write and check_page:
        raise click.UsageError("either --write or --check")
    workspace = options.workspace()
    page = markdown(load(workspace.config))
    path = workspace.own / "docs" / (f"actions-{workspace.domain}.md" if workspace.domain else "actions.md")
    if write:
        replace_file(path, page)
        click.echo(f"wrote {path}", err=True)
    elif not check_page:
        click.echo(page, nl=False)
    elif not path.is_file() or path.read_text(encoding="utf-8") != page:
        raise WhisperaError(
            f"{path} is not what the actions give", hint="write it: whispera actions docs --write"
        )


def _slot(spec: SlotSpec) -> str:
    return f"{spec.name}{'?' if spec.optional else ''}: {spec.type}"


def _step(step: Step) -> str:
    said = " ".join(step.value)
    when = ", ".join(
        f"{slot} {' or '.join('not said' if value is None else str(value) for value in wanted)}"
        for slot, wanted in step.when.items()
    )
    return f"{step.kind}: {said}" + (f"  (where {when})" if when else "")


def _facts(action: Action) -> dict[str, Any]:
    return {
        "action": action.name,
        "group": action.group,
        "summary": action.summary,
        "risk": action.risk,
        "undo": action.undo,
        "source": action.source,
        "slots": [
            {
                "name": spec.name,
                "type": spec.type,
                "optional": spec.optional,
                "ask": spec.ask,
                "values": list(spec.enum),
            }
            for spec in action.slots
        ],
    }
