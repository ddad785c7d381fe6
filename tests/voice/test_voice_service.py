"""The service as a whole, its outer parts faked: what is said becomes done, asked, stopped or nothing."""

from __future__ import annotations

import gc
import time

import pytest

from tests.voice.desk import VOLUME_30, Make
from whispera.audio.clip import Clip
from whispera.daemon.hands import Spoken
from whispera.domain.transcript import Hypothesis, Transcript

pytestmark = pytest.mark.embedded_model


def test_what_is_said_while_the_key_is_held_is_done_and_told(make: Make) -> None:
    desk = make()
    desk.command("Set the volume to thirty percent.")
    assert desk.ran == [VOLUME_30]
    assert desk.screen.answers == [("set the volume to 30%", True)]
    assert [state for state, _ in desk.screen.states] == [
        "idle",
        "listening",
        "recognising",
        "acting",
        "idle",
    ]
    assert desk.cues.played == ["start", "stop"]
    assert desk.service.status()["last"]["intent"] == {"action": "set_volume", "level": 30}
    entry = desk.session.history.recent(1)[0]
    assert entry.session == "voice"


def test_a_recording_has_its_pre_roll_and_nothing_from_before(make: Make) -> None:
    desk = make()
    desk.speak(2.0)
    desk.command("mute")
    assert desk.recogniser.clips[0].seconds == pytest.approx(1.3, abs=0.05)


def test_with_no_pre_roll_the_microphone_is_open_only_while_something_is_recorded(make: Make) -> None:
    desk = make(pre_roll_ms=0)
    assert not desk.microphone.running
    desk.say("mute")
    desk.until(lambda: desk.ran)
    assert not desk.microphone.running
    assert desk.cues.played == ["start", "stop"]
    assert desk.recogniser.clips[0].seconds == pytest.approx(1.0, abs=0.05)


def test_recordings_that_came_to_nothing_are_not_kept(make: Make) -> None:
    desk = make()
    for words in ("", "mute", "", "no, stop"):
        if words == "no, stop":
            desk.runner.go.clear()
            desk.say("turn the volume up")
            desk.until(lambda: desk.state == "acting")
        before = len(desk.screen.notes) + len(desk.screen.answers)
        desk.say(words)
        desk.until(lambda before=before: len(desk.screen.notes) + len(desk.screen.answers) > before)
        desk.until(lambda: desk.state == "idle")
    desk.command("mute")
    gc.collect()
    kept = [one for one in gc.get_objects() if isinstance(one, Spoken)]
    assert len(kept) <= 1  # the last one, to be undone or repeated


def test_a_follow_up_leans_on_what_was_said_before(make: Make) -> None:
    desk = make()
    desk.command("set the volume to thirty percent")
    desk.command("no, make it forty")
    assert desk.ran[-1][-1] == "40%"


def test_the_hotkey_does_the_same(make: Make) -> None:
    desk = make(keys=("f9",))
    desk.words.append("mute")
    desk.keys.press("f9", 0.0)
    desk.until(lambda: desk.state == "listening")
    desk.speak()
    desk.until(lambda: desk.service.status()["state"] == "listening")
    time.sleep(0.25)
    desk.keys.release("f9")
    desk.until(lambda: desk.ran)


def test_hotkeys_that_are_gone_are_told_until_they_are_back(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    desk = make(keys=("f9",))
    assert desk.service.status()["keys"] == "fake keys"
    assert desk.keys.on_trouble is not None
    desk.keys.on_trouble("The keyboard is gone; plug it in.")
    desk.until(lambda: desk.screen.notes)
    status = desk.service.status()
    assert (status["keys"], status["key_source"]) == ("The keyboard is gone; plug it in.", "")
    assert [record.facts["error"] for record in caplog.records if record.levelname == "WARNING"] == [  # type: ignore[attr-defined]
        "The keyboard is gone; plug it in."
    ]
    desk.keys.on_trouble("")
    desk.until(lambda: len(desk.screen.notes) == 2)
    assert desk.screen.notes == ["The keyboard is gone; plug it in.", "Hotkeys work again."]
    status = desk.service.status()
    assert (status["keys"], status["key_source"]) == ("fake keys", "fake")


def test_nothing_said_is_nothing_done(make: Make) -> None:
    desk = make()
    desk.say("")
    desk.until(lambda: "Nothing was said." in desk.screen.notes)
    assert desk.ran == []
    assert desk.screen.answers == []


def test_what_is_no_command_is_told_in_hold_mode_and_passed_over_with_an_open_microphone(make: Make) -> None:
    desk = make()
    desk.command("the weather was lovely in Lisbon last spring")
    assert desk.screen.answers[0][1] is False
    desk.service.stop()
    desk = make(mode="open")
    desk.words.append("the weather was lovely in Lisbon last spring")
    desk.speak()
    desk.fall_silent()
    desk.until(lambda: desk.recogniser.clips and desk.state == "idle")
    assert desk.screen.answers == []


def test_the_sound_that_says_speak_waits_for_a_microphone_that_was_closed(make: Make) -> None:
    desk = make(pre_roll_ms=0)
    desk.service.press()
    desk.until(lambda: desk.state == "listening")
    assert desk.cues.played == []
    desk.speak()
    assert desk.cues.played == ["start"]
    desk.service.cancel()


def test_an_open_microphone_acts_when_somebody_has_spoken(make: Make) -> None:
    desk = make(mode="open")
    desk.words.append("set the volume to thirty percent")
    desk.speak()
    desk.fall_silent()
    desk.until(lambda: desk.ran)
    assert desk.ran == [VOLUME_30]


def test_a_held_key_is_heard_twice_while_the_microphone_is_open_and_what_nobody_announced_once(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    again: list[str] = []

    def hears_again(clip: Clip, first: Transcript) -> Transcript:
        again.append(first.text)
        return first

    desk = make(mode="open")
    monkeypatch.setattr(desk.recogniser, "again", hears_again, raising=False)
    desk.words.append("the soup needs salt")
    desk.speak()
    desk.fall_silent()
    desk.until(lambda: desk.state == "idle" and not desk.words)
    desk.say("the stew needs salt")
    desk.until(lambda: again)
    desk.until(lambda: desk.state == "idle")
    assert again == ["the stew needs salt"]


@pytest.mark.parametrize(
    ("answers", "done"),
    [
        (["yes"], True),
        (["Yes, please."], True),
        (["go ahead"], True),
        (["no"], False),
        (["stop"], False),
        (["cancel that"], False),
        (["purple", "yes"], True),
        (["purple", "purple"], False),
        (["", ""], False),
    ],
)
def test_what_is_destructive_runs_after_a_spoken_yes_alone(
    make: Make, answers: list[str], done: bool
) -> None:
    desk = make()
    desk.say("restart the computer")
    for answer in answers:
        desk.until(lambda: desk.state == "asking")
        assert desk.ran == []
        desk.say(answer)
        desk.until(lambda: desk.state in ("asking", "idle") and not desk.words)
    desk.until(lambda: desk.state == "idle")
    assert bool(desk.ran) is done


def test_a_yes_that_the_recogniser_doubts_is_asked_about_again(make: Make) -> None:
    desk = make()
    desk.say("restart the computer")
    doubtful = (Hypothesis("yes", -1.0), Hypothesis("guess", -1.1), Hypothesis("best", -1.1))
    for _ in range(2):
        desk.until(lambda: desk.state == "asking")
        desk.say(doubtful)
        desk.until(lambda: desk.state in ("asking", "idle") and not desk.words)
    desk.until(lambda: desk.state == "idle")
    assert desk.ran == []


def test_nobody_answering_is_a_no(make: Make) -> None:
    desk = make(answer_s=3)
    desk.say("restart the computer")
    desk.until(lambda: desk.state == "asking")
    desk.until(lambda: desk.state == "idle")
    assert desk.ran == []
    assert desk.screen.answers == [("Nothing was done.", False)]


def test_another_command_in_place_of_a_yes_is_carried_out_instead(make: Make) -> None:
    desk = make()
    desk.say("restart the computer")
    desk.until(lambda: desk.state == "asking")
    desk.say("set the volume to thirty percent")
    desk.until(lambda: desk.state == "idle")
    assert desk.ran == [VOLUME_30]


@pytest.mark.parametrize("words", ["ten minutes", "make it ten minutes please"])
def test_a_value_that_was_not_said_is_asked_for(make: Make, words: str) -> None:
    desk = make()
    desk.say("set a timer")
    desk.until(lambda: desk.state == "asking")
    desk.say(words)
    desk.until(lambda: desk.state == "idle")
    last = desk.service.status()["last"]
    assert last["intent"] == {"action": "set_timer", "duration": 600}
    assert last["exit_code"] == 0


def test_no_value_is_no_command(make: Make) -> None:
    desk = make()
    desk.say("set a timer")
    desk.until(lambda: desk.state == "asking")
    desk.say("never mind")
    desk.until(lambda: desk.state == "idle")
    assert desk.screen.answers[-1] == ("Nothing was done.", False)


def test_no_stop_ends_what_runs(make: Make) -> None:
    desk = make()
    desk.runner.go.clear()
    desk.say("mute")
    desk.until(desk.runner.began.is_set)
    desk.say("no, stop")
    desk.until(lambda: desk.state == "idle")
    assert desk.runner.interrupted == 1
    assert desk.screen.answers == [("Stopped.", False)]


def test_a_stopped_sequence_does_not_go_on(make: Make) -> None:
    desk = make()
    desk.runner.go.clear()
    desk.say("mute and set the volume to thirty percent")
    desk.until(desk.runner.began.is_set)
    desk.service.cancel()
    desk.until(lambda: desk.state == "idle")
    assert VOLUME_30 not in desk.ran


def test_trouble_in_the_middle_is_told_and_half_a_command_is_not_done(make: Make) -> None:
    desk = make()
    desk.service.press()
    desk.until(lambda: desk.state == "listening")
    desk.microphone.trouble("The microphone was unplugged.")
    desk.until(lambda: desk.state == "trouble")
    desk.service.release()
    assert desk.service.status()["trouble"] == "The microphone was unplugged."
    desk.microphone.trouble("")
    desk.command("mute")
    assert len(desk.ran) == 1


def test_answers_are_spoken_and_not_heard_by_ourselves(make: Make) -> None:
    desk = make(mode="open", speaks=True)
    desk.words += ["set the volume to thirty percent", "mute"]
    desk.speak()
    desk.fall_silent()
    desk.until(lambda: desk.speaker.said == ["set the volume to 30%"])
    desk.until(lambda: desk.state == "speaking")
    desk.speak()
    desk.fall_silent()
    desk.speaker.finish()
    desk.until(lambda: desk.state == "idle")
    assert len(desk.recogniser.clips) == 1


def test_a_question_is_spoken_and_a_press_cuts_it_short(make: Make) -> None:
    desk = make(speaks=True)
    desk.say("restart the computer")
    desk.until(lambda: desk.speaker.said)
    desk.say("yes")
    desk.until(lambda: desk.ran)
    assert desk.speaker.hushed


def test_what_was_said_so_far_is_told_on_request(make: Make) -> None:
    desk = make()
    assert desk.service.partial() == ""
    desk.service.press()
    desk.until(lambda: desk.state == "listening")
    desk.speak()
    desk.words.append("set the volume")
    assert desk.service.partial() == "set the volume"
    desk.service.cancel()


def test_a_fault_while_recognising_ends_nothing_but_the_recording(make: Make) -> None:
    desk = make()
    desk.words.append(7)  # type: ignore[arg-type]
    desk.service.press()
    desk.until(lambda: desk.state == "listening")
    time.sleep(0.25)
    desk.service.release()
    desk.until(lambda: desk.state == "idle")
    assert "That could not be recognised." in desk.screen.notes
    desk.command("mute")


def test_the_end_waits_for_what_runs_and_drops_what_asks(make: Make) -> None:
    desk = make()
    desk.say("restart the computer")
    desk.until(lambda: desk.state == "asking")
    desk.service.stop()
    assert desk.ran == []
    assert desk.recogniser.closed
    assert desk.screen.closed
    assert not desk.microphone.running
