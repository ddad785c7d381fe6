"""The real service process, with a notifier that writes what it is told into a file."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from whispera.errors import UsageError
from whispera.pipeline import alarms as alarms_module
from whispera.pipeline.alarm_service import Clock, Service, notice_of
from whispera.pipeline.alarm_start import LOCK_FILE, ensure_running, package_path, service_argv
from whispera.pipeline.alarms import Alarm, Alarms
from whispera.pipeline.chime import chime
from whispera.pipeline.filelock import FileLock
from whispera.pipeline.notifier import DesktopNotifier, Notice, choose_notifier, ring_terminal


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file the fake notifier writes, one JSON object a line."""
    path = tmp_path / "told.jsonl"
    argv = [sys.executable, "-m", "whispera.pipeline.fake_notifier", str(path)]
    monkeypatch.setenv("WHISPERA_NOTIFIER", json.dumps(argv))
    monkeypatch.setenv("PYTHONPATH", package_path())
    return path


Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def start(state: Path) -> Iterator[Start]:
    """Starts the service in the foreground; what still runs at the end is killed."""
    running: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        running.append(subprocess.Popen(service_argv(state), cwd="/"))
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.wait()


def wait_for(condition: Callable[[], object], *, timeout_s: float = 8.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.02)


def notices(told: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []


def is_running(state: Path) -> bool:
    lock = FileLock(state / LOCK_FILE)
    if lock.acquire():
        lock.release()
        return False
    return True


def make_overdue(state: Path, *, seconds: float) -> None:
    connection = sqlite3.connect(state / "alarms.db")
    with connection:
        connection.execute("UPDATE alarm SET due = due - ?, steady_due = steady_due - ?", (seconds, seconds))
    connection.close()


def test_timer_rings_through_the_real_service_which_then_ends(state: Path, told: Path) -> None:
    timer = Alarms(state).add_timer(1, "pasta")
    assert ensure_running(state)
    wait_for(lambda: notices(told))
    [notice] = notices(told)
    assert (notice["title"], notice["body"]) == ("Timer: pasta", "The time is up.")
    assert isinstance(notice["time"], float)
    assert 0 <= notice["time"] - timer.due < 1.0
    wait_for(lambda: not is_running(state))
    assert Alarms(state).pending() == []
    assert not (state / "alarms.pending").exists()
    assert "Timer: pasta" in (state / "alarms.log").read_text()


def test_service_takes_up_what_is_added_while_it_runs(state: Path, told: Path, start: Start) -> None:
    store = Alarms(state)
    store.add_timer(60)
    process = start()
    wait_for(lambda: is_running(state))
    store.add_reminder("call the dentist", seconds=1)
    assert ensure_running(state)
    wait_for(lambda: notices(told))
    assert notices(told)[0]["body"] == "call the dentist"
    store.cancel("timer")
    assert process.wait(timeout=5) == 0


def test_killed_service_is_replaced_and_rings_what_was_missed(state: Path, told: Path, start: Start) -> None:
    Alarms(state).add_alarm("07:00", now=time.time())
    process = start()
    wait_for(lambda: is_running(state))
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not is_running(state)
    due = Alarms(state).pending()[0].due
    make_overdue(state, seconds=due - time.time() + 120)
    missed = time.strftime("%H:%M", time.localtime(Alarms(state).pending()[0].due))
    assert ensure_running(state)
    wait_for(lambda: notices(told))
    assert f"(missed at {missed}" in str(notices(told)[0]["body"])
    wait_for(lambda: not is_running(state))
    assert len(notices(told)) == 1


def test_two_services_at_once_are_one(state: Path, told: Path, start: Start) -> None:
    Alarms(state).add_timer(2)
    first, second, third = start(), start(), start()
    processes = [first, second, third]
    wait_for(lambda: sum(process.poll() is None for process in processes) == 1)
    wait_for(lambda: notices(told))
    for process in processes:
        assert process.wait(timeout=5) == 0
    assert len(notices(told)) == 1


def test_many_runs_at_once_start_a_service_that_stays(state: Path, told: Path) -> None:
    Alarms(state).add_timer(2)
    code = "import sys, pathlib; from whispera.pipeline.alarm_start import ensure_running as run; "
    code += "run(pathlib.Path(sys.argv[1]))"
    runs = [subprocess.Popen([sys.executable, "-c", code, str(state)]) for _ in range(6)]
    assert [run.wait(timeout=10) for run in runs] == [0] * 6
    wait_for(lambda: notices(told))
    wait_for(lambda: not is_running(state))
    assert len(notices(told)) == 1


class Recorder:
    """Remembers what it was told; may add an alarm in the very moment the service ends."""

    def __init__(self) -> None:
        self.notices: list[Notice] = []

    def show(self, notice: Notice) -> str:
        self.notices.append(notice)
        return "recorder"


def test_alarm_added_while_the_service_ends_still_rings(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder, store = Recorder(), Alarms(state)
    state.mkdir(parents=True)
    release = FileLock.release
    late = iter([1])

    def add_then_release(lock: FileLock) -> None:
        if lock.path.name == LOCK_FILE and next(late, None):
            store.add_timer(1, "late")
        release(lock)

    monkeypatch.setattr(FileLock, "release", add_then_release)
    Service(state, recorder, clock=Clock()).run()
    assert [notice.title for notice in recorder.notices] == ["Timer: late"]


@pytest.mark.parametrize("failures", [2, 99])
def test_notifier_that_fails_is_tried_again_and_given_up(state: Path, failures: int) -> None:
    tries = []

    class Failing:
        def show(self, notice: Notice) -> str:
            tries.append(notice)
            if len(tries) == 1:
                raise OSError("no bus")
            return "recorder" if len(tries) > failures else ""

    Alarms(state).add_timer(1)
    Service(state, Failing(), clock=Clock(sleep=lambda seconds: time.sleep(min(seconds, 0.01)))).run()
    assert len(tries) == min(failures + 1, 5)
    assert "[no bus]" in (state / "alarms.log").read_text()
    assert Alarms(state).pending() == []


def test_clock_set_forward_rings_the_alarm(state: Path) -> None:
    recorder, jump = Recorder(), [0.0]
    Alarms(state).add_alarm("07:00")

    def sleep(seconds: float) -> None:
        assert seconds <= 1.0
        jump[0] = 24 * 3600.0
        time.sleep(0.01)

    Service(state, recorder, clock=Clock(now=lambda: time.time() + jump[0], sleep=sleep)).run()
    assert recorder.notices[0].title == "Alarm"


def alarm(kind: alarms_module.Kind, label: str = "") -> Alarm:
    return Alarm(1, kind, label, 0.0, 0.0, None, "", "", {})


@pytest.mark.parametrize(
    ("kind", "label", "late_s", "expected"),
    [
        ("timer", "", 0.2, ("Timer", "The time is up.")),
        ("timer", "pasta", 3600, ("Timer: pasta", "The time is up. (missed at 11:00)")),
        ("alarm", "", 0, ("Alarm", "It is 12:00.")),
        ("alarm", "", 5 * 3600, ("Alarm", "(missed at 07:00)")),
        ("reminder", "call <Ann>", 24 * 3600, ("Reminder", "call <Ann> (missed at 12:00 on 1 June)")),
    ],
)
def test_notice(kind: alarms_module.Kind, label: str, late_s: float, expected: tuple[str, str]) -> None:
    noon = time.mktime((2025, 6, 2, 12, 0, 0, 0, 0, -1))
    notice = notice_of(alarm(kind, label), now=noon, late_s=late_s)
    assert (notice.title, notice.body) == expected


@pytest.mark.parametrize("text", ["notify", "{}", "[]", "[1]"])
def test_notifier_setting_must_be_a_list_of_words(state: Path, text: str) -> None:
    with pytest.raises(UsageError):
        choose_notifier(state, command=text)


def test_chime_is_a_short_sound(tmp_path: Path) -> None:
    with wave.open(str(chime(tmp_path / "chime.wav"))) as sound:
        assert 0.5 < sound.getnframes() / sound.getframerate() < 2
    assert not list(tmp_path.glob("*.tmp"))


def test_terminal_is_the_last_resort(state: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    state.mkdir(parents=True)
    ours, theirs = pty.openpty()
    try:
        notice = Notice("Timer: x\x1b[2J", "The time is up.", tty=os.ttyname(theirs))
        assert DesktopNotifier(state).show(notice) == "terminal"
        shown = os.read(ours, 1000)
    finally:
        os.close(ours)
        os.close(theirs)
    assert shown.startswith(b"\a")
    assert b"The time is up." in shown
    assert b"\x1b" not in shown


def test_terminal_that_is_a_file_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "pts"
    path.write_text("")
    assert not ring_terminal(str(path), "x")
    assert not ring_terminal("/dev/null", "x")
    assert not ring_terminal("", "x")


def missing_program() -> str:
    """Why no real notification can be shown here, empty where it can."""
    for program in ("notify-send", "dbus-daemon"):
        if not shutil.which(program):
            return f"{program} is not installed"
    return ""


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A session bus of the test's own with a notification service; the file it writes."""
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address=1"], stdout=subprocess.PIPE, text=True
    )
    assert bus.stdout is not None
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.stdout.readline().strip())
    written = tmp_path / "desktop.jsonl"
    server = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("notification_server.py")), str(written)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    yield written
    for process in (server, bus):
        process.kill()
        process.communicate()


@pytest.mark.skipif(bool(missing_program()), reason=missing_program() or "it can")
def test_timer_shows_a_real_notification(state: Path, desktop: Path, start: Start) -> None:
    """Set in a desktop session, rung by a service that was started outside of it."""
    Alarms(state).add_timer(1, "--pasta & <sauce>")
    with pytest.MonkeyPatch.context() as outside:
        outside.delenv("DBUS_SESSION_BUS_ADDRESS")
        outside.setenv("PYTHONPATH", package_path())
        process = start()
    assert process.wait(timeout=15) == 0
    [notice] = notices(desktop)
    assert (notice["title"], notice["body"]) == ("Timer: --pasta & <sauce>", "The time is up.")
    assert "notify-send" in (state / "alarms.log").read_text()


@pytest.mark.skipif(bool(missing_program()), reason=missing_program() or "it can")
def test_notification_body_is_no_markup(state: Path, desktop: Path) -> None:
    state.mkdir(parents=True)
    assert "notify-send" in DesktopNotifier(state).show(Notice("Reminder", "<b>call</b> Ann & Bob"))
    assert notices(desktop)[0]["body"] == "&lt;b&gt;call&lt;/b&gt; Ann &amp; Bob"
