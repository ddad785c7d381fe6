from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from whispera.errors import StateError, UsageError
from whispera.pipeline.alarm_start import ensure_running
from whispera.pipeline.alarms import Alarms, boot_id, next_occurrence, steady_now

BERLIN = ZoneInfo("Europe/Berlin")
REPO = Path(__file__).parents[2]


def at(text: str, *, fold: int = 0) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).timestamp()


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


OCCURRENCES = [
    pytest.param("2025-06-02T06:00", "07:00", "2025-06-02T07:00", 0, id="later today"),
    pytest.param("2025-06-02T07:00", "07:00", "2025-06-03T07:00", 0, id="now is tomorrow"),
    pytest.param("2025-12-31T23:59", "00:00", "2026-01-01T00:00", 0, id="new year"),
    # 2025-03-30 02:00 -> 03:00
    pytest.param("2025-03-29T22:00", "07:00", "2025-03-30T07:00", 0, id="over the spring leap"),
    pytest.param("2025-03-30T01:00", "02:30", "2025-03-30T03:30", 0, id="skipped by the spring leap"),
    pytest.param("2025-03-30T03:10", "02:30", "2025-03-30T03:30", 0, id="skipped, seen from after the leap"),
    pytest.param("2025-03-30T04:00", "02:30", "2025-03-31T02:30", 0, id="the day after the leap"),
    # 2025-10-26 03:00 -> 02:00
    pytest.param("2025-10-25T22:00", "07:00", "2025-10-26T07:00", 0, id="over the autumn hour"),
    pytest.param("2025-10-26T01:00", "02:30", "2025-10-26T02:30", 0, id="first of the repeated hour"),
    pytest.param("2025-10-26T02:45", "02:30", "2025-10-26T02:30", 1, id="second of the repeated hour"),
    pytest.param("2025-10-26T03:00", "02:30", "2025-10-27T02:30", 0, id="after the repeated hour"),
]


@pytest.mark.parametrize(("now", "clock", "expected", "fold"), OCCURRENCES)
def test_next_occurrence(now: str, clock: str, expected: str, fold: int) -> None:
    assert next_occurrence(clock, now=at(now), zone=BERLIN) == at(expected, fold=fold)


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(("now", "clock", "expected", "fold"), OCCURRENCES)
def test_next_occurrence_in_local_time(now: str, clock: str, expected: str, fold: int) -> None:
    assert next_occurrence(clock, now=at(now)) == at(expected, fold=fold)


@pytest.mark.parametrize("clock", ["", "seven", "25:00", "07:60"])
def test_next_occurrence_refuses(clock: str) -> None:
    with pytest.raises(UsageError):
        next_occurrence(clock, now=0)


def test_alarms_are_kept(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":7")
    alarms = Alarms(state)
    timer = alarms.add_timer(60, "pasta", tty="/dev/pts/3")
    alarm = alarms.add_alarm("07:00", now=at("2025-06-02T06:00"))
    reminder = alarms.add_reminder("call the dentist", clock="12:00")
    assert Alarms(state).pending() == [timer, alarm, reminder]
    assert Alarms(state).pending("alarm") == [alarm]
    assert (timer.kind, timer.label, timer.tty, timer.session) == (
        "timer",
        "pasta",
        "/dev/pts/3",
        {"DISPLAY": ":7"},
    )
    assert timer.due == pytest.approx(time.time() + 60, abs=2)
    assert (state / "alarms.pending").exists()
    assert {path.stat().st_mode & 0o777 for path in state.iterdir()} == {0o600}


@pytest.mark.parametrize("seconds", [0, -5, 10**9])
def test_timer_of_no_sensible_length_is_refused(state: Path, seconds: int) -> None:
    with pytest.raises(UsageError):
        Alarms(state).add_timer(seconds)
    assert not state.exists()


def test_cancel_takes_the_newest_of_its_kind(state: Path) -> None:
    alarms = Alarms(state)
    first, second = alarms.add_timer(60), alarms.add_timer(30)
    alarms.add_alarm("07:00")
    assert alarms.cancel("timer") == [second]
    assert alarms.cancel("timer") == [first]
    assert alarms.cancel("timer") == []
    assert len(alarms.pending()) == 1


def test_cancel_every(state: Path) -> None:
    alarms = Alarms(state)
    alarms.add_timer(60)
    alarms.add_timer(30)
    assert len(alarms.cancel("timer", every=True)) == 2
    assert alarms.pending() == []
    assert alarms.settle()
    assert not (state / "alarms.pending").exists()


def test_settle_restores_the_mark_of_something_pending(state: Path) -> None:
    alarms = Alarms(state)
    alarms.add_timer(60)
    (state / "alarms.pending").unlink()
    assert not alarms.settle()
    assert (state / "alarms.pending").exists()


@pytest.mark.skipif(not boot_id(), reason="only Linux tells one boot from another")
def test_timer_is_not_moved_by_setting_the_clock(state: Path) -> None:
    timer = Alarms(state).add_timer(600)
    steady, boot = steady_now(), boot_id()
    assert timer.remaining_s(now=time.time() + 3600, steady=steady, boot=boot) == pytest.approx(600, abs=2)
    after_reboot = timer.remaining_s(now=time.time() + 3600, steady=5.0, boot="another")
    assert after_reboot == pytest.approx(-3000, abs=2)


def test_alarm_follows_the_wall_clock(state: Path) -> None:
    alarm = Alarms(state).add_alarm("07:00")
    assert alarm.remaining_s(now=alarm.due - 1800, steady=steady_now(), boot=boot_id()) == 1800


def test_asking_for_the_service_costs_nothing_without_alarms(state: Path) -> None:
    started = time.perf_counter()
    for _ in range(100):
        assert ensure_running(state)
    assert (time.perf_counter() - started) / 100 < 0.001
    assert not state.exists()


def test_alarms_that_cannot_be_kept_are_an_error(state: Path) -> None:
    state.parent.mkdir()
    state.write_text("")
    with pytest.raises(StateError):
        Alarms(state).add_timer(5)
    assert ensure_running(state)


def test_service_that_cannot_start_is_a_warning(
    state: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    Alarms(state).add_timer(60)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert not ensure_running(state)
    assert "did not start" in caplog.text


def test_asking_for_the_service_imports_next_to_nothing(state: Path) -> None:
    code = "import sys, pathlib; from whispera.pipeline.alarm_start import ensure_running as run; "
    code += f"run(pathlib.Path({str(state)!r})); "
    code += "print({'sqlite3', 'subprocess', 'datetime', 'json'} & set(sys.modules))"
    environ = {**os.environ, "PYTHONPATH": str(REPO)}
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environ).stdout
    assert output.strip() == "set()"
