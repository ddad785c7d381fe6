"""Hotkeys through pynput: X11, macOS, Windows.

The keys go on to the program that has the focus as well, so a chord should be one that no other uses. macOS
asks the user to let the terminal, or the service, watch the keyboard (Privacy & Security, Input Monitoring
and Accessibility).
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from whispera.daemon.keys import TRIGGER, KeyEvent
from whispera.daemon.keys.chord import Chord
from whispera.daemon.keys.machine import KeyMachine
from whispera.errors import NotPossible
from whispera.pipeline.keys import KEYS

_NAMES = {
    "ctrl": "ctrl_left", "ctrl_l": "ctrl_left", "ctrl_r": "ctrl_right", "alt": "alt_left",
    "alt_l": "alt_left", "alt_r": "alt_right", "alt_gr": "alt_right", "shift": "shift_left",
    "shift_l": "shift_left", "shift_r": "shift_right", "cmd": "win_left", "cmd_l": "win_left",
    "cmd_r": "win_right", "esc": "escape", "media_volume_up": "volume_up",
    "media_volume_down": "volume_down", "media_volume_mute": "mute", "media_play_pause": "play",
    "media_next": "next_track", "media_previous": "previous_track",
}  # fmt: skip
"""pynput's name of a key to ours, where they differ."""
_CHARACTERS = {
    " ": "space", "-": "minus", "=": "equals", ",": "comma", ".": "period", "/": "slash", "\\": "backslash",
    ";": "semicolon", "'": "apostrophe", "`": "grave", "[": "left_bracket", "]": "right_bracket", "+": "plus",
    "?": "question", "#": "hash", "*": "asterisk",
}  # fmt: skip
_ISO_LEVEL3_SHIFT = 0xFE03
"""X keysym of AltGr, for which pynput has no name."""
READY_S = 5.0
END_S = 2.0


class PynputKeys:
    """The keyboard of the desktop session."""

    name = "pynput"

    def __init__(self, chords: Sequence[Chord], *, now: Callable[[], float] = time.monotonic) -> None:
        """`now`: seconds of any clock."""
        self._machine = KeyMachine(chords)
        self._now = now
        self._listener: Any = None
        self._on_event: Callable[[KeyEvent], None] | None = None

    def start(self, on_event: Callable[[KeyEvent], None]) -> None:
        """Begins to watch; raises NotPossible where there is no session, or it may not be watched."""
        try:
            from pynput import keyboard
        except Exception as error:  # pynput connects to the display when it is imported
            missing = isinstance(error, ModuleNotFoundError)
            why = (str(error).splitlines() or ["no display"])[0]
            raise NotPossible(
                f"pynput cannot watch the keyboard ({why})",
                hint="bin/setup voice, or pip install 'whispera[voice]'" if missing else TRIGGER,
            ) from error
        self._on_event = on_event
        listener = keyboard.Listener(on_press=self._on_press, on_release=self._on_release)
        listener.daemon = True
        ready = threading.Thread(target=listener.wait, daemon=True)
        listener.start()
        ready.start()
        ready.join(READY_S)
        if not listener.is_alive() or ready.is_alive():
            raise NotPossible("the desktop does not let its keyboard be watched", hint=TRIGGER)
        if sys.platform == "darwin" and not getattr(listener, "IS_TRUSTED", True):
            listener.stop()
            raise NotPossible(
                "macOS does not let Whispera watch the keyboard",
                hint="allow it in System Settings, Privacy & Security, Input Monitoring and Accessibility",
            )
        self._listener = listener

    def stop(self) -> None:
        """Ends; no event comes afterwards."""
        self._on_event = None
        listener, self._listener = self._listener, None
        if listener is None:
            return
        listener.stop()
        with suppress(Exception):
            # pynput #583: on X11 it would wait for one more key
            listener._display_stop.record_disable_context(listener._context)
            listener._display_stop.flush()
        with suppress(Exception):  # what went wrong in its thread, such as a display that is gone
            listener.join(END_S)

    def _on_press(self, key: Any, *_: Any) -> None:
        name = name_of(key)
        if name:
            self._tell(self._machine.press(name, self._now()))

    def _on_release(self, key: Any, *_: Any) -> None:
        name = name_of(key)
        if name:
            self._tell(self._machine.release(name))

    def _tell(self, events: Sequence[KeyEvent]) -> None:
        for event in events:
            if self._on_event is not None:
                self._on_event(event)


def name_of(key: Any) -> str:
    """Our name of a key as pynput gives it, empty for one we have none for."""
    name = getattr(key, "name", None)
    if name:
        name = _NAMES.get(name, name)
        return name if name in KEYS or name.endswith(("_left", "_right")) else ""
    character, number = getattr(key, "char", None), getattr(key, "vk", None)
    if number == _ISO_LEVEL3_SHIFT:
        return "alt_right"
    if character and character.isprintable():
        character = character.lower()
        return character if character in KEYS else _CHARACTERS.get(character, "")
    return _BY_NUMBER.get(number, "") if number is not None else ""


def _by_number() -> dict[int, str]:
    """Key numbers of this platform to names: with ctrl held, the character is a control character."""
    if sys.platform == "win32":
        return {key.vk % 256: name for name, key in reversed(list(KEYS.items())) if not key.shifted}
    if sys.platform == "darwin":
        return {
            key.mac: name for name, key in reversed(list(KEYS.items())) if not key.shifted and key.mac >= 0
        }
    return {}


_BY_NUMBER = _by_number()
