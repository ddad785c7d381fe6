"""Spoken and typed key presses with what they mean, and near ones that mean nothing."""

from __future__ import annotations

import pytest

from whispera.values import keys

READ = [
    ("control shift t", "ctrl+shift+t"), ("alt tab", "alt+tab"), ("Alt F4", "alt+f4"),
    ("control plus", "ctrl+plus"), ("control plus plus", "ctrl+plus"), ("ctrl + +", "ctrl+plus"),
    ("ctrl++", "ctrl+plus"), ("ctrl +", "ctrl+plus"), ("ctrl+-", "ctrl+minus"),
    ("control minus", "ctrl+minus"), ("ctrl -", "ctrl+minus"), ("ctrl--", "ctrl+minus"),
    ("control comma", "ctrl+comma"), ("cmd+,", "cmd+comma"), ("control slash", "ctrl+slash"),
    ("ctrl /", "ctrl+slash"), ("control period", "ctrl+period"), ("f 12", "f12"), ("F24", "f24"),
    ("F-5", "f5"), ("function f5", "f5"), ("fn f5", "f5"), ("control one", "ctrl+1"),
    ("Control + C", "ctrl+c"), ("ctrl c", "ctrl+c"), ("control and c", "ctrl+c"),
    ("control, c", "ctrl+c"), ("enter key", "enter"), ("the up key", "up"), ("up arrow key", "up"),
    ("arrow down", "down"), ("down", "down"), ("Page Down", "page_down"), ("page-down", "page_down"),
    ("pagedown", "page_down"), ("the windows key", "win"), ("windows", "win"), ("windows key", "win"),
    ("windows plus l", "win+l"), ("super l", "win+l"), ("shift", "shift"), ("a", "a"), ("y", "y"),
    ("5", "5"), ("five", "5"), ("control see", "ctrl+c"), ("control zed", "ctrl+z"), ("control", "ctrl"),
    ("control alt del", "ctrl+alt+delete"), ("print screen", "print_screen"), ("caps lock", "caps_lock"),
    ("ctrl+shift+esc", "ctrl+shift+escape"), ("ctrl-alt-delete", "ctrl+alt+delete"),
    ("ctrl-shift-t", "ctrl+shift+t"), ("ctrl+pgdn", "ctrl+page_down"), ("question mark", "question"),
    ("control space bar", "ctrl+space"), ("the space bar", "space"), ("shift f 10", "shift+f10"),
    ("F one", "f1"), ("f twenty", "f20"), ("backspace", "backspace"), ("back space", "backspace"),
    ("control shift plus", "ctrl+shift+plus"), ("control shift", "ctrl+shift"), ("cmd-c", "cmd+c"),
    ("⌘c", "cmd+c"), ("⌘ shift 4", "cmd+shift+4"), ("control-c", "ctrl+c"),
    ("the control key and c", "ctrl+c"), ("the control key", "ctrl"), ("control key", "ctrl"),
    ("alt plus tab", "alt+tab"), ("the tab key", "tab"), ("tab key", "tab"), ("semicolon", "semicolon"),
    ("the letter a", "a"), ("number seven", "7"), ("control c key", "ctrl+c"), ("ctrl+C", "ctrl+c"),
    ("window", "win"), ("shift page up", "shift+page_up"), ("ctrl up", "ctrl+up"),
    ("control up arrow", "ctrl+up"), ("option command i", "cmd+alt+i"),
    ("control shift left arrow", "ctrl+shift+left"), ("control left bracket", "ctrl+left_bracket"),
    ("ctrl [", "ctrl+left_bracket"), ("command option k", "cmd+alt+k"),
    ("option shift command p", "cmd+alt+shift+p"),
]  # fmt: skip

NONE = [
    "f25", "see", "control c control v", "c v", "enter please", "enter twice", "for enter", "and enter",
    "enter and", "control and", "ten", "hello",
]  # fmt: skip


@pytest.mark.parametrize(("words", "value"), READ)
def test_keys_is_read_and_fits(words: str, value: object) -> None:
    assert keys.parse(words) == value
    assert keys.fits(words)
    assert keys.could_start(words.split()[0])


@pytest.mark.parametrize("words", NONE)
def test_keys_refuses_what_is_none(words: str) -> None:
    assert keys.parse(words) is None
    assert not keys.fits(words)


@pytest.mark.parametrize(("words", "value"), [("hit escape", "escape"), ("press enter", "enter")])
def test_keys_tolerates_what_a_span_must_not_hold(words: str, value: str) -> None:
    assert keys.parse(words) == value
    assert not keys.fits(words)
