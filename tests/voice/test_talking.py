"""What keys, speech and time mean: the table of docs/voice.md, and laws that hold for any order."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from whispera.catalog.settings import Mode, VoiceSettings
from whispera.daemon import talking
from whispera.daemon.effects import (
    Act,
    Ask,
    Cue,
    Discard,
    Effect,
    Finish,
    Hush,
    Interrupt,
    Note,
    Record,
    Reply,
    Show,
)
from whispera.daemon.talking import Talking
from whispera.daemon.underway import START_S

HOLD = VoiceSettings(mode="hold", pause_ms=800, max_s=30, answer_s=15)


def machine(mode: Mode = "hold", **changes: object) -> Talking:
    return Talking(replace(HOLD, mode=mode, **changes))  # type: ignore[arg-type]


def deeds(effects: list[Effect]) -> list[Effect]:
    """The effects without what is merely seen and heard."""
    return [effect for effect in effects if not isinstance(effect, Show | Note | Cue)]


def notes(effects: list[Effect]) -> list[str]:
    return [effect.text for effect in effects if isinstance(effect, Note)]


def acting(mode: Mode = "hold", **changes: object) -> Talking:
    """A machine whose command 1 is being carried out; the clock is at 10."""
    talks = machine(mode, **changes)
    talks.on_key("press", 0.0, "f9")
    if mode == "toggle":
        talks.on_key("release", 0.1, "f9")
        talks.on_key("press", 2.0, "f9")
    talks.on_key("release", 2.1, "f9")
    assert deeds(talks.on_heard(1, "restart the computer", 3.0)) == [Act(1)]
    return talks


# -- hold


def test_a_held_key_records_with_pre_roll_until_it_is_released() -> None:
    talks = machine()
    began = talks.on_key("press", 1.0, "f9")
    assert began == [Record(1, True), Cue("start"), Show("listening")]
    assert talks.deadline == 31.0
    assert talks.on_key("release", 3.0, "f9") == [Finish(1), Cue("stop"), Show("recognising")]
    assert talks.on_heard(1, "open chrome", 3.3) == [Act(1), Show("acting")]
    assert talks.on_acted(1) == [Show("idle")]


def test_auto_repeat_is_no_press() -> None:
    talks = machine()
    talks.on_key("press", 0.0, "f9")
    at = 0.66
    while at < 5:
        assert talks.on_key("press", at, "f9") == []
        at += 0.04
    assert deeds(talks.on_key("release", at, "f9")) == [Finish(1)]


def test_a_tap_is_dropped_and_told() -> None:
    talks = machine()
    talks.on_key("press", 0.0)
    effects = talks.on_key("release", 0.19)
    assert deeds(effects) == [Discard(1)]
    assert notes(effects) == [talking.TAPPED]
    assert talks.shown == Show("idle")


@pytest.mark.parametrize("held_s", [0.2, 0.5, 29.0])
def test_what_is_no_tap_is_recognised(held_s: float) -> None:
    talks = machine()
    talks.on_key("press", 0.0)
    assert deeds(talks.on_key("release", held_s)) == [Finish(1)]


def test_a_lost_release_ends_with_the_longest_command() -> None:
    talks = machine()
    talks.on_key("press", 0.0, "f9")
    assert talks.on_time(29.9) == []
    effects = talks.on_time(30.0)
    assert deeds(effects) == [Finish(1)]
    assert notes(effects) == [talking.TOO_LONG]
    assert deeds(talks.on_key("release", 31.0, "f9")) == []


def test_a_lost_release_ends_with_the_next_press_whose_own_release_is_nothing() -> None:
    talks = machine()
    talks.on_key("press", 0.0, "f9")
    assert deeds(talks.on_key("press", 8.0, "f9")) == [Finish(1)]
    assert deeds(talks.on_key("release", 9.0, "f9")) == []
    assert deeds(talks.on_key("press", 9.5, "f9")) == [Record(2, True)]


def test_another_key_neither_ends_nor_begins_anything_while_one_is_held() -> None:
    talks = machine()
    talks.on_key("press", 0.0, "f9")
    assert deeds(talks.on_key("press", 0.5, "right ctrl")) == []
    assert deeds(talks.on_key("release", 0.7, "right ctrl")) == []
    assert deeds(talks.on_key("release", 1.5, "f9")) == [Finish(1)]


def test_a_release_by_trigger_ends_any_key() -> None:
    talks = machine()
    talks.on_key("press", 0.0, "f9")
    assert deeds(talks.on_key("release", 1.0, "")) == [Finish(1)]


def test_a_release_alone_is_nothing() -> None:
    assert machine().on_key("release", 1.0, "f9") == []


def test_an_aborted_chord_leaves_no_trace() -> None:
    talks = machine()
    talks.on_key("press", 0.0, "right ctrl")
    effects = talks.on_key("abort", 0.4, "right ctrl")
    assert deeds(effects) == [Discard(1)]
    assert notes(effects) == []


def test_no_words_are_seen_and_not_acted_on() -> None:
    talks = machine()
    talks.on_key("press", 0.0)
    talks.on_key("release", 1.0)
    effects = talks.on_heard(1, "", 1.2)
    assert deeds(effects) == []
    assert notes(effects) == [talking.NOTHING]
    assert talks.shown == Show("idle")


# -- while something runs


@pytest.mark.parametrize("mode", ["hold", "open"])
def test_unknown_words_are_told_to_who_pressed_a_key(mode: Mode) -> None:
    talks = machine(mode)
    talks.on_key("press", 0.0)
    talks.on_key("release", 1.0)
    effects = talks.on_heard(1, "", 1.2, unknown="No such words.")
    assert (deeds(effects), notes(effects)) == ([], ["No such words."])


def test_a_press_during_recognition_records_and_waits_its_turn() -> None:
    talks = machine()
    talks.on_key("press", 0.0)
    talks.on_key("release", 1.0)
    assert deeds(talks.on_key("press", 1.1)) == [Record(2, True)]
    assert deeds(talks.on_heard(1, "open chrome", 1.4)) == [Act(1)]
    talks.on_key("release", 2.0)
    assert deeds(talks.on_heard(2, "close it", 2.3)) == []
    assert deeds(talks.on_acted(1)) == [Act(2)]


def test_a_fourth_recording_in_waiting_is_refused() -> None:
    talks = acting()
    for number in (2, 3, 4):
        talks.on_key("press", 10.0 * number)
        talks.on_key("release", 10.0 * number + 1)
        assert deeds(talks.on_heard(number, "open chrome", 10.0 * number + 2)) == []
    talks.on_key("press", 50.0)
    assert deeds(talks.on_key("release", 51.0)) == [Finish(5)]
    effects = talks.on_heard(5, "open chrome", 52.0)
    assert deeds(effects) == []
    assert Cue("error") in effects
    assert notes(effects) == [talking.BUSY]


def test_stop_is_heard_however_many_commands_wait() -> None:
    talks = acting()
    for number in (2, 3, 4):
        talks.on_key("press", 10.0 * number)
        talks.on_key("release", 10.0 * number + 1)
        talks.on_heard(number, "open chrome", 10.0 * number + 2)
    for number in (5, 6):
        talks.on_key("press", 10.0 * number)
        talks.on_key("release", 10.0 * number + 1)
    assert deeds(talks.on_heard(5, "open chrome", 70.0)) == []
    assert deeds(talks.on_heard(6, "no, stop", 71.0)) == [Interrupt()]
    assert deeds(talks.on_acted(1)) == []


def test_recordings_that_are_not_recognised_in_time_do_not_pile_up() -> None:
    talks = acting()
    for number in (2, 3, 4, 5):
        talks.on_key("press", 10.0 * number)
        assert deeds(talks.on_key("release", 10.0 * number + 1)) == [Finish(number)]
    effects = talks.on_key("press", 60.0)
    assert (deeds(effects), notes(effects)) == ([], [talking.BUSY])
    assert Cue("error") in effects


@pytest.mark.parametrize("words", ["No, stop!", "stop", "cancel that", "uh, stop it please"])
def test_stop_spoken_while_a_command_runs_stops_it_and_what_waits(words: str) -> None:
    talks = acting()
    for number in (2, 3):
        talks.on_key("press", 10.0 * number)
        talks.on_key("release", 10.0 * number + 1)
    talks.on_heard(2, "open chrome", 40.0)
    effects = talks.on_heard(3, words, 41.0)
    assert deeds(effects) == [Interrupt()]
    assert notes(effects) == [talking.STOPPED]
    assert deeds(talks.on_acted(1)) == []
    assert talks.shown == Show("idle")


def test_stop_spoken_while_nothing_runs_is_a_command_like_any_other() -> None:
    talks = machine()
    talks.on_key("press", 0.0)
    talks.on_key("release", 1.0)
    assert deeds(talks.on_heard(1, "stop", 1.2)) == [Act(1)]


def test_cancel_drops_a_recording() -> None:
    talks = machine()
    talks.on_key("press", 0.0)
    effects = talks.on_key("cancel", 1.0)
    assert deeds(effects) == [Discard(1)]
    assert notes(effects) == [talking.CANCELLED]
    assert deeds(talks.on_key("release", 2.0)) == []


def test_cancel_drops_what_is_being_recognised() -> None:
    talks = machine()
    talks.on_key("press", 0.0)
    talks.on_key("release", 1.0)
    talks.on_key("cancel", 1.1)
    assert deeds(talks.on_heard(1, "shut down", 1.4)) == []


def test_cancel_stops_what_runs() -> None:
    assert deeds(acting().on_key("cancel", 4.0)) == [Interrupt()]


def test_cancel_with_nothing_to_cancel_says_so() -> None:
    assert machine().on_key("cancel", 4.0) == [Note(talking.IDLE)]


# -- trouble


def test_trouble_in_the_middle_drops_half_a_command() -> None:
    talks = machine()
    talks.on_key("press", 0.0)
    effects = talks.on_trouble("The microphone was unplugged.", 1.0)
    assert deeds(effects) == [Discard(1)]
    assert Cue("error") in effects
    assert effects[-1] == Show("trouble", "The microphone was unplugged.")
    assert deeds(talks.on_key("release", 2.0)) == []
    refused = talks.on_key("press", 3.0)
    assert (deeds(refused), notes(refused)) == ([], ["The microphone was unplugged."])
    talks.on_key("release", 4.0)
    assert talks.on_trouble("", 5.0) == [Note(talking.WORKS), Show("idle")]
    assert deeds(talks.on_key("press", 6.0)) == [Record(2, True)]


def test_a_microphone_that_is_opened_by_the_key_is_tried_again() -> None:
    talks = machine(pre_roll_ms=0)
    talks.on_key("press", 0.0)
    talks.on_trouble("It is busy.", 0.5)
    talks.on_key("release", 1.0)
    assert deeds(talks.on_key("press", 2.0)) == [Record(2, True)]


# -- toggle


def test_toggle_goes_from_press_to_press() -> None:
    talks = machine("toggle")
    assert deeds(talks.on_key("press", 0.0)) == [Record(1, True, 2400)]
    assert deeds(talks.on_key("release", 0.1)) == []
    assert deeds(talks.on_key("press", 3.0)) == [Finish(1)]


def test_a_toggled_recording_ends_by_long_silence_after_speech() -> None:
    talks = machine("toggle")
    talks.on_key("press", 0.0)
    assert deeds(talks.on_speech("speech", 1.0)) == []
    assert deeds(talks.on_speech("end", 6.0)) == [Finish(1)]


def test_a_toggled_recording_without_speech_is_dropped() -> None:
    talks = machine("toggle")
    talks.on_key("press", 0.0)
    assert talks.deadline == START_S
    effects = talks.on_time(START_S)
    assert (deeds(effects), notes(effects)) == ([Discard(1)], [talking.NOTHING])


def test_holding_the_key_in_toggle_mode_is_one_press() -> None:
    talks = machine("toggle")
    talks.on_key("press", 0.0)
    for repeat in range(20):
        assert talks.on_key("press", 0.6 + repeat * 0.04) == []


def test_a_toggle_that_bounces_counts_once() -> None:
    talks = machine("hold")
    assert deeds(talks.on_key("toggle", 0.0)) == [Record(1, True, 2400)]
    assert talks.on_key("toggle", 0.1) == []
    assert deeds(talks.on_key("toggle", 1.0)) == [Finish(1)]


# -- open


def test_an_open_microphone_records_speech_by_itself() -> None:
    talks = machine("open")
    assert talks.on_speech("speech", 1.0) == [Record(1, True), Show("listening")]
    assert talks.on_speech("end", 3.0) == [Finish(1, bidden=False), Show("recognising")]


@pytest.mark.parametrize("unknown", ["", "No such words."])
def test_an_open_microphone_is_silent_about_what_was_no_command(unknown: str) -> None:
    talks = machine("open")
    talks.on_speech("speech", 1.0)
    talks.on_speech("end", 3.0)
    assert talks.on_heard(1, "", 3.2, unknown=unknown) == [Show("idle")]


def test_what_others_talk_about_waits_for_no_turn() -> None:
    talks = machine("open")
    talks.on_key("press", 0.0)
    talks.on_key("release", 1.0)
    talks.on_heard(1, "restart the computer", 2.0)
    for number, command in ((2, False), (3, True), (4, True), (5, False), (6, True), (7, True)):
        talks.on_speech("speech", 10.0 * number)
        talks.on_speech("end", 10.0 * number + 1)
        effects = talks.on_heard(number, "lovely weather", 10.0 * number + 2, command=command)
        assert (deeds(effects), notes(effects)) == ([], [])
    assert [deeds(talks.on_acted(number)) for number in (1, 3, 4, 6)] == [[Act(3)], [Act(4)], [Act(6)], []]


def test_an_open_microphone_drops_what_never_ends() -> None:
    talks = machine("open")
    talks.on_speech("speech", 0.0)
    effects = talks.on_time(30.0)
    assert (deeds(effects), notes(effects)) == ([Discard(1)], [])
    assert deeds(talks.on_speech("end", 31.0)) == []


def test_a_toggle_switches_an_open_microphone_off_and_on() -> None:
    talks = machine("open")
    talks.on_speech("speech", 0.0)
    assert deeds(talks.on_key("toggle", 1.0)) == [Discard(1)]
    assert talks.shown == Show("paused")
    assert not talks.stays_open
    assert talks.on_speech("speech", 2.0) == []
    talks.on_key("toggle", 3.0)
    assert talks.stays_open
    assert deeds(talks.on_speech("speech", 4.0)) == [Record(2, True)]


def test_a_key_takes_over_what_an_open_microphone_has_begun_to_record() -> None:
    talks = machine("open")
    talks.on_speech("speech", 0.0)
    assert deeds(talks.on_key("press", 0.3)) == []
    assert deeds(talks.on_speech("end", 2.0)) == []
    assert deeds(talks.on_key("release", 4.0)) == [Finish(1)]


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


# -- laws


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens in whatever order, recordings, commands and questions each end once and properly."""

    mode: Mode = "hold"

    def __init__(self) -> None:
        super().__init__()
        self.talks = machine(self.mode)
        self.at = 0.0
        self.open: set[int] = set()
        self.finished: set[int] = set()
        self.acted: list[int] = []
        self.replied: list[int] = []
        self.acting: int | None = None
        self.questions = self.replies = 0
        self.cancelled: set[int] = set()
        self.told = True

    def do(self, effects: list[Effect]) -> None:
        for effect in effects:
            match effect:
                case Record(number):
                    assert not self.open
                    assert not self.talks.speaking
                    self.open.add(number)
                case Finish(number):
                    self.open.remove(number)
                    self.finished.add(number)
                case Discard(number):
                    self.open.remove(number)
                case Act(number):
                    assert self.acting is None
                    assert number in self.finished - self.cancelled
                    assert number not in [*self.acted, *self.replied]
                    self.acted.append(number)
                    self.acting = number
                case Reply(number):
                    self.replies += 1
                    assert self.replies <= self.questions
                    if number is not None:
                        assert number not in [*self.acted, *self.replied]
                        self.replied.append(number)
                case Interrupt():
                    assert self.acting is not None
                case Ask(_):
                    self.told = False
                case _:
                    pass

    @rule(seconds=st.sampled_from([0.01, 0.04, 0.1, 0.25, 0.7, 1.2, 4.0, 9.0, 16.0, 31.0]))
    def time(self, seconds: float) -> None:
        self.at += seconds
        self.do(self.talks.on_time(self.at))

    @rule(
        kind=st.sampled_from(["press", "press", "release", "release", "toggle", "abort"]),
        source=st.sampled_from(["f9", "f9", "right ctrl", ""]),
    )
    def key(self, kind: talking.KeyKind, source: str) -> None:
        self.do(self.talks.on_key(kind, self.at, source))

    @rule()
    def cancel(self) -> None:
        self.cancelled |= self.finished
        self.do(self.talks.on_key("cancel", self.at))
        assert self.talks.recording is None
        assert not self.talks.question

    @rule(event=st.sampled_from(["speech", "end"]))
    def speech(self, event: Literal["speech", "end"]) -> None:
        self.do(self.talks.on_speech(event, self.at))

    @precondition(lambda self: self.finished)
    @rule(words=st.sampled_from(["open chrome", "yes", "no, stop", ""]), which=st.integers(0, 3))
    def heard(self, words: str, which: int) -> None:
        numbers = sorted(self.finished)
        self.do(self.talks.on_heard(numbers[which % len(numbers)], words, self.at))

    @precondition(lambda self: self.acting is not None)
    @rule()
    def acted_on(self) -> None:
        if self.questions > self.replies:
            return  # it waits for its answer
        number, self.acting = self.acting, None
        assert number is not None
        self.do(self.talks.on_acted(number))

    @precondition(lambda self: self.acting is not None and self.questions == self.replies)
    @rule()
    def asks(self) -> None:
        self.questions += 1
        self.do(self.talks.on_question("Go on?", self.at))

    @rule()
    def speaks(self) -> None:
        self.do(self.talks.on_speaking())

    @rule()
    def is_silent(self) -> None:
        self.told = True
        self.do(self.talks.on_told(self.at))

    @rule(text=st.sampled_from(["It is gone.", ""]))
    def trouble(self, text: str) -> None:
        self.do(self.talks.on_trouble(text, self.at))

    @invariant()
    def one_recording_is_under_way_at_most(self) -> None:
        assert self.talks.recording == next(iter(self.open), None)

    @invariant()
    def a_question_is_open_until_it_is_answered(self) -> None:
        assert bool(self.talks.question) == (self.questions > self.replies)

    @invariant()
    def what_is_shown_is_true(self) -> None:
        state = self.talks.shown.state
        assert (state == "listening") == bool(self.open)
        if state == "idle":
            assert not self.talks.busy
            assert not self.talks.speaking

    @invariant()
    def nothing_goes_on_for_ever(self) -> None:
        if self.open or (self.talks.question and self.told and self.talks.answering is None):
            assert self.talks.deadline is not None
            assert self.talks.deadline <= self.at + HOLD.max_s + HOLD.answer_s

    @invariant()
    def the_clock_is_not_wanted_again_at_once(self) -> None:
        self.do(self.talks.on_time(self.at))
        assert self.talks.deadline is None or self.talks.deadline > self.at


class AnyOrderToggle(AnyOrder):
    mode = "toggle"


class AnyOrderOpen(AnyOrder):
    mode = "open"


_MANY = hypothesis_settings(max_examples=25, stateful_step_count=40, deadline=None)
TestHold = AnyOrder.TestCase
TestToggle = AnyOrderToggle.TestCase
TestOpen = AnyOrderOpen.TestCase
TestHold.settings = TestToggle.settings = TestOpen.settings = _MANY
