"""The checker: what is unfinished, unsafe or contradictory in a configuration that loads."""

from __future__ import annotations

import pytest

from tests.catalog.small_config import FILES, Write, spoil
from whispera.catalog.check import Problem, check

VOLUME = "actions/sound/set_volume.yaml"
MUTE = "actions/sound/mute.yaml"
SETTING = "actions/settings/set_setting.yaml"
CANCEL = "actions/assistant/cancel.yaml"
SMALL = ("different patterns: expected", "examples: expected", "no such filler")
"""What the small configuration is always short of."""


def find(problems: list[Problem], file: str, message: str) -> list[Problem]:
    return [one for one in problems if one.file == f"config/{file}" and message in one.message]


def test_the_small_configuration_only_lacks_numbers(write: Write) -> None:
    problems = [one for one in check(write()) if not any(part in one.message for part in SMALL)]
    assert problems == []


def test_too_few_patterns_and_examples_are_problems(write: Write) -> None:
    problems = check(write())
    assert find(problems, MUTE, "2 different patterns: expected at least 40")[0].line == 4
    assert find(problems, MUTE, "0 examples: expected at least 4")


def test_mistakes_in_loading_are_problems(write: Write) -> None:
    (problem,) = check(write(spoil("settings.yaml", "keep: 10", "keep: ten")))
    assert (problem.file, problem.line, problem.key) == ("config/settings.yaml", 2, "history.keep")
    assert str(problem).startswith("config/settings.yaml:2: history.keep: expected a whole number")


WORDS = [
    (MUTE, "Turns the sound off.", "''", 3, "summary", "missing: expected one sentence"),
    (MUTE, "Turns the sound off.", "Mute. Or so.", 3, "summary", "expected one sentence"),
    (MUTE, "[mute,", "[mute, Mute,", 4, "patterns[1]", "the same as line 4"),
    (MUTE, "[mute,", "[<pleas> mute,", 4, "patterns[0]", "no list named <pleas>"),
    (CANCEL, "[never mind]", "[mute]", 4, "patterns[0]", "is a pattern of mute too"),
    (MUTE, "[mute,", "[hello there,", 4, "patterns[0]", "is no command according to"),
    (VOLUME, "to {level}", "to {level}s", 6, "patterns[0]", "stuck to a letter"),
    (VOLUME, "to {level}", "{level} to {level}", 6, "patterns[0]", "{level} twice"),
    (VOLUME, "to {level}", "to [{level}]", 6, "patterns[0]", "which set_volume needs"),
    (VOLUME, "level=50|half", "level=40|half", 7, "patterns[1]", "'half' is '50' as percent, not '40'"),
    (VOLUME, "level=50|half", "level=50|xx", 7, "patterns[1]", "'xx' is nothing as percent"),
    (VOLUME, "level=50|half", "level=50|", 7, "patterns[1]", "has no words"),
    (VOLUME, "level: 80", "level: 70", 9, "examples[0]", "no words of"),
    (VOLUME, "level: 80", "level: 800", 9, "examples[0]", "'800' is no percent"),
    (VOLUME, ", level: 80", "", 9, "examples[0]", "needs a value for 'level'"),
    (VOLUME, "crank it up to eighty", "Volume half!", 9, "examples[0]", "no words of"),
    (VOLUME, "is: mute", "is: mutes", 11, "not[0]", "no action named 'mutes'"),
    (VOLUME, "is: mute", "is: set_volume", 11, "not[0]", "no near miss"),
    (VOLUME, "is: mute", "is: set_setting", 11, "not[0]", "needs a value for 'state'"),
    (VOLUME, "is: mute", "is: {action: mute, x: 1}", 11, "not[0]", "mute has no slot 'x'"),
    (VOLUME, "is: mute", "is: {action: set_volume, level: nine}", 11, "not[0]", "no words of"),
    (SETTING, "state=on|on", "state=onn|on", 7, "patterns[0]", "'onn' is no state"),
    (SETTING, "state: on}", "state: up}", 11, "examples[0]", "'up' is no state"),
    (SETTING, "[songs]", "[song]", 5, "fill.note", "no filler named 'song'"),
]


@pytest.mark.parametrize(("file", "old", "new", "line", "key", "message"), WORDS)
def test_a_problem_of_words_is_found(
    write: Write, file: str, old: str, new: str, line: int, key: str, message: str
) -> None:
    found = find(check(write(spoil(file, old, new))), file, message)
    assert [(one.line, one.key) for one in found if one.key == key] == [(line, key)]


def test_an_example_that_is_a_pattern_is_found(write: Write) -> None:
    config = write({MUTE: FILES[MUTE] + 'examples: [{say: "Mute!"}]\n'})
    assert find(check(config), MUTE, "examples are held out")


COMMANDS = [
    (VOLUME, '  macos: [osascript, -e, "set volume output volume {level}"]\n', "", "nothing for macos"),
    (VOLUME, '"{level}%"', '"{leve}%"', "no slot named 'leve'"),
    (VOLUME, '"{level}%"', '"{level|ulr}%"', "no filter named 'ulr'"),
    (VOLUME, ", needs: [nircmd]", "", "never reached"),
    (VOLUME, "no volume command here.", "no volume command here", "expected one sentence with a full stop"),
    (VOLUME, "set_volume(level", "set_volum(level", "no action named 'set_volum'"),
    (VOLUME, "(level=@before)", "(levl=@before)", "set_volume has no slot 'levl'"),
    (VOLUME, "(level=@before)", "", "needs a value for 'level'"),
    (VOLUME, "probe: ", "#", "needs a probe"),
    (VOLUME, "undo: ", "#", "nothing uses it"),
    (SETTING, '[nmcli, radio, wifi, "{state}"]', '[sh, -c, "echo {state}"]', ""),
    (SETTING, '[nmcli, radio, wifi, "{state}"]', '[sh, -c, "echo {note}"]', "read as code by sh"),
    (SETTING, '[nmcli, radio, wifi, "{state}"]', '[/bin/bash, -c, "{note}"]', "read as code by bash"),
    (SETTING, '[nmcli, radio, wifi, "{state}"]', '[bash, -c, \'echo "$1"\', x, "{note}"]', ""),
    (
        SETTING,
        '[nmcli, radio, wifi, "{state}"]',
        '[env, A=1, osascript, -e, "say {note}"]',
        "code by osascript",
    ),
    (SETTING, '[nmcli, radio, wifi, "{state}"]', "[osascript, -e, 'on run argv', \"{note}\"]", ""),
    (
        SETTING,
        '[nmcli, radio, wifi, "{state}"]',
        '[powershell, -Command, "x", "{note}"]',
        "code by powershell",
    ),
    (SETTING, '[nmcli, radio, wifi, "{state}"]', '[cmd.exe, /c, echo, "{note}"]', "read as code by cmd"),
    (SETTING, '[nmcli, radio, wifi, "{state}"]', '["{note}", x]', "choose the program"),
    (SETTING, '[nmcli, radio, wifi, "{state}"]', "[nmcli radio wifi]", "is one program name"),
    (SETTING, "state: [on, off]", "state: [on, of]", "'of' is no state"),
    (SETTING, "{builtin: clock.time}", '{open: {url: "https://x/?q={note}"}}', "is not encoded"),
    (SETTING, "{builtin: clock.time}", '{open: {url: "https://x/?q={note|url}"}}', ""),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), COMMANDS)
def test_a_problem_of_commands_is_found(write: Write, file: str, old: str, new: str, message: str) -> None:
    problems = check(write(spoil(file, old, new)))
    if message:
        assert find(problems, file, message)
        assert all(one.line > 0 for one in find(problems, file, message))
    else:
        assert [one for one in problems if not any(part in one.message for part in SMALL)] == []


def test_an_absent_slot_needs_a_default_or_a_case_of_its_own(write: Write) -> None:
    argv = '[nmcli, radio, wifi, "{state}"]'
    changed = spoil(SETTING, argv, '[nmcli, "{note}"]')
    text = changed[SETTING]
    assert text is not None
    changed[SETTING] = text.replace("defaults: {note: nothing}\n", "")
    assert find(check(write(changed)), SETTING, "may be absent and has no default")
    changed[SETTING] = (changed[SETTING] or "").replace("state: [on, off]", "note: [null, a]")
    assert not find(check(write(changed)), SETTING, "may be absent")


ACROSS = [
    ("slots/state.yaml", "off: [off]", "off: [off, on]", "'on' is said for 'on' too"),
    ("slots/songs.yaml", "[tomorrow]", "[Yesterday]", "is trained on too"),
    ("slots/songs.yaml", "[tomorrow]", "['{x}']", "a filler holds no slots"),
    ("slots/songs.yaml", "invent: 0.25", "after: {by: bands}", "no filler named 'bands'"),
    (
        "slots/songs.yaml",
        "type: text\nvalues: [yesterday, 1999]",
        "type: url\nvalues: [a b]",
        "does not fit url",
    ),
    ("slots/lists.yaml", "if you would", "<please> now", "contains itself"),
    ("slots/forms.yaml", "is: 50", "is: 51", "'half' is 50 as percent, not 51"),
    ("slots/none.yaml", "good morning", "Hello there!", "examples are held out"),
    ("compound.yaml", "action: cancel", "action: cancle", "no action named 'cancle'"),
    ("lookup/apps.yaml", "process:", "window:", ""),
    ("lookup/apps.yaml", "chrome:\n", "chromium: {also: [google chrome], any: chromium}\nchrome:\n", "too"),
    ("lookup/folders.yaml", "any:", "linux:", "no path for macos, windows"),
    ("lookup/folders.yaml", "@DOWNLOAD", "@DOWNLOADS", "no user folder named @DOWNLOADS"),
]


@pytest.mark.parametrize(("file", "old", "new", "message"), ACROSS)
def test_a_problem_between_files_is_found(write: Write, file: str, old: str, new: str, message: str) -> None:
    problems = check(write(spoil(file, old, new)))
    if message:
        assert find(problems, file, message)
    else:
        assert [one for one in problems if not any(part in one.message for part in SMALL)] == []


def test_a_pattern_of_two_actions_is_fine_where_it_is_listed_as_shared(write: Write) -> None:
    changed = spoil(CANCEL, "[never mind]", "['mute']")
    assert find(check(write(changed)), CANCEL, "is a pattern of mute too")
    assert not find(check(write({**changed, "shared.yaml": "patterns: [Mute]\n"})), CANCEL, "is a pattern of")
