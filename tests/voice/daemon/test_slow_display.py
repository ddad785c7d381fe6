"""Hotkeys of a desktop that answers late: after the wait of the start, or after the end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.voice.daemon.kit import wait_for
from whispera.daemon.keys import pynput
from whispera.daemon.keys.chord import parse_chord
from whispera.daemon.keys.pynput import MISSING, PynputKeys
from whispera.errors import NotPossible


class SlowListener(threading.Thread):
    """As pynput's, on a display that hangs until the test lets it answer."""

    answers: threading.Event
    made: list[SlowListener]

    def __init__(self, **_: Callable[..., None]) -> None:
        super().__init__(daemon=True)
        self.watched = False
        self.done = threading.Event()
        self.made.append(self)

    def run(self) -> None:
        self.answers.wait(10)
        try:
            self._mark_ready()
            self.watched = True
            self.done.wait(10)
        finally:
            self.done.set()

    def _mark_ready(self) -> None: ...

    def stop(self) -> None:
        self.done.set()


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Set when the display is to answer."""
    SlowListener.answers, SlowListener.made = threading.Event(), []
    monkeypatch.setattr(pynput, "_keyboard", lambda: SimpleNamespace(Listener=SlowListener))
    monkeypatch.setattr(pynput, "LOOK_S", 0.02)
    yield SlowListener.answers
    SlowListener.answers.set()
    for listener in SlowListener.made:
        listener.stop()


def keys_with(troubles: list[str], ready_s: float = 0.05) -> PynputKeys:
    keys = PynputKeys([parse_chord("f9")], again_s=(0.02,), ready_s=ready_s)
    keys.start(lambda _: None, troubles.append)
    return keys


def no_thread() -> bool:
    return not [thread for thread in threading.enumerate() if thread.name == "keys"]


def test_a_display_that_answers_after_the_end_is_not_watched(answers: threading.Event) -> None:
    troubles: list[str] = []
    keys = keys_with(troubles)
    keys.stop()
    wait_for(no_thread)
    answers.set()
    (listener,) = SlowListener.made
    assert listener.done.wait(5)
    assert not listener.watched
    assert troubles == [MISSING]


def test_what_is_ended_while_the_start_waits_tells_no_trouble(answers: threading.Event) -> None:
    troubles: list[str] = []
    keys = PynputKeys([parse_chord("f9")], again_s=(0.02,), ready_s=30)
    start = threading.Thread(target=lambda: keys.start(lambda _: None, troubles.append), daemon=True)
    start.start()
    wait_for(lambda: SlowListener.made)
    keys.stop()
    start.join(10)
    wait_for(no_thread)
    assert not start.is_alive()
    assert troubles == []
    answers.set()
    assert SlowListener.made[0].done.wait(5)
    assert not SlowListener.made[0].watched


def test_a_display_that_answers_late_is_watched(answers: threading.Event) -> None:
    troubles: list[str] = []
    keys = keys_with(troubles)
    assert troubles == [MISSING]
    answers.set()
    wait_for(lambda: troubles == [MISSING, ""])
    keys.stop()
    wait_for(no_thread)


@pytest.mark.parametrize("ended", [False, True])
def test_that_there_is_no_way_is_told_however_late(
    monkeypatch: pytest.MonkeyPatch, answers: threading.Event, ended: bool
) -> None:
    def refused() -> Any:
        answers.wait(10)
        raise NotPossible("pynput cannot watch the keyboard", hint="bin/setup voice")

    monkeypatch.setattr(pynput, "_keyboard", refused)
    troubles: list[str] = []
    keys = keys_with(troubles)
    if ended:
        keys.stop()
    answers.set()
    wait_for(no_thread)
    told = "Hotkeys do not work: pynput cannot watch the keyboard; bin/setup voice."
    assert troubles == ([MISSING] if ended else [MISSING, told])
    keys.stop()
