"""What Whispera does by itself instead of running a program: `builtin: timers.start` in an action file.

Each built-in is one function `(context, slots) -> BuiltinResult` in a file of its group, imported when it is
called. They get the intent's slots with the action's defaults; a slot that was needed and not said has been
asked for before. Faults are raised as WhisperaErrors; an answer nobody likes ("no battery here") is not one.
"""

from __future__ import annotations

from collections.abc import Mapping

from whispera.errors import ConfigError
from whispera.pipeline.builtins.context import Builtin, BuiltinResult, Context, Slots

__all__ = ["BUILTINS", "Builtin", "BuiltinResult", "Context", "Slots", "call", "find"]

BUILTINS: Mapping[str, tuple[str, str]] = {
    "alarms.cancel": ("alarms", "cancel"),
    "alarms.set": ("alarms", "set_alarm"),
    "assistant.cancel": ("assistant", "cancel"),
    "assistant.help": ("assistant", "help"),
    "battery.status": ("battery", "status"),
    "calc.evaluate": ("calc", "evaluate_sum"),
    "clock.date": ("clock", "date"),
    "clock.time": ("clock", "time_of_day"),
    "disk.free": ("disk", "free"),
    "files.new_folder": ("files", "new_folder"),
    "history.repeat": ("history", "repeat"),
    "history.undo": ("history", "undo"),
    "network.ip": ("network", "ip"),
    "notes.add": ("notes", "add"),
    "notes.values": ("notes", "add_values"),
    "reminders.add": ("reminders", "add"),
    "timers.cancel": ("timers", "cancel"),
    "timers.start": ("timers", "start"),
    "web.search": ("web", "search"),
}
"""Name in an action file to the file here and the function in it."""


def find(name: str) -> Builtin:
    """The function of a built-in; raises ConfigError for a name there is none of."""
    from importlib import import_module

    if name not in BUILTINS:
        raise ConfigError(
            f"no built-in named {name!r}", key="builtin", hint=f"there are {', '.join(sorted(BUILTINS))}"
        )
    file, function = BUILTINS[name]
    found: Builtin = getattr(import_module(f"{__name__}.{file}"), function)
    return found


def call(name: str, context: Context, slots: Slots) -> BuiltinResult:
    """What a built-in answers; raises ConfigError for an unknown name, and what the built-in raises."""
    return find(name)(context, slots)
