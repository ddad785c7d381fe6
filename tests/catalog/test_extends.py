"""Overlay files that add to an action with `extends`."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.small_config import Write
from whispera.catalog import load
from whispera.catalog.catalog import Catalog
from whispera.catalog.check import check
from whispera.catalog.model import Place
from whispera.errors import ConfigError, ConfigErrors

VOLUME = "local/actions/mine/set_volume.yaml"


def overlay(config: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = config / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return config / "local"


def laid(write: Write, files: dict[str, str]) -> Catalog:
    config = write()
    return load(config, overlay=overlay(config, files))


def test_an_extension_adds_and_copies_nothing(write: Write) -> None:
    text = """\
extends: set_volume
patterns:
  - "whack it up to {level}"
not: [{say: "turn the heating to twenty", is: none}]
examples: [{say: "sound to a third", level: 33}]
"""
    shipped = load(write()).actions["set_volume"]
    catalog = laid(write, {VOLUME: text})
    action = catalog.actions["set_volume"]
    assert action.patterns == (*shipped.patterns, "whack it up to {level}")
    assert action.near_misses[:1] == shipped.near_misses
    assert action.near_misses[1].intent == {"action": "none"}
    assert action.examples[1].intent == {"action": "set_volume", "level": 33}
    assert (action.run, action.source, action.slots) == (shipped.run, shipped.source, shipped.slots)
    assert action.place("patterns[0]") == Place(shipped.source, 6, "patterns[0]")
    assert action.place("patterns[2]") == Place(f"config/{VOLUME}", 3, "patterns[0]")
    assert catalog.hash == load(write()).hash


def test_several_files_extend_one_action_after_all_changes_of_it(write: Write) -> None:
    catalog = laid(
        write,
        {
            "local/actions/a/mute.yaml": "extends: mute\npatterns: [shush]\n",
            "local/actions/b/mute.yaml": "action: mute\npatterns: [quiet]\n",
            "local/actions/c/mute.yaml": "extends: mute\npatterns: [hush]\n",
            "local/actions/c/brew.yaml": "extends: brew\npatterns: [a cup of tea]\n",
            "local/actions/k/brew.yaml": "action: brew\ngroup: k\npatterns: [brew]\nrun: {any: [brew]}\n",
        },
    )
    assert catalog.actions["mute"].patterns == ("quiet", "shush", "hush")
    assert catalog.actions["brew"].patterns == ("brew", "a cup of tea")


MISTAKES = [
    ("extends: set_volum\npatterns: [a]\n", 1, "extends", "no action named 'set_volum'", "'set_volume'"),
    ("extends: mute\npatterns: [a]\n", 1, "extends", "expected mute.yaml", ""),
    ("extends: set_volume\n", 1, "extends", "nothing is added", ""),
    ("extends: set_volume\nrun: {any: [x]}\npatterns: ['{level}']\n", 2, "run", "no such key", ""),
    ("extends: set_volume\npatterns:\n  - '(a'\n", 3, "patterns[0]", "never closed", ""),
    ("extends: set_volume\npatterns:\n  - a\n  - 'to {levl}'\n", 4, "patterns[1]", "'levl'", "'level'"),
    ("extends: set_volume\nexamples: [{say: a, level: x}]\n", 2, "examples[0].level", "whole number", ""),
    ("extends: set_volume\nnot: [{say: a}]\n", 2, "not[0]", "expected {say", ""),
]


@pytest.mark.parametrize(("text", "line", "key", "message", "hint"), MISTAKES)
def test_a_mistake_is_named_by_file_line_and_key(
    write: Write, text: str, line: int, key: str, message: str, hint: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        laid(write, {VOLUME: text})
    found = caught.value.errors if isinstance(caught.value, ConfigErrors) else (caught.value,)
    assert [(one.file, one.line, one.key) for one in found] == [(f"config/{VOLUME}", line, key)]
    assert message in found[0].message
    assert hint in found[0].hint


PROBLEMS = [
    ("patterns:\n  - be loud\n", 3, "patterns[0]", "which set_volume needs"),
    ("patterns:\n  - 'Set the volume to {level}'\n", 3, "patterns[0]", "the same as line 6 of config/act"),
    ("patterns:\n  - 'hello there'\n", 3, "patterns[0]", "is no command according to"),
    ("not:\n  - {say: 'louder', is: set_volume}\n", 3, "not[0]", "no near miss"),
    ("examples:\n  - {say: 'louder', level: 10}\n", 3, "examples[0]", "no words of"),
]


@pytest.mark.parametrize(("text", "line", "key", "message"), PROBLEMS)
def test_a_problem_of_what_is_added_is_found_there(
    write: Write, text: str, line: int, key: str, message: str
) -> None:
    config = write()
    local = overlay(config, {VOLUME: "extends: set_volume\n" + text})
    found = [one for one in check(config, overlay=local) if message in one.message]
    assert [(one.file, one.line, one.key) for one in found] == [(f"config/{VOLUME}", line, key)]


def test_an_added_pattern_of_another_action_is_found_there(write: Write) -> None:
    config = write()
    cancel = "local/actions/mine/cancel.yaml"
    local = overlay(config, {cancel: "extends: cancel\npatterns:\n  - stop it\n  - mute\n"})
    found = [one for one in check(config, overlay=local) if "is a pattern of mute too" in one.message]
    assert [(one.file, one.line, one.key) for one in found] == [(f"config/{cancel}", 4, "patterns[1]")]


def test_shipped_files_cannot_extend(write: Write) -> None:
    with pytest.raises(ConfigErrors, match="no such key here"):
        load(write({"actions/sound/louder.yaml": "extends: mute\npatterns: [a]\n"}))
