from __future__ import annotations

import pytest

from whispera.errors import NotPossible
from whispera.pipeline.fakes import fake_platform
from whispera.pipeline.keys import KEYS, TEXT, press, split, type_text
from whispera.pipeline.platform import Platform
from whispera.values import keys as spoken_keys

X11 = fake_platform("x11", tools=["xdotool"])
WLROOTS = fake_platform("wayland", tools=["wtype", "ydotool"])
GNOME = fake_platform("wayland", tools=["wtype", "ydotool"], environ={"XDG_CURRENT_DESKTOP": "ubuntu:GNOME"})
MAC = fake_platform("macos", tools=["osascript"])
WINDOWS = fake_platform("windows", tools=["powershell"])
EVERYWHERE = [X11, WLROOTS, GNOME, MAC, WINDOWS]

HOSTILE = [
    "$(touch x)",
    "; rm -rf ~",
    "--help",
    "-e",
    "../../etc",
    '" & do shell script "x',
    "%{ENTER}",
    "'; x; '",
]


def test_each_tool_presses_a_combination_in_its_own_words() -> None:
    assert press("ctrl+shift+t", X11)[0].argv == ("xdotool", "key", "--clearmodifiers", "ctrl+shift+t")
    wtype = "wtype -M ctrl -M shift -k t -m shift -m ctrl"
    assert press("ctrl+shift+t", WLROOTS)[0].argv == tuple(wtype.split())
    ydotool = "ydotool key 29:1 42:1 20:1 20:0 42:0 29:0"
    assert press("ctrl+shift+t", GNOME)[0].argv == tuple(ydotool.split())
    assert "key code 17 using {command down, shift down}" in press("mod+shift+t", MAC)[0].argv
    assert press("ctrl+shift+t", WINDOWS)[0].env == {"WHISPERA_KEYS": "17,16,84"}


def test_mod_is_the_platforms_own_modifier() -> None:
    assert split("mod+t", MAC)[0] == ("cmd",)
    assert split("mod+t", X11)[0] == split("mod+t", WINDOWS)[0] == ("ctrl",)


def test_single_keys_and_single_modifiers_are_pressed() -> None:
    assert press("page_down", X11)[0].argv[-1] == "Next"
    assert press("win", WINDOWS)[0].env == {"WHISPERA_KEYS": "347"}
    assert press("win", GNOME)[0].argv[2:] == ("125:1", "125:0")
    assert "key code 58" in press("alt", MAC)[0].argv


def test_second_characters_of_a_key_take_shift_where_keys_have_numbers() -> None:
    assert press("ctrl+plus", X11)[0].argv[-1] == "ctrl+plus"
    assert press("ctrl+plus", GNOME)[0].argv[2:] == ("29:1", "42:1", "13:1", "13:0", "42:0", "29:0")
    assert "key code 24 using {control down, shift down}" in press("ctrl+plus", MAC)[0].argv


@pytest.mark.parametrize("platform", EVERYWHERE, ids=lambda p: p.name)
def test_every_key_that_can_be_said_can_be_pressed(platform: Platform) -> None:
    said = {spoken_keys.parse(words) for words in spoken_keys._PHRASES} - {None}
    for name in [*sorted(filter(None, said)), *KEYS]:
        if platform.name == "macos" and any(KEYS[part].mac < 0 for part in name.split("+") if part in KEYS):
            with pytest.raises(NotPossible, match="Mac"):
                press(name, platform)
        else:
            assert press(name, platform), name


@pytest.mark.parametrize(
    "combination", ["", "+", "hyper+t", "ctrl+", "t+u", "--help", "a; b", "ctrl+a+b", "\0", "é"]
)
@pytest.mark.parametrize("platform", EVERYWHERE, ids=lambda p: p.name)
def test_unknown_keys_are_refused(combination: str, platform: Platform) -> None:
    with pytest.raises(NotPossible) as raised:
        press(combination, platform)
    assert raised.value.hint


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("platform", EVERYWHERE, ids=lambda p: p.name)
def test_text_is_one_argument_or_stays_in_the_environment(text: str, platform: Platform) -> None:
    plain = type_text("hello", platform)
    runs = type_text(text, platform)
    assert [len(run.argv) for run in runs] == [len(run.argv) for run in plain]
    for run, like in zip(runs, plain, strict=True):
        if platform.name == "windows":
            assert run.argv == like.argv
            assert run.env == {TEXT: text}
        else:
            assert run.argv[:-1] == like.argv[:-1]
            assert run.argv[-2:] == ("--", text)


@pytest.mark.parametrize("platform", EVERYWHERE, ids=lambda p: p.name)
def test_a_combination_can_be_followed_by_text(platform: Platform) -> None:
    runs = press("mod+f", platform, text="--needle")
    last = runs[-1]
    assert "--needle" in (*last.argv, *last.env.values())
    assert len(runs) == (2 if platform is GNOME else 1)
    assert last.argv[-1] == "--needle" or platform.name == "windows"


def test_line_breaks_and_tabs_are_typed_and_other_controls_are_not() -> None:
    assert type_text("a\r\nb\tc\x1b[31m\x00d\x9b", X11)[0].argv[-1] == "a\nb\tc[31md"


def test_missing_tools_and_displays_are_named() -> None:
    with pytest.raises(NotPossible) as raised:
        press("t", fake_platform("x11", tools=["apt-get"]))
    assert raised.value.hint == "install one of: xdotool, ydotool (sudo apt install xdotool)"
    with pytest.raises(NotPossible, match="pressing keys needs a desktop, and there is none here"):
        press("t", fake_platform("x11", tools=["xdotool"], desktop=False))
    with pytest.raises(NotPossible, match="typing text needs a desktop"):
        type_text("t", fake_platform("wayland", desktop=False))
