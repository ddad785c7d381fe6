"""Chords, what keys make of them, and where keys are read from."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from whispera.catalog.settings import KeySourceName, VoiceSettings
from whispera.daemon.keys import KeyChoice, KeyEvent, choose_keys, start_keys
from whispera.daemon.keys.chord import parse_chord
from whispera.daemon.keys.fake import FakeKeys
from whispera.daemon.keys.machine import LOST_S, KeyMachine
from whispera.errors import ConfigError, NotPossible
from whispera.pipeline.fakes import fake_platform
from whispera.pipeline.platform import PlatformName

Kind = Literal["press", "release", "cancel", "abort"]


def kinds(events: list[KeyEvent]) -> list[str]:
    return [event.kind for event in events]


# -- chords


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("ctrl+alt+space", "ctrl+alt+space"),
        ("Alt + Control + SPACE", "ctrl+alt+space"),
        ("f9", "f9"),
        ("right ctrl", "right ctrl"),
        ("ctrl_right", "right ctrl"),
        ("AltGr", "right alt"),
        ("cmd+shift+d", "win+shift+d"),
        ("super+enter", "win+enter"),
        ("page down", "page_down"),
        ("left shift+f1", "left shift+f1"),
        ("ctrl+left", "ctrl+left"),
        ("pause", "pause"),
    ],
)
def test_chords_are_read_as_people_write_them(text: str, canonical: str) -> None:
    assert str(parse_chord(text)) == canonical
    assert str(parse_chord(canonical)) == canonical


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("ctrl+spce", "there is no key called 'spce'", "did you mean 'space'?"),
        ("", "a key is missing", "chords look like"),
        ("ctrl+", "a key is missing", "chords look like"),
        ("a+b", "two keys that are no modifiers", "one of them is enough"),
        ("ctrl+control", "names ctrl twice", "chords look like"),
        ("t", "is typed all day", "ctrl+alt+t"),
        ("shift+t", "is typed all day", "ctrl+alt+t"),
        ("banana", "there is no key called 'banana'", "chords look like"),
    ],
)
def test_what_is_no_chord_is_refused_with_a_hint(text: str, message: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=message) as raised:
        parse_chord(text)
    assert hint in raised.value.hint


# -- the machine


def machine(*chords: str) -> KeyMachine:
    return KeyMachine([parse_chord(text) for text in chords])


def test_a_chord_is_pressed_with_its_last_key_and_released_with_its_first() -> None:
    keys = machine("ctrl+alt+space")
    assert keys.press("ctrl_left", 0.0) == []
    assert keys.press("alt_right", 0.1) == []
    assert kinds(keys.press("space", 0.2)) == ["press"]
    assert kinds(keys.release("ctrl_left")) == ["release"]
    assert keys.release("space") == []
    assert keys.release("alt_right") == []


@pytest.mark.parametrize("order", [("alt_left", "ctrl_left", "space"), ("space", "ctrl_left", "alt_left")])
def test_the_order_of_its_keys_does_not_matter(order: tuple[str, ...]) -> None:
    keys = machine("ctrl+alt+space")
    told = [kinds(keys.press(name, 0.1 * at)) for at, name in enumerate(order)]
    assert told == [[], [], ["press"]]


def test_with_one_key_more_it_is_another_shortcut() -> None:
    keys = machine("f9")
    keys.press("ctrl_left", 0.0)
    assert keys.press("f9", 0.1) == []
    keys.release("f9")
    keys.release("ctrl_left")
    assert kinds(keys.press("f9", 0.5)) == ["press"]


def test_repeats_are_no_presses() -> None:
    keys = machine("f9")
    keys.press("f9", 0.0)
    assert [keys.press("f9", 0.5 + 0.04 * n) for n in range(50)] == [[]] * 50
    assert kinds(keys.release("f9")) == ["release"]


def test_keys_pressed_meanwhile_change_nothing() -> None:
    keys = machine("ctrl+alt+space")
    for name in ("ctrl_left", "alt_left", "space"):
        keys.press(name, 0.0)
    assert keys.press("t", 0.3) == []
    assert keys.release("t") == []
    assert kinds(keys.release("space")) == ["release"]


def test_escape_cancels() -> None:
    keys = machine("f9")
    keys.press("f9", 0.0)
    assert kinds(keys.press("escape", 1.0)) == ["cancel"]
    assert keys.release("escape") == []
    assert kinds(keys.release("f9")) == ["release"]


def test_a_modifier_alone_that_begins_a_shortcut_is_none_of_ours() -> None:
    keys = machine("right ctrl")
    assert kinds(keys.press("ctrl_right", 0.0)) == ["press"]
    assert kinds(keys.press("c", 0.2)) == ["abort"]
    assert keys.release("c") == []
    assert keys.release("ctrl_right") == []
    assert kinds(keys.press("ctrl_right", 1.0)) == ["press"]


def test_the_other_side_is_not_meant() -> None:
    assert machine("right ctrl").press("ctrl_left", 0.0) == []


def test_several_hotkeys_are_told_apart() -> None:
    keys = machine("f9", "right ctrl")
    assert keys.press("f9", 0.0) == [KeyEvent("press", "f9")]
    assert keys.release("f9") == [KeyEvent("release", "f9")]
    assert keys.press("ctrl_right", 1.0) == [KeyEvent("press", "right ctrl")]


def test_a_lost_release_is_noticed_at_the_next_press_where_repeats_are_told_apart() -> None:
    keys = machine("f9")
    keys.press("f9", 0.0, repeat=False)
    assert keys.press("f9", 0.5, repeat=True) == []
    assert kinds(keys.press("f9", 3.0, repeat=False)) == ["press"]


def test_a_lost_release_is_made_up_for_by_the_next_one_elsewhere() -> None:
    keys = machine("f9")
    keys.press("f9", 0.0)
    assert keys.press("f9", 3.0) == []
    assert kinds(keys.release("f9")) == ["release"]
    keys.press("f9", 4.0)
    assert kinds(keys.press("f9", 4.0 + LOST_S)) == ["press"]


def test_a_key_that_got_stuck_does_not_block_the_chord_for_ever() -> None:
    keys = machine("f9")
    keys.press("t", 0.0)
    assert kinds(keys.press("f9", 60.0)) == ["press"]


def test_a_keyboard_that_is_gone_holds_nothing() -> None:
    keys = machine("f9")
    keys.press("f9", 0.0)
    assert kinds(keys.reset()) == ["release"]
    assert keys.reset() == []


@hypothesis_settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ctrl_left", "ctrl_right", "alt_left", "space", "t", "escape", "f9"]),
            st.booleans(),
            st.floats(0.0, 3.0),
        ),
        max_size=60,
    )
)
def test_presses_and_releases_take_turns_whatever_is_typed(typed: list[tuple[str, bool, float]]) -> None:
    keys = machine("ctrl+alt+space", "right ctrl", "f9")
    at = 0.0
    held = ""
    for name, down, wait in typed:
        at += wait
        for event in keys.press(name, at) if down else keys.release(name):
            if event.kind == "press":
                assert held in ("", event.hotkey)
                held = event.hotkey
            else:
                assert event.hotkey == held
                held = held if event.kind == "cancel" else ""
        assert bool(held) == keys.held
    for name in ("ctrl_left", "ctrl_right", "alt_left", "space", "t", "escape", "f9"):
        keys.release(name)
    assert not keys.held


# -- where keys are read from


@pytest.mark.parametrize(
    ("platform", "desktop", "setting", "source"),
    [
        ("x11", True, "auto", "pynput"),
        ("macos", True, "auto", "pynput"),
        ("windows", True, "auto", "pynput"),
        ("wayland", True, "auto", "evdev"),
        ("x11", False, "auto", "evdev"),
        ("x11", True, "evdev", "evdev"),
        ("x11", True, "none", ""),
    ],
)
def test_the_platform_decides_what_reads_the_keyboard(
    platform: PlatformName, desktop: bool, setting: KeySourceName, source: str
) -> None:
    if source == "evdev" and sys.platform != "linux":
        pytest.skip("Linux alone")
    choice = choose_keys(VoiceSettings(key_source=setting), fake_platform(platform, desktop=desktop))
    assert (choice.source.name if choice.source else "") == source
    if source:
        assert choice.reason == f"{source} watches for ctrl+alt+space."
    else:
        assert "whispera trigger" in choice.reason


def test_where_the_keyboard_may_not_be_read_trigger_is_named() -> None:
    choice = KeyChoice(FakeKeys([parse_chord("f9")], refuse="it is locked away"), "fake")
    came_out = start_keys(choice, lambda _: None, lambda _: None)
    assert came_out.source is None
    assert "it is locked away" in came_out.reason
    assert "whispera trigger" in came_out.reason


# -- evdev, through FIFOs

if sys.platform == "linux":
    from whispera.daemon.keys.evdev import CODES, DOWN, EV_KEY, EVENT, REPEAT, SYN_DROPPED, UP, EvdevKeys

    NUMBERS = {name: code for code, name in CODES.items()}

    class Keyboard:
        """A device that is a FIFO."""

        def __init__(self, path: Path) -> None:
            self.path = path
            os.mkfifo(path)
            self._descriptor = os.open(path, os.O_RDWR)

        def send(self, name: str, value: int, *, kind: int = EV_KEY, cut: int | None = None) -> None:
            data = EVENT.pack(1, 2, kind, NUMBERS[name], value) + EVENT.pack(1, 2, 0, 0, 0)
            if cut is not None:
                os.write(self._descriptor, data[:cut])
                time.sleep(0.05)
                data = data[cut:]
            os.write(self._descriptor, data)

        def drop(self) -> None:
            os.write(self._descriptor, EVENT.pack(1, 2, 0, SYN_DROPPED, 0))

        def unplug(self) -> None:
            self.path.unlink()
            os.close(self._descriptor)

    @pytest.fixture
    def devices(tmp_path: Path) -> Path:
        folder = tmp_path / "input"
        folder.mkdir()
        return folder

    @pytest.fixture
    def watch(devices: Path) -> Iterator[Callable[..., list[KeyEvent]]]:
        running: list[EvdevKeys] = []

        def begin(*chords: str) -> list[KeyEvent]:
            seen: list[KeyEvent] = []
            keys = EvdevKeys([parse_chord(one) for one in chords], directory=devices, look_again_s=0.05)
            keys.start(seen.append)
            running.append(keys)
            return seen

        yield begin
        for keys in running:
            keys.stop()

    def wait_until(condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 5
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.01)

    Watch = Callable[..., list[KeyEvent]]

    def test_evdev_reads_events_whole_or_in_pieces(devices: Path, watch: Watch) -> None:
        keyboard = Keyboard(devices / "event3")
        seen = watch("ctrl+alt+space")
        keyboard.send("ctrl_left", DOWN)
        keyboard.send("alt_left", DOWN, cut=7)
        keyboard.send("space", DOWN)
        for _ in range(5):
            keyboard.send("space", REPEAT)
        keyboard.send("space", UP, cut=30)
        wait_until(lambda: len(seen) == 2)
        assert kinds(seen) == ["press", "release"]

    def test_evdev_notices_a_lost_release(devices: Path, watch: Watch) -> None:
        keyboard = Keyboard(devices / "event3")
        seen = watch("f9")
        keyboard.send("f9", DOWN)
        keyboard.send("f9", DOWN)
        wait_until(lambda: kinds(seen) == ["press", "press"])

    def test_evdev_lets_go_when_the_kernel_dropped_events(devices: Path, watch: Watch) -> None:
        keyboard = Keyboard(devices / "event3")
        seen = watch("f9")
        keyboard.send("f9", DOWN)
        keyboard.drop()
        wait_until(lambda: kinds(seen) == ["press", "release"])

    def test_evdev_finds_keyboards_that_are_plugged_in_and_loses_those_that_go(
        devices: Path, watch: Watch
    ) -> None:
        first = Keyboard(devices / "event0")
        seen = watch("f9")
        second = Keyboard(devices / "event7")
        time.sleep(0.3)
        second.send("f9", DOWN)
        wait_until(lambda: kinds(seen) == ["press"])
        second.unplug()
        wait_until(lambda: kinds(seen) == ["press", "release"])
        first.send("f9", DOWN)
        wait_until(lambda: kinds(seen) == ["press", "release", "press"])

    def test_evdev_takes_a_chord_over_two_keyboards(devices: Path, watch: Watch) -> None:
        one, other = Keyboard(devices / "event0"), Keyboard(devices / "event1")
        seen = watch("ctrl+space")
        one.send("ctrl_left", DOWN)
        time.sleep(0.1)
        other.send("space", DOWN)
        wait_until(lambda: kinds(seen) == ["press"])

    def test_evdev_says_that_there_is_no_keyboard_and_waits_for_one(devices: Path) -> None:
        seen: list[KeyEvent] = []
        troubles: list[str] = []
        keys = EvdevKeys([parse_chord("f9")], directory=devices, look_again_s=0.05)
        keys.start(seen.append, troubles.append)
        assert len(troubles) == 1
        assert "no keyboard" in troubles[0] and "whispera trigger" in troubles[0]
        keyboard = Keyboard(devices / "event3")
        wait_until(lambda: len(troubles) == 2)
        assert troubles[1] == ""
        keyboard.send("f9", DOWN)
        wait_until(lambda: kinds(seen) == ["press"])
        keys.stop()

    def test_evdev_says_that_no_keyboard_can_be_read_here(tmp_path: Path) -> None:
        with pytest.raises(NotPossible, match="no keyboard") as raised:
            EvdevKeys([parse_chord("f9")], directory=tmp_path / "nowhere").start(lambda _: None)
        assert "whispera trigger" in raised.value.hint

    def test_evdev_says_what_to_do_where_it_may_not_read(
        devices: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Keyboard(devices / "event0")

        def refuse(*_: object, **__: object) -> int:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("whispera.daemon.keys.evdev.os.open", refuse)
        with pytest.raises(NotPossible, match="may not be read") as raised:
            EvdevKeys([parse_chord("f9")], directory=devices).start(lambda _: None)
        assert "usermod -aG input" in raised.value.hint
        assert "whispera trigger" in raised.value.hint

    def test_evdev_ends_its_thread(devices: Path) -> None:
        Keyboard(devices / "event0")
        keys = EvdevKeys([parse_chord("f9")], directory=devices)
        keys.start(lambda _: None)
        keys.stop()
        keys.stop()
        assert not [thread for thread in threading.enumerate() if thread.name == "keys"]
