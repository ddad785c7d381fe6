"""A timer from the command to the notification on the desktop and the sound in the speaker."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.desktop.desk import Desk, wait_for
from whispera.pipeline.alarms import Alarms


@pytest.mark.xdist_group("sound")
@pytest.mark.usefixtures("sound")
def test_a_timer_is_shown_and_heard(desk: Desk, notices: Path) -> None:
    outcome = desk.do("set_timer", duration=1, label="<b>pasta</b> --now")
    assert outcome.message == "Timer set for one second: <b>pasta</b> --now."
    wait_for(notices.exists)
    [notice] = [json.loads(line) for line in notices.read_text().splitlines()]
    assert notice == {"title": "Timer: <b>pasta</b> --now", "body": "The time is up."}
    log = desk.workspace.state / "alarms.log"
    wait_for(lambda: log.exists() and "[" in log.read_text())
    assert "[notify-send, paplay]" in log.read_text()
    wait_for(lambda: not Alarms(desk.workspace.state).pending())


def test_a_reminder_is_shown_with_its_words(desk: Desk, notices: Path) -> None:
    desk.do("remind", text="call Ann & Bob", duration=1)
    wait_for(notices.exists)
    assert json.loads(notices.read_text()) == {"title": "Reminder", "body": "call Ann &amp; Bob"}
    wait_for(lambda: not Alarms(desk.workspace.state).pending())


def test_a_cancelled_timer_is_not_shown(desk: Desk, notices: Path) -> None:
    desk.do("set_timer", duration=2, label="soup")
    desk.do("set_timer", duration=1, label="tea")
    assert desk.do("cancel_timer").message == "Cancelled the timer for one second (tea). 1 more is still set."
    wait_for(lambda: not Alarms(desk.workspace.state).pending())
    assert [json.loads(line)["title"] for line in notices.read_text().splitlines()] == ["Timer: soup"]
