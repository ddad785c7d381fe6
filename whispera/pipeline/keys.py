"""Pressing keys and typing text, as argv for the tool each platform has.

X11: xdotool. Wayland: wtype where the compositor lets it, else ydotool (which needs its daemon). macOS:
osascript with System Events. Windows: PowerShell. Key names come from the tables below and nothing else, so
no script here contains a word of the user; text travels as an argument after `--` or in the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from whispera.errors import NotPossible
from whispera.pipeline.packages import install_hint
from whispera.pipeline.platform import Platform

TEXT: Final = "WHISPERA_TEXT"
"""The environment variable PowerShell reads the text to type from."""

_PAUSE_MS = 250
"""Between a combination and the text typed after it, for the field it opens to take the focus."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key under the name each tool knows it by."""

    x: str
    """X keysym (xdotool, wtype)."""
    evdev: int
    """Linux input event code (ydotool)."""
    mac: int
    """macOS virtual key code; -1 where there is none."""
    vk: int
    """Windows virtual key code; 256 is added to those that are sent as extended keys."""
    shifted: bool = False
    """The second character of its key of the US keyboard; only a keysym needs no shift for it."""


@dataclass(frozen=True, slots=True)
class Presses:
    """One program run that presses keys or types."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


_LETTERS = "qwertyuiopasdfghjklzxcvbnm"
_LETTERS_EVDEV = (*range(16, 26), *range(30, 39), *range(44, 51))
_LETTERS_MAC = (12, 13, 14, 15, 17, 16, 32, 34, 31, 35, 0, 1, 2, 3, 5, 4, 38, 40, 37, 6, 7, 8, 9, 11, 45, 46)
_DIGITS = "1234567890"
_DIGITS_MAC = (18, 19, 20, 21, 23, 22, 26, 28, 25, 29)
_F_EVDEV = (*range(59, 69), 87, 88, *range(183, 195))
_F_MAC = (122, 120, 99, 118, 96, 97, 98, 100, 101, 109, 103, 111, 105, 107, 113, 106, 64, 79, 80, 90)

KEYS: Final[Mapping[str, Key]] = {
    **{c: Key(c, _LETTERS_EVDEV[i], _LETTERS_MAC[i], ord(c.upper())) for i, c in enumerate(_LETTERS)},
    **{c: Key(c, 2 + i, _DIGITS_MAC[i], ord(c)) for i, c in enumerate(_DIGITS)},
    **{f"f{i + 1}": Key(f"F{i + 1}", _F_EVDEV[i], (*_F_MAC, -1, -1, -1, -1)[i], 0x70 + i) for i in range(24)},
    "enter": Key("Return", 28, 36, 0x0D),
    "escape": Key("Escape", 1, 53, 0x1B),
    "tab": Key("Tab", 15, 48, 0x09),
    "space": Key("space", 57, 49, 0x20),
    "backspace": Key("BackSpace", 14, 51, 0x08),
    "delete": Key("Delete", 111, 117, 0x12E),
    "insert": Key("Insert", 110, 114, 0x12D),
    "home": Key("Home", 102, 115, 0x124),
    "end": Key("End", 107, 119, 0x123),
    "page_up": Key("Prior", 104, 116, 0x121),
    "page_down": Key("Next", 109, 121, 0x122),
    "up": Key("Up", 103, 126, 0x126),
    "down": Key("Down", 108, 125, 0x128),
    "left": Key("Left", 105, 123, 0x125),
    "right": Key("Right", 106, 124, 0x127),
    "caps_lock": Key("Caps_Lock", 58, 57, 0x14),
    "num_lock": Key("Num_Lock", 69, 71, 0x190),
    "scroll_lock": Key("Scroll_Lock", 70, -1, 0x91),
    "print_screen": Key("Print", 99, -1, 0x12C),
    "pause": Key("Pause", 119, -1, 0x13),
    "menu": Key("Menu", 127, -1, 0x15D),
    "minus": Key("minus", 12, 27, 0xBD),
    "equals": Key("equal", 13, 24, 0xBB),
    "comma": Key("comma", 51, 43, 0xBC),
    "period": Key("period", 52, 47, 0xBE),
    "slash": Key("slash", 53, 44, 0xBF),
    "backslash": Key("backslash", 43, 42, 0xDC),
    "semicolon": Key("semicolon", 39, 41, 0xBA),
    "apostrophe": Key("apostrophe", 40, 39, 0xDE),
    "grave": Key("grave", 41, 50, 0xC0),
    "left_bracket": Key("bracketleft", 26, 33, 0xDB),
    "right_bracket": Key("bracketright", 27, 30, 0xDD),
    "plus": Key("plus", 13, 24, 0xBB, shifted=True),
    "question": Key("question", 53, 44, 0xBF, shifted=True),
    "hash": Key("numbersign", 4, 20, 0x33, shifted=True),
    "asterisk": Key("asterisk", 9, 28, 0x38, shifted=True),
    "volume_up": Key("XF86AudioRaiseVolume", 115, 72, 0xAF),
    "volume_down": Key("XF86AudioLowerVolume", 114, 73, 0xAE),
    "mute": Key("XF86AudioMute", 113, 74, 0xAD),
    "play": Key("XF86AudioPlay", 164, -1, 0xB3),
    "next_track": Key("XF86AudioNext", 163, -1, 0xB0),
    "previous_track": Key("XF86AudioPrev", 165, -1, 0xB1),
}
"""The keys of `whispera.values.keys`, and media keys for configuration."""
_MODIFIERS: Final[Mapping[str, Key]] = {
    "ctrl": Key("ctrl", 29, 59, 0x11),
    "cmd": Key("super", 125, 55, 0x15B),
    "win": Key("super", 125, 55, 0x15B),
    "alt": Key("alt", 56, 58, 0x12),
    "shift": Key("shift", 42, 56, 0x10),
}
_WTYPE_MODIFIERS = {"cmd": "logo", "win": "logo"}
_MAC_MODIFIERS = {"ctrl": "control", "cmd": "command", "win": "command", "alt": "option", "shift": "shift"}

_PRESS_SCRIPT = (
    'Add-Type -Namespace W -Name K -MemberDefinition \'[DllImport("user32.dll")] '
    "public static extern void keybd_event(byte k, byte s, uint f, UIntPtr e);'; "
    "$k = @($env:WHISPERA_KEYS -split ',' | ForEach-Object { [int]$_ }); "
    "foreach ($c in $k) { [W.K]::keybd_event($c % 256, 0, [int]($c -gt 255), [UIntPtr]::Zero) }; "
    "[array]::Reverse($k); "
    "foreach ($c in $k) { [W.K]::keybd_event($c % 256, 0, 2 + [int]($c -gt 255), [UIntPtr]::Zero) }"
)
_TYPE_SCRIPT = (
    "Add-Type -AssemblyName System.Windows.Forms; "
    f"$t = [regex]::Replace($env:{TEXT}, '[+^%~(){{}}\\[\\]]', '{{$0}}') -replace [char]10, '{{ENTER}}'; "
    "[System.Windows.Forms.SendKeys]::SendWait($t)"
)
_POWERSHELL = ("powershell", "-NoProfile", "-NonInteractive", "-Command")


def press(combination: str, platform: Platform, *, text: str = "") -> tuple[Presses, ...]:
    """The runs that press a combination (`ctrl+shift+t`, `mod+f`) and then type `text`, if there is any.

    Raises NotPossible without a desktop, without a tool, and for a key nobody knows.
    """
    platform.require_desktop("pressing keys")
    modifiers, key = split(combination, platform)
    if platform.name == "macos":
        return (_osascript(_with_shift(modifiers, key), key, text),)
    if platform.name == "windows":
        modifiers = _with_shift(modifiers, key)
        codes = [_MODIFIERS[m].vk for m in modifiers] + ([key.vk] if key else [])
        env = {"WHISPERA_KEYS": ",".join(map(str, codes))}
        script = _PRESS_SCRIPT
        if text:
            script += f"; Start-Sleep -Milliseconds {_PAUSE_MS}; {_TYPE_SCRIPT}"
            env[TEXT] = _typeable(text)
        return (Presses((*_POWERSHELL, script), env),)
    tool = _tool(platform)
    if tool == "xdotool":
        argv = ["xdotool", "key", "--clearmodifiers"]
        argv.append("+".join([_MODIFIERS[m].x for m in modifiers] + ([key.x] if key else [])))
        if text:
            argv += ["sleep", str(_PAUSE_MS / 1000), *_XDOTOOL_TYPE, _typeable(text)]
        return (Presses(tuple(argv)),)
    if tool == "wtype":
        argv = ["wtype"]
        names = [_WTYPE_MODIFIERS.get(m, m) for m in modifiers]
        for name in names:
            argv += ["-M", name]
        if key:
            argv += ["-k", key.x]
        for name in reversed(names):
            argv += ["-m", name]
        if text:
            argv += ["-s", str(_PAUSE_MS), "--", _typeable(text)]
        return (Presses(tuple(argv)),)
    modifiers = _with_shift(modifiers, key)
    codes = [_MODIFIERS[m].evdev for m in modifiers] + ([key.evdev] if key else [])
    events = [f"{code}:1" for code in codes] + [f"{code}:0" for code in reversed(codes)]
    pressed = Presses(("ydotool", "key", *events))
    return (pressed, *type_text(text, platform)) if text else (pressed,)


def type_text(text: str, platform: Platform) -> tuple[Presses, ...]:
    """The runs that type `text` where the cursor is; line breaks press Enter, other controls are left out.

    Raises NotPossible without a desktop and without a tool.
    """
    platform.require_desktop("typing text")
    words = _typeable(text)
    if platform.name == "macos":
        return (_osascript((), None, words),)
    if platform.name == "windows":
        return (Presses((*_POWERSHELL, _TYPE_SCRIPT), {TEXT: words}),)
    tool = _tool(platform)
    if tool == "xdotool":
        return (Presses(("xdotool", *_XDOTOOL_TYPE, words)),)
    return (Presses(("wtype", "--", words) if tool == "wtype" else ("ydotool", "type", "--", words)),)


def split(combination: str, platform: Platform) -> tuple[tuple[str, ...], Key | None]:
    """Modifiers in order and the key of a combination; no key where only modifiers are pressed.

    `mod` is cmd on macOS and ctrl elsewhere. Raises NotPossible for names nobody knows.
    """
    modifiers: list[str] = []
    key: Key | None = None
    for part in combination.strip().lower().split("+"):
        name = part.strip()
        if name == "mod":
            name = "cmd" if platform.name == "macos" else "ctrl"
        if name in _MODIFIERS:
            if name not in modifiers:
                modifiers.append(name)
        elif name in KEYS and key is None:
            key = KEYS[name]
        else:
            raise NotPossible(
                f"{combination} is more than one key" if name in KEYS else f"there is no key called {name!r}",
                hint="keys look like ctrl+shift+t, enter, page_down or f5",
            )
    return tuple(modifiers), key


_XDOTOOL_TYPE = ("type", "--clearmodifiers", "--delay", "8", "--")


def _with_shift(modifiers: tuple[str, ...], key: Key | None) -> tuple[str, ...]:
    """The modifiers that give the character where a tool takes the number of the key."""
    return (*modifiers, "shift") if key and key.shifted and "shift" not in modifiers else modifiers


def _tool(platform: Platform) -> str:
    """The program that presses keys under Linux here."""
    if platform.name == "x11":
        tools = ["xdotool", "ydotool"]
    else:
        # GNOME and KDE do not offer the protocol wtype speaks
        desktop = platform.environ.get("XDG_CURRENT_DESKTOP", "").upper()
        tools = ["ydotool", "wtype"] if "GNOME" in desktop or "KDE" in desktop else ["wtype", "ydotool"]
    for tool in tools:
        if platform.which(tool):
            return tool
    raise NotPossible("there is nothing here to press keys with", hint=install_hint(tools, platform))


def _osascript(modifiers: tuple[str, ...], key: Key | None, text: str) -> Presses:
    lines = ["on run argv", 'tell application "System Events"']
    if modifiers or key:
        using = ", ".join(f"{_MAC_MODIFIERS[m]} down" for m in modifiers)
        code = _MODIFIERS[modifiers[-1]].mac if key is None else key.mac
        if code < 0:
            raise NotPossible("a Mac has no such key", hint="name a key that is on the keyboard")
        lines.append(f"key code {code}" + (f" using {{{using}}}" if using and key else ""))
    if text:
        if len(lines) > 2:
            lines.append(f"delay {_PAUSE_MS / 1000}")
        lines.append("keystroke (item 1 of argv)")
    lines += ["end tell", "end run"]
    argv = ["osascript"]
    for line in lines:
        argv += ["-e", line]
    return Presses((*argv, "--", _typeable(text)) if text else tuple(argv))


def _typeable(text: str) -> str:
    """Text without control characters but line breaks and tabs."""
    clean = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in clean if c in "\n\t" or not (ord(c) < 32 or 127 <= ord(c) < 160))
