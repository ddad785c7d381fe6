"""Whose turn it is: recordings that are recognised, commands that wait, the one that is carried out.

Recordings are numbers here, as in `effects.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

WAITING = 3
"""Commands that may wait for the one before them. What comes then is heard, since it may be a "stop"."""
UNHEARD = 4
"""Recordings that may wait to be recognised."""


@dataclass(slots=True)
class Turns:
    """One command after the other, in the order they were said."""

    acting: int | None = None
    """The one that is carried out."""
    stopping: bool = False
    """It has been told to end."""
    _recognising: dict[int, bool] = field(default_factory=dict)
    """Whether a key said that a command was coming."""
    _waiting: list[int] = field(default_factory=list)

    @property
    def unheard(self) -> bool:
        """Whether anything is being recognised, or waits."""
        return bool(self._recognising or self._waiting)

    @property
    def waiting(self) -> frozenset[int]:
        """Those that wait."""
        return frozenset(self._waiting)

    @property
    def runs(self) -> bool:
        """Whether there is something that a "stop" would end."""
        return self.acting is not None or bool(self._waiting)

    @property
    def full(self) -> bool:
        """Whether not even a "stop" would be taken in."""
        return len(self._recognising) >= UNHEARD

    def recognise(self, number: int, *, bidden: bool) -> None:
        """A recording has ended."""
        self._recognising[number] = bidden

    def recognised(self, number: int) -> bool | None:
        """Whether a recording whose words are known was bidden; None where it was cancelled meanwhile."""
        return self._recognising.pop(number, None)

    def wait(self, number: int) -> bool:
        """Whether there was room for one more command to wait."""
        if len(self._waiting) >= WAITING:
            return False
        self._waiting.append(number)
        return True

    def next(self) -> int | None:
        """The command to be carried out now, None where one is or none waits."""
        if self.acting is None and self._waiting:
            self.acting = self._waiting.pop(0)
            return self.acting
        return None

    def over(self) -> None:
        """What was carried out is."""
        self.acting, self.stopping = None, False

    def drop(self) -> bool:
        """Whether something runs that is to be stopped; what waits is forgotten."""
        self._waiting.clear()
        self.stopping = self.acting is not None
        return self.stopping

    def forget(self) -> None:
        """What is being recognised is no command any more."""
        self._recognising.clear()
