"""Hotkeys as they are written in the settings: `ctrl+alt+space`, `f9`, `right ctrl`.

A chord is modifiers and at most one other key. A modifier may be named by its side. Keys have the names of
`whispera.values.keys`; modifiers at the keyboard are always named with their side: `ctrl_left`, `alt_right`.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

from whispera.errors import ConfigError
from whispera.pipeline.keys import KEYS

_MODIFIERS = ("ctrl", "win", "alt", "shift")
_SIDES = ("left", "right")
_ALIASES = {
    "control": "ctrl", "ctl": "ctrl", "strg": "ctrl", "cmd": "win", "command": "win", "super": "win",
    "meta": "win", "windows": "win", "option": "alt", "opt": "alt", "return": "enter", "esc": "escape",
    "del": "delete", "ins": "insert", "spacebar": "space", "pageup": "page_up", "pagedown": "page_down",
    "pgup": "page_up", "pgdn": "page_down", "capslock": "caps_lock", "printscreen": "print_screen",
    "print": "print_screen", "scrolllock": "scroll_lock", "break": "pause",
}  # fmt: skip
_WHOLE = {"altgr": "right alt", "alt gr": "right alt", "mod": "ctrl", "fn": ""}

MODIFIER_KEYS = frozenset(f"{name}_{side}" for name in _MODIFIERS for side in _SIDES)
"""The modifiers of a keyboard."""
_HINT = "chords look like ctrl+alt+space, f9 or right ctrl"


@dataclass(frozen=True, slots=True)
class Chord:
    """Keys that are held together."""

    modifiers: tuple[frozenset[str], ...]
    """For each modifier the keys that are it: both sides, or the one that was named."""
    key: str = ""
    """The other key, empty for a chord of modifiers alone."""
    text: str = ""
    """The canonical form."""

    def __str__(self) -> str:
        return self.text

    @property
    def keys(self) -> frozenset[str]:
        """Every key that may be part of it."""
        own = frozenset({self.key}) if self.key else frozenset()
        return own.union(*self.modifiers) if self.modifiers else own

    def held(self, down: frozenset[str] | set[str]) -> bool:
        """Whether the keys that are down are this chord and nothing more."""
        rest = set(down)
        if self.key:
            if self.key not in rest:
                return False
            rest.discard(self.key)
        for names in self.modifiers:
            found = rest & names
            if not found:
                return False
            rest -= found
        return not rest


def parse_chord(text: str) -> Chord:
    """The chord that a text names; raises ConfigError, with a hint, for one that is none."""
    modifiers: list[tuple[str, str]] = []
    key = ""
    for part in text.strip().lower().split("+"):
        side, name = _named(part, text)
        if name in _MODIFIERS:
            if any(name == other for other, _ in modifiers):
                raise ConfigError(f"'{text}' names {name} twice", key="voice.keys", hint=_HINT)
            modifiers.append((name, side))
        elif key:
            raise ConfigError(
                f"'{text}' holds two keys that are no modifiers, {key} and {name}",
                key="voice.keys",
                hint=f"one of them is enough; {_HINT}",
            )
        else:
            key = name
    if len(key) == 1 and not any(name != "shift" for name, _ in modifiers):
        raise ConfigError(
            f"'{text}' is typed all day",
            key="voice.keys",
            hint=f"add a modifier, such as ctrl+alt+{key}",
        )
    modifiers.sort(key=lambda pair: _MODIFIERS.index(pair[0]))
    names = [f"{side} {name}".strip() for name, side in modifiers]
    return Chord(
        tuple(
            frozenset(f"{name}_{one}" for one in ((side,) if side else _SIDES)) for name, side in modifiers
        ),
        key,
        "+".join([*names, key] if key else names),
    )


def _named(part: str, text: str) -> tuple[str, str]:
    """Side and name of one key of a chord."""
    words = _WHOLE.get(" ".join(part.split()), part).replace("-", " ").replace("_", " ").split()
    side = ""
    if len(words) > 1 and words[0] in _SIDES:
        side = words.pop(0)
    elif len(words) > 1 and words[-1] in _SIDES and words[0] not in ("page",):
        side = words.pop()
    name = "_".join(words)
    name = _ALIASES.get(name, _ALIASES.get(name.replace("_", ""), name))
    if name in _MODIFIERS:
        return side, name
    whole = "_".join([*([side] if side else []), name]) if side else name
    if whole in KEYS:
        return "", whole
    if not part.strip():
        raise ConfigError(f"'{text}' is no chord: a key is missing", key="voice.keys", hint=_HINT)
    near = get_close_matches(name, [*_MODIFIERS, *KEYS, *_ALIASES], n=1)
    hint = f"did you mean '{near[0]}'? {_HINT}" if near else _HINT
    raise ConfigError(f"there is no key called '{part.strip()}' in '{text}'", key="voice.keys", hint=hint)
