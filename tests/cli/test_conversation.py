"""What was said before: which commands the next one may lean on, in which session and for how long."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.cli.command_line import ANSWERS, make_session
from tests.cli.conftest import Whispera
from whispera.catalog.settings import Settings
from whispera.domain.intent import Intent
from whispera.domain.outcome import Outcome
from whispera.pipeline.context import InHistory, InMemory, Said, said_of
from whispera.pipeline.database import Database
from whispera.pipeline.fakes import FakeRunner
from whispera.pipeline.session import Session
from whispera.workspace import find

MUTE = '{"action":"mute"}'
CHROME = '{"action":"open_app","target":" chrome"}'
QUIBBLEBOX = '{"action":"open_app","target":" quibblebox"}'
MANY = " ".join(["ha"] * 33)
TALK: dict[str | tuple[str, ...], str] = {
    **ANSWERS,
    "open Quibblebox": QUIBBLEBOX,
    "type Ärger Don't": '{"action":"type_text","text":" ärger don\'t"}',
    "never mind": '{"action":"cancel"}',
    f"type {MANY}": f'{{"action":"type_text","text":" {MANY}"}}',
    (MUTE, "and back on"): '{"action":"unmute"}',
    (QUIBBLEBOX, "close it again"): '{"action":"close_app","target":" quibblebox"}',
    (CHROME, MUTE, "twice"): '{"action":"copy"}',
    (MUTE, '{"action":"set_volume","level":" 30"}', "twice"): '{"action":"paste"}',
}


def at(terminal: str = "test", *, runner: FakeRunner | None = None) -> Session:
    """A process of its own on a terminal."""
    return make_session(find(), runner=runner or FakeRunner(), answers=TALK, session=terminal)


def done(text: str, *, terminal: str = "test", **options: Any) -> dict[str, Any]:
    """The JSON object of a command in a process of its own."""
    session = at(terminal)
    answer = session.handle(text, **options)
    session.remember(answer)
    return answer.as_json()


def say(*texts: str) -> list[dict[str, Any]]:
    """The JSON objects of commands, one after the other."""
    return [done(text) for text in texts]


def before(terminal: str = "test") -> list[dict[str, Any]]:
    """What the next command of a terminal is read after."""
    parse = at(terminal).handle("how are you").parse
    return [one.as_json() for one in parse.previous]


@pytest.fixture(autouse=True)
def everything_is_there(quick: None) -> None:
    """State and caches of the test's own."""


def test_a_command_leans_on_the_one_before() -> None:
    first, second = say("mute", "and back on")
    assert "previous" not in first
    assert second["previous"] == [{"action": "mute"}]
    assert (second["intent"], second["outcome"]["status"]) == ({"action": "unmute"}, "done")


def test_each_terminal_has_its_own_session() -> None:
    done("mute", terminal="left")
    assert before("right") == []
    assert before("left") == [{"action": "mute"}]


def test_the_last_few_are_carried_newest_last() -> None:
    say("mute", "open chrome", "mute")
    assert done("twice")["intent"] == {"action": "copy"}
    say("mute", "set volume to 30")
    assert done("twice")["intent"] == {"action": "paste"}


def test_after_a_pause_nothing_was_said() -> None:
    session = at()
    session.remember(session.handle("mute"))
    settings = session.catalog.settings
    for later, count in ((settings.context_seconds - 2, 1), (settings.context_seconds + 2, 0), (-5, 0)):
        now = time.time() + later
        conversation = InHistory(session.history, "test", settings, now=lambda now=now: now)  # type: ignore[misc]
        assert len(conversation.said()) == count


def test_a_session_in_memory_forgets_by_its_own_clock() -> None:
    clock = [0.0]
    timed = InMemory(Settings(), now=lambda: clock[0])
    lines = InMemory(Settings(), timed=False, now=lambda: clock[0])
    session = at()
    for one in (timed, lines):
        one.add(said(session, "mute"))
    clock[0] = 121.0
    assert (len(timed.said()), len(lines.said())) == (0, 1)
    lines.clear()
    assert lines.said() == ()


def said(session: Session, text: str) -> Said:
    found = said_of(session.understand(text), session.catalog.actions)
    assert found is not None
    return found


@pytest.mark.parametrize("text", ["how are you", "undo that", "again", "never mind", f"type {MANY}", ""])
def test_what_names_nothing_to_lean_on_is_not_carried(text: str) -> None:
    say("mute", text)
    assert before() == [{"action": "mute"}]


def test_what_the_user_said_no_to_is_not_carried() -> None:
    class No:
        def confirm(self, question: str) -> bool:
            return False

        def ask(self, question: str) -> str | None:
            return None

    for asker in (None, No()):
        assert done("restart", asker=asker)["outcome"]["exit_code"] == 5
    assert done("set a timer", asker=No())["outcome"]["exit_code"] == 5
    done("open chrome", dry_run=True)
    assert before() == []


def test_what_is_not_possible_or_failed_is_carried() -> None:
    assert done("open quibblebox")["outcome"]["exit_code"] == 4
    failing = at(runner=FakeRunner(outcomes={"git": Outcome("failed", "git: no repository", 1)}))
    failing.remember(failing.handle("git status"))
    assert before() == [{"action": "open_app", "target": "quibblebox"}, {"action": "git_status"}]


def test_copied_words_keep_the_case_they_were_typed_in() -> None:
    say("open Quibblebox", "close it again")
    assert before() == [
        {"action": "open_app", "target": "Quibblebox"},
        {"action": "close_app", "target": "Quibblebox"},
    ]
    say("type Ärger Don't", "set volume to 30")
    assert before() == [
        {"action": "type_text", "text": "Ärger Don't"},
        {"action": "set_volume", "level": "30"},
    ]


def test_alone_means_whatever_was_said_before() -> None:
    done("mute")
    assert "previous" not in done("and back on", alone=True)
    assert before() == [{"action": "mute"}]


def test_alone_is_an_option_of_the_typed_command(whispera: Whispera) -> None:
    whispera("run", "mute", at=at())
    assert "previous" in whispera("run", "--json", "mute", at=at()).json
    assert "previous" not in whispera("run", "--json", "--alone", "mute", at=at()).json


@pytest.mark.parametrize("off", [{"context_intents": 0}, {"context_seconds": 0}])
def test_it_can_be_switched_off(off: dict[str, int]) -> None:
    for settings, count in ((Settings(), 1), (replace(Settings(), **off), 0)):
        session = at()
        session.remember(session.handle("mute"))
        assert len(InHistory(session.history, "test", settings).said()) == count
        memory = InMemory(settings)
        memory.add(said(session, "mute"))
        assert len(memory.said()) == count


def test_the_history_keeps_what_a_command_was_read_after() -> None:
    say("mute", "and back on")
    newest, oldest = at().history.recent(2)
    assert (newest.previous, oldest.previous) == ((Intent("mute"),), ())
    assert newest.as_json()["previous"] == [{"action": "mute"}]


def test_forgetting_a_command_takes_its_words_from_those_that_leaned_on_it(whispera: Whispera) -> None:
    say("open Quibblebox", "mute", "and back on")
    assert "previous   [" in whispera("history", "show", "2").out
    at().history.forget(1)
    mute, back = (at().history.entry(number) for number in (2, 3))
    assert (mute.previous, back.previous) == ((), ())
    assert "previous" not in whispera("history", "show", "2").out
    say("mute", "and back on")
    at().history.forget(4)
    assert at().history.entry(5).previous == ()


# -- trouble with the history


def damage(how: str, session: Session) -> None:
    path = session.history.path
    if how == "rubbish":
        session.history.close()
        path.write_bytes(b"this is no database at all" * 100)
    elif how == "a directory":
        session.history.close()
        for file in path.parent.glob("history.db*"):
            file.unlink()
        path.mkdir()
    else:
        with sqlite3.connect(path) as connection:
            connection.execute(how)
        connection.close()


@pytest.mark.parametrize(
    "how",
    [
        "rubbish",
        "a directory",
        "DROP TABLE command",
        "ALTER TABLE command RENAME COLUMN carried TO other",
        "UPDATE command SET carried = '{'",
        "UPDATE command SET carried = '[1]', intent = '7'",
        "UPDATE command SET intent = NULL",
    ],
)
def test_a_broken_history_means_that_nothing_was_said(how: str) -> None:
    session = at()
    session.remember(session.handle("mute"))
    damage(how, session)
    answer = at().handle("mute")
    assert (answer.exit_code, answer.parse.previous) == (0, ())


def test_a_locked_history_is_not_waited_for() -> None:
    session = at()
    session.remember(session.handle("mute"))
    session.history.close()
    other = sqlite3.connect(session.history.path, isolation_level=None)
    other.execute("PRAGMA journal_mode = DELETE")
    other.execute("BEGIN EXCLUSIVE")
    started = time.monotonic()
    assert at().conversation.said() == ()
    assert time.monotonic() - started < 1.0
    other.close()


def test_looking_back_makes_no_file() -> None:
    session = at()
    assert session.conversation.said() == ()
    assert not session.history.path.exists()


def test_a_history_that_is_older_than_the_pause_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    session = at()
    session.remember(session.handle("mute"))
    assert len(session.conversation.said()) == 1

    def refuse(self: Database, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        raise AssertionError("the history was read")

    monkeypatch.setattr(Database, "peek", refuse)
    for file in session.history.path.parent.glob("history.db*"):
        os.utime(file, times=(0, time.time() - session.catalog.settings.context_seconds - 1))
    assert session.conversation.said() == ()


# -- parse --session


def lines(*texts: str) -> bytes:
    return "".join(f"{text}\n" for text in texts).encode()


def intents(found: Sequence[dict[str, Any]]) -> list[str]:
    return [one["intent"]["action"] for one in found]


def test_lines_of_a_session_lean_on_those_before(whispera: Whispera) -> None:
    stdin = lines("mute", "and back on", "", "and back on", "  ", "mute", "how are you", "and back on")
    found = whispera("parse", "-", "--json", "--session", stdin=stdin, at=at()).json_lines
    assert intents(found) == ["mute", "unmute", "none", "mute", "none", "unmute"]
    assert [one.get("previous", []) for one in found][:3] == [[], [{"action": "mute"}], []]


def test_without_it_every_line_stands_alone(whispera: Whispera) -> None:
    done("mute")
    found = whispera("parse", "-", "--json", stdin=lines("mute", "and back on"), at=at()).json_lines
    assert intents(found) == ["mute", "none"]
    assert all("previous" not in one for one in found)


def test_a_session_of_lines_asks_and_is_answered(whispera: Whispera) -> None:
    stdin = lines("set a timer", "ten minutes", "set a timer", "", "ten minutes")
    done = whispera("parse", "-", "--json", "--session", stdin=stdin, at=at())
    first, second, third, fourth = done.json_lines
    assert first["asks"] == third["asks"] == {"slot": "duration", "question": "For how long?"}
    assert second["intent"] == {"action": "set_timer", "duration": 600}
    assert (second["accepted"], "asks" in second) == (True, False)
    assert fourth["intent"] == {"action": "none"}
    assert "For how long?" in whispera("parse", "-", "--session", stdin=stdin, at=at()).out


def test_a_single_text_is_no_session(whispera: Whispera) -> None:
    assert whispera("parse", "mute", "--session").code == 2
