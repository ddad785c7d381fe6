"""Loading: what a configuration means, and where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.small_config import FILES, Write, spoil
from whispera.catalog import load
from whispera.catalog.model import Step
from whispera.errors import ConfigError, ConfigErrors, PatternError
from whispera.patterns import parse


def test_load_gives_typed_actions_in_contract_order(write: Write) -> None:
    catalog = load(write())
    assert list(catalog.actions) == ["set_volume", "mute", "set_setting", "cancel"]
    action = catalog.actions["set_volume"]
    assert action.source == "config/actions/sound/set_volume.yaml"
    assert action.run["x11"] == action.run["wayland"]
    assert action.run["windows"][0] == Step(
        "argv", ("nircmd", "setsysvolume", "{level}"), needs=("nircmd",), timeout_s=5.0
    )
    assert action.run["windows"][1].kind == "sorry"
    assert action.examples[0].intent == {"action": "set_volume", "level": 80}
    assert action.examples[0].line == 9
    assert action.lines["patterns[1]"] == 7
    assert action.near_misses[0].intent == {"action": "mute"}
    assert action.probe["x11"] == ("pactl", "get-sink-volume") and "macos" not in action.probe


def test_on_and_off_stay_words(write: Write) -> None:
    catalog = load(write())
    action = catalog.actions["set_setting"]
    assert catalog.enums["state"] == {"on": ("on", "back on"), "off": ("off",)}
    assert action.examples[0].intent == {"action": "set_setting", "state": "on"}
    assert action.run["x11"][0].when == {"state": ("on", "off")}
    assert catalog.noise["flags"] == {"on": "off"}
    assert catalog.fillers["songs"].values == ("yesterday", "1999")


def test_the_rest_of_the_configuration_is_read(write: Write) -> None:
    catalog = load(write())
    assert catalog.lists["please"] == (parse("please"), parse("if you would"))
    assert [(form.said, form.value) for form in catalog.forms["percent"]] == [("half", 50)]
    assert catalog.none.kinds == {"chat": ("hello there",)} and catalog.none.examples == ("good morning",)
    assert [step["action"] for step in catalog.compound.say[0].steps] == ["mute", "cancel"]
    assert catalog.compound.near_misses[0].intent == {"action": "none"}
    chrome = catalog.lookup.apps["chrome"]
    assert chrome.launch["wayland"] == ("google-chrome", "chromium") and "windows" not in chrome.launch
    assert chrome.process["windows"] == ("chrome.exe",)
    assert catalog.lookup.folders["downloads"].path["macos"] == ("@DOWNLOAD",)
    assert catalog.settings.confidence["harmless"] == 0.4
    assert catalog.settings.confidence["destructive"] == 0.6
    assert catalog.settings.history_keep == 10


MISTAKES = [
    ("actions/sound/mute.yaml", "summary:", "sumary:", 3, "sumary", "no such key", "did you mean 'summary'?"),
    ("actions/sound/mute.yaml", "group: sound", "group: sond", 2, "group", "expected 'sound'", ""),
    ("actions/sound/mute.yaml", "mute, ", "'(mute', ", 4, "patterns[0]", "never closed", ""),
    (
        "actions/sound/mute.yaml",
        "mute, ",
        "'mute {leve}', ",
        4,
        "patterns[0]",
        "no slot named 'leve'",
        "add it",
    ),
    ("actions/sound/mute.yaml", "mute, ", "[a], ", 4, "patterns[0]", "expected text, found a list", ""),
    ("actions/sound/mute.yaml", "{any:", "{linx:", 5, "run.linx", "no such key", "'linux'"),
    (
        "actions/sound/mute.yaml",
        "{keys: mute}",
        "pactl mute",
        5,
        "run.any",
        "expected a list",
        "never one string",
    ),
    ("actions/sound/mute.yaml", "keys: mute", "key: mute", 5, "run.any.key", "no such key", "'keys'"),
    (
        "actions/sound/mute.yaml",
        "action: mute",
        "action: mutes",
        1,
        "action",
        "in a file named mute.yaml",
        "",
    ),
    ("actions/sound/mute.yaml", "summary", "action", 3, "action", "given twice", ""),
    ("actions/sound/mute.yaml", "summary: ", "summary: a: ", 3, "", "not valid YAML", "quotes"),
    ("actions/sound/set_volume.yaml", "percent}", "percents}", 4, "slots.level", "no slot type", "'percent'"),
    ("actions/sound/set_volume.yaml", "to {level}", "to {levl}", 6, "patterns[0]", "'levl'", "'level'"),
    ("actions/sound/set_volume.yaml", "level: 80", "level: loud", 9, "examples[0].level", "whole number", ""),
    (
        "actions/sound/set_volume.yaml",
        "level: 80",
        "lvel: 80",
        9,
        "examples[0].lvel",
        "no such key",
        "'level'",
    ),
    ("actions/sound/set_volume.yaml", "is: mute", "iz: mute", 11, "not[0].iz", "no such key", "known: is"),
    ("actions/sound/set_volume.yaml", "timeout_s: 5", "timeout_s: soon", 16, "", "expected a number", ""),
    (
        "actions/sound/set_volume.yaml",
        "(level=@before)",
        "(level",
        18,
        "undo",
        "expected 'action'",
        "such as",
    ),
    ("actions/sound/set_volume.yaml", "(\\d+)%", "\\d+%", 19, "probe.pattern", "exactly one group", ""),
    ("actions/sound/set_volume.yaml", "harmless", "harmles", 20, "risk", "expected one of", "'harmless'"),
    (
        "actions/settings/set_setting.yaml",
        "{note: nothing}",
        "{nota: a}",
        12,
        "defaults.nota",
        "no such key",
        "note",
    ),
    (
        "actions/sound/mute.yaml",
        "group: sound",
        "group: sound\nshared_verb: mute",
        3,
        "shared_verb",
        "a slot",
        "",
    ),
    (
        "actions/sound/mute.yaml",
        "group: sound",
        "group: sound\ncut_off: never",
        3,
        "cut_off",
        "true or false",
        "",
    ),
    (
        "actions/sound/set_volume.yaml",
        "group: sound",
        "group: sound\ndone: 'at {level:d}'",
        3,
        "done",
        "said as it is",
        "{level}",
    ),
    (
        "actions/sound/mute.yaml",
        "group: sound",
        "group: sound\ndone: at {level}",
        3,
        "done",
        "slot 'level'",
        "there are",
    ),
    (
        "actions/sound/mute.yaml",
        "group: sound",
        "group: sound\ndone: at {",
        3,
        "done",
        "'{'",
        "opened {target}",
    ),
    ("actions/settings/set_setting.yaml", "fill: {note", "ask: {note", 5, "ask.note", "optional slot", ""),
    (
        "actions/settings/set_setting.yaml",
        "{builtin:",
        "{sorry: No., builtin:",
        16,
        "run.any",
        "exactly one",
        "",
    ),
    ("slots/state.yaml", "words", "word", 2, "word", "no such key", "'words'"),
    ("slots/songs.yaml", "type: text", "type: texts", 2, "type", "no slot type", "'text'"),
    ("slots/songs.yaml", "0.25", "25", 5, "invent", "from 0 to 1", ""),
    ("slots/songs.yaml", "invent: 0.25", "kind: artst", 5, "kind", "cannot be made up", "'artist'"),
    ("slots/songs.yaml", "[yesterday", "['a|b'", 3, "values[0]", "outside of parentheses", "(a|b)"),
    ("slots/songs.yaml", "fill: songs", "fil: songs", 1, "", "neither an enum nor a filler", ""),
    ("slots/lists.yaml", "[please", "['<x'", 2, "lists.please[0]", "never closed", ""),
    ("slots/forms.yaml", "percent", "percents", 2, "forms.percents", "no such key", "'percent'"),
    ("slots/forms.yaml", "is: 50", "is: half", 3, "forms.percent[0].is", "whole number", ""),
    ("order.yaml", "mute]", "mte]", 0, "sound", "no action file named sound/mte.yaml", "'mute'"),
    ("compound.yaml", "{b}", "b", 1, "joins[0]", "{a} and {b}", ""),
    ("compound.yaml", ", {action: cancel}", "", 3, "say[0].steps", "2 to 6", ""),
    ("lookup/apps.yaml", "macos", "macoss", 4, "chrome.macoss", "no such key", "'macos'"),
    ("lookup/engines.yaml", "{query}", "", 1, "youtube.url", "{query}", ""),
    ("settings.yaml", "harmless", "harmles", 1, "confidence.harmles", "no such key", "'harmless'"),
    ("settings.yaml", "keep: 10", "keep: ten", 2, "history.keep", "whole number", ""),
]


@pytest.mark.parametrize(("file", "old", "new", "line", "key", "message", "hint"), MISTAKES)
def test_a_mistake_is_named_by_file_line_and_key(
    write: Write, file: str, old: str, new: str, line: int, key: str, message: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write(spoil(file, old, new)))
    error = caught.value
    found = error.errors if isinstance(error, ConfigErrors) else (error,)
    fitting = [one for one in found if message in one.message and one.file == f"config/{file}"]
    assert fitting, [str(one) for one in found]
    assert fitting[0].line == line
    assert fitting[0].key == key or not key
    assert hint in fitting[0].hint


def test_all_mistakes_are_collected(write: Write) -> None:
    config = write(
        {
            **spoil("actions/sound/mute.yaml", "mute, ", "'(mute', "),
            **spoil("slots/songs.yaml", "0.25", "25"),
            **spoil("settings.yaml", "keep: 10", "keep: ten"),
        }
    )
    with pytest.raises(ConfigErrors) as caught:
        load(config)
    assert len(caught.value.errors) == 3
    assert any(isinstance(error, PatternError) and error.column == 0 for error in caught.value.errors)
    assert "config/settings.yaml:2: history.keep" in str(caught.value)


def test_an_action_outside_the_order_and_no_directory_are_errors(write: Write, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no place in the order"):
        load(
            write({"actions/sound/hum.yaml": FILES["actions/sound/mute.yaml"].replace(": mute", ": hum", 1)})
        )
    with pytest.raises(ConfigError, match="no such directory"):
        load(tmp_path / "nothing")


def test_unfinished_actions_load(write: Write) -> None:
    bare = "action: mute\ngroup: sound\nsummary: ''\npatterns: [mute]\nexamples: []\nnot: []\nrun: {}\n"
    assert load(write({"actions/sound/mute.yaml": bare})).actions["mute"].run == {}


def test_an_overlay_lies_over_the_shipped_files(write: Write, tmp_path: Path) -> None:
    config = write()
    local = tmp_path / "local"
    for name, text in {
        "actions/mute.yaml": "action: mute\nrun: {linux: [amixer, mute]}\n",
        "actions/brew.yaml": "action: brew\ngroup: kitchen\npatterns: [brew]\nrun: {any: [brew]}\n",
        "slots/lists.yaml": "lists: {hello: [hi]}\n",
        "slots/state.yaml": "enum: state\nwords: {on: [lit]}\n",
        "lookup/apps.yaml": "chrome: {linux: mychrome}\n",
        "settings.yaml": "confidence: {disruptive: 0.9}\n",
    }.items():
        (local / name).parent.mkdir(parents=True, exist_ok=True)
        (local / name).write_text(text, encoding="utf-8")
    shipped, catalog = load(config), load(config, overlay=local)
    assert list(catalog.actions) == [*shipped.actions, "brew"]
    mute = catalog.actions["mute"]
    assert mute.patterns == shipped.actions["mute"].patterns
    assert mute.run["x11"][0].value == ("amixer", "mute") and mute.run["macos"][0].kind == "keys"
    assert set(catalog.lists) == {"please", "hello"}
    assert catalog.enums["state"]["on"] == ("lit",) and catalog.enums["state"]["off"] == ("off",)
    assert catalog.lookup.apps["chrome"].launch["x11"] == ("mychrome",)
    assert catalog.settings.confidence == {"harmless": 0.4, "disruptive": 0.9, "destructive": 0.6}
    assert catalog.hash != shipped.hash
    assert load(config, overlay=tmp_path / "missing").hash == shipped.hash


def test_the_hash_follows_what_a_model_depends_on(write: Write) -> None:
    before = load(write()).hash
    assert load(write(spoil("actions/sound/mute.yaml", "stay", "keep"))).hash == before
    assert load(write(spoil("slots/state.yaml", "off: [off]", "off: [off], dim: [dim]"))).hash != before
    assert (
        load(write({**FILES, **spoil("order.yaml", "set_volume, mute", "mute, set_volume")})).hash != before
    )
