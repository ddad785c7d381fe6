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
from whispera.domain.intent import SEQUENCE, Intent, Value
from whispera.errors import ConfigError, WhisperaError

BEFORE = "@before"
Probe = Callable[[Sequence[str]], str]
"""Runs an argv and returns what it printed; raises WhisperaError or OSError."""

_UNDO = re.compile(r"(?P<action>[a-z][a-z0-9_]*)(?:\((?P<slots>.*)\))?", re.DOTALL)
_SLOT = re.compile(
    r"\s*(?P<name>[a-z][a-z0-9_]*)\s*=\s*(?:\"(?P<quoted>[^\"]*)\"|(?P<bare>[^,=\"()]*))\s*(?:,|$)"
)
_NUMERIC = ("percent", "count", "duration")


@dataclass(frozen=True, slots=True)
class UndoSpec:
    """The `undo` of an action file, taken apart."""

    action: str
    slots: tuple[tuple[str, str], ...] = ()
    """Slot and what it gets: `@before`, `{slot}`, or a canonical value."""

    @property
    def probes(self) -> bool:
        """Whether the state before must be known."""
        return any(value == BEFORE for _, value in self.slots)


@dataclass(frozen=True, slots=True)
class Undo:
    """What takes one command back."""

    intent: Intent | None
    """None where nothing does."""
    before: str = ""
    """The state the probe showed, empty where none was asked for."""


def parse_undo(text: str) -> UndoSpec:
    """The `undo` key of an action file; raises ConfigError."""
    found = _UNDO.fullmatch(text.strip())
    slots: list[tuple[str, str]] = []
    if found:
        rest, position = found["slots"] or "", 0
        while position < len(rest):
            slot = _SLOT.match(rest, position)
            if not slot:
                found = None
                break
            quoted = slot["quoted"]
            slots.append((slot["name"], slot["bare"].strip() if quoted is None else quoted))
            position = slot.end()
    if not found:
        raise ConfigError(
            f"{text!r} is not an undo", key="undo", hint="write `unmute` or `set_volume(level=@before)`"
        )
    return UndoSpec(found["action"], tuple(slots))


def prepare(
    action: Action, intent: Intent, *, actions: Mapping[str, Action], platform: str, probe: Probe
) -> Undo:
    """What will take `intent` back, to be called before it runs; a probe that fails means nothing will.

    `platform` is one of PLATFORMS. Raises ConfigError where the action file is wrong.
    """
    if not action.undo:
        return Undo(None)
    spec = parse_undo(action.undo)
    target = actions.get(spec.action)
    if target is None:
        raise ConfigError(
            f"no action named {spec.action!r}", file=action.source, key="undo", hint="name an action"
        )
    before = _state(action, platform=platform, probe=probe) if spec.probes else ""
    if before is None:
        return Undo(None)
    slots: dict[str, Value] = {}
    for name, said in spec.slots:
        slot = target.slot(name)
        if slot is None:
            raise ConfigError(f"{spec.action} has no slot {name!r}", file=action.source, key="undo")
        value = _value(said, slot, intent=intent, before=before)
        if value is not None:
            slots[name] = value
        elif not slot.optional:
            return Undo(None, before)
    return Undo(Intent(spec.action, {s.name: slots[s.name] for s in target.slots if s.name in slots}), before)


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
