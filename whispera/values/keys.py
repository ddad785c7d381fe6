"""Key presses as names joined by `+`: `ctrl+shift+t`, `enter`, `page_down`.

Modifiers come in the order ctrl, cmd, win, alt, shift, then at most one other key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whispera.values import numbers

if TYPE_CHECKING:
    import random

MODIFIERS = ("ctrl", "cmd", "win", "alt", "shift")
"""In canonical order."""

_MODIFIER_WORDS = {
    "control": "ctrl", "ctrl": "ctrl", "ctl": "ctrl", "cntrl": "ctrl", "ctr": "ctrl", "cntl": "ctrl",
    "contrl": "ctrl", "command": "cmd", "cmd": "cmd", "comand": "cmd", "\u2318": "cmd", "windows": "win",
    "window": "win", "win": "win", "super": "win", "meta": "win", "alt": "alt", "option": "alt", "opt": "alt",
    "\u2325": "alt", "shift": "shift", "\u21e7": "shift", "\u2303": "ctrl",
}  # fmt: skip
_PHRASES = {
    "page down": "page_down", "page up": "page_up", "pagedown": "page_down", "pageup": "page_up",
    "pgdn": "page_down", "pgup": "page_up", "pg dn": "page_down", "pg up": "page_up", "pg down": "page_down",
    "page_down": "page_down", "page_up": "page_up",
    "enter": "enter", "return": "enter", "escape": "escape", "esc": "escape", "escaped": "escape",
    "tab": "tab", "tabulator": "tab", "space": "space", "spacebar": "space", "space bar": "space",
    "backspace": "backspace", "back space": "backspace", "delete": "delete", "del": "delete",
    "insert": "insert", "ins": "insert", "home": "home", "end": "end",
    "up": "up", "down": "down", "left": "left", "right": "right",
    "caps lock": "caps_lock", "capslock": "caps_lock", "caps": "caps_lock", "num lock": "num_lock",
    "numlock": "num_lock", "number lock": "num_lock", "scroll lock": "scroll_lock", "caps_lock": "caps_lock",
    "print screen": "print_screen", "printscreen": "print_screen", "prtsc": "print_screen",
    "prt sc": "print_screen", "prtscn": "print_screen", "print_screen": "print_screen", "pause": "pause",
    "pause break": "pause", "break": "pause", "menu": "menu", "context menu": "menu", "num_lock": "num_lock",
    "scroll_lock": "scroll_lock",
    "plus": "plus", "plus sign": "plus", "minus": "minus", "minus sign": "minus", "dash": "minus",
    "hyphen": "minus", "equals": "equals", "equal": "equals", "equals sign": "equals", "equal sign": "equals",
    "comma": "comma", "period": "period", "dot": "period", "full stop": "period", "slash": "slash",
    "forward slash": "slash", "backslash": "backslash", "back slash": "backslash", "semicolon": "semicolon",
    "semi colon": "semicolon", "apostrophe": "apostrophe", "quote": "apostrophe", "backtick": "grave",
    "back tick": "grave", "grave": "grave", "tilde": "grave", "question mark": "question",
    "left bracket": "left_bracket", "open bracket": "left_bracket", "right bracket": "right_bracket",
    "close bracket": "right_bracket", "left_bracket": "left_bracket", "right_bracket": "right_bracket",
    "hash": "hash", "asterisk": "asterisk", "star": "asterisk", "question": "question",
    ",": "comma", ".": "period", "/": "slash", "\\": "backslash", ";": "semicolon", "'": "apostrophe",
    "`": "grave", "=": "equals", "[": "left_bracket", "]": "right_bracket", "~": "grave", "?": "question",
    "#": "hash", "*": "asterisk",
    "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7",
    "eight": "8", "nine": "9",
    "\u2190": "left", "\u2191": "up", "\u2192": "right", "\u2193": "down", "\u21b5": "enter",
}  # fmt: skip
_LETTERS_HEARD = {
    "see": "c", "sea": "c", "zee": "z", "zed": "z", "vee": "v", "tee": "t", "tea": "t", "bee": "b",
    "be": "b", "ex": "x", "cue": "q", "queue": "q", "kay": "k", "jay": "j", "ess": "s", "eff": "f",
    "dee": "d", "el": "l", "em": "m", "en": "n", "oh": "o", "pee": "p", "gee": "g", "are": "r", "why": "y",
    "you": "u", "ay": "a",
}  # fmt: skip
"""What a recogniser writes for a letter; taken after a modifier only."""
_ARROWS = frozenset({"up", "down", "left", "right"})
_FUNCTION = frozenset({"f", "fn", "function", "eff", "ef"})
_JOINS = frozenset({"+", "-", "and", "plus", "&", ","})
_ENDS = (
    ["at", "the", "same", "time"], ["at", "once"], ["together"], ["key", "combination"], ["key", "combo"],
    ["combination"], ["combo"], ["keyboard", "shortcut"], ["shortcut"], ["keys"], ["buttons"], ["bar"],
)  # fmt: skip
_VERBS = frozenset({"hit", "press", "push", "tap"})
_TOKEN = re.compile(r"f[0-9]{1,2}(?![0-9a-z])|[a-z_]+|[0-9]+|\S")
_STARTS = (
    frozenset(_MODIFIER_WORDS)
    | {phrase.split()[0] for phrase in _PHRASES}
    | {"the", "letter", "number", "digit", "key", "arrow", "cursor", "f", "fn", "function", "eff"}
    | {f"f{number}" for number in range(1, 25)}
    | _VERBS
    | set("abcdefghijklmnopqrstuvwxyz")
)


def parse(words: str) -> str | None:
    """The keys in canonical order joined by `+`; None when the words are none."""
    if len(words) > 120:
        return None
    text = numbers.fold(words)
    if not could_start(text):
        return None
    parts = [numbers.mended(word) for word in _TOKEN.findall(text)]
    while len(parts) > 1 and parts[0] in _VERBS:
        del parts[0]
    for end in _ENDS:
        if len(parts) > len(end) and parts[-len(end) :] == end and (end != ["bar"] or parts[-2] != "space"):
            del parts[-len(end) :]
            break
    return _combination(parts)


def _combination(parts: list[str]) -> str | None:
    """The keys of tokens: modifiers in any order, then at most one key."""
    modifiers: set[str] = set()
    at = 0
    while at < len(parts):
        if parts[at] in ("the", "key"):
            at += 1
            continue
        name = _MODIFIER_WORDS.get(parts[at])
        if name is None or name in modifiers:
            break
        modifiers.add(name)
        at += 1
        if at < len(parts) and parts[at] in ("key", "button"):
            at += 1
        if at + 1 < len(parts) and parts[at] in _JOINS:
            at += 1
    main = ""
    if at < len(parts):
        read = _key(parts[at:], after_modifier=bool(modifiers))
        if read is None:
            return None
        main = read
        if main in modifiers:
            return None
    found = [name for name in MODIFIERS if name in modifiers] + ([main] if main else [])
    return "+".join(found) or None


def _key(parts: list[str], *, after_modifier: bool) -> str | None:
    """The one key that is not a modifier; "key", "button", "sign" and "the letter" around it fall away."""
    while len(parts) > 1 and parts[-1] in ("key", "button"):
        parts = parts[:-1]
    while len(parts) > 1 and parts[0] in ("the", "letter", "number", "digit", "key"):
        parts = parts[1:]
    if len(parts) > 1 and parts[0] in ("arrow", "cursor") and parts[1] in _ARROWS:
        parts = parts[1:]
    elif len(parts) > 1 and parts[1] in ("arrow", "cursor") and parts[0] in _ARROWS:
        parts = [parts[0], *parts[2:]]
    if len(parts) > 1:
        parts = [part for part in parts if part != "-"] or parts[:1]
    phrase = " ".join(parts)
    if phrase == "+":
        return "plus"
    if phrase == "-":
        return "minus"
    if phrase in _PHRASES:
        return _PHRASES[phrase]
    if len(parts) == 1:
        word = parts[0]
        if len(word) == 1 and word.isascii() and word.isalnum():
            return word
        if re.fullmatch(r"f[0-9]{1,2}", word) and 1 <= int(word[1:]) <= 24 and word[1] != "0":
            return word
        return _LETTERS_HEARD.get(word) if after_modifier else None
    return _function_key(parts)


def _function_key(parts: list[str]) -> str | None:
    """ "f eleven", "function key two", "fn 5"."""
    if parts[0] not in _FUNCTION:
        return None
    rest = [part for part in parts[1:] if part not in ("key", "-", "number")]
    if rest[:1] == ["f"]:
        rest = rest[1:]
    if len(rest) == 1 and re.fullmatch("f?[0-9]{1,2}", rest[0]):
        number = int(rest[0].lstrip("f"))
    else:
        read = numbers.whole(rest, 0)
        if read is None or read[1] != len(rest):
            return None
        number = read[0]
    return f"f{number}" if 1 <= number <= 24 else None


def fits(words: str) -> bool:
    """Whether the words are the keys and nothing else; "the" and "key" belong to them, "press" does not."""
    if words != words.strip() or words.lower().split(" ", 1)[0] in _VERBS:
        return False
    if words[-1:] == "," and words[-2:-1] not in ("+", "-"):
        return False
    return parse(words) is not None


def could_start(word: str) -> bool:
    """Whether a key may begin with this word."""
    text = numbers.fold(word[:40])
    if not text:
        return False
    if text[0].isascii() and text[0].isdigit():
        return True
    if not text[0].isalpha():
        return text[0] in _PHRASES or text[0] in "+-" or text[0] in _MODIFIER_WORDS
    end = 0
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    return text[:end] in _STARTS or numbers.mended(text[:end]) in _STARTS


_SAID = {
    "ctrl": "control", "cmd": "command", "win": "windows", "page_down": "page down", "page_up": "page up",
    "up": "up arrow", "down": "down arrow", "left": "left arrow", "right": "right arrow", "equals": "equals",
    "caps_lock": "caps lock", "num_lock": "num lock", "scroll_lock": "scroll lock", "space": "space",
    "print_screen": "print screen", "left_bracket": "left bracket", "right_bracket": "right bracket",
    "grave": "backtick", "question": "question mark",
}  # fmt: skip


def say(value: str) -> str:
    """The keys in words: "control shift t", "page down"."""
    return " ".join(_SAID.get(name, name) for name in value.split("+"))


_SHORTCUTS = (
    "ctrl+c", "ctrl+v", "ctrl+x", "ctrl+z", "ctrl+y", "ctrl+a", "ctrl+s", "ctrl+p", "ctrl+f", "ctrl+n",
    "ctrl+t", "ctrl+w", "ctrl+r", "ctrl+l", "ctrl+d", "ctrl+h", "ctrl+b", "ctrl+i", "ctrl+u", "ctrl+k",
    "ctrl+o", "ctrl+q", "ctrl+tab", "ctrl+shift+tab", "ctrl+shift+t", "ctrl+shift+n", "ctrl+shift+escape",
    "ctrl+alt+delete", "ctrl+alt+t", "ctrl+shift+s", "ctrl+shift+z", "ctrl+shift+p", "ctrl+shift+i",
    "ctrl+shift+v", "ctrl+enter", "ctrl+home", "ctrl+end", "ctrl+backspace", "ctrl+left", "ctrl+right",
    "ctrl+space", "ctrl+plus", "ctrl+minus", "ctrl+0", "ctrl+1", "ctrl+2", "ctrl+page_up", "ctrl+page_down",
    "ctrl+f5", "ctrl+slash", "ctrl+alt+l", "cmd+c", "cmd+v", "cmd+x", "cmd+z", "cmd+a", "cmd+s", "cmd+q",
    "cmd+w", "cmd+t", "cmd+n", "cmd+f", "cmd+tab", "cmd+space", "cmd+shift+3", "cmd+shift+4", "cmd+shift+z",
    "cmd+alt+escape", "cmd+comma", "cmd+enter", "cmd+left", "cmd+right", "cmd+up", "cmd+down", "cmd+h",
    "cmd+m", "cmd+r", "cmd+l", "cmd+shift+t", "cmd+k", "alt+tab", "alt+f4", "alt+f2", "alt+left",
    "alt+right", "alt+enter", "alt+space", "alt+d", "alt+shift+tab", "alt+up", "alt+backspace", "win+d",
    "win+e", "win+l", "win+r", "win+i", "win+tab", "win+s", "win+left", "win+right", "win+shift+s",
    "win+period", "win+up", "win+v", "shift+tab", "shift+enter", "shift+home", "shift+end", "shift+f10",
    "shift+delete", "shift+left", "shift+right", "shift+up", "shift+insert",
)  # fmt: skip
_SINGLES = (
    "enter", "enter", "enter", "escape", "escape", "escape", "tab", "tab", "space", "space", "backspace",
    "backspace", "delete", "delete", "home", "end", "page_down", "page_up", "up", "down", "left", "right",
    "insert", "f1", "f2", "f3", "f5", "f5", "f11", "f11", "f12", "f4", "f6", "f7", "f8", "f9", "f10",
    "print_screen", "caps_lock", "menu", "win",
)  # fmt: skip


def sample(rng: random.Random) -> str:
    """Keys as people say or type them: known shortcuts mostly, invented ones at times."""
    chance = rng.random()
    if chance < 0.36:
        return _single(rng, rng.choice(_SINGLES))
    if chance < 0.42:
        return _single(rng, rng.choice("abcdefghijklmnopqrstuvwxyz0123456789"))
    if chance < 0.85:
        value = rng.choice(_SHORTCUTS)
    else:
        count = rng.choice((1, 1, 2))
        chosen = set(rng.sample(MODIFIERS, count))
        key = rng.choice(
            (rng.choice("abcdefghijklmnopqrstuvwxyz"), rng.choice(_SINGLES[:20]), rng.choice("123456789"))
        )
        value = "+".join([name for name in MODIFIERS if name in chosen] + [key])
    return _joined(rng, value.split("+"))


def _single(rng: random.Random, name: str) -> str:
    """One key: "enter", "the enter key", "esc", "f eleven"."""
    said = _spoken_key(rng, name)
    if len(name) == 1:
        kind = "letter" if name.isalpha() else "number"
        return rng.choice(
            (said, f"the {kind} {said}", f"the {said} key", f"letter {said}" if name.isalpha() else said)
        )
    form = rng.random()
    if form < 0.72 or said.endswith("key"):
        return said
    return rng.choice(
        (f"the {said} key", f"the {said} key", f"the {said} button", f"{said} key", f"the {said}")
    )


def _spoken_key(rng: random.Random, name: str) -> str:
    """A name as said or typed."""
    if re.fullmatch("f[0-9]+", name):
        number = int(name[1:])
        spoken = numbers.say_whole(number)
        return rng.choice(
            (
                f"f{number}",
                f"F{number}",
                f"f {spoken}",
                f"f {spoken}",
                f"f {number}",
                f"function key {spoken}",
            )
        )
    if name in _ARROWS:
        return rng.choice((f"{name} arrow", f"{name} arrow", f"{name} arrow", f"arrow {name}", name))
    if name.isdigit():
        return rng.choice((name, numbers.say_whole(int(name))))
    others = {
        "ctrl": ("control", "control", "control", "ctrl", "ctrl"), "cmd": ("command", "command", "cmd"),
        "win": ("windows", "windows key", "win", "super"), "alt": ("alt", "alt", "alt", "option"),
        "escape": ("escape", "escape", "esc"), "enter": ("enter", "enter", "return"),
        "delete": ("delete", "del"), "space": ("space", "spacebar", "space bar"),
        "period": ("period", "dot", "full stop"),
    }  # fmt: skip
    return rng.choice(others.get(name, (_SAID.get(name, name),)))


def _joined(rng: random.Random, names: list[str]) -> str:
    """A combination: "control shift t", "ctrl+shift+t", "control and t", "Ctrl-T"."""
    form = rng.random()
    if form < 0.17:
        typed = "+".join(name.replace("_", " ") if rng.random() < 0.5 else name for name in names)
        return (
            typed
            if rng.random() < 0.5 or "_" in typed
            else "+".join(part.capitalize() for part in typed.split("+"))
        )
    if form < 0.22 and names[-1].isalnum():
        return "-".join(names)
    said = [_spoken_key(rng, name) for name in names]
    if rng.random() < 0.05 and len(names) == 3:
        said[0], said[1] = said[1], said[0]
    if form < 0.86:
        return " ".join(said)
    joint = rng.choice((" plus ", " plus ", " and ", " + "))
    end = " together" if joint == " and " and rng.random() < 0.2 else ""
    return joint.join(said) + end
