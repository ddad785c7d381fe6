"""What is told of a command that was carried out."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.nlu.test_nlu_laws import shipped
from whispera.catalog.compiled import as_data, from_data
from whispera.domain.intent import Intent, Value
from whispera.pipeline.telling import done


@pytest.mark.parametrize(
    ("action", "slots", "told"),
    [
        ("open_app", {"target": "chrome"}, "opened chrome"),
        ("set_setting", {"setting": "dark_mode", "state": "on"}, "turned dark mode on"),
        ("volume_up", {"amount": 15}, "turned the volume up by 15%"),
        ("volume_up", {}, "turned the volume up"),  # a slot of its sentence was not said
        ("mute", {}, "muted the sound"),  # no sentence of its own: made of the summary
    ],
)
def test_a_command_is_told_as_its_file_says(action: str, slots: dict[str, Value], told: str) -> None:
    catalog = from_data(as_data(shipped()))
    assert done(Intent(action, slots), catalog.actions[action]) == told


def test_braces_in_a_value_are_only_what_was_said() -> None:
    action = shipped().actions["type_text"]
    assert done(Intent("type_text", {"text": "{target}"}), action) == "typed {target}"
    assert done(Intent("type_text", {"text": "{0.x}"}), replace(action, done="")) == "done: type text {0.x}"
