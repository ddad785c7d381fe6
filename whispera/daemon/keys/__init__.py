"""Hotkeys: what watches the keyboard for the chords of `voice.keys`, and which of it fits this machine.

`pynput` reads X11, macOS and Windows, `evdev` the kernel's devices under Wayland and on a console. Where
neither may read the keyboard, the desktop's own key binding calls `whispera trigger`. What is read is
compared with the chords and forgotten; nothing of it is kept or passed on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from whispera.daemon.keys.chord import Chord, parse_chord
from whispera.errors import NotPossible

if TYPE_CHECKING:
    from whispera.catalog.settings import VoiceSettings
    from whispera.pipeline.platform import Platform

TRIGGER = (
    "bind `whispera trigger press` and `whispera trigger release` (or `toggle`) to a key in your desktop's "
    "settings"
)
"""The way that always works."""


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """What a hotkey did."""

    kind: Literal["press", "release", "cancel", "abort"]
    """cancel: Escape while it was held; abort: its keys turned out to belong to a longer shortcut."""
    hotkey: str
    """The chord in canonical form."""


class KeySource(Protocol):
    """Watches the keyboard from a thread of its own."""

    name: str

    def start(self, on_event: Callable[[KeyEvent], None], on_trouble: Callable[[str], None]) -> None:
        """Begins to watch; raises NotPossible where the keyboard may not be read.

        `on_trouble`: gets why no key can be read any more, and what to do; empty when they are read again.
        """

    def stop(self) -> None:
        """Ends; no event comes afterwards. May be called at any time."""


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """How hotkeys are read here."""

    source: KeySource | None
    """None where only `whispera trigger` is left."""
    reason: str
    """One sentence for `status`: what is read, or why nothing is and what to do."""


def choose_keys(settings: VoiceSettings, platform: Platform) -> KeyChoice:
    """The source of hotkeys for this machine by `voice.key_source`; raises ConfigError for a bad chord."""
    chords = tuple(parse_chord(text) for text in settings.keys)
    named = ", ".join(str(chord) for chord in chords)
    name = settings.key_source
    if not chords:
        return KeyChoice(None, f"No hotkey is set; {TRIGGER}.")
    if name == "none":
        return KeyChoice(None, f"Hotkeys are switched off; {TRIGGER}.")
    if name == "auto":
        name = (
            "evdev" if platform.name == "wayland" or (platform.linux and not platform.desktop) else "pynput"
        )
    source = _evdev(chords) if name == "evdev" else _pynput(chords)
    return KeyChoice(source, f"{name} watches for {named}.")


def start_keys(
    choice: KeyChoice, on_event: Callable[[KeyEvent], None], on_trouble: Callable[[str], None]
) -> KeyChoice:
    """The choice as it came out: without a source, and with why, where the keyboard may not be read."""
    if choice.source is None:
        return choice
    try:
        choice.source.start(on_event, on_trouble)
    except NotPossible as error:
        return KeyChoice(None, f"Hotkeys do not work: {error}; {error.hint or TRIGGER}.")
    return choice


def _evdev(chords: Sequence[Chord]) -> KeySource:
    from whispera.daemon.keys.evdev import EvdevKeys

    return EvdevKeys(chords)


def _pynput(chords: Sequence[Chord]) -> KeySource:
    from whispera.daemon.keys.pynput import PynputKeys

    return PynputKeys(chords)
