"""A keyboard that is not there, for tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from whispera.daemon.keys import KeyEvent
from whispera.daemon.keys.chord import Chord
from whispera.daemon.keys.machine import KeyMachine
from whispera.errors import NotPossible


class FakeKeys:
    """Keys that a test presses."""

    name = "fake"

    def __init__(self, chords: Sequence[Chord], *, refuse: str = "") -> None:
        """`refuse`: why it cannot be watched, empty where it can."""
        self._machine = KeyMachine(chords)
        self._refuse = refuse
        self._on_event: Callable[[KeyEvent], None] | None = None
        self.on_trouble: Callable[[str], None] | None = None
        """Call it with why the keyboard is gone, and with nothing when it is back."""

    def start(self, on_event: Callable[[KeyEvent], None], on_trouble: Callable[[str], None]) -> None:
        """Begins to pass events on; raises NotPossible where it was told to refuse."""
        if self._refuse:
            raise NotPossible(self._refuse)
        self._on_event, self.on_trouble = on_event, on_trouble

    def stop(self) -> None:
        """Ends."""
        self._on_event = None

    def press(self, key: str, at: float) -> None:
        """A key goes down."""
        self._tell(self._machine.press(key, at))

    def release(self, key: str) -> None:
        """A key goes up."""
        self._tell(self._machine.release(key))

    def _tell(self, events: Sequence[KeyEvent]) -> None:
        for event in events:
            if self._on_event is not None:
                self._on_event(event)
