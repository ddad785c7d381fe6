"""What becomes of hotkeys when the display goes away and comes back, with a real X server that is killed."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.desktop.desk import require, wait_for
from whispera.daemon.keys import KeyEvent
from whispera.daemon.keys.chord import parse_chord
from whispera.daemon.keys.pynput import LOST, MISSING, PynputKeys

# python-xlib leaves sockets that were refused to the collector
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What a test leaves to the collector is collected in it, not in another."""
    yield
    gc.collect()


class Display:
    """An X server that can be killed and started again under its name.

    Its number is this process's own and far from those that servers take by themselves: while it is away, the
    server of another test must not come in its place.
    """

    def __init__(self) -> None:
        self.name = f":{10_000 + os.getpid() % 30_000}"
        self._server: subprocess.Popen[str] | None = None

    def begin(self) -> bool:
        """Whether it runs now."""
        argv = ["Xvfb", self.name, "-displayfd", "1"]
        self._server = subprocess.Popen(
            [*argv, "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._server.stdout is not None
        number = self._server.stdout.readline().strip()
        return bool(number)

    def kill(self) -> None:
        """As when it crashes: nothing is tidied up."""
        if self._server is not None:
            self._server.kill()
            self._server.communicate()
            self._server = None
        self.tidy()

    def hang(self, hangs: bool) -> None:
        """It takes connections and answers nothing, or goes on."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP if hangs else signal.SIGCONT)

    def tidy(self) -> None:
        """Takes away what it left behind."""
        number = self.name.removeprefix(":")
        for left in (f"/tmp/.X{number}-lock", f"/tmp/.X11-unix/X{number}"):
            Path(left).unlink(missing_ok=True)


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> Iterator[Display]:
    require("Xvfb", "xdotool")
    one = Display()
    if not one.begin():
        one.kill()
        pytest.skip("Xvfb does not start here")
    monkeypatch.setenv("DISPLAY", one.name)
    yield one
    one.kill()


@pytest.fixture
def watch() -> Iterator[Callable[..., tuple[PynputKeys, list[KeyEvent], list[str]]]]:
    running: list[PynputKeys] = []

    def begin(*again_s: float, ready_s: float = 20.0) -> tuple[PynputKeys, list[KeyEvent], list[str]]:
        seen: list[KeyEvent] = []
        troubles: list[str] = []
        keys = PynputKeys([parse_chord("f9")], again_s=again_s, ready_s=ready_s)
        keys.start(seen.append, troubles.append)
        running.append(keys)
        return keys, seen, troubles

    yield begin
    for keys in running:
        keys.stop()


Watch = Callable[..., tuple[PynputKeys, list[KeyEvent], list[str]]]


def open_files() -> int:
    """How many this process has open; X servers run under Linux."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def send(*words: str) -> None:
    subprocess.run(["xdotool", *words], check=True, timeout=20)


def test_a_display_that_goes_away_is_told_and_watched_again_when_it_is_back(
    display: Display, watch: Watch, capfd: pytest.CaptureFixture[str]
) -> None:
    _, seen, troubles = watch(0.1)
    for turn in range(2):
        send("keydown", "F9")
        wait_for(lambda: seen)
        display.kill()
        wait_for(lambda: troubles)
        assert troubles == [LOST]
        assert [event.kind for event in seen] == ["press", "abort"]  # half a command is none
        assert "whispera trigger" in troubles[0] and "whispera daemon restart" in troubles[0]
        threads = threading.active_count()
        assert not threading.Event().wait(0.5)  # several tries, none of which leaves anything behind
        assert threading.active_count() <= threads + 1
        assert troubles == [LOST], turn
        assert display.begin()
        wait_for(lambda: len(troubles) == 2)
        assert troubles[1] == ""
        seen.clear()
        troubles.clear()
    send("key", "F9")
    wait_for(lambda: len(seen) == 2)
    assert capfd.readouterr().err == ""


def test_what_watches_a_display_that_is_gone_can_be_ended(display: Display, watch: Watch) -> None:
    keys, seen, troubles = watch(30.0)
    files = open_files()
    display.kill()
    wait_for(lambda: troubles)
    keys.stop()
    wait_for(lambda: not [thread for thread in threading.enumerate() if thread.name == "keys"])
    assert display.begin()
    send("key", "F9")
    assert seen == [] and troubles == [LOST]
    assert open_files() <= files
    keys.start(seen.append, troubles.append)
    send("key", "F9")
    wait_for(lambda: len(seen) == 2)


@pytest.fixture
def forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """pynput as in a process that has never seen a display: it connects when it is imported."""
    for name in list(sys.modules):
        if name.partition(".")[0] == "pynput":
            monkeypatch.delitem(sys.modules, name)


@pytest.mark.usefixtures("forgotten")
def test_a_display_that_is_not_there_at_the_start_is_watched_when_it_is(
    display: Display, watch: Watch, capfd: pytest.CaptureFixture[str]
) -> None:
    display.kill()
    _, seen, troubles = watch(0.1)
    assert troubles == [MISSING]
    assert "whispera trigger" in MISSING and "whispera daemon restart" in MISSING
    assert not threading.Event().wait(0.3)
    assert troubles == [MISSING]
    assert display.begin()
    wait_for(lambda: len(troubles) == 2)
    assert troubles[1] == ""
    send("key", "F9")
    wait_for(lambda: len(seen) == 2)
    display.kill()
    wait_for(lambda: len(troubles) == 3)
    assert troubles[2] == LOST
    assert capfd.readouterr().err == ""


@pytest.mark.usefixtures("forgotten")
def test_what_waits_for_a_display_can_be_ended(display: Display, watch: Watch) -> None:
    display.kill()
    keys, seen, troubles = watch(30.0)
    keys.stop()
    wait_for(lambda: not [thread for thread in threading.enumerate() if thread.name == "keys"])
    assert (seen, troubles) == ([], [MISSING])


@pytest.mark.parametrize("ended", [False, True])
def test_a_display_that_hangs_keeps_nobody_waiting(display: Display, watch: Watch, ended: bool) -> None:
    display.hang(True)
    keys, seen, troubles = watch(0.1, ready_s=0.2)
    assert troubles == [MISSING]
    if ended:
        keys.stop()
    display.hang(False)
    if ended:
        wait_for(lambda: not [thread for thread in threading.enumerate() if thread.name == "keys"])
        assert (seen, troubles) == ([], [MISSING])
    else:
        wait_for(lambda: len(troubles) == 2)
        assert troubles[1] == ""
        send("key", "F9")
        wait_for(lambda: len(seen) == 2)
