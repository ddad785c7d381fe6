"""The time and the date."""

from __future__ import annotations

import time

from whispera.pipeline.builtins.context import BuiltinResult, Context, Slots


def time_of_day(context: Context, slots: Slots) -> BuiltinResult:  # noqa: ARG001
    """Local time: `It is 14:05.`"""
    return BuiltinResult(time.strftime("It is %H:%M.", time.localtime(context.now())))


def date(context: Context, slots: Slots) -> BuiltinResult:  # noqa: ARG001
    """Local date: `It is Friday, 21 November 2025.`"""
    when = time.localtime(context.now())
    return BuiltinResult(f"It is {time.strftime('%A', when)}, {when.tm_mday} {time.strftime('%B %Y', when)}.")
