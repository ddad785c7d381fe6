"""`whispera review`: each decision is written at once, nothing twice, nothing silently."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command_line import ANSWERS, make_session
from tests.cli.conftest import Whispera
from whispera.errors import ModelError
from whispera.pipeline.fakes import FakeRunner
from whispera.pipeline.history import History
from whispera.pipeline.session import Session
from whispera.workspace import find


class Somebody:
    """Answers from a list; an exception in it is raised."""

    def __init__(self, *answers: str | type[BaseException]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def ask(self, question: str) -> str | None:
        self.asked.append(question)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, type):
            raise answer
        return answer


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose overlay may be written; its configuration is the shipped one, compiled once."""
    place = tmp_path_factory.mktemp("review") / "checkout"
    (place / "config" / "local").mkdir(parents=True)
    for path in (find().root / "config").iterdir():
        if path.name != "local":
            (place / "config" / path.name).symlink_to(path)
    return place


@pytest.fixture
def checkout(place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The workspace, and what a test writes into its overlay taken away again."""
    monkeypatch.setenv("WHISPERA_HOME", str(place))
    yield place
    for path in (place / "config" / "local").iterdir():
        path.rmdir() if path.is_dir() else path.unlink()


@pytest.fixture
def unsure(checkout: Path, quick: None) -> Session:
    """A session whose model is never quite sure."""
    least = make_session(find(), runner=FakeRunner()).catalog.settings.confidence["harmless"]
    return make_session(find(), runner=FakeRunner(), confidence=least + 0.02, answers=ANSWERS)


@pytest.fixture
def reviewing(whispera: Whispera, unsure: Session, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Reviews with answers; the result and who was asked."""

    def run(*answers: str | type[BaseException], arguments: tuple[str, ...] = ()) -> Any:
        somebody = Somebody(*answers)
        monkeypatch.setattr("whispera.cli.review.asker", lambda: somebody)
        return whispera("review", *arguments, at=unsure), somebody

    return run


def said(whispera: Whispera, session: Session, *texts: str) -> None:
    for text in texts:
        whispera("run", text, at=session)


def written(checkout: Path) -> list[dict[str, Any]]:
    path = checkout / "config" / "local" / "examples.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_accept_fix_none_drop_and_skip(
    checkout: Path, whispera: Whispera, unsure: Session, reviewing: Any
) -> None:
    said(whispera, unsure, "set volume to 30", "what time is it", "mute", "git status", "open chrome")
    done, somebody = reviewing("a", "s", "n", "d", "f mute")
    assert done.code == 0
    assert "5 of 5" in somebody.asked[-1]
    assert [(one["text"], one["intent"], one["source"], one["weight"]) for one in written(checkout)] == [
        ("open chrome", {"action": "open_app", "target": "chrome"}, "accepted", 1.0),
        ("mute", {"action": "none"}, "corrected", 3.0),
        ("set volume to 30", {"action": "mute"}, "corrected", 3.0),
    ]
    assert "3 examples written" in done.out
    again, somebody = reviewing("q")
    assert "1 of 1" in somebody.asked[0], "only what was skipped"
    assert "'git status'" in again.out


def test_a_reading_is_chosen_by_its_number(
    checkout: Path, whispera: Whispera, unsure: Session, reviewing: Any
) -> None:
    said(whispera, unsure, "please start chrome", "open chrome")
    done, _ = reviewing("1", "s")
    assert "then     'open chrome'" in done.out
    assert "1        open app chrome  you then said 'open chrome'" in done.out
    assert written(checkout)[0]["text"] == "please start chrome"
    assert written(checkout)[0]["intent"] == {"action": "open_app", "target": "chrome"}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("f {", "that is no intent"),
        ("f opn the app", "is not understood either"),
        ('f {"action": "open_app", "target": "firefox"}', "no words of 'mute' say target 'firefox'"),
        ("9", "there is no reading 9"),
        ("x", "a  it was understood rightly"),
        ("", "a  it was understood rightly"),
    ],
)
def test_what_cannot_be_is_said_and_asked_again(
    answer: str, told: str, checkout: Path, whispera: Whispera, unsure: Session, reviewing: Any
) -> None:
    said(whispera, unsure, "mute")
    done, somebody = reviewing(answer, "f none")
    assert told in done.err
    assert len(somebody.asked) == 2
    assert written(checkout)[0]["intent"] == {"action": "none"}


def test_fix_asks_for_the_words(checkout: Path, whispera: Whispera, unsure: Session, reviewing: Any) -> None:
    said(whispera, unsure, "mute")
    reviewing("f", '{"action": "unmute"}')
    assert written(checkout)[0]["intent"] == {"action": "unmute"}
    assert whispera("history", "show", "1", "--json").json["correction"] == {"action": "unmute"}


@pytest.mark.parametrize("stop", [KeyboardInterrupt, "q", None])
def test_nothing_decided_is_lost(
    stop: type[BaseException] | str | None,
    checkout: Path,
    whispera: Whispera,
    unsure: Session,
    reviewing: Any,
) -> None:
    said(whispera, unsure, "mute", "what time is it", "git status")
    done, _ = reviewing("a", *([stop] if stop else []))
    assert done.code == (130 if stop is KeyboardInterrupt else 0)
    assert [one["text"] for one in written(checkout)] == ["git status"]
    assert "1 example written" in done.out
    _, somebody = reviewing("q")
    assert "1 of 2" in somebody.asked[0]


def test_a_write_that_fails_decides_nothing(
    checkout: Path, whispera: Whispera, unsure: Session, reviewing: Any
) -> None:
    said(whispera, unsure, "mute")
    (checkout / "config" / "local" / "examples.jsonl").mkdir()
    done, _ = reviewing("a")
    assert done.code == 1
    assert "examples.jsonl" in done.err
    (checkout / "config" / "local" / "examples.jsonl").rmdir()
    _, somebody = reviewing("q")
    assert "1 of 1" in somebody.asked[0]


def test_an_earlier_decision_is_replaced_and_told(
    checkout: Path, whispera: Whispera, unsure: Session
) -> None:
    said(whispera, unsure, "mute")
    whispera("correct", "none", at=unsure)
    done = whispera("correct", "1", "unmute", at=unsure)
    assert "(decided before: none; that is replaced)" in done.out
    assert [one["intent"]["action"] for one in written(checkout)] == ["unmute"]


def test_a_value_that_was_asked_for_is_not_learnt(
    checkout: Path, whispera: Whispera, unsure: Session, reviewing: Any
) -> None:
    class Hasty(Somebody):
        def confirm(self, question: str) -> bool:
            return True

    unsure.remember(unsure.handle("set a timer", asker=Hasty("ten minutes")))
    assert History(find().state).recent(1)[0].intent is not None
    reviewing("a")
    assert [one["intent"] for one in written(checkout)] == [{"action": "set_timer"}]


def test_list_and_json_show_and_decide_nothing(checkout: Path, whispera: Whispera, unsure: Session) -> None:
    said(whispera, unsure, "mute", "how are you")
    listed = whispera("review", "--list", at=unsure)
    assert "2 utterances to decide about" in listed.out
    assert "done, but unsure" in listed.out
    rows = whispera("review", "--json", at=unsure).json
    assert [(row["text"], row["why"]) for row in rows] == [
        ("how are you", ["rejected"]),
        ("mute", ["unsure"]),
    ]
    assert rows[1]["reading"] == {"action": "mute"}
    assert {"confidence", "runners_up", "suggestion", "ids"} <= set(rows[1])
    assert written(checkout) == []
    assert len(whispera("review", "--json", at=unsure).json) == 2


def test_confirmed_commands_are_taken_in_by_a_script(checkout: Path, whispera: Whispera, quick: None) -> None:
    below = make_session(find(), runner=FakeRunner()).catalog.settings.confirm_disruptive_below - 0.01
    unsure = make_session(find(), runner=FakeRunner(), confidence=below, answers=ANSWERS)
    said(whispera, unsure, "mute")
    whispera("run", "restart", "--yes", at=unsure)
    whispera("run", "close chrome", "--yes", at=unsure)
    done = whispera("review", "--accept-all-confirmed", at=unsure)
    assert done.out.splitlines()[:2] == ["'close chrome': close app chrome", "'restart': restart"]
    assert [(one["text"], one["source"], one["weight"]) for one in written(checkout)] == [
        ("close chrome", "confirmed", 2.0),
        ("restart", "confirmed", 2.0),
    ]
    assert whispera("review", "--accept-all-confirmed", "--json", at=unsure).json == []
    assert whispera("review", "--list", "--accept-all-confirmed", at=unsure).code == 2


def test_nobody_to_decide_is_told_with_the_way_out(
    checkout: Path, whispera: Whispera, unsure: Session
) -> None:
    assert whispera("review", at=unsure).out == "there is nothing to review\n"
    said(whispera, unsure, "mute")
    done = whispera("review", at=unsure)
    assert done.code == 5
    assert "hint: run it in a terminal; or --list" in done.err


def test_without_a_model_the_readings_of_then_can_be_decided_about(
    checkout: Path, whispera: Whispera, unsure: Session, reviewing: Any
) -> None:
    said(whispera, unsure, "mute", "git status")

    def broken() -> Any:
        raise ModelError("the model is gone", hint="get it")

    unsure._understander = None
    unsure._make_understander = broken
    done, _ = reviewing("a", "n")
    assert done.err.count("other readings are not shown: the model is gone") == 1
    assert [one["intent"]["action"] for one in written(checkout)] == ["git_status", "none"]


def test_what_leans_on_a_command_keeps_it(checkout: Path, whispera: Whispera, quick: None) -> None:
    session = make_session(find(), runner=FakeRunner(), answers=ANSWERS)
    said(whispera, session, "open chrome", "and that one too")
    done = whispera("correct", '{"action": "close_app", "target": "chrome"}', at=session)
    assert done.code == 0, done.err
    (example,) = written(checkout)
    assert example["previous"] == [{"action": "open_app", "target": "chrome"}]
    said(whispera, session, "mute")
    whispera("correct", "unmute", at=session)
    assert "previous" not in written(checkout)[1]
