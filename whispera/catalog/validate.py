"""Validating a canonical intent against its action, through pydantic's compiled schemas.

Imports pydantic_core but not pydantic: one small schema for the one action that was chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from whispera.catalog.forms import INT_RANGES, STRING_PATTERNS, expected
from whispera.catalog.model import Action, SlotSpec
from whispera.domain.intent import NONE, SEQUENCE, Intent
from whispera.domain.outcome import Rejection

if TYPE_CHECKING:
    from pydantic_core import SchemaValidator

MIN_STEPS, MAX_STEPS = 2, 6


def core_schema(spec: Action) -> dict[str, Any]:
    """The pydantic_core schema of the slots of one action."""
    fields = {
        slot.name: {
            "type": "typed-dict-field",
            "schema": _slot_schema(slot),
            "required": not slot.may_be_absent,
        }
        for slot in spec.slots
    }
    return {"type": "typed-dict", "fields": fields, "extra_behavior": "forbid"}


def _slot_schema(slot: SlotSpec) -> dict[str, Any]:
    if slot.enum:
        return {"type": "literal", "expected": list(slot.enum)}
    if slot.type in INT_RANGES:
        least, most = INT_RANGES[slot.type]
        return {"type": "int", "ge": least, "le": most, "strict": True}
    return {"type": "str", "pattern": STRING_PATTERNS[slot.type], "strict": True}


@lru_cache(maxsize=256)
def _validator(key: tuple[str, tuple[SlotSpec, ...]]) -> SchemaValidator:
    from pydantic_core import SchemaValidator

    name, slots = key
    schema: Any = core_schema(Action(name, "", "", slots=slots))
    return SchemaValidator(schema)


def validate(spec: Action, intent: Intent) -> Intent | Rejection:
    """The intent with its slots in contract order, or why it is not one of this action."""
    from pydantic_core import ValidationError

    if spec.name != intent.action:
        return Rejection("unreadable", f"'{intent.action}' is not '{spec.name}'.")
    try:
        checked: dict[str, Any] = _validator((spec.name, spec.slots)).validate_python(dict(intent.slots))
    except ValidationError as error:
        return Rejection("value", _complaint(spec, error.errors(include_url=False)[0]))
    return Intent(
        intent.action, {slot.name: checked[slot.name] for slot in spec.slots if slot.name in checked}
    )


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


def _complaint(spec: Action, error: Any) -> str:
    """One sentence about the first mistake pydantic found."""
    name = str(error["loc"][0])
    slot = spec.slot(name)
    if slot is None:
        return f"{spec.name} has no slot named '{name}'."
    if error["type"] == "missing":
        return f"{spec.name} needs a value for '{name}'."
    what = f"one of {', '.join(slot.enum)}" if slot.enum else expected(slot.type)
    return f"'{error['input']}' is no value for '{name}' of {spec.name}: expected {what}."
