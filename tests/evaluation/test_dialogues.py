"""Dialogue files: turns are read in order, mistakes name their line, the published set keeps its promises."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from whispera import values
from whispera.catalog import load
from whispera.catalog.catalog import Catalog
from whispera.domain.intent import Intent
from whispera.errors import UsageError
from whispera.evaluation.dialogues import Dialogue, Turn, read
from whispera.evaluation.expected import exactly_right, fold, slot_names

ROOT = Path(__file__).parents[2]
SLOTS = {"open_app": ["target"], "set_timer": ["duration", "label"], "volume_up": ["amount"], "mute": []}
WHATEVER_WENT_BEFORE = {"cancel", "repeat_last", "undo"}


def dialogues(tmp_path: Path, text: str) -> list[Dialogue]:
    path = tmp_path / "mine.txt"
    path.write_text(text, encoding="utf-8")
    return read(path, SLOTS)


@cache
def catalog() -> Catalog:
    return load(ROOT / "config")


@cache
def published() -> list[Dialogue]:
    slots_of = slot_names(catalog().actions)
    return read(ROOT / "eval" / "dialogues.txt", slots_of)


def later_turns() -> list[Turn]:
    return [turn for dialogue in published() for turn in dialogue[1:]]


def test_empty_line_starts_a_dialogue_and_comments_are_no_lines(tmp_path: Path) -> None:
    text = "# all\n\nhush | mute\n# inside\nopen a | open_app | target=a\n\n\nhush | mute\nhm | none"
    first, second = dialogues(tmp_path, text)
    assert [turn.text for turn in first] == ["hush", "open a"]
    assert [turn.line for turn in (*first, *second)] == [3, 5, 8, 9]
    assert second[1].is_none


def test_indented_line_leans_on_what_came_before(tmp_path: Path) -> None:
    (dialogue,) = dialogues(tmp_path, "hush | mute\n  and b | open_app | target=b\nhm | none\n")
    assert [turn.leans for turn in dialogue] == [False, True, False]
    assert dialogue[1].text == "and b"


def test_dialogues_stand_under_the_comment_above_them(tmp_path: Path) -> None:
    text = (
        "# all of it\n# Sound\nhush | mute\nhm | none\n\na | mute\nb | mute\n\n# Rest\nc | mute\nd | none\n"
    )
    found = dialogues(tmp_path, f"x | mute\ny | none\n\n{text}")
    assert [{turn.heading for turn in one} for one in found] == [{""}, {"Sound"}, {"Sound"}, {"Rest"}]


def test_turn_is_compared_like_a_line_of_an_evaluation_file(tmp_path: Path) -> None:
    text = (
        "a | set_timer | duration=60 label=tea||the tea\n  b | sequence | steps=mute;open_app:target=x||y\n"
    )
    ((timer, steps),) = dialogues(tmp_path, text)
    assert exactly_right(timer, Intent("set_timer", {"duration": 60, "label": "Tea"}), SLOTS)
    both = (Intent("mute"), Intent("open_app", {"target": "y"}))
    assert exactly_right(steps, Intent("sequence", {"steps": both}), SLOTS)
    assert steps.leans


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("hush | mute\nopen word\n", "expected 'text | action | slots'", 2),
        ("hush | mute\nhm | none\n\nx | opn_app\n", "no action named 'opn_app'", 4),
        ("hush | mute\n  x | open_app | name=x\n", "slots cannot be read", 2),
        ("hush | mute\n  x | sequence | steps=opn_app:target=x\n", "no action named 'opn_app'", 2),
        ("\n  hush | mute\nhm | none\n", "nothing to lean on", 2),
        ("hush | mute\nhm | none\n\nhush | mute\n", "a dialogue of one utterance", 4),
    ],
)
def test_mistake_names_file_and_line(tmp_path: Path, text: str, message: str, line: int) -> None:
    with pytest.raises(UsageError) as caught:
        dialogues(tmp_path, text)
    assert message in str(caught.value)
    assert f"{tmp_path / 'mine.txt'}:{line}:" in str(caught.value)


def test_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot read") as caught:
        read(tmp_path / "nowhere.txt", SLOTS)
    assert "eval/dialogues.txt" in caught.value.hint


def test_published_set_is_read_whole() -> None:
    assert len(published()) >= 150
    assert all(2 <= len(dialogue) <= 4 for dialogue in published())
    lines = (ROOT / "eval" / "dialogues.txt").read_text(encoding="utf-8").splitlines()
    assert sum(map(len, published())) == sum(" | " in line and not line.startswith("#") for line in lines)


def test_every_action_occurs() -> None:
    turns = [turn for dialogue in published() for turn in dialogue]
    named = {name for turn in turns for name in (*turn.actions, *(step.action for step in turn.steps))}
    assert named == {*catalog().actions, "sequence", "none"}


def test_a_quarter_of_the_later_lines_do_not_lean() -> None:
    alone = [turn for turn in later_turns() if not turn.leans]
    assert sum(not WHATEVER_WENT_BEFORE & {*turn.actions} for turn in alone) >= len(later_turns()) / 4


def test_no_command_and_what_stays_itself_never_lean() -> None:
    for turn in later_turns():
        assert not (turn.leans and {*turn.actions} <= {"none", "cancel", "repeat_last"}), turn


def test_no_dialogue_appears_twice() -> None:
    said = [tuple(fold(turn.text) for turn in dialogue) for dialogue in published()]
    assert len(said) == len(set(said))


def wanted(turn: Turn) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Slot type and right values of a turn, words to point at only."""
    pairs = [(name, turn.slots) for name in turn.actions]
    pairs += [(step.action, step.slots) for step in turn.steps]
    for name, slots in pairs:
        if name not in catalog().actions:
            continue
        for spec in catalog().actions[name].slots:
            if spec.name in slots and spec.type in values.TYPES:
                yield spec.type, slots[spec.name]


def spans(text: str) -> Iterator[str]:
    words = text.replace('"', " ").split()
    for first in range(len(words)):
        for last in range(first + 1, min(len(words), first + 14) + 1):
            yield " ".join(words[first:last]).strip(".,?!")


def test_every_value_was_said_in_its_line_or_before() -> None:
    for dialogue in published():
        for place, turn in enumerate(dialogue):
            heard = [earlier.text for earlier in dialogue[:place]] if turn.leans else []
            heard.append(turn.text)
            for type, right in wanted(turn):
                read_as = (values.parse(type, span) for text in heard for span in spans(text))
                canonical = {fold(value) for value in read_as if value is not None}
                assert canonical & {fold(value) for value in right}, (turn, right)
