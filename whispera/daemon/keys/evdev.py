"""Hotkeys from the kernel's input devices: Wayland and the console.

Reads `struct input_event` from /dev/input/event* by itself. Keyboards are found by the keys they have, also
those that are plugged in later; one that is taken away lets go of what it held. Other programs get the keys
as well. Reading these devices means seeing every key: the system allows it to root and the group `input`.
What is read is compared with the chords and forgotten.
"""

from __future__ import annotations

import errno
import os
import selectors
import stat
import struct
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from whispera.daemon.keys import TRIGGER, KeyEvent
from whispera.daemon.keys.chord import Chord
from whispera.daemon.keys.machine import KeyMachine
from whispera.errors import NotPossible
from whispera.pipeline.keys import KEYS

DEVICES = Path("/dev/input")
EVENT = struct.Struct("@llHHi")
"""struct input_event: seconds, microseconds, type, code, value."""
EV_SYN, EV_KEY = 0, 1
SYN_DROPPED = 3
UP, DOWN, REPEAT = 0, 1, 2
LOOK_AGAIN_S = 2.0
"""How often new keyboards are looked for."""
MISSING = f"Hotkeys do not work: there is no keyboard. They work as soon as there is one; or {TRIGGER}."
_READ = EVENT.size * 64
_MODIFIERS = {
    29: "ctrl_left", 97: "ctrl_right", 56: "alt_left", 100: "alt_right", 42: "shift_left", 54: "shift_right",
    125: "win_left", 126: "win_right",
}  # fmt: skip
CODES = {
    **{key.evdev: name for name, key in reversed(list(KEYS.items())) if not key.shifted and key.evdev > 0},
    **_MODIFIERS,
}
"""Key code to name."""
_KEY_BYTES = 96


class EvdevKeys:
    """Every keyboard of this machine."""

    name = "evdev"

    def __init__(
        self,
        chords: Sequence[Chord],
        *,
        directory: Path = DEVICES,
        now: Callable[[], float] = time.monotonic,
        look_again_s: float = LOOK_AGAIN_S,
    ) -> None:
        """`directory`: holds devices (or, for a test, FIFOs) named `event*`; `now`: seconds of any clock."""
        self._machine = KeyMachine(chords)
        self._wanted = {code for code, name in CODES.items() if any(name in chord.keys for chord in chords)}
        self._directory = directory
        self._now = now
        self._look_again_s = look_again_s
        self._open: dict[Path, int] = {}
        self._passed_over: set[tuple[Path, int]] = set()
        """Devices that are no keyboards, by name and inode: opening them each time would be rude."""
        self._left: dict[int, bytes] = {}
        self._selector = selectors.DefaultSelector()
        self._wake: tuple[int, int] | None = None
        self._thread: threading.Thread | None = None
        self._on_event: Callable[[KeyEvent], None] | None = None
        self._on_trouble: Callable[[str], None] = lambda _: None
        self._missing = False
        """There has been no keyboard yet."""

    def start(
        self, on_event: Callable[[KeyEvent], None], on_trouble: Callable[[str], None] = lambda _: None
    ) -> None:
        """Begins to watch; raises NotPossible where keyboards may not be read, or are no files here.

        That there is none yet is told as trouble. One that is taken away later is none: whoever did it knows,
        and the next one is found.
        """
        self._on_event, self._on_trouble = on_event, on_trouble
        refused = self._look()
        self._missing = not self._open
        if self._missing:
            if refused or not self._directory.is_dir():
                raise _unreadable(self._directory, refused)
            on_trouble(MISSING)
        self._wake = os.pipe()
        self._selector.register(self._wake[0], selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True, name="keys")
        self._thread.start()

    def stop(self) -> None:
        """Ends; no event comes afterwards."""
        self._on_event = None
        if self._thread is None or self._wake is None:
            return
        os.write(self._wake[1], b".")
        self._thread.join()
        self._thread = None
        for descriptor in (*self._open.values(), *self._wake):
            os.close(descriptor)
        self._open.clear()
        self._wake = None
        self._selector.close()
        self._selector = selectors.DefaultSelector()

    # -- devices

    def _look(self) -> bool:
        """Opens keyboards that are not open yet; whether one may not be read."""
        refused = False
        for path in sorted(self._directory.glob("event*")):
            try:
                found = path.stat()
                if path in self._open or (path, found.st_ino) in self._passed_over:
                    continue
                descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError as error:
                refused = refused or error.errno in (errno.EACCES, errno.EPERM)
                continue
            if stat.S_ISCHR(found.st_mode) and not self._is_keyboard(descriptor):
                os.close(descriptor)
                self._passed_over.add((path, found.st_ino))
                continue
            self._open[path] = descriptor
            self._left[descriptor] = b""
            self._selector.register(descriptor, selectors.EVENT_READ, path)
        return refused

    def _is_keyboard(self, descriptor: int) -> bool:
        """Whether a device has the keys of a chord."""
        import fcntl

        bits = bytearray(_KEY_BYTES)
        try:
            fcntl.ioctl(descriptor, _eviocgbit(EV_KEY, len(bits)), bits)
        except OSError:
            return False
        return any(bits[code // 8] >> code % 8 & 1 for code in self._wanted)

    def _close(self, path: Path) -> None:
        descriptor = self._open.pop(path)
        self._selector.unregister(descriptor)
        self._left.pop(descriptor)
        os.close(descriptor)
        self._tell(self._machine.reset())

    # -- events

    def _run(self) -> None:
        look_at = self._now() + self._look_again_s
        while self._on_event is not None:
            for key, _ in self._selector.select(max(0.0, look_at - self._now())):
                if key.data is None:
                    return
                self._read(key.data, key.fd)
            if self._now() >= look_at:
                self._look()
                if self._missing and self._open:
                    self._missing = False
                    self._on_trouble("")
                look_at = self._now() + self._look_again_s

    def _read(self, path: Path, descriptor: int) -> None:
        try:
            chunk = os.read(descriptor, _READ)
        except BlockingIOError:
            return
        except OSError:  # ENODEV: unplugged
            chunk = b""
        if not chunk:
            self._close(path)
            return
        data = self._left[descriptor] + chunk
        whole = len(data) - len(data) % EVENT.size
        self._left[descriptor] = data[whole:]
        for _, _, kind, code, value in EVENT.iter_unpack(data[:whole]):
            self._on_input(kind, code, value)

    def _on_input(self, kind: int, code: int, value: int) -> None:
        if kind == EV_SYN and code == SYN_DROPPED:  # the kernel's buffer ran over: keys may have gone up
            self._tell(self._machine.reset())
        elif kind == EV_KEY and code in CODES:
            if value == UP:
                self._tell(self._machine.release(CODES[code]))
            else:
                self._tell(self._machine.press(CODES[code], self._now(), repeat=value == REPEAT))

    def _tell(self, events: Sequence[KeyEvent]) -> None:
        for event in events:
            if self._on_event is not None:
                self._on_event(event)


def _eviocgbit(kind: int, length: int) -> int:
    """The request for the codes a device has, as linux/input.h makes it."""
    return 2 << 30 | length << 16 | ord("E") << 8 | (0x20 + kind)


def _unreadable(directory: Path, refused: bool) -> NotPossible:
    if refused:
        return NotPossible(
            f"the keyboards in {directory} may not be read",
            hint=f"sudo usermod -aG input $USER and log in again (every program of yours can then read the "
            f"keyboard), or {TRIGGER}",
        )
    return NotPossible(f"there is no keyboard in {directory}", hint=TRIGGER)
