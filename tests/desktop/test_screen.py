"""Notifications on a real session bus."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.desktop.desk import wait_for
from whispera.daemon.screen import NotificationScreen

pytestmark = pytest.mark.usefixtures("notices")


def shown(notices: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in notices.read_text().splitlines()] if notices.exists() else []


def test_states_and_answers_are_notified_in_one_bubble(notices: Path) -> None:
    screen = NotificationScreen()
    screen.show("listening", "")
    wait_for(lambda: len(shown(notices)) == 1)
    screen.answer("set the volume to 30%\n<b>not</b> markup", ok=True)
    wait_for(lambda: len(shown(notices)) == 2)
    screen.close()
    first, second = shown(notices)
    assert first["title"] == "Listening ..."
    assert (second["title"], second["body"]) == (
        "set the volume to 30%",
        "&lt;b&gt;not&lt;/b&gt; markup",
    )
