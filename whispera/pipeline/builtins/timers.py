"""Timers, and what timers, alarms and reminders share: their words."""

from __future__ import annotations

import re
import time

from whispera import values
from whispera.pipeline.alarm_start import ensure_running
from whispera.pipeline.alarms import Alarm, Alarms, Kind
from whispera.pipeline.builtins.context import BuiltinResult, Context, Slots, text_of, whole_of

_EVERY = re.compile(r"\b(all|every|both)\b", re.IGNORECASE)
_NOT_RINGING = " It cannot ring, though: the alarm service did not start."


def start(context: Context, slots: Slots) -> BuiltinResult:
    """Starts a timer: `Timer set for ten minutes: pasta.`; raises UsageError, StateError."""
    state = context.workspace.state
    timer = Alarms(state).add_timer(whole_of(slots, "duration"), text_of(slots, "label"), tty=context.tty)
    label = f": {timer.label}" if timer.label else ""
    return set_for(context, f"Timer set for {values.say('duration', whole_of(slots, 'duration'))}{label}.")


def cancel(context: Context, slots: Slots) -> BuiltinResult:  # noqa: ARG001
    """Cancels the newest timer, or every one where the words say so; raises StateError."""
    return cancel_kind(context, "timer")


def set_for(context: Context, message: str) -> BuiltinResult:
    """The answer to something that was set, once the service that rings it runs."""
    if ensure_running(context.workspace.state):
        return BuiltinResult(message)
    return BuiltinResult(message + _NOT_RINGING, ok=False)


def cancel_kind(context: Context, kind: Kind) -> BuiltinResult:
    """Cancels the newest of a kind, or every one; says which, and what is left."""
    alarms = Alarms(context.workspace.state)
    gone = alarms.cancel(kind, every=bool(_EVERY.search(context.utterance)))
    if not gone:
        return BuiltinResult(f"There is no {kind} to cancel.", ok=False)
    if len(gone) > 1:
        return BuiltinResult(f"Cancelled all {len(gone)} {kind}s.")
    left = len(alarms.pending(kind))
    rest = f" {left} more {'is' if left == 1 else 'are'} still set." if left else ""
    return BuiltinResult(f"Cancelled the {kind} {describe(gone[0])}.{rest}")


def describe(alarm: Alarm) -> str:
    """What tells an alarm from others: `for ten minutes (pasta)`, `at 07:00`."""
    if alarm.kind == "timer":
        when = f"for {values.say('duration', max(1, round(alarm.due - alarm.made)))}"
    else:
        when = time.strftime("at %H:%M", time.localtime(alarm.due))
    return f"{when} ({alarm.label})" if alarm.label else when


def day_and_time(due: float, *, now: float) -> str:
    """When something is due, both in unix seconds: `07:00 today`, `07:00 tomorrow`, `07:00 on 3 May`."""
    clock = time.strftime("%H:%M", time.localtime(due))
    day = time.localtime(due)
    if day[:3] == time.localtime(now)[:3]:
        return f"{clock} today"
    noon = time.localtime(now)
    tomorrow = time.localtime(time.mktime((*noon[:2], noon.tm_mday + 1, 12, 0, 0, 0, 0, -1)))
    if day[:3] == tomorrow[:3]:
        return f"{clock} tomorrow"
    return f"{clock} on {day.tm_mday} {time.strftime('%B', day)}"
