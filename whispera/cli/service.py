"""`whispera service`: have the daemon started at login."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict

import click

from whispera.cli.options import Options
from whispera.daemon import lifecycle
from whispera.daemon.place import place_of
from whispera.pipeline.alarm_start import package_path
from whispera.pipeline.platform import Platform, detect
from whispera.service.installing import RealPrograms, State, install, remove, state_of
from whispera.service.unit import Unit, unit_for

dry_run_option = click.option("--dry-run", is_flag=True, help="Show what would be done, and do nothing.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.group("service")
def command() -> None:
    """Have the daemon started whenever you log in: by systemd, launchd, or the task scheduler of Windows."""


@command.command("install")
@click.option(
    "--no-voice", is_flag=True, help="Answer typed commands alone, and leave the microphone closed."
)
@dry_run_option
@json_option
@click.pass_obj
def install_service(options: Options, no_voice: bool, dry_run: bool, as_json: bool) -> None:
    """Put the service in place and start it.

    Done again, it mends what is not as it should be.
    """
    platform, unit = _unit(options, voice=not no_voice)
    if dry_run:
        _plan(unit, [*unit.enable, *unit.start], as_json=as_json)
        return
    place = place_of(options.workspace())

    def make_way() -> str:
        if not lifecycle.is_running(place):
            return ""
        lifecycle.stop_running(place)
        return "ended the daemon that was started by hand"

    _tell(install(unit, platform, RealPrograms(), make_way=make_way), as_json=as_json)


@command.command("remove")
@dry_run_option
@json_option
@click.pass_obj
def remove_service(options: Options, dry_run: bool, as_json: bool) -> None:
    """End the service and take it away."""
    platform, unit = _unit(options)
    if dry_run:
        _plan(unit, [*unit.disable, *unit.forget], as_json=as_json)
        return
    _tell(remove(unit, platform, RealPrograms()), as_json=as_json)


@command.command("status")
@json_option
@click.pass_obj
def service_status(options: Options, as_json: bool) -> int:
    """How the service is. Exit code 3 where there is none."""
    _, unit = _unit(options)
    state = state_of(unit, RealPrograms())
    if as_json:
        click.echo(
            json.dumps({"kind": unit.kind, "name": unit.name, "path": str(unit.path), **asdict(state)})
        )
    else:
        click.echo(_described(unit, state))
    return 0 if state.installed else 3


def _unit(options: Options, *, voice: bool = True) -> tuple[Platform, Unit]:
    platform = detect()
    domain = options.workspace().domain
    argv = lifecycle.daemon_argv(workspace_dir=options.workspace_dir, domain=domain, voice=voice)
    return platform, unit_for(platform, argv, package=package_path(), domain=domain)


def _plan(unit: Unit, commands: list[tuple[str, ...]], *, as_json: bool) -> None:
    text = unit.data.decode("utf-16" if unit.kind == "task" else "utf-8")
    if as_json:
        click.echo(json.dumps({"path": str(unit.path), "text": text, "run": commands}, ensure_ascii=False))
        return
    click.echo(f"{unit.path}:\n\n{text}")
    for argv in commands:
        click.echo(f"would run: {' '.join(argv)}")


def _tell(steps: Iterator[str], *, as_json: bool) -> None:
    """Says each step when it is done."""
    done: list[str] = []
    for step in steps:
        done.append(step)
        if not as_json:
            click.echo(step)
    if as_json:
        click.echo(json.dumps({"ok": True, "done": done}, ensure_ascii=False))


def _described(unit: Unit, state: State) -> str:
    if not state.installed:
        return f"not installed ({unit.path} is not there)"
    what = [
        "started at login" if state.enabled else "not started at login",
        "runs now" if state.active else "does not run now",
    ]
    if not state.current:
        what.append("of another version or place: whispera service install mends it")
    return f"{unit.path}: {', '.join(what)}"
