"""What was asked for: the intent, canonical and flat, as `--json` prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Union

Value = Union[str, int, tuple["Intent", ...]]
"""A canonical slot value; a tuple of intents only for the steps of a sequence."""

NONE = "none"
SEQUENCE = "sequence"
CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Intent:
    """An action with its canonical slot values, in contract order."""

    action: str
    """Name of the action, as in the catalog."""
    slots: Mapping[str, Value] = field(default_factory=dict)
    """Slot name to canonical value; absent slots are left out."""

    def as_json(self) -> dict[str, Any]:
        """The JSON object of the contract: `action` first, then the slots."""
        out: dict[str, Any] = {"action": self.action}
        for name, value in self.slots.items():
            out[name] = [step.as_json() for step in value] if isinstance(value, tuple) else value
        return out

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Intent:
        """The intent of a JSON object made by `as_json`; raises KeyError without `action`."""
        slots: dict[str, Value] = {}
        for name, value in data.items():
            if name == "action":
                continue
            slots[name] = tuple(cls.from_json(step) for step in value) if isinstance(value, list) else value
        return cls(data["action"], slots)
