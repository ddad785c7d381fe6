"""A value that was not said: the question, and what is an answer to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.cli.command_line import ANSWERS, make_session
from tests.cli.test_session import Somebody
from whispera.domain.intent import Intent
from whispera.pipeline.fakes import FakeRunner
from whispera.pipeline.session import Answer, Session
from whispera.workspace import find

TIMER = '{"action":"set_timer"}'
ROAST = '{"action":"set_timer","label":" roast"}'
REMIND = '{"action":"remind"}'
BOTH = '{"action":"sequence","steps":[{"action":"mute"},{"action":"set_timer"}]}'
TALK: dict[str | tuple[str, ...], str] = {
    **ANSWERS,
    "timer for the Roast": ROAST,
    "mute and set a timer": BOTH,
    "remind me": REMIND,
    "never mind": '{"action":"cancel"}',
    "five minutes": '{"action":"mute"}',
    (TIMER, "make that an hour"): '{"action":"set_timer","duration":" an hour"}',
    (ROAST, "make that an hour"): '{"action":"set_timer","duration":" an hour","label":" roast"}',
    (BOTH, "make that an hour"): '{"action":"set_timer","duration":" an hour"}',
    (REMIND, "call Mum"): '{"action":"remind","text":" call mum"}',
    (TIMER, '{"action":"mute"}', "make that an hour"): '{"action":"copy"}',
    ('{"action":"mute"}', TIMER, "make that an hour"): '{"action":"set_timer","duration":" an hour"}',
}


def at_terminal(runner: FakeRunner | None = None) -> Session:
    """A process of its own on one terminal."""
    return make_session(find(), runner=runner or FakeRunner(), answers=TALK)


def told(text: str, **options: Any) -> Answer:
    session = at_terminal()
    answer = session.handle(text, **options)
    session.remember(answer)
    return answer


@pytest.fixture(autouse=True)
def everything_is_there(quick: None) -> None:
    """State and caches of the test's own."""


# -- the next command answers


def test_the_question_is_all_that_is_told() -> None:
    answer = told("set a timer")
    assert (answer.exit_code, answer.message) == (5, "For how long?")
    assert answer.hint == "answer with the next command, or say the duration with this one"
    assert answer.as_json()["asks"] == {"slot": "duration", "question": "For how long?"}


@pytest.mark.parametrize("text", ["make that an hour", "one hour", "1h.", "  An hour! "])
def test_the_next_command_is_the_answer(text: str) -> None:
    told("set a timer")
    answer = told(text)
    assert answer.message == "Timer set for one hour."
    assert (answer.parse.text, answer.parse.accepted) == (text, True)
    assert answer.parse.previous == (Intent("set_timer"),)
    assert answer.as_json()["intent"] == {"action": "set_timer", "duration": 3600}


@pytest.mark.parametrize(("text", "words"), [("one hour", "one hour"), ("make that an hour", "an hour")])
def test_an_answer_keeps_what_was_said_with_the_question(text: str, words: str) -> None:
    told("timer for the Roast")
    answer = told(text)
    assert answer.parse.intent == Intent("set_timer", {"duration": 3600, "label": "Roast"})
    assert answer.parse.wire == f'{{"action":"set_timer","duration":" {words}","label":" roast"}}'


def test_words_are_answered_by_the_model_alone() -> None:
    told("remind me")
    assert told("what a day it was").exit_code == 3
    assert told("call Mum").parse.intent == Intent("remind", {"text": "call Mum"})


def test_a_value_is_the_answer_whatever_the_model_takes_it_for() -> None:
    told("set a timer")
    assert told("five minutes").message == "Timer set for five minutes."
    assert told("five minutes").message == "muted the sound"


def test_a_step_that_lacks_a_value_is_completed_with_the_others() -> None:
    told("mute and set a timer")
    answer = told("make that an hour")
    assert answer.message == "muted the sound\nTimer set for one hour."
    assert answer.parse.wire == (
        '{"action":"sequence","steps":[{"action":"mute"},{"action":"set_timer","duration":" an hour"}]}'
    )


@pytest.mark.parametrize("between", ["mute", "never mind", "undo that"])
def test_another_command_closes_the_question(between: str) -> None:
    told("set a timer")
    assert told(between).as_json()["intent"]["action"] != "set_timer"
    assert told("one hour").exit_code == 3


def test_what_is_no_command_leaves_it_open() -> None:
    told("set a timer")
    assert told("how are you").exit_code == 3
    assert told("one hour").message == "Timer set for one hour."


def test_an_answered_question_gives_way_to_the_whole_command() -> None:
    told("set a timer")
    told("one hour")
    previous = told("how are you").parse.previous
    assert previous == (Intent("set_timer", {"duration": "one hour"}),)


def test_a_question_is_never_open_to_another_terminal() -> None:
    told("set a timer")
    other = make_session(find(), runner=FakeRunner(), answers=TALK, session="other")
    assert other.handle("one hour").exit_code == 3


# -- somebody at the terminal answers


def asked(text: str, *replies: str | None) -> tuple[Answer, list[str]]:
    somebody = Somebody(list(replies))
    return told(text, asker=somebody), somebody.asked


@pytest.mark.parametrize("reply", ["make that an hour", "one hour", "oh, about one hour I think"])
def test_a_reply_is_read_as_an_utterance_and_then_as_a_value(reply: str) -> None:
    answer, questions = asked("set a timer", reply)
    assert answer.message == "Timer set for one hour."
    assert (answer.parse.text, questions) == ("set a timer", ["For how long?"])
    assert answer.parse.intent == Intent("set_timer", {"duration": 3600})


def test_a_reply_is_read_after_what_was_said_before() -> None:
    told("mute")
    answer, _ = asked("set a timer", "make that an hour")
    assert answer.parse.intent == Intent("set_timer", {"duration": 3600})


def test_a_command_for_a_reply_is_carried_out_instead() -> None:
    runner = FakeRunner()
    session = at_terminal(runner)
    answer = session.handle("set a timer", asker=Somebody(["mute"]))
    session.remember(answer)
    assert (answer.parse.text, answer.message) == ("mute", "muted the sound")
    assert told("how are you").parse.previous == (Intent("mute"),)


def test_a_command_for_a_reply_may_ask_in_its_turn() -> None:
    answer, questions = asked("set a timer", "remind me", "call Mum")
    assert answer.parse.intent == Intent("remind", {"text": "call Mum"})
    assert len(questions) == 2
    answer, questions = asked("set a timer", "restart", "no")
    assert (answer.exit_code, answer.parse.text) == (5, "restart")


@pytest.mark.parametrize("replies", [["never mind"], [""], [None], ["soon", "later"]])
def test_a_question_can_be_left_unanswered(replies: list[str | None]) -> None:
    answer, questions = asked("set a timer", *replies)
    assert (answer.exit_code, answer.message) == (5, "Nothing was done.")
    assert len(questions) == len(replies)
    assert told("one hour").exit_code == 3


def test_somebody_who_repeats_the_command_is_not_asked_for_ever() -> None:
    answer, questions = asked("set a timer", *["set a timer"] * 40)
    assert answer.exit_code == 5
    assert len(questions) < 20


def test_without_context_a_reply_is_read_by_itself() -> None:
    session = at_terminal()
    settings = replace(session.catalog.settings, context_intents=0)
    session.catalog = replace(session.catalog, settings=settings)
    for reply, action in (("one hour", "set_timer"), ("copy", "set_timer"), ("mute", "mute")):
        answer = session.handle("set a timer", asker=Somebody([reply, "one hour"]))
        assert answer.parse.intent is not None
        assert answer.parse.intent.action == action


def test_a_dry_run_leaves_no_question_behind() -> None:
    answer = told("set a timer", dry_run=True)
    assert (answer.exit_code, answer.hint) == (5, "say the duration with the command")
    assert told("one hour").exit_code == 3
