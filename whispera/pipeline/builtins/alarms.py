"""Alarms."""

from __future__ import annotations

from whispera.pipeline.alarms import Alarms
from whispera.pipeline.builtins.context import BuiltinResult, Context, Slots, text_of
from whispera.pipeline.builtins.timers import cancel_kind, day_and_time, set_for


def set_alarm(context: Context, slots: Slots) -> BuiltinResult:
    """`Alarm set for 07:00 tomorrow.`, the next such time; raises UsageError, StateError."""
    now = context.now()
    alarm = Alarms(context.workspace.state).add_alarm(text_of(slots, "time"), tty=context.tty, now=now)
    return set_for(context, f"Alarm set for {day_and_time(alarm.due, now=now)}.")


def cancel(context: Context, slots: Slots) -> BuiltinResult:  # noqa: ARG001
    """Cancels the newest alarm, or every one where the words say so; raises StateError."""
    return cancel_kind(context, "alarm")
