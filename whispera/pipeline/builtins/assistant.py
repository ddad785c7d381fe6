"""Help, and "never mind"."""

from __future__ import annotations

from whispera.catalog.model import Action
from whispera.pipeline.builtins.context import BuiltinResult, Context, Slots


def help(context: Context, slots: Slots) -> BuiltinResult:  # noqa: ARG001
    """What can be said: each group of actions with an example; raises ConfigError.

    Reads the whole configuration, since the compiled one holds no examples; about a second.
    """
    from whispera.catalog.load import load

    workspace = context.workspace
    actions = load(workspace.config, overlay=workspace.local).actions
    lines = ["Say what you want done, for example:"]
    groups = context.catalog.groups
    width = max((len(group) for group in groups), default=0)
    for group, names in groups.items():
        said = next((words for name in names if name in actions and (words := _example(actions[name]))), "")
        if said:
            lines.append(f"  {group:<{width}}  {said}")
    return BuiltinResult("\n".join(lines))


def cancel(context: Context, slots: Slots) -> BuiltinResult:  # noqa: ARG001
    """Does nothing, and says so; a question that was open is dropped by whoever asked it."""
    return BuiltinResult("All right, nothing was done.")


def _example(action: Action) -> str:
    """The shortest of the words people used for it."""
    return min((example.say for example in action.examples), key=len, default="")
