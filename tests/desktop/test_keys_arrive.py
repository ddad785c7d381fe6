"""Keys and typed text, as a real X client receives them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.desk import Desk, require, wait_for

pytestmark = pytest.mark.xdist_group("keys")

PRESSED = re.compile(r"KeyPress event.*?keysym 0x[0-9a-f]+, (\w+)", re.DOTALL)


class Window:
    """A window with the focus that notes the keys it gets."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def pressed(self) -> list[str]:
        """Names of the keys pressed so far."""
        return PRESSED.findall(self._log.read_text())

    def got(self, *keys: str) -> None:
        """Waits for these keys and no others."""
        wait_for(lambda: len(self.pressed()) >= len(keys))
        assert self.pressed() == list(keys)


@pytest.fixture
def window(display: str, tmp_path: Path) -> Iterator[Window]:
    require("xev", "xdotool")
    log = tmp_path / "xev.log"
    with log.open("w") as out:
        client = subprocess.Popen(["stdbuf", "-oL", "xev", "-event", "keyboard"], stdout=out)
    search = ["xdotool", "search", "--sync", "--onlyvisible", "--name", "Event Tester"]
    found = subprocess.run(search, capture_output=True, text=True, timeout=20, check=True).stdout.split()[0]
    subprocess.run(["xdotool", "windowfocus", "--sync", found], check=True, timeout=20)
    yield Window(log)
    client.terminate()
    client.wait()


@pytest.mark.parametrize(
    ("keys", "pressed"),
    [
        ("enter", ["Return"]),
        ("ctrl+shift+t", ["Control_L", "Shift_L", "T"]),
        ("alt+f4", ["Alt_L", "F4"]),
        ("page_down", ["Next"]),
        ("ctrl+plus", ["Control_L", "Shift_L", "plus"]),
    ],
)
def test_press_key_reaches_the_window(desk: Desk, window: Window, keys: str, pressed: list[str]) -> None:
    assert desk.do("press_key", keys=keys).status == "done"
    window.got(*pressed)


def test_typed_text_arrives_letter_for_letter(desk: Desk, window: Window) -> None:
    assert desk.do("type_text", text="--no $(x); é").status == "done"
    names = "minus minus n o space dollar parenleft x parenright semicolon space eacute"
    wait_for(lambda: "eacute" in window.pressed())
    assert [key for key in window.pressed() if not key.startswith("Shift")] == names.split()


@pytest.mark.parametrize(
    ("action", "pressed"),
    [
        ("copy", ["Control_L", "c"]),
        ("new_tab", ["Control_L", "t"]),
        ("redo", None),
        ("save", ["Control_L", "s"]),
    ],
)
def test_actions_press_their_keys(desk: Desk, window: Window, action: str, pressed: list[str] | None) -> None:
    assert desk.do(action).status == "done"
    if pressed is None:
        wait_for(lambda: {"y", "z", "Z"} & set(window.pressed()))
    else:
        window.got(*pressed)


def test_find_text_presses_and_then_types(desk: Desk, window: Window) -> None:
    assert desk.do("find_text", query="ab").status == "done"
    wait_for(lambda: len(window.pressed()) >= 4)
    assert window.pressed()[:4] == ["Control_L", "f", "a", "b"]
