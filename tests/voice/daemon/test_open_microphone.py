"""The service with an open microphone: what speech begins is seldom meant for us, what a key begins is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.voice.desk import VoiceDesk
from whispera.catalog.settings import VoiceSettings
from whispera.daemon.presses import BOUNCE_S
from whispera.domain.outcome import Parse
from whispera.nlu.grammar import Trace
from whispera.pipeline.asking import Parser

pytestmark = pytest.mark.embedded_model
OPEN = VoiceSettings(mode="open", idle_minutes=0)


@dataclass
class Sure:
    """An understander that is sure of what it reads, but not very."""

    understands: Callable[[], Parser]

    def parse(self, text: str, *, previous: Sequence[Trace] = (), alternatives: int = 0) -> Parse:
        parse = self.understands().parse(text, previous=previous, alternatives=alternatives)
        return replace(parse, confidence=0.9)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[VoiceDesk]:
    one = VoiceDesk(tmp_path, OPEN)
    one.session.read_through(lambda local: Sure(local))
    one.service.start()
    yield one
    one.service.stop()


def test_a_reading_that_is_not_very_sure_is_acted_on_after_a_key_alone(desk: VoiceDesk) -> None:
    desk.words.append("set the volume to thirty percent")
    desk.speak()
    desk.fall_silent()
    desk.until(lambda: desk.recogniser.clips and desk.state == "idle")
    assert (desk.ran, desk.screen.answers, desk.session.history.recent(5)) == ([], [], [])
    desk.command("set the volume to thirty percent")
    assert len(desk.ran) == 1


def test_what_was_said_with_the_key_down_is_answered_also_where_it_is_no_command(desk: VoiceDesk) -> None:
    desk.command("the weather was lovely in Lisbon last spring")
    assert [ok for _, ok in desk.screen.answers] == [False]


def test_a_sentence_of_others_is_passed_over_without_a_sound(desk: VoiceDesk) -> None:
    for words in ("the weather was lovely in Lisbon last spring", ""):
        heard = len(desk.recogniser.clips)
        desk.words.append(words)
        desk.speak()
        desk.fall_silent()
        desk.until(lambda heard=heard: len(desk.recogniser.clips) > heard and desk.state == "idle")  # type: ignore[misc]
    assert (desk.screen.answers, desk.screen.notes, desk.cues.played) == ([], [], [])
    assert desk.session.history.recent(5) == []
    assert desk.service.status()["last"] is None


def test_a_microphone_that_is_switched_off_is_closed(desk: VoiceDesk) -> None:
    desk.until(lambda: desk.microphone.running)
    desk.service.toggle()
    desk.until(lambda: not desk.microphone.running)
    assert desk.state == "paused"
    desk.say("mute")  # a key means what it says
    desk.until(lambda: desk.ran and not desk.microphone.running)
    time.sleep(BOUNCE_S)
    desk.service.toggle()
    desk.until(lambda: desk.microphone.running and desk.state == "idle")
    desk.microphone.trouble("The microphone was unplugged.")
    desk.until(lambda: desk.state == "trouble")
    time.sleep(BOUNCE_S)
    desk.service.toggle()
    desk.until(lambda: not desk.microphone.running)
    assert desk.state == "paused"
