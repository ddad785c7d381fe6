"""The `undo` of an action: `unmute` or `set_volume(level=@before)`."""

from __future__ import annotations

import re

BEFORE = "@before"
"""Stands for the state that was probed before running."""

_UNDO = re.compile(r"([a-z][a-z0-9_]*)(?:\((.*)\))?")
_SLOT = re.compile(r"\s*([a-z][a-z0-9_]*)\s*=\s*([^,=]+?)\s*")


def undo_parts(undo: str) -> tuple[str, dict[str, str]]:
    """The action and its slots; raises ValueError when it is not of the form above."""
    whole = _UNDO.fullmatch(undo.strip())
    if whole is None:
        raise ValueError("expected 'action' or 'action(slot=value)'")
    slots: dict[str, str] = {}
    for part in (whole.group(2) or "").split(","):
        if not part.strip():
            continue
        found = _SLOT.fullmatch(part)
        if found is None:
            raise ValueError(f"expected slot=value, found '{part.strip()}'")
        slots[found.group(1)] = found.group(2)
    return whole.group(1), slots
