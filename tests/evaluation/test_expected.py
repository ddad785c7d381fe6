"""Evaluation files: every settled form is read and scored, every mistake names its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from whispera.catalog import load
from whispera.domain.intent import Intent
from whispera.errors import UsageError
from whispera.evaluation.expected import Expected, action_right, exactly_right, read, slot_names

ROOT = Path(__file__).parents[2]
SLOTS = {
    "open_app": ["target"],
    "open_url": ["url"],
    "search_web": ["query", "engine"],
    "copy": [],
    "press_key": ["keys"],
    "set_timer": ["duration", "label"],
    "mute": [],
}


def one(tmp_path: Path, line: str) -> Expected:
    path = tmp_path / "mine.txt"
    path.write_text(line + "\n", encoding="utf-8")
    (expected,) = read(path, SLOTS)
    return expected


def exact(expected: Expected, action: str, **slots: object) -> bool:
    return exactly_right(expected, Intent(action, slots), SLOTS)  # type: ignore[arg-type]


def test_action_alone_wants_no_slot(tmp_path: Path) -> None:
    expected = one(tmp_path, "hush | mute")
    assert (expected.text, expected.actions, expected.slots) == ("hush", ("mute",), {})
    assert exact(expected, "mute")
    assert not exact(expected, "copy")


def test_values_hold_spaces_and_end_at_the_next_slot(tmp_path: Path) -> None:
    expected = one(tmp_path, "tea in 5 | set_timer | duration=300 label=green tea = nice")
    assert expected.slots == {"duration": ("300",), "label": ("green tea = nice",)}
    assert exact(expected, "set_timer", duration=300, label="Green  TEA = nice")
    assert not exact(expected, "set_timer", duration=301, label="green tea = nice")


def test_either_value_is_right(tmp_path: Path) -> None:
    expected = one(tmp_path, "x | open_app | target=vs code||code")
    assert exact(expected, "open_app", target="VS Code")
    assert exact(expected, "open_app", target="code")
    assert not exact(expected, "open_app", target="studio")


@pytest.mark.parametrize("field", ["query=cats engine=google||engine=", "engine=google||engine= query=cats"])
def test_slot_may_be_absent_where_it_says_so(tmp_path: Path, field: str) -> None:
    expected = one(tmp_path, f"google cats | search_web | {field}")
    assert exact(expected, "search_web", query="cats", engine="google")
    assert exact(expected, "search_web", query="cats")
    assert not exact(expected, "search_web", query="cats", engine="bing")
    assert not exact(expected, "search_web", engine="google")


def test_slot_that_is_not_listed_must_be_absent(tmp_path: Path) -> None:
    expected = one(tmp_path, "tea | set_timer | duration=300")
    assert not exact(expected, "set_timer", duration=300, label="tea")


def test_only_slots_of_the_predicted_action_count(tmp_path: Path) -> None:
    expected = one(tmp_path, "control c | copy||press_key | keys=ctrl+c")
    assert exact(expected, "copy")
    assert exact(expected, "press_key", keys="ctrl+c")
    assert not exact(expected, "press_key", keys="ctrl+x")
    assert not exact(expected, "press_key")


def test_actions_with_slots_of_their_own(tmp_path: Path) -> None:
    expected = one(tmp_path, "open github | open_app||open_url | target=github url=github.com")
    assert exact(expected, "open_app", target="GitHub")
    assert exact(expected, "open_url", url="github.com")


def test_none_is_right_when_nothing_is_acted_on(tmp_path: Path) -> None:
    expected = one(tmp_path, "what a day | none")
    assert expected.is_none
    assert action_right(expected, None)
    assert exactly_right(expected, None, SLOTS)
    assert exactly_right(expected, Intent("none"), SLOTS)
    assert not action_right(expected, Intent("mute"))


def test_command_that_may_be_none(tmp_path: Path) -> None:
    expected = one(tmp_path, "mute maybe | mute||none")
    assert not expected.is_none
    assert exactly_right(expected, None, SLOTS)
    assert exact(expected, "mute")


STEPS = (
    "x | sequence | steps=mute;set_timer:duration=300,label=the roast, medium;open_app:target=word||ms word"
)


def sequence(*steps: Intent) -> Intent:
    return Intent("sequence", {"steps": steps})


def test_steps_are_compared_in_order_and_exactly(tmp_path: Path) -> None:
    expected = one(tmp_path, STEPS)
    assert [step.action for step in expected.steps] == ["mute", "set_timer", "open_app"]
    assert expected.steps[1].slots == {"duration": ("300",), "label": ("the roast, medium",)}
    timer = Intent("set_timer", {"duration": 300, "label": "the roast, medium"})
    mute, word = Intent("mute"), Intent("open_app", {"target": "MS Word"})
    assert exactly_right(expected, sequence(mute, timer, word), SLOTS)
    assert not exactly_right(expected, sequence(timer, mute, word), SLOTS)
    assert not exactly_right(expected, sequence(mute, timer), SLOTS)
    assert not exactly_right(expected, sequence(mute, Intent("set_timer", {"duration": 300}), word), SLOTS)
    assert action_right(expected, sequence(mute, word)), "the action alone counts here"
    assert not action_right(expected, mute)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("open word", "expected 'text | action | slots'"),
        ("open | open_app | target=x | more", "expected 'text | action | slots'"),
        ("open word | opn_app | target=word", "no action named 'opn_app'"),
        ("open word | open_app||opn | target=word", "no action named 'opn'"),
        ("open word | open_app | name=word", "slots cannot be read"),
        ("open word | open_app | word", "slots cannot be read"),
        ("hush | mute | target=x", "slots cannot be read"),
        ("x | sequence | steps=mute;opn_app:target=x", "no action named 'opn_app'"),
        ("x | sequence | steps=mute;open_app:name=x", "slots cannot be read"),
    ],
)
def test_mistake_names_file_and_line(tmp_path: Path, line: str, message: str) -> None:
    path = tmp_path / "mine.txt"
    path.write_text(f"hush | mute\n\n{line}\n", encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        read(path, SLOTS)
    assert message in str(caught.value)
    assert f"{path}:3" in str(caught.value)


def test_file_that_is_not_there_or_not_text(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read") as caught:
        read(tmp_path / "nowhere.txt", SLOTS)
    assert "eval/desktop.txt" in caught.value.hint
    (tmp_path / "binary.txt").write_bytes(b"\xff\xfe | mute\n")
    with pytest.raises(UsageError, match="cannot read"):
        read(tmp_path / "binary.txt", SLOTS)


def test_empty_lines_keep_line_numbers(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("\nhush | mute\n\nhush now | mute\n", encoding="utf-8")
    assert [expected.line for expected in read(path, SLOTS)] == [2, 4]


def test_published_set_is_read_whole() -> None:
    actions = load(ROOT / "config").actions
    slots_of = slot_names(actions)
    expected = read(ROOT / "eval" / "desktop.txt", slots_of)
    assert len(expected) == 620
    assert sum(one.is_none for one in expected) == 110
    assert all(one.steps for one in expected if one.actions == ("sequence",))
    in_blocks = [one for one in expected if 441 <= one.line <= 545]
    assert all(one.is_none for one in in_blocks)
