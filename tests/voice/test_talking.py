"""What keys, speech and time mean: the table of docs/voice.md."""

from __future__ import annotations

import pytest

from tests.voice.talks import acting, deeds, machine, notes
from whispera.catalog.settings import Mode
from whispera.daemon import talking
from whispera.daemon.effects import (
    Act,
    Cue,
    Discard,
    Finish,
    Interrupt,
    Note,
    Record,
    Show,
)
from whispera.daemon.underway import START_S

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
