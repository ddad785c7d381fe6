"""Validating a canonical intent against its action, with the standard library alone.

`models.py` states the same rules for pydantic, and a property test holds the two to one verdict. Compiling
even one schema with pydantic_core would cost a text command some 25 ms of imports, a fifth of it all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from whispera.catalog.forms import INT_RANGES, STRING_PATTERNS, expected
from whispera.catalog.model import Action, SlotSpec
from whispera.domain.intent import NONE, SEQUENCE, Intent
from whispera.domain.outcome import Rejection

MIN_STEPS, MAX_STEPS = 2, 6
"""Commands in a sequence."""


def is_canonical(slot: SlotSpec, value: Any) -> bool:
    """Whether a value is a canonical value of the slot."""
    if slot.enum:
        return isinstance(value, str) and value in slot.enum
    if slot.words:
        return isinstance(value, str) and value in slot.words.values()
    if slot.type in INT_RANGES:
        least, most = INT_RANGES[slot.type]
        return type(value) is int and least <= value <= most
    return isinstance(value, str) and re.fullmatch(STRING_PATTERNS[slot.type], value) is not None


def validate(spec: Action, intent: Intent) -> Intent | Rejection:
    """The intent with its slots in contract order, or why it is not one of this action."""
    if spec.name != intent.action:
        return Rejection("unreadable", f"'{intent.action}' is not '{spec.name}'.")
    for name in intent.slots:
        if spec.slot(name) is None:
            return Rejection("value", f"{spec.name} has no slot named '{name}'.")
    checked: dict[str, Any] = {}
    for slot in spec.slots:
        if slot.name in intent.slots:
            value = intent.slots[slot.name]
            if not is_canonical(slot, value):
                what = f"one of {', '.join(slot.enum)}" if slot.enum else expected(slot.type)
                message = f"'{value}' is no value for '{slot.name}' of {spec.name}: expected {what}."
                return Rejection("value", message)
            checked[slot.name] = value
        elif not slot.may_be_absent:
            return Rejection("value", f"{spec.name} needs a value for '{slot.name}'.")
    return Intent(intent.action, checked)


def validate_any(actions: Mapping[str, Action], intent: Intent) -> Intent | Rejection:
    """The same for any action, `sequence` and `none` included."""
    if intent.action == NONE:
        return Rejection("value", "'none' has no slots.") if intent.slots else intent
    if intent.action == SEQUENCE:
        return _sequence(actions, intent)
    spec = actions.get(intent.action)
    if spec is None:
        return Rejection("unreadable", f"There is no action named '{intent.action}'.")
    return validate(spec, intent)


def _sequence(actions: Mapping[str, Action], intent: Intent) -> Intent | Rejection:
    steps = intent.slots.get("steps")
    if set(intent.slots) != {"steps"} or not isinstance(steps, tuple):
        return Rejection("value", "A sequence has steps and nothing else.")
    if not MIN_STEPS <= len(steps) <= MAX_STEPS:
        return Rejection("value", f"A sequence has {MIN_STEPS} to {MAX_STEPS} steps, not {len(steps)}.")
    checked: list[Intent] = []
    for step in steps:
        spec = actions.get(step.action)
        if spec is None:
            return Rejection("value", f"'{step.action}' cannot be a step of a sequence.")
        result = validate(spec, step)
        if isinstance(result, Rejection):
            return result
        checked.append(result)
    return Intent(SEQUENCE, {"steps": tuple(checked)})
