"""What was said and is not to be acted on is not kept: neither its sound nor its words."""

from __future__ import annotations

import queue

import pytest

from tests.voice.desk import Make, VoiceDesk
from whispera.audio.clip import Clip
from whispera.daemon.talking import BUSY, STOPPED
from whispera.domain.transcript import Transcript

pytestmark = pytest.mark.embedded_model
WAITING = 3


def heard_all(desk: VoiceDesk) -> bool:
    """Whether every recording was recognised and decided on."""
    return not desk.words and not desk.service._talking._turns._recognising


def with_waiting(desk: VoiceDesk) -> None:
    """One command runs and as many wait as may."""
    desk.runner.go.clear()
    for _ in range(1 + WAITING):
        desk.say("mute")
        desk.until(lambda: heard_all(desk))
    desk.until(lambda: len(desk.service._spoken) == WAITING)


def test_what_an_open_microphone_overhears(make: Make) -> None:
    desk = make(mode="open")
    for number in range(3):
        desk.words.append("the weather was lovely in Lisbon last spring")
        desk.speak()
        desk.fall_silent()
        desk.until(lambda number=number: len(desk.recogniser.clips) > number and desk.state == "idle")  # type: ignore[misc]
    assert not desk.service._spoken


def test_commands_that_are_cancelled_while_they_wait(make: Make) -> None:
    desk = make()
    with_waiting(desk)
    desk.service.cancel()
    desk.until(lambda: desk.state == "idle")
    assert not desk.service._spoken
    assert len(desk.ran) <= 1


def test_commands_that_wait_when_stop_is_said(make: Make) -> None:
    desk = make()
    with_waiting(desk)
    desk.say("no, stop")
    desk.until(lambda: STOPPED in desk.screen.notes and desk.state == "idle")
    assert not desk.service._spoken


def test_a_command_that_is_refused_since_too_many_wait(make: Make) -> None:
    desk = make()
    with_waiting(desk)
    waiting = set(desk.service._spoken)
    desk.say("mute")
    desk.until(lambda: BUSY in desk.screen.notes)
    desk.service.tell("and all of that is done")
    desk.until(lambda: "and all of that is done" in desk.screen.notes)
    assert set(desk.service._spoken) == waiting
    desk.runner.go.set()
    desk.until(lambda: desk.state == "idle")
    assert not desk.service._spoken
    assert len(desk.ran) == 1 + WAITING


def test_a_command_that_is_cancelled_while_it_is_recognised(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make()
    hear = desk.recogniser.transcribe

    def too_late(clip: Clip) -> Transcript:
        desk.service.cancel()
        return hear(clip)

    monkeypatch.setattr(desk.recogniser, "transcribe", too_late)
    for number in range(3):
        desk.say("mute")
        desk.until(lambda number=number: len(desk.recogniser.clips) > number)  # type: ignore[misc]
        desk.service._listener.partial()  # comes after the words
        desk.service.tell(f"{number} is over")
        desk.until(lambda number=number: f"{number} is over" in desk.screen.notes)  # type: ignore[misc]
    assert not desk.service._spoken
    assert desk.ran == []


def test_the_end_is_not_overlooked_by_what_is_about_to_ask(make: Make) -> None:
    desk = make()

    class EndsMeanwhile(queue.SimpleQueue):  # type: ignore[type-arg]
        def get_nowait(self) -> object:
            if not desk.service._closing:  # as `stop` does
                desk.service._closing = True
                self.put(None)
            return super().get_nowait()

    desk.service._replies = EndsMeanwhile()
    try:
        desk.say("restart the computer")
        desk.until(lambda: desk.screen.answers, timeout_s=5)
        assert desk.ran == []
    finally:
        desk.service._closing = False
