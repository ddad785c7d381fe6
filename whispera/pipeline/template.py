"""Slot values put into the argv elements of a step, and what a value is refused for.

The list of elements is the one written in the configuration: a value is placed inside one element and can
neither add, split nor remove one. `{slot}` and `{slot|filter}` are replaced where `slot` is one of the
action's; any other brace is text, and doubling the braces around a slot's name keeps it as text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from whispera.errors import ConfigError, NotPossible

_PLACE = re.compile(r"\{\{(?P<literal>\w+(?:\|\w+)?)\}\}|\{(?P<slot>\w+)(?:\|(?P<filter>\w+))?\}")
_URL_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_BATCH_SAFE = frozenset("_@./:=+~ ,\\-")

Filters = Mapping[str, Callable[[str], str]]
"""Filter name to what it makes of a value; may raise NotPossible."""


class Absent(Exception):
    """A slot without value or default was needed: the step does not apply."""


class Renderer:
    """Puts one intent's values into templates."""

    def __init__(
        self,
        values: Mapping[str, object],
        *,
        slots: frozenset[str],
        filters: Filters,
        windows: bool = False,
    ) -> None:
        """`values`: slot to value, defaults filled in; `slots`: every slot the action has."""
        self._values = values
        self._slots = slots
        self._filters = filters
        self._windows = windows

    def text(self, template: str) -> str:
        """The template with its values; raises Absent, and NotPossible for a NUL or half a character."""

        def place(match: re.Match[str]) -> str:
            literal = match["literal"]
            if literal is not None:
                kept = literal.partition("|")[0] in self._slots
                return f"{{{literal}}}" if kept else match[0]
            slot, name = match["slot"], match["filter"]
            if slot not in self._slots:
                return match[0]
            if slot not in self._values:
                raise Absent(slot)
            return self._value(slot, name)

        return _PLACE.sub(place, template)

    def element(self, template: str, *, after_dashes: bool = False) -> str:
        """One argv element; refuses what a program could take for an option or cannot take at all.

        Raises Absent; NotPossible for control characters, and for a value at the start of the element that
        looks like an option, unless `after_dashes` (a literal `--` element came before).
        """
        element = self.text(template)
        if not self.places(template):
            return element
        if any(ord(c) < 32 or ord(c) == 127 for c in element):
            raise NotPossible(
                "a line break or control character cannot be passed to a program here",
                hint="say it in one line",
            )
        first = _PLACE.match(template)
        if first and first["slot"] in self._slots and not after_dashes:
            raw = first["filter"] is None
            if element.startswith("-") or (raw and self._windows and element.startswith("/")):
                raise NotPossible(
                    f"{element} looks like an option of the program and not like a name",
                    hint="say it without the dash or slash in front",
                )
        return element

    def places(self, template: str) -> tuple[str, ...]:
        """The slots a template takes values from, in order."""
        found = (match["slot"] for match in _PLACE.finditer(template))
        return tuple(slot for slot in found if slot is not None and slot in self._slots)

    def _value(self, slot: str, filter: str | None) -> str:
        value = str(self._values[slot])
        if "\0" in value or any(0xD800 <= ord(c) < 0xE000 for c in value):
            raise NotPossible(f"the {slot} holds a character no program can take", hint="say it again")
        if filter is None:
            return value
        if filter not in self._filters:
            raise ConfigError(
                f"no filter named '{filter}'",
                key=f"{{{slot}|{filter}}}",
                hint=", ".join(sorted(self._filters)),
            )
        return self._filters[filter](value)


def url_encode(value: str) -> str:
    """A value percent-encoded for any part of an address (RFC 3986, unreserved characters kept)."""
    return "".join(chr(b) if b in _URL_SAFE else f"%{b:02X}" for b in value.encode("utf-8"))


def check_batch_value(value: str) -> None:
    """Raises NotPossible for what cmd.exe would read in an argument of a .bat or .cmd file.

    Windows hands the arguments of batch files to cmd.exe, whose quoting no caller can get right.
    """
    if not all(c.isalnum() or c in _BATCH_SAFE for c in value):
        raise NotPossible(
            "Windows cannot pass these characters to that program safely", hint="use letters and digits"
        )
