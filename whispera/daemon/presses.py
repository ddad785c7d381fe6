"""Which presses of a key are new: auto-repeat, releases that are lost, toggles that bounce.

What a key source cannot tell, or a compositor's binding of `whispera trigger` repeats, is settled here for
all keys alike. What a new press means is for `talking.py` to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

REPEAT_S = 1.0
"""A press of a key that is down, so soon after its last one, is auto-repeat; later, its release was lost."""
BOUNCE_S = 0.3
"""A second toggle within this time is the same one."""

KeyKind = Literal["press", "release", "toggle", "cancel", "abort"]
"""abort: the keys turned out to be a shortcut of another program."""


@dataclass(slots=True)
class Presses:
    """Keys of any number of sources; an empty source is `whispera trigger`, and goes with any."""

    _down: str | None = None
    """The source of the press that is not released yet."""
    _pressed: float = float("-inf")
    _toggled: float = float("-inf")

    def press(self, at: float, source: str) -> bool:
        """Whether a key that goes down at a time of any clock, in seconds, does so anew."""
        repeated = self._down is not None and at - self._pressed < REPEAT_S
        self._pressed = at
        if not repeated:
            self._down = source
        return not repeated

    def release(self, source: str) -> None:
        """A key goes up."""
        if source in ("", self._down) or self._down == "":
            self._down = None

    def let_go(self) -> None:
        """No key counts as down."""
        self._down = None

    def toggle(self, at: float) -> bool:
        """Whether this is another toggle than the last one."""
        bounced = at - self._toggled < BOUNCE_S
        self._toggled = at
        return not bounced
