"""The service with a recogniser that hears words while they are said, whatever happens meanwhile.

The same situations with one that cannot are in test_voice_service.py.
"""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from tests.voice.desk import VOLUME_30, Make, VoiceDesk
from whispera.audio.clip import Clip
from whispera.daemon.talking import TAPPED
from whispera.domain.outcome import Rejection
from whispera.domain.transcript import Transcript
from whispera.engines.recognisers.fake import FakeStreamingRecogniser

pytestmark = pytest.mark.embedded_model


@pytest.fixture
def follows() -> bool:
    """Whether the recogniser hears words while they are said."""
    return True


def ears(desk: VoiceDesk) -> FakeStreamingRecogniser:
    assert isinstance(desk.recogniser, FakeStreamingRecogniser)
    return desk.recogniser


def hold(desk: VoiceDesk, seconds: float = 1.0) -> None:
    """Holds the key and speaks, until that has been followed."""
    desk.service.press()
    desk.until(lambda: desk.state == "listening")
    before = sum(ears(desk).fed)
    desk.speak(seconds)
    desk.until(lambda: sum(ears(desk).fed) >= before + seconds * 16_000)


def test_a_command_is_followed_while_the_key_is_held_and_never_heard_again(make: Make) -> None:
    desk = make()
    desk.speak(2.0)
    hold(desk)
    assert desk.recogniser.clips == []
    time.sleep(0.25)
    desk.words.append("set the volume to thirty percent")
    desk.service.release()
    desk.until(lambda: desk.ran)
    assert desk.ran == [VOLUME_30]
    assert desk.recogniser.clips == []
    (clip,) = ears(desk).followed
    assert clip.seconds == pytest.approx(1.3, abs=0.05)
    assert isinstance(clip, Clip)
    np.testing.assert_array_equal(clip.samples, np.float32(0.9))


def test_a_tap_is_dropped_and_the_next_command_is_heard(make: Make) -> None:
    desk = make()
    desk.service.press()
    desk.service.release()
    desk.until(lambda: TAPPED in desk.screen.notes)
    assert ears(desk).followed == []
    desk.command("mute")
    assert len(desk.ran) == 1
    assert ears(desk).dropped == 1


def test_a_cancelled_recording_is_dropped(make: Make) -> None:
    desk = make()
    hold(desk)
    desk.service.cancel()
    desk.until(lambda: ears(desk).dropped)
    assert ears(desk).followed == []
    assert desk.ran == []


def test_another_shortcut_drops_what_was_followed(make: Make) -> None:
    desk = make()
    hold(desk)
    desk.service._key("abort")
    desk.until(lambda: ears(desk).dropped)
    desk.service.release()
    desk.command("mute")
    assert len(ears(desk).followed) == 1


def test_a_microphone_that_fails_drops_half_a_command(make: Make) -> None:
    desk = make()
    hold(desk)
    desk.microphone.trouble("The microphone was unplugged.")
    desk.until(lambda: ears(desk).dropped)
    desk.service.release()
    desk.microphone.trouble("")
    desk.until(lambda: desk.state == "idle")
    desk.command("mute")
    assert len(desk.ran) == 1
    assert len(ears(desk).followed) == 1


def test_a_lost_release_ends_at_the_longest_a_command_may_be(make: Make) -> None:
    desk = make(max_s=1.0)
    desk.words.append("mute")
    desk.service.press()
    desk.until(lambda: desk.state == "listening")
    desk.speak(0.5)
    desk.until(lambda: desk.ran)
    assert len(ears(desk).followed) == 1


def test_a_press_while_one_is_recognised_is_followed_after_it(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = make()
    go = threading.Event()
    ends = ears(desk).end
    monkeypatch.setattr(ears(desk), "end", lambda: ends() if go.wait(10) else None)
    hold(desk, 0.5)
    time.sleep(0.25)
    desk.words += ["set the volume to thirty percent", "mute"]
    desk.service.release()
    desk.until(lambda: desk.state == "recognising")
    desk.service.press()
    desk.until(lambda: desk.state == "listening")
    desk.speak(0.7)
    time.sleep(0.25)
    assert desk.ran == []
    go.set()
    desk.service.release()
    desk.until(lambda: len(desk.ran) == 2)
    assert desk.ran[0] == VOLUME_30
    assert [round(clip.seconds, 1) for clip in ears(desk).followed] == [0.5, 0.7]


def test_a_stop_in_the_middle_ends_it(make: Make) -> None:
    desk = make()
    hold(desk)
    desk.service.stop()
    assert desk.recogniser.closed
    assert desk.ran == []


@pytest.mark.parametrize("mode", ["toggle", "open"])
def test_it_is_followed_in_every_mode(make: Make, mode: str) -> None:
    desk = make(mode=mode)
    desk.words.append("set the volume to thirty percent")
    if mode == "toggle":
        desk.service.press()
        desk.until(lambda: desk.state == "listening")
    desk.speak(0.2)
    desk.until(lambda: desk.state == "listening")
    desk.speak(0.5)
    desk.until(lambda: sum(ears(desk).fed) >= 8000)
    desk.fall_silent()
    desk.until(lambda: desk.ran)
    assert desk.recogniser.clips == []
    assert ears(desk).followed[0].samples.min() < 0  # silence included


def test_words_that_are_not_known_are_not_called_silence(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = make()
    rejection = Rejection("not_recognised", "That was no command that I know.")
    monkeypatch.setattr(ears(desk), "end", lambda: Transcript((), 1.0, 0.0, rejection))
    hold(desk)
    time.sleep(0.25)
    desk.service.release()
    desk.until(lambda: rejection.message in desk.screen.notes)
    assert desk.state == "idle"


def test_the_words_so_far_are_those_of_what_is_followed(make: Make) -> None:
    desk = make()
    hold(desk)
    desk.words.append("set the volume")
    assert desk.service.partial() == "set the volume"
    assert desk.recogniser.clips == []
    desk.service.cancel()
