"""Volume and mute, on a real sound server."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.desktop.desk import Desk

pytestmark = [pytest.mark.usefixtures("sound"), pytest.mark.xdist_group("sound")]


def pactl(*words: str) -> str:
    return subprocess.run(["pactl", *words], check=True, capture_output=True, text=True).stdout


def volume() -> int:
    found = re.search(r"(\d+)%", pactl("get-sink-volume", "speaker"))
    assert found is not None
    return int(found[1])


def test_set_volume_sets_and_undo_restores(desk: Desk) -> None:
    outcome = desk.do("set_volume", level=30)
    assert (outcome.status, volume()) == ("done", 30)
    assert desk.take_back(outcome).status == "done"
    assert volume() == 50


@pytest.mark.parametrize(
    ("action", "slots", "after"),
    [
        ("volume_up", {}, 60),
        ("volume_up", {"amount": 25}, 75),
        ("volume_down", {"amount": 20}, 30),
        ("set_volume", {"level": 0}, 0),
        ("set_volume", {"level": 100}, 100),
    ],
)
def test_each_change_of_volume_can_be_undone(
    desk: Desk, action: str, slots: dict[str, int], after: int
) -> None:
    outcome = desk.do(action, **slots)
    assert (outcome.status, volume()) == ("done", after)
    desk.take_back(outcome)
    assert volume() == 50


def test_mute_and_unmute(desk: Desk) -> None:
    outcome = desk.do("mute")
    assert pactl("get-sink-mute", "speaker").strip() == "Mute: yes"
    desk.take_back(outcome)
    assert pactl("get-sink-mute", "speaker").strip() == "Mute: no"
    desk.do("mute")
    desk.do("unmute")
    assert pactl("get-sink-mute", "speaker").strip() == "Mute: no"


def test_the_microphone_is_muted_and_the_speaker_is_not(desk: Desk) -> None:
    outcome = desk.do("mute_microphone")
    assert pactl("get-source-mute", "speaker.monitor").strip() == "Mute: yes"
    assert pactl("get-sink-mute", "speaker").strip() == "Mute: no"
    desk.take_back(outcome)
    assert pactl("get-source-mute", "speaker.monitor").strip() == "Mute: no"


def test_without_a_sound_server_the_failure_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere/pulse")
    outcome = desk.do("set_volume", level=30)
    assert (outcome.status, outcome.exit_code, outcome.undo) == ("failed", 1, None)
    assert outcome.message.startswith("pactl: Connection")
