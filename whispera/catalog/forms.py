"""What a canonical value of each slot type must look like, stated once for both validators."""

from __future__ import annotations

INT_RANGES = {"percent": (0, 100), "count": (1, 1_000_000_000), "duration": (1, 366 * 86400)}
"""Slot type to its least and greatest value (durations in seconds)."""

MODIFIERS = ("ctrl", "cmd", "win", "alt", "shift")
"""In the order they are written."""

_MODIFIER_ORDER = "".join(rf"(?:{name}\+)?" for name in MODIFIERS)
_KEY = r"(?:[a-z]+(?:_[a-z]+)*|f[0-9]{1,2}|[^\sA-Z])"
STRING_PATTERNS = {
    "text": r"^\S(?:.*\S)?$",
    "name": r"^\S(?:.*\S)?$",
    "url": r"^[^\s/.]+(?:\.[^\s/.]+)*(?::[0-9]+)?(?:/\S*)?$",
    "clock": r"^(?:[01][0-9]|2[0-3]):[0-5][0-9]$",
    "keys": rf"^(?:{_MODIFIER_ORDER}{_KEY}|(?:{'|'.join(MODIFIERS)}))$",
    "expression": r"^[0-9+\-*/()%^.sqrt]+$",
}
"""Slot type to the regular expression of its values, written for Python and Rust alike."""


def expected(slot_type: str) -> str:
    """What a value must be, in words for people."""
    if slot_type in INT_RANGES:
        least, most = INT_RANGES[slot_type]
        return f"a whole number from {least} to {most}"
    return {
        "url": "an address such as wikipedia.org",
        "clock": "a time such as 07:30",
        "keys": "keys such as ctrl+shift+t",
        "expression": "arithmetic such as 20/100*85",
    }.get(slot_type, "words")
