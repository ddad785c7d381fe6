"""Reminders."""

from __future__ import annotations

from whispera import values
from whispera.pipeline.alarms import Alarms
from whispera.pipeline.builtins.context import BuiltinResult, Context, Slots, text_of, whole_of
from whispera.pipeline.builtins.timers import day_and_time, set_for


def add(context: Context, slots: Slots) -> BuiltinResult:
    """Sets a reminder at a time or in a while; raises UsageError, StateError."""
    text, clock, seconds = text_of(slots, "text"), text_of(slots, "time"), whole_of(slots, "duration")
    if not clock and not seconds:
        return BuiltinResult("When should the reminder come? Say a time, or in how long.", ok=False)
    now = context.now()
    alarms = Alarms(context.workspace.state)
    reminder = alarms.add_reminder(text, clock=clock, seconds=seconds, tty=context.tty, now=now)
    when = f"at {day_and_time(reminder.due, now=now)}" if clock else f"in {values.say('duration', seconds)}"
    return set_for(context, f"Reminder set, {when}: {text}.")
