"""How a command is taken back: the intent that undoes it, made before it runs.

An action file says `undo: unmute` or `undo: set_volume(level=@before)`. `@before` is the state a probe
shows before the command runs (the volume now), `{slot}` a slot of the command itself. Finding the command
that the user wants taken back is the history's business; running the undo is the runner's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from whispera.catalog.model import Action, SlotSpec
from whispera.catalog.undo import BEFORE, undo_parts
from whispera.domain.intent import SEQUENCE, Intent, Value
from whispera.errors import ConfigError, WhisperaError

Probe = Callable[[Sequence[str]], str]
"""Runs an argv and returns what it printed; raises WhisperaError or OSError."""

_NUMERIC = ("percent", "count", "duration")


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes one command back."""

    intent: Intent | None
    """None where nothing does."""
    before: str = ""
    """The state the probe showed, empty where none was asked for."""


def prepare(
    action: Action, intent: Intent, *, actions: Mapping[str, Action], platform: str, probe: Probe
) -> Undo:
    """What will take `intent` back, to be called before it runs; a probe that fails means nothing will.

    `platform` is one of PLATFORMS. Raises ConfigError where the action file is wrong.
    """
    if not action.undo:
        return Undo(None)
    name, said = undo_parts(action.undo)
    target = actions.get(name)
    if target is None:
        raise ConfigError(f"no action named {name!r}", file=action.source, key="undo", hint="name an action")
    unknown = [slot for slot in said if target.slot(slot) is None]
    if unknown:
        raise ConfigError(f"{name} has no slot {unknown[0]!r}", file=action.source, key="undo")
    before = _state(action, platform=platform, probe=probe) if BEFORE in said.values() else ""
    if before is None:
        return Undo(None)
    slots: dict[str, Value] = {}
    for slot in target.slots:
        if slot.name not in said:
            continue
        value = _value(said[slot.name], slot, intent=intent, before=before)
        if value is not None:
            slots[slot.name] = value
        elif not slot.optional:
            return Undo(None, before)
    return Undo(Intent(name, slots), before)


def reverse(undos: Sequence[Intent | None]) -> Intent | None:
    """What takes a sequence back: each step's undo, last step first; None where a step has none."""
    steps = [undo for undo in reversed(undos) if undo is not None]
    if len(steps) != len(undos) or not steps:
        return None
    return steps[0] if len(steps) == 1 else Intent(SEQUENCE, {"steps": tuple(steps)})


def _state(action: Action, *, platform: str, probe: Probe) -> str | None:
    """The state before, as the probe's pattern cuts it out; None where it cannot be told."""
    argv = action.probe.get(platform)
    if not argv or not action.probe_pattern:
        return None
    try:
        output = probe(argv)
    except (WhisperaError, OSError):
        return None
    found = re.search(action.probe_pattern, output)
    return found[1] if found and found[1] is not None else None


def _value(said: str, slot: SlotSpec, *, intent: Intent, before: str) -> Value | None:
    """The canonical value for a slot of the undo; None where there is none."""
    if said.startswith("{") and said.endswith("}"):
        return intent.slots.get(said[1:-1])
    text = before if said == BEFORE else said
    if slot.type not in _NUMERIC:
        return text if not slot.enum or text in slot.enum else None
    try:
        number = round(float(text))
    except (ValueError, OverflowError):
        return None
    return min(100, max(0, number)) if slot.type == "percent" else number
