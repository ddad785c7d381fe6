from __future__ import annotations

from collections.abc import Sequence

import pytest

from whispera.catalog.model import Action, SlotSpec
from whispera.domain.intent import Intent
from whispera.errors import ConfigError, NotPossible
from whispera.pipeline.undo import Undo, prepare, reverse

SETTING = SlotSpec("setting", "setting", enum=("wifi", "bluetooth"))
STATE = SlotSpec("state", "state", enum=("on", "off"))
ACTIONS = {
    action.name: action
    for action in (
        Action("mute", "sound", "", undo="unmute"),
        Action("unmute", "sound", ""),
        Action(
            "set_volume",
            "sound",
            "",
            slots=(SlotSpec("level", "percent"),),
            undo="set_volume(level=@before)",
            probe={"x11": ("pactl", "get-sink-volume")},
            probe_pattern=r"(\d+)%",
        ),
        Action(
            "set_setting",
            "",
            "",
            slots=(SETTING, STATE),
            undo="set_setting(setting={setting}, state=@before)",
            probe={"x11": ("probe",)},
            probe_pattern=r"is (\w+)",
        ),
        Action("open_app", "", "", slots=(SlotSpec("target", "name"),), undo="close_app(target={target})"),
        Action("close_app", "", "", slots=(SlotSpec("target", "name"),)),
        Action("wrong", "", "", undo="nothing_such"),
        Action("wrong_slot", "", "", undo="unmute(level=3)"),
    )
}


def run(action: str, output: str | Exception = "", *, platform: str = "x11", **slots: str | int) -> Undo:
    def probe(argv: Sequence[str]) -> str:
        if isinstance(output, Exception):
            raise output
        return output

    return prepare(ACTIONS[action], Intent(action, slots), actions=ACTIONS, platform=platform, probe=probe)


def test_undo_by_name_asks_no_probe() -> None:
    assert run("mute", NotPossible("never called")) == Undo(Intent("unmute"))


def test_undo_restores_the_state_before() -> None:
    output = "Volume: front-left: 32768 /  50% / -18.06 dB"
    assert run("set_volume", output, level=90) == Undo(Intent("set_volume", {"level": 50}), "50")


def test_percent_before_is_kept_in_range() -> None:
    assert run("set_volume", "153%", level=9).intent == Intent("set_volume", {"level": 100})


@pytest.mark.parametrize("output", ["no number", NotPossible("no pactl"), OSError("gone")])
def test_probe_that_fails_leaves_no_undo(output: str | Exception) -> None:
    assert run("set_volume", output, level=9).intent is None


def test_platform_without_probe_leaves_no_undo() -> None:
    assert run("set_volume", "50%", platform="macos", level=9).intent is None


def test_undo_takes_slots_of_the_command_in_contract_order() -> None:
    undo = run("set_setting", "wifi is on", setting="wifi", state="off").intent
    assert undo is not None
    assert undo.as_json() == {"action": "set_setting", "setting": "wifi", "state": "on"}
    assert run("open_app", target="chrome").intent == Intent("close_app", {"target": "chrome"})


def test_undo_refuses_a_word_the_enum_lacks() -> None:
    assert run("set_setting", "wifi is asleep", setting="wifi", state="off").intent is None


def test_action_without_undo() -> None:
    assert run("unmute") == Undo(None)


@pytest.mark.parametrize("name", ["wrong", "wrong_slot"])
def test_mistake_in_the_file_is_an_error(name: str) -> None:
    with pytest.raises(ConfigError):
        run(name)


def test_sequence_is_taken_back_in_reverse() -> None:
    first, second = Intent("unmute"), Intent("close_app", {"target": "x"})
    assert reverse([first, second]) == Intent("sequence", {"steps": (second, first)})
    assert reverse([first]) == first
    assert reverse([first, None]) is None
    assert reverse([]) is None
