"""Taking the last command back, and doing it again."""

from __future__ import annotations

from whispera.domain.intent import CANCEL, Intent
from whispera.pipeline.builtins.context import BuiltinResult, Context, Slots
from whispera.pipeline.history import REPEAT, UNDO
from whispera.pipeline.policy import describe

_PRESS = "press_key"


def undo(context: Context, slots: Slots) -> BuiltinResult:  # noqa: ARG001
    """The intent that takes the last command of this session back; raises StateError.

    The entry counts as taken back from now on, so that another `undo` goes one further. Where no command of
    the last while can be taken back, a spoken `undo` is meant for the program in front: its undo key is
    pressed. In a terminal that key would stop the shell's job, so there it is only said.
    """
    history, now = context.history, context.now()
    while entry := history.last_undoable(context.session, since=now - context.undo_window_s):
        # false where another process was faster: look again
        if history.claim_undo(entry.id):
            done = describe(entry.intent) if entry.intent else entry.utterance
            return BuiltinResult(f"Taken back: {done}.", then=entry.undo, undoes=entry.id)
    if not context.tty and _PRESS in context.catalog.actions:
        keys = "cmd+z" if context.platform.name == "macos" else "ctrl+z"
        return BuiltinResult("", then=Intent(_PRESS, {"keys": keys}))
    return BuiltinResult("There is nothing to take back.", ok=False)


def repeat(context: Context, slots: Slots) -> BuiltinResult:  # noqa: ARG001
    """The last intent of this session that was carried out; raises StateError."""
    entry = context.history.last_done(context.session, besides=(REPEAT, UNDO, CANCEL))
    if entry is None or entry.intent is None:
        return BuiltinResult("There is nothing to repeat.", ok=False)
    return BuiltinResult(f"Again: {describe(entry.intent)}.", then=entry.intent)
