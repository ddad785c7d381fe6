"""`whispera timers`: timers, alarms and reminders that are set."""

from __future__ import annotations

import json
import time

import click

from whispera import values
from whispera.cli.options import Options
from whispera.errors import NotPossible
from whispera.pipeline.alarms import Alarm, Alarms, Kind, boot_id, steady_now
from whispera.pipeline.builtins.timers import day_and_time, describe

KINDS: tuple[Kind, ...] = ("timer", "alarm", "reminder")


@click.group("timers", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Timers, alarms and reminders that are set."""
    if ctx.invoked_subcommand is None:
        ctx.invoke(list_alarms)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.pass_obj
def list_alarms(options: Options, as_json: bool = False) -> None:
    """What has not rung yet."""
    pending = Alarms(options.workspace().state).pending()
    for alarm in pending:
        left = _left_s(alarm)
        if as_json:
            data = {
                "id": alarm.id,
                "kind": alarm.kind,
                "label": alarm.label,
                "due": time.time() + left,
                "remaining_s": round(left, 1),
            }
            click.echo(json.dumps(data, ensure_ascii=False))
        else:
            click.echo(f"{alarm.kind} {describe(alarm)}, {_when(alarm, left)}")
    if not pending and not as_json:
        click.echo("nothing is set")


@command.command("cancel")
@click.argument("kind", type=click.Choice(KINDS), default="timer")
@click.option("--all", "every", is_flag=True, help="Every one of the kind, not only the newest.")
@click.pass_obj
def cancel(options: Options, kind: Kind, every: bool) -> None:
    """Cancel the newest timer, alarm or reminder."""
    gone = Alarms(options.workspace().state).cancel(kind, every=every)
    if not gone:
        raise NotPossible(f"there is no {kind} to cancel", hint="whispera timers shows what is set")
    for alarm in gone:
        click.echo(f"cancelled the {kind} {describe(alarm)}")


def _left_s(alarm: Alarm) -> float:
    return alarm.remaining_s(now=time.time(), steady=steady_now(), boot=boot_id())


def _when(alarm: Alarm, left_s: float) -> str:
    if left_s <= 0:
        return "ringing now"
    if alarm.kind == "timer":
        return f"rings in {values.say('duration', max(1, round(left_s)))}"
    return f"rings at {day_and_time(time.time() + left_s, now=time.time())}"
