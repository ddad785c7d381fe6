"""From single keys going down and up to hotkeys being pressed and released.

Pure: keys and times in, events out. What it settles:

- auto-repeat is no press;
- a chord is pressed when exactly its keys are down and the last of them has just gone down; with more keys
  down it is another shortcut;
- it is released when the first of its keys goes up;
- keys pressed while it is held change nothing, but Escape, which cancels, and any key at all where the chord
  is modifiers alone: then it was the beginning of a longer shortcut;
- a key that goes down anew without having gone up had its release lost: it is a press again. Where the source
  does not tell repeats from presses, that press is taken for a repeat, and its own release ends what the lost
  one should have ended.
"""

from __future__ import annotations

from collections.abc import Sequence

from whispera.daemon.keys import KeyEvent
from whispera.daemon.keys.chord import MODIFIER_KEYS, Chord

LOST_S = 60.0
"""Where repeats cannot be told from presses: a key that comes again only after so long went up unseen.

Long, since X servers may hold repeats back for as long as nothing else happens.
"""
STALE_S = 5.0
"""A key that is no modifier and has not been seen for so long does not make a chord a longer one."""
CANCEL = "escape"


class KeyMachine:
    """One keyboard, or several taken as one, and the chords it is watched for."""

    def __init__(self, chords: Sequence[Chord]) -> None:
        self._chords = tuple(chords)
        self._down: dict[str, float] = {}
        """Key to the time of its last press or repeat."""
        self._held: Chord | None = None

    @property
    def held(self) -> bool:
        """Whether a hotkey is being held."""
        return self._held is not None

    def press(self, key: str, at: float, *, repeat: bool | None = None) -> list[KeyEvent]:
        """A key went down, or repeats itself; `at` in seconds of any clock.

        `repeat`: which of the two, None where the source cannot tell.
        """
        last = self._down.get(key)
        self._down[key] = at
        if repeat is None:
            repeat = last is not None and at - last < LOST_S
        if repeat:
            return []
        if self._held is not None:
            return self._while_held(self._held, key)
        # keys whose releases were lost would stand in the way of every chord
        self._down = {name: when for name, when in self._down.items() if name == key or self._lives(name, at)}
        for chord in self._chords:
            if key in chord.keys and chord.held(set(self._down)):
                self._held = chord
                return [KeyEvent("press", str(chord))]
        return []

    def release(self, key: str) -> list[KeyEvent]:
        """A key went up."""
        self._down.pop(key, None)
        chord = self._held
        if chord is None or chord.held(set(self._down) & chord.keys):
            return []
        if key not in chord.keys:
            return []
        self._held = None
        return [KeyEvent("release", str(chord))]

    def reset(self) -> list[KeyEvent]:
        """No key can be seen any more: whatever is held counts as released."""
        self._down.clear()
        chord, self._held = self._held, None
        return [KeyEvent("release", str(chord))] if chord is not None else []

    def _while_held(self, chord: Chord, key: str) -> list[KeyEvent]:
        if key == chord.key or (not chord.key and key in chord.keys):
            return [KeyEvent("press", str(chord))]  # its release was lost
        if key == CANCEL:
            return [KeyEvent("cancel", str(chord))]
        if not chord.key:
            self._held = None
            return [KeyEvent("abort", str(chord))]
        return []

    def _lives(self, key: str, at: float) -> bool:
        """Whether a key that went down a while ago may still be down: only modifiers are held for long."""
        return key in MODIFIER_KEYS or at - self._down[key] < STALE_S
