"""Outcomes in words: `opened chrome`, `would run: gtk-launch firefox`.

A program that printed something speaks for itself; this is for the silent ones and for dry runs. An action
without a sentence of its own (`done`) is told by its summary, or by its name and values.
"""

from __future__ import annotations

from collections.abc import Mapping

from whispera.catalog.model import Action
from whispera.domain.intent import Intent
from whispera.domain.outcome import Command
from whispera.pipeline.policy import describe

_IRREGULAR: Mapping[str, str] = {
    "sets": "set",
    "puts": "put",
    "cuts": "cut",
    "shuts": "shut",
    "goes": "went",
    "makes": "made",
    "takes": "took",
    "finds": "found",
    "sends": "sent",
    "writes": "wrote",
    "speaks": "spoke",
    "tells": "told",
    "brings": "brought",
    "hides": "hid",
    "does": "did",
    "runs": "ran",
    "quits": "quit",
    "snaps": "snapped",
    "stops": "stopped",
    "skips": "skipped",
    "drops": "dropped",
    "dims": "dimmed",
    "plays": "played",
    "copies": "copied",
    "empties": "emptied",
    "commits": "committed",
}


def done(intent: Intent, action: Action) -> str:
    """What was done, in the past tense and without a full stop."""
    if action.done:
        enums = {spec.name for spec in action.slots if spec.enum}
        said = {
            name: str(value).replace("_", " ") if name in enums else str(value)
            for name, value in intent.slots.items()
        }
        try:
            return action.done.format_map(said)
        except KeyError:  # an optional slot that was not said
            pass
    if action.summary and (action.done or not intent.slots):
        verb, _, rest = action.summary.rstrip(".").partition(" ")
        return f"{_past(verb.lower())} {rest}".strip()
    return f"done: {describe(intent)}"


def planned(command: Command) -> str:
    """What a dry run says of a command."""
    if command.kind == "builtin":
        said = ", ".join(f"{name} {value}" for name, value in command.slots.items())
        return f"would do: {command.argv[0]}" + (f" ({said})" if said else "")
    from shlex import quote  # a run that runs does without

    env = [f"{name}={quote(value)}" for name, value in command.env.items()]
    return "would run: " + " ".join([*env, *map(quote, command.argv)])


def _past(verb: str) -> str:
    """`opens` -> `opened`, `refreshes` -> `refreshed`, `goes` -> `went`."""
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb.endswith(("shes", "ches", "sses", "xes")):
        return verb[:-2] + "ed"
    stem = verb.removesuffix("s")
    return stem + ("d" if stem.endswith("e") else "ed")
