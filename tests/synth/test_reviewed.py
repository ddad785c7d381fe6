"""The reviewed file: written, read back, and refused with its line where it is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from whispera.errors import ConfigErrors, UsageError
from whispera.synth.reviewed import Paraphrase, Reviewed, read, render

PAGE = Reviewed(
    "qwen: 3",
    "http://127.0.0.1:8080/v1",
    {
        "set_volume": (
            Paraphrase("whack it up to {level}", "agreed", "understood 4 times of 4"),
            Paraphrase("'n: on # - {level}, é", "undecided", "'x' is understood as: none"),
            Paraphrase("off", "rejected"),
        ),
        "mute": (Paraphrase("yes", "accepted", ""), Paraphrase("7:30", "accepted", "")),
    },
)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "page.yaml"
    path.write_text(render(PAGE), encoding="utf-8")
    assert read(path) == PAGE
    assert PAGE.counts() == {"agreed": 1, "undecided": 1, "accepted": 2, "rejected": 1}


def test_lines_are_replaced_and_added() -> None:
    page = PAGE.with_one("mute", 0, Paraphrase("hush", "rejected"))
    assert [one.say for one in page.actions["mute"]] == ["hush", "7:30"]
    page = page.with_more("copy", [Paraphrase("ditto", "agreed")])
    assert [(action, index) for action, index, _ in page.lines()][-1] == ("copy", 0)
    assert PAGE.actions["mute"][0].say == "yes"


@pytest.mark.parametrize(
    ("text", "line", "key", "message"),
    [
        (
            "actions:\n  mute:\n  - {say: a, status: agred}\n",
            3,
            "actions.mute[0].status",
            "no status 'agred'",
        ),
        ("actions:\n  mute:\n  - {say: a}\n", 3, "actions.mute[0]", "expected {say"),
        ("actions:\n  mute:\n  - a\n", 3, "actions.mute[0]", "expected keys and values"),
        ("actions:\n  mute: a\n", 2, "actions.mute", "expected a list"),
        ("model: x\nmodels: y\n", 2, "models", "no such key"),
        ("a: [\n", 2, "", "not valid YAML"),
    ],
)
def test_a_mistake_is_named_by_line_and_key(
    tmp_path: Path, text: str, line: int, key: str, message: str
) -> None:
    path = tmp_path / "page.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigErrors) as raised:
        read(path)
    first = raised.value.errors[0]
    assert (first.file, first.line, first.key) == (str(path), line, key)
    assert message in first.message


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        read(tmp_path / "page.yaml")
    assert raised.value.hint
