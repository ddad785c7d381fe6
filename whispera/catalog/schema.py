"""The JSON schema of wire intents: what the model may write, span slots as any words.

Written for llguidance, which follows the order of `properties`. The grammar walk is stricter (its spans
come from the utterance); whatever the walk can write, this schema accepts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from whispera.catalog.model import Action
from whispera.catalog.validate import MAX_STEPS, MIN_STEPS
from whispera.domain.intent import NONE, SEQUENCE


def wire_schema(actions: Iterable[Action]) -> dict[str, Any]:
    """The schema of one wire intent; values begin with a space, action and slot names do not."""
    single = {action.name: _action(action) for action in actions}
    steps = {
        "type": "array",
        "items": {"anyOf": [{"$ref": f"#/$defs/{name}"} for name in single]},
        "minItems": MIN_STEPS,
        "maxItems": MAX_STEPS,
    }
    definitions = {
        **single,
        SEQUENCE: _object(SEQUENCE, {"steps": steps}, ["steps"]),
        NONE: _object(NONE, {}, []),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in definitions],
        "$defs": definitions,
    }


def _action(action: Action) -> dict[str, Any]:
    slots: dict[str, Any] = {}
    for spec in action.slots:
        if spec.enum:
            slots[spec.name] = {"type": "string", "enum": [f" {word}" for word in spec.enum]}
        else:
            slots[spec.name] = {"type": "string", "pattern": "^ .+$"}
    return _object(action.name, slots, [spec.name for spec in action.slots if not spec.may_be_absent])


def _object(action: str, slots: dict[str, Any], needed: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"action": {"type": "string", "const": action}, **slots},
        "required": ["action", *needed],
        "additionalProperties": False,
    }
