"""followups.yaml: every mistake is named with its line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.catalog.small_config import Write
from whispera.catalog import load
from whispera.catalog.check import check

CONFIG = Path(__file__).resolve().parents[2] / "config"
FOLLOWUPS = """\
another:
  over: true
  say: ["and {x}", "{x} too"]
instead: {say: ["no, {x}"]}
answers: {say: ["{x}"]}
enum:
  any: ["no, {x}"]
  state: ["back {x}", "{x=on|enable} it"]
phrases:
  more: ["more", "a bit more"]
pairs:
  - after: [mute, {action: set_setting, state: off}]
    then: set_volume
    say: ["to {level}"]
  - after: [set_volume]
    then: {action: set_volume, level: "@level"}
    over: true
    use: [more]
chat: ["thanks"]
"""
MIN = "different patterns: expected at least"


def test_the_shipped_follow_ups_are_in_order() -> None:
    assert [problem for problem in check(CONFIG) if "followups" in problem.file] == []


def test_follow_ups_are_read(write: Write) -> None:
    ups = load(write({"followups.yaml": FOLLOWUPS})).followups
    assert ups.another.over and not ups.instead.over
    first, second = ups.rules
    assert first.after == ({"action": "mute"}, {"action": "set_setting", "state": "off"})
    assert (second.then, second.say, second.over) == (
        {"action": "set_volume", "level": "@level"},
        ("more", "a bit more"),
        True,
    )


def test_the_small_follow_ups_only_lack_numbers(write: Write) -> None:
    problems = [one for one in check(write({"followups.yaml": FOLLOWUPS})) if "followups" in one.file]
    assert problems and all(MIN in problem.message for problem in problems)


MISTAKES = [
    ("and {x}", "and {x", 3, "another.say[0]", "never closed"),
    ("and {x}", "and {y}", 3, "another.say[0]", "expected {x} and no other slot"),
    ("and {x}", "and x", 3, "another.say[0]", "expected {x} and no other slot"),
    ("and {x}", "<pleas> {x}", 3, "another.say[0]", "no list named <pleas>"),
    ("over: true\n  say", "ovr: true\n  say", 2, "another.ovr", "no such key here"),
    ("  state: [", "  stat: [", 8, "enum.stat", "no enum named 'stat'"),
    ("{x=on|enable}", "{x=onn|enable}", 8, "enum.state[1]", "'onn' is no state"),
    ("after: [mute,", "after: [mutes,", 12, "pairs[0].after[0]", "no action named 'mutes'"),
    ("state: off}", "stat: off}", 12, "pairs[0].after[1]", "set_setting has no slot 'stat'"),
    ("state: off}", "state: of}", 12, "pairs[0].after[1]", "'of' is no state"),
    ("then: set_volume", "then: set_volum", 12, "pairs[0].then", "no action named 'set_volum'"),
    ("to {level}", "to {levl}", 14, "pairs[0].say[0]", "set_volume has no slot 'levl'"),
    ("to {level}", "to that", 14, "pairs[0].say[0]", "set_volume needs 'level'"),
    ("    then: set_volume\n", "", 12, "pairs[0]", "expected {after: [actions], then: action"),
    ("after: [set_volume]", "after: [mute]", 15, "pairs[1].then.level", "mute has no slot 'level' to copy"),
    ('"@level"', '"@Level"', 16, "pairs[1].then.level", "expected @slot"),
    ('"@level"', "half", 15, "pairs[1].then", "'half' is no percent"),
    ("use: [more]", "use: [mor]", 18, "pairs[1].use", "no phrases named 'mor'"),
]


@pytest.mark.parametrize(("old", "new", "line", "key", "message"), MISTAKES)
def test_a_mistake_is_named(write: Write, old: str, new: str, line: int, key: str, message: str) -> None:
    assert old in FOLLOWUPS
    problems = check(write({"followups.yaml": FOLLOWUPS.replace(old, new, 1)}))
    found = [one for one in problems if one.file == "config/followups.yaml" and MIN not in one.message]
    assert [(one.line, one.key) for one in found if message in one.message] == [(line, key)], found
