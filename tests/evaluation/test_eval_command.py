"""`whispera eval` with a model that answers from a table."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from whispera.__main__ import main
from whispera.engines.fake import fake_model

ANSWERS = {
    "open word": '{"action":"open_app","target":" word"}',
    "open zed": '{"action":"open_app","target":" zed"}',
    "hush": '{"action":"unmute"}',
    "quiet please": '{"action":"mute"}',
    "mute it": '{"action":"mute"}',
    "hush and open word": (
        '{"action":"sequence","steps":[{"action":"mute"},{"action":"open_app","target":" word"}]}'
    ),
}
LINES = """\
open word | open_app | target=Word
open zed | open_app | target=zed editor
hush | mute
quiet please | none
mute it | mute
good morning | none
hush and open word | sequence | steps=mute;open_app:target=word
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.txt"
    path.write_text(LINES, encoding="utf-8")
    return path


@pytest.fixture
def base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A base that is loaded as the fake model; state and caches stay in the test's folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr("whispera.engines.load.load", lambda *_, **__: fake_model(ANSWERS, confidence=0.9))
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "card.json").write_text("{}")
    return str(tmp_path / "fake")


def evaluated(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    assert main(["eval", *arguments, "--json"]) == 0
    data: dict[str, object] = json.loads(capsys.readouterr().out)
    return data


def test_json_holds_the_figures(file: Path, base: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = evaluated(capsys, str(file), "--base", base)
    assert data["action"] == {"right": 5, "total": 7, "share": 0.7143}
    assert data["exact"] == {"right": 4, "total": 7, "share": 0.5714}
    assert data["false_activations"] == {"right": 1, "total": 2, "share": 0.5}
    assert (data["file"], data["base"], data["threshold"]) == ("mine.txt", "fake", None)


def test_blocks_are_reported_apart(file: Path, base: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = evaluated(capsys, str(file), "--base", base, "--block", "first:1-2", "--block", "rest:3-7")
    blocks = data["blocks"]
    assert isinstance(blocks, list)
    assert [(one["name"], one["total"], one["exact"]) for one in blocks] == [
        ("first", 2, 0.5),
        ("rest", 5, 0.6),
    ]


def test_threshold_rejects_what_is_below(file: Path, base: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = evaluated(capsys, str(file), "--base", base, "--threshold", "0.95")
    assert data["exact"] == {"right": 2, "total": 7, "share": 0.2857}, "the two that are no command"
    assert data["thresholds"] == {"harmless": 0.95, "disruptive": 0.95, "destructive": 0.95}


def test_text_goes_to_stdout_alone(file: Path, base: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", str(file), "--base", base, "--wrong"]) == 0
    shown = capsys.readouterr()
    assert "mine.txt: 7 utterances" in shown.out
    assert "3 wrong answers" in shown.out
    assert "wanted open_app target=zed editor" in shown.out
    assert shown.err == ""


def test_report_is_written(file: Path, base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "report"
    assert main(["eval", str(file), "--base", base, "--report", str(folder)]) == 0
    assert "57.1 %" in (folder / "index.html").read_text(encoding="utf-8")
    assert str(folder / "index.html") in capsys.readouterr().err


def test_report_is_refused_before_the_work(
    base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    assert main(["eval", "nowhere.txt", "--base", base, "--report", str(tmp_path / "mine")]) == 2
    assert "holds something else: notes.txt" in capsys.readouterr().err


DIALOGUES = """\
# Sound
hush please | mute
  and back on | unmute
thanks | none

# Timers and the rest
mute it | mute
and back on | none

set a timer | set_timer
  one hour | set_timer | duration=3600
"""
TALK: dict[str | tuple[str, ...], str] = {
    **ANSWERS,
    "hush please": '{"action":"mute"}',
    "set a timer": '{"action":"set_timer"}',
    ('{"action":"mute"}', "and back on"): '{"action":"unmute"}',
}


@pytest.fixture
def talk(tmp_path: Path, base: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A file of dialogues, and the fake model that knows them."""
    monkeypatch.setattr("whispera.engines.load.load", lambda *_, **__: fake_model(TALK, confidence=0.9))
    path = tmp_path / "talk.txt"
    path.write_text(DIALOGUES, encoding="utf-8")
    return str(path)


def test_dialogues_are_played_as_sessions(talk: str, base: str, capsys: pytest.CaptureFixture[str]) -> None:
    data = evaluated(capsys, "--dialogues", talk, "--base", base, "--block", "first:1-4")
    assert data["exact"] == {"right": 6, "total": 7, "share": 0.8571}
    assert (data["dialogues"], data["utterances"]) == (3, 7)
    blocks = data["blocks"]
    assert isinstance(blocks, list)
    assert [(one["name"], one["total"], one["exact"]) for one in blocks] == [
        ("first lines", 3, 1.0),
        ("leaning", 2, 1.0),
        ("later, not leaning", 2, 0.5),
        ("Sound", 3, 1.0),
        ("Timers and the rest", 4, 0.75),
        ("first", 3, 1.0),
    ]
    assert data["wrong"] == [
        {
            "line": 8,
            "text": "and back on",
            "expected": "none",
            "predicted": {"action": "unmute"},
            "accepted": True,
            "confidence": 0.9,
            "previous": [{"action": "mute"}],
        }
    ]


def test_text_of_dialogues_tells_what_a_line_was_read_after(
    talk: str, base: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "report"
    assert main(["eval", talk, "--dialogues", "--base", base, "--wrong", "--report", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert "talk.txt: 7 utterances in 3 dialogues" in shown
    assert "8: and back on\n    after  mute\n    wanted none\n    got    unmute" in shown
    assert "later, not leaning" in (folder / "index.html").read_text(encoding="utf-8")


def test_wrong_context_is_the_models_own(talk: str, base: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(talk).write_text("hm | mute\n  and back on | unmute\n")
    data = evaluated(capsys, "--dialogues", talk, "--base", base)
    assert data["exact"] == {"right": 0, "total": 2, "share": 0.0}


def test_a_file_without_dialogues_is_an_error(
    file: Path, base: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("# nothing\n")
    assert main(["eval", str(file), "--base", base, "--dialogues"]) == 2
    assert "holds no utterance" in capsys.readouterr().err


def test_line_that_cannot_be_read_is_named(file: Path, base: str, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(LINES + "open it | opn_app\n")
    assert main(["eval", str(file), "--base", base]) == 2
    assert f"{file}:8: there is no action named 'opn_app'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--block", "plain:9-3"], "'plain:9-3' is no block"),
        (["--block", "plain"], "'plain' is no block"),
        (["--threshold", "1.5"], "1.5"),
        (["--base", "enormous"], "no base named 'enormous'"),
    ],
)
def test_wrong_option_is_named(
    file: Path, base: str, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["eval", str(file), "--base", base, *arguments]) != 0
    shown = capsys.readouterr()
    assert message in shown.err
    assert "hint:" in shown.err
    assert shown.out == ""


def test_empty_file_is_an_error(file: Path, base: str, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text("\n\n")
    assert main(["eval", str(file), "--base", base]) == 2
    assert "holds no utterance" in capsys.readouterr().err


def test_missing_package_is_named_with_the_way_to_get_it(
    file: Path, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("report", "page", "plots", "drawing"):
        monkeypatch.delitem(sys.modules, f"whispera.evaluation.{name}", raising=False)
        monkeypatch.delattr(f"whispera.evaluation.{name}", raising=False)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert main(["eval", str(file), "--base", base, "--report", str(tmp_path / "report")]) == 1
    shown = capsys.readouterr().err
    assert "matplotlib" in shown
    assert "bin/setup report" in shown
    assert "pip install 'whispera[report]'" in shown
