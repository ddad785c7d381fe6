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
from dataclasses import dataclass, field
from itertools import chain, repeat
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
LOOK_S = 1.0
AGAIN_S = (1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Between tries to watch a display that is not there; the last again and again."""
LOST = (
    "Hotkeys do not work: the display is gone. They work again when it is back; in another session "
    f"`whispera daemon restart`, or {TRIGGER}."
)
MISSING = (
    "Hotkeys do not work: the display is not there. They work as soon as it is; in another session "
    f"`whispera daemon restart`, or {TRIGGER}."
)


class PynputKeys:
    """The keyboard of the desktop session; of the next one too, should it be given the same name."""

    name = "pynput"

    def __init__(
        self,
        chords: Sequence[Chord],
        *,
        now: Callable[[], float] = time.monotonic,
        again_s: Sequence[float] = AGAIN_S,
        ready_s: float = READY_S,
    ) -> None:
        """`now`: seconds of any clock; `again_s`: as `AGAIN_S`; `ready_s`: how long `start` waits."""
        self._machine = KeyMachine(chords)
        self._now = now
        self._again_s = again_s
        self._ready_s = ready_s
        self._watching: _Watching | None = None
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._on_event: Callable[[KeyEvent], None] | None = None
        self._on_trouble: Callable[[str], None] = lambda _: None

    def start(
        self, on_event: Callable[[KeyEvent], None], on_trouble: Callable[[str], None] = lambda _: None
    ) -> None:
        """Begins to watch; raises NotPossible where there is no way to, or the system does not allow it.

        A display that is not there yet is told as trouble, and watched when it is.
        """
        stopped = self._stopped = threading.Event()
        self._on_event, self._on_trouble = on_event, on_trouble
        first = _First()
        threading.Thread(target=self._run, args=(stopped, first), daemon=True, name="keys").start()
        if not first.came.wait(self._ready_s):  # a display that hangs keeps nobody waiting
            with self._lock:
                if not (first.came.is_set() or stopped.is_set()):
                    first.told = True
                    on_trouble(MISSING)
        if first.failed is not None:
            self._on_event = None
            raise first.failed

    def stop(self) -> None:
        """Ends; no event comes afterwards."""
        with self._lock:
            self._stopped.set()
            self._on_event = None
            watching, self._watching = self._watching, None
        if watching is not None:
            watching.end()

    # -- in a thread of its own

    def _run(self, stopped: threading.Event, first: _First) -> None:
        """Watches until it is stopped, whatever displays come and go."""
        watching: _Watching | None = None
        try:
            watching = self._watch(stopped)
        except _NoDisplayError:
            pass
        except NotPossible as error:
            with self._lock:
                if not first.told:
                    first.failed = error
                elif not stopped.is_set():
                    self._on_trouble(f"Hotkeys do not work: {error}; {error.hint or TRIGGER}.")
                first.came.set()
            return
        with self._lock:
            told = first.told
            if watching is None and not told and not stopped.is_set():
                told = True
                self._on_trouble(MISSING)
            first.came.set()
        while True:
            if watching is None:
                watching = self._found_again(stopped)
            if watching is None or not self._keep(watching, stopped):
                return
            if told:
                self._on_trouble("")
            watching.ended.wait()
            with self._lock:
                if stopped.is_set():
                    return
                self._watching = None
            # half a command is never acted on
            self._tell([KeyEvent("abort", event.hotkey) for event in self._machine.reset()])
            self._on_trouble(LOST)
            watching, told = None, True

    def _watch(self, stopped: threading.Event) -> _Watching:
        """What watches; raises NotPossible where that cannot be."""
        watching = _Watching(_keyboard(), stopped, on_press=self._on_press, on_release=self._on_release)
        while not watching.began.wait(LOOK_S):  # a display that hangs is not asked twice
            if stopped.is_set():
                break
        if not watching.works:
            raise _refused("the desktop does not let its keyboard be watched")
        if sys.platform == "darwin" and not getattr(watching.listener, "IS_TRUSTED", True):
            watching.listener.stop()
            raise NotPossible(
                "macOS does not let Whispera watch the keyboard",
                hint="allow it in System Settings, Privacy & Security, Input Monitoring and Accessibility",
            )
        return watching

    def _found_again(self, stopped: threading.Event) -> _Watching | None:
        """What watches the display that came back; None where `stop` was called before."""
        for wait_s in chain(self._again_s, repeat(self._again_s[-1])):
            if stopped.wait(wait_s):
                return None
            with suppress(NotPossible):
                return self._watch(stopped)
        return None

    def _keep(self, watching: _Watching, stopped: threading.Event) -> bool:
        """Whether it is not too late to watch."""
        with self._lock:
            if not stopped.is_set():
                self._watching = watching
                return True
        watching.end()
        return False

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


class _NoDisplayError(NotPossible):
    """There is no display now; there may be later."""


class _TooLateError(Exception):
    """The display answered when nobody waited for it any more."""


@dataclass(slots=True)
class _First:
    """What came of the first try to watch."""

    came: threading.Event = field(default_factory=threading.Event)
    """It is known."""
    failed: NotPossible | None = None
    """Why there will be no other."""
    told: bool = False
    """It was told as trouble, since it took too long."""


def _keyboard() -> Any:
    """pynput's module of keyboards, which connects to the display when imported; raises NotPossible."""
    try:
        from pynput import keyboard
    except ModuleNotFoundError as error:
        raise NotPossible(
            f"pynput cannot watch the keyboard ({error})",
            hint="bin/setup voice, or pip install 'whispera[voice]'",
        ) from error
    except Exception as error:
        why = (str(error).splitlines() or ["no display"])[0]
        raise _refused(f"pynput cannot watch the keyboard ({why})") from error
    return keyboard


def _refused(why: str) -> NotPossible:
    """X servers come and go; elsewhere the desktop that is there at the start is the only one."""
    if sys.platform in ("darwin", "win32"):
        return NotPossible(why, hint=TRIGGER)
    return _NoDisplayError(why, hint=TRIGGER)


class _Watching:
    """A listener of pynput, which connects when it is made, and what became of it."""

    def __init__(self, keyboard: Any, stopped: threading.Event, **callbacks: Callable[..., None]) -> None:
        """`stopped`: set where it is not to watch any more; one that connects only then ends itself."""
        self._stopped = stopped
        self.began = threading.Event()
        """It watches, or it has failed."""
        self.ended = threading.Event()
        self.listener: Any = keyboard.Listener(**callbacks)
        self._run, self._ready = self.listener.run, self.listener._mark_ready
        self.listener.run, self.listener._mark_ready = self._run_quietly, self._tell_ready
        self.listener.daemon = True
        self.listener.start()

    @property
    def works(self) -> bool:
        """Whether it watches now."""
        return self.began.is_set() and not self.ended.is_set()

    def _run_quietly(self) -> None:
        try:
            self._run()
        except Exception:  # a display that is gone, which Python would print; pynput leaves its sockets open
            for name in ("_display_stop", "_display_record"):
                with suppress(Exception):
                    getattr(self.listener, name).display.socket.close()
        finally:
            self.ended.set()
            self.began.set()

    def _tell_ready(self) -> None:
        self._ready()
        self.began.set()
        if self._stopped.is_set():
            raise _TooLateError

    def end(self) -> None:
        """Ends it, and waits for that for a moment."""
        with suppress(Exception):  # a display that is gone
            self.listener.stop()
        with suppress(Exception):
            # pynput #583: on X11 it would wait for one more key
            self.listener._display_stop.record_disable_context(self.listener._context)
            self.listener._display_stop.flush()
        self.ended.wait(END_S)


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
