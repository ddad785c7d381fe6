"""Questions and our own voice: when they are answered, and by what they are cut short."""

from __future__ import annotations

import pytest

from tests.voice.talks import acting, deeds, machine, notes
from whispera.catalog.settings import Mode
from whispera.daemon import talking
from whispera.daemon.effects import (
    Ask,
    Finish,
    Hush,
    Interrupt,
    Record,
    Reply,
    Show,
)

# -- questions


def test_a_question_in_hold_mode_waits_for_the_key() -> None:
    talks = acting()
    asked = talks.on_question("Restart. Go on?", 10.0)
    assert asked == [Ask("Restart. Go on?"), Show("asking", "Restart. Go on?")]
    assert deeds(talks.on_told(11.0)) == []
    assert talks.deadline == 26.0
    assert deeds(talks.on_key("press", 12.0)) == [Record(2, False)]
    assert talks.deadline == 42.0  # while it is being given, there is time
    assert deeds(talks.on_key("release", 13.0)) == [Finish(2)]
    assert talks.answering == 2
    assert deeds(talks.on_heard(2, "yes", 13.3)) == [Reply(2)]
    assert talks.shown == Show("acting")


def test_a_question_in_toggle_mode_listens_at_once() -> None:
    talks = acting("toggle")
    talks.on_question("For how long?", 10.0)
    assert deeds(talks.on_told(11.0)) == [Record(2, False, 800)]
    talks.on_speech("speech", 12.0)
    assert deeds(talks.on_speech("end", 14.0)) == [Finish(2)]
    assert deeds(talks.on_heard(2, "ten minutes", 14.3)) == [Reply(2)]


def test_a_question_with_an_open_microphone_is_answered_by_speaking() -> None:
    talks = acting("open")
    talks.on_question("For how long?", 10.0)
    talks.on_told(11.0)
    assert deeds(talks.on_speech("speech", 12.0)) == [Record(2, True)]
    assert deeds(talks.on_speech("end", 14.0)) == [Finish(2, bidden=False)]
    assert deeds(talks.on_heard(2, "ten minutes", 14.3)) == [Reply(2)]


@pytest.mark.parametrize("mode", ["hold", "toggle", "open"])
def test_no_answer_in_time_is_no_answer(mode: Mode) -> None:
    talks = acting(mode)
    talks.on_question("Go on?", 10.0)
    talks.on_told(11.0)
    assert talks.deadline == 26.0
    effects = talks.on_time(26.0)
    assert [one for one in deeds(effects) if isinstance(one, Reply)] == [Reply(None)]
    assert notes(effects) == [talking.NO_ANSWER]
    assert talks.recording is None


def test_an_answer_without_words_may_be_given_again_once() -> None:
    talks = acting()
    talks.on_question("Go on?", 10.0)
    talks.on_told(10.0)
    for number, last in ((2, []), (3, [Reply(None)])):
        talks.on_key("press", 10.0 + number)
        talks.on_key("release", 10.5 + number)
        assert deeds(talks.on_heard(number, "", 10.8 + number)) == last


def test_what_was_said_before_the_question_is_no_answer() -> None:
    talks = acting()
    talks.on_key("press", 9.0)
    talks.on_question("Erase everything. Go on?", 10.0)
    talks.on_key("release", 11.0)
    assert deeds(talks.on_heard(2, "yes", 11.3)) == []
    assert talks.question


def test_stop_said_before_the_question_stops_the_command_that_asks() -> None:
    talks = acting()
    talks.on_key("press", 9.0)
    talks.on_question("Erase everything. Go on?", 10.0)
    talks.on_key("release", 11.0)
    assert deeds(talks.on_heard(2, "no, stop", 11.3)) == [Reply(None), Interrupt()]


def test_cancel_answers_a_question_with_nothing() -> None:
    talks = acting()
    talks.on_question("Go on?", 10.0)
    assert deeds(talks.on_key("cancel", 11.0)) == [Reply(None), Interrupt()]


def test_a_command_that_was_stopped_may_ask_no_more() -> None:
    talks = acting()
    talks.on_key("cancel", 10.0)
    assert deeds(talks.on_question("Go on?", 10.1)) == [Reply(None)]


# -- our own voice


def test_our_own_voice_is_not_listened_to() -> None:
    talks = machine("open")
    talks.on_speaking()
    assert not talks.listens
    assert talks.on_speech("speech", 1.0) == []
    talks.on_told(3.0)
    assert talks.listens


def test_a_press_silences_our_voice_and_none_of_it_is_kept() -> None:
    talks = machine()
    talks.on_speaking()
    assert deeds(talks.on_key("press", 1.0)) == [Hush(), Record(1, False)]


def test_nobody_is_talked_over() -> None:
    talks = machine()
    talks.on_key("press", 1.0)
    assert deeds(talks.on_speaking()) == [Hush()]
    assert not talks.speaking
