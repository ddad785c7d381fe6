"""`whispera daemon`: start it, end it, and see what it does."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import click

from whispera.cli.faults import tell
from whispera.cli.options import Options
from whispera.daemon import client, lifecycle, log
from whispera.daemon.ears import UNWANTED
from whispera.daemon.place import Place, place_of
from whispera.errors import DaemonError

NOT_RUNNING = 3
"""Exit code of `status` where there is no daemon, as of service managers."""
RELOAD_S = 30.0
STATUS_S = 5.0


@click.group("daemon", invoke_without_command=True)
@click.option(
    "--foreground", is_flag=True, help="Stay here until Ctrl-C, instead of going into the background."
)
@click.option(
    "--no-voice", is_flag=True, help="Answer typed commands alone, and leave the microphone closed."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_context
def command(ctx: click.Context, foreground: bool, no_voice: bool, as_json: bool) -> None:
    """Start the daemon: it listens, and answers typed commands without loading anything.

    One runs for each user; what is typed goes through it by itself. Exit code 1 where it does not start.
    """
    options: Options = ctx.obj
    if ctx.invoked_subcommand is not None:
        if foreground or no_voice:
            raise click.UsageError("--foreground and --no-voice are for starting it")
        return
    workspace = options.workspace()
    place = place_of(workspace)
    if foreground:
        _stay(options, place, voice=not no_voice)
        return
    if lifecycle.is_running(place):
        raise DaemonError(lifecycle.who_runs(place), hint="whispera daemon stop ends it")
    argv = lifecycle.daemon_argv(
        workspace_dir=options.workspace_dir, domain=workspace.domain, voice=not no_voice
    )
    status = lifecycle.start_detached(place, argv)
    _show(status, as_json=as_json)


def _stay(options: Options, place: Place, *, voice: bool) -> None:
    from whispera.daemon.ears import open_voice
    from whispera.daemon.server import Server

    server = Server(options.workspace(), place, ears=open_voice if voice else None)
    if sys.stderr is not None and sys.stderr.isatty():
        server.run(ready=lambda: _tell_ready(place))
    else:
        server.run()


@command.command("status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def status(options: Options, as_json: bool) -> int:
    """What the daemon does. Exit code 3 where there is none."""
    place = place_of(options.workspace())
    try:
        found = client.ask(place, {"do": "status"}, timeout_s=STATUS_S)
    except DaemonError as error:
        running = lifecycle.is_running(place)
        if as_json:
            click.echo(json.dumps({"ok": False, "running": running, "error": error.message}))
        else:
            tell(
                f"{error.message}: {lifecycle.who_runs(place)}" if running else error.message, hint=error.hint
            )
        return 1 if running else NOT_RUNNING
    _show(found, as_json=as_json)
    return 0


@command.command("stop")
@click.pass_obj
def stop(options: Options) -> None:
    """End the daemon; a command that runs is let finish."""
    lifecycle.stop_running(place_of(options.workspace()))


@command.command("restart")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.pass_obj
def restart(options: Options, as_json: bool) -> None:
    """End the daemon and start it again, with the program of now; through its service, where it has one.

    A command that runs is let finish. It listens afterwards if it was started to.
    """
    from whispera.pipeline.alarm_start import package_path
    from whispera.pipeline.platform import detect
    from whispera.service.installing import RealPrograms, start_again, state_of
    from whispera.service.unit import unit_for

    workspace = options.workspace()
    place = place_of(workspace)
    before = client.ask(place, {"do": "status"}, timeout_s=STATUS_S)
    argv = lifecycle.daemon_argv(
        workspace_dir=options.workspace_dir,
        domain=workspace.domain,
        voice=before["not_listening"] != UNWANTED,
    )
    unit = unit_for(detect(), argv, package=package_path(), domain=workspace.domain)
    programs = RealPrograms()
    service = state_of(unit, programs)
    lifecycle.stop_running(place)
    if not service.active:
        _show(lifecycle.start_detached(place, argv), as_json=as_json)
        return
    start_again(unit, programs)
    _show(lifecycle.wait_until_ready(place), as_json=as_json)
    if not service.current:
        tell("the service is of another version or place", hint="whispera service install")


@command.command("reload")
@click.pass_obj
def reload(options: Options) -> None:
    """Read the configuration and the model anew; changed files are noticed without that."""
    client.ask(place_of(options.workspace()), {"do": "reload"}, timeout_s=RELOAD_S)


@command.command("metrics")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, instead of Prometheus text.")
@click.pass_obj
def metrics(options: Options, as_json: bool) -> None:
    """Counters and latencies since it started, as Prometheus text."""
    place = place_of(options.workspace())
    if as_json:
        click.echo(json.dumps(client.ask(place, {"do": "metrics"})["metrics"]))
    else:
        click.echo(client.ask(place, {"do": "metrics", "format": "prometheus"})["text"], nl=False)


def _tell_ready(place: Place) -> None:
    sys.stderr.write("\r\x1b[K")  # where the state is told already
    tell(f"ready at {place.address}")


@command.command("log")
@click.option("--lines", type=click.IntRange(1, 100_000), default=20, show_default=True, help="So many.")
@click.pass_obj
def show_log(options: Options, lines: int) -> None:
    """The last lines of its log, a JSON object each; what was said is not in it."""
    for line in log.tail(place_of(options.workspace()).log, lines):
        click.echo(line)


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    rows = list(_rows(found))
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        click.echo(f"{name:<{width}}  {text}")


def _rows(found: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What people want to know of a status."""
    yield "running", f"process {found['pid']}, for {_time(found['uptime_s'])}, {found['memory_mb']:.0f} MB"
    loaded = "loaded" if found["model_loaded"] else "not in memory until it is needed"
    adapter = f", adapter {found['adapter']}" if found["adapter"] else ""
    yield "model", f"{found['model']}{adapter}, {loaded}"
    if found["outdated"]:
        yield "", "the program has changed since it was started: whispera daemon restart"
    if found["listening"]:
        yield "listening", f"{found['mode']}, {' or '.join(found['keys']) or 'no key'}"
        for name, value in found.get("voice", {}).items():
            if name not in ("mode", "recogniser_loaded") and isinstance(value, str | int) and value:
                yield name.replace("_", " "), "yes" if value is True else str(value)
    else:
        yield "listening", f"no: {found['not_listening'] or 'not yet'}"
    yield "asked", f"{found['utterances']} utterances, {found['refused']} refused, {found['reloads']} reloads"
    trouble = found.get("last_trouble")
    if trouble:
        yield "last trouble", f"{trouble['time']} {trouble['event']}: {trouble.get('error', '')}".rstrip(": ")


def _time(seconds: float) -> str:
    minutes, hours = int(seconds // 60), int(seconds // 3600)
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min" if minutes else f"{seconds:.0f} s"
