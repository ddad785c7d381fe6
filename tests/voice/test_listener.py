"""Hearing recordings while they are made: the same as when they are whole, and never in anybody's way."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from whispera.audio import speech
from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.audio.fake import FakeMicrophone
from whispera.audio.recorder import Recorder, Recording
from whispera.daemon import parts
from whispera.daemon.keys import KeyChoice
from whispera.daemon.keys.fake import FakeKeys
from whispera.daemon.listener import FAILED, Listener
from whispera.daemon.parts import NoSounds, Parts
from whispera.daemon.screen import FakeScreen
from whispera.daemon.stoppable import Interruptible
from whispera.daemon.telling import FakeSpeaker
from whispera.domain.outcome import Parse
from whispera.domain.transcript import Transcript
from whispera.engines.recognisers import Recogniser, StreamingRecogniser
from whispera.engines.recognisers.fake import FakeRecogniser, FakeStreamingRecogniser
from whispera.errors import ModelError
from whispera.pipeline.fakes import FakeRunner
from whispera.pipeline.following import Following
from whispera.pipeline.hearing import Heard

BLOCK = 320


def words(clip: Clip) -> str:
    """Other words for every other recording."""
    return f"{len(clip.samples)} {float(clip.samples.sum()):.3f}" if len(clip.samples) else ""


def sound(count: int, seed: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(seed).uniform(-1, 1, count).astype(np.float32)


class Reads:
    """A hearing that understands nothing."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.recogniser = recogniser
        self.closed = 0

    def itself(self) -> Reads:
        return self

    def hear(self, clip: Clip, after: Sequence[object] = (), *, bidden: bool = True) -> Heard:
        return Heard(transcript := self.recogniser.transcribe(clip), self.read(transcript, after))

    def read(self, transcript: Transcript, after: Sequence[object] = (), *, bidden: bool = True) -> Parse:
        return Parse(transcript.text, "", None, None, 0.0, 0.0)

    def close(self) -> None:
        self.closed += 1
        self.recogniser.close()


class Runner(FakeRunner):
    def interrupt(self) -> None: ...


@dataclass
class Ear:
    """A listener, and the microphone's end of it; its clock goes by as the test says."""

    recogniser: Any
    silent: Callable[[NDArray[np.float32]], bool] = lambda _: False
    tail_s: float = 0.0
    clock: float = 100.0
    heard: list[tuple[Heard | None, Clip]] = field(default_factory=list)
    opened: int = 0
    fails: Exception | None = None
    loads: list[int] = field(default_factory=list)
    """The recordings that were heard when what understands was asked for."""
    lacks: Exception | None = None
    """What that fails with."""

    def __post_init__(self) -> None:
        self.screen = FakeScreen()
        runner: Interruptible = Runner()
        self.hearing = Reads(self.recogniser)
        outer = Parts(
            microphone=FakeMicrophone(),
            open_hearing=self._open,  # type: ignore[arg-type]
            watcher=lambda _: None,  # type: ignore[arg-type,return-value]
            runner=runner,
            keys=KeyChoice(FakeKeys([]), ""),
            speaker=FakeSpeaker(),
            speaks=False,
            screen=self.screen,
            cues=NoSounds(),
            is_silent=lambda samples: self.silent(samples),
            load=self._load,
        )
        self.recorder = Recorder(pre_roll_ms=300, now=lambda: self.clock)
        self.listener = Listener(outer, idle_s=0, is_busy=lambda: False)

    def _open(self) -> Reads:
        self.opened += 1
        if self.fails is not None:
            raise self.fails
        return self.hearing

    def _load(self) -> None:
        self.loads.append(len(self.heard))
        if self.lacks is not None:
            raise self.lacks

    def begin(self) -> Recording:
        recording = self.recorder.begin()
        self.listener.begin(recording)
        return recording

    def hears(self, samples: NDArray[np.float32], *, size: int = BLOCK) -> None:
        for at in range(0, len(samples), size):
            self.clock += len(samples[at : at + size]) / SAMPLE_RATE_HZ
            if self.recorder.add(samples[at : at + size]):
                self.listener.more()

    def end(self, recording: Recording) -> None:
        recording.end(self.tail_s)
        self.listener.end(
            recording,
            bidden=True,
            after=lambda: (),
            over=lambda: None,
            heard=lambda heard, clip: self.heard.append((heard, clip)),
        )

    def drop(self, recording: Recording) -> None:
        recording.end()
        self.listener.drop(recording)

    def until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 10
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.002)


Make = Callable[..., Ear]


@pytest.fixture
def make() -> Iterator[Make]:
    ears: list[Ear] = []

    def started(recogniser: Any = None, **options: Any) -> Ear:
        ear = Ear(recogniser or FakeStreamingRecogniser(words), **options)
        ear.listener.start()
        ears.append(ear)
        return ear

    yield started
    for ear in ears:
        ear.listener.stop(5)


def test_the_port_tells_who_can_follow() -> None:
    assert isinstance(FakeStreamingRecogniser(words), StreamingRecogniser)
    assert not isinstance(FakeRecogniser(words), StreamingRecogniser)


@pytest.mark.parametrize("seed", range(5))
def test_what_is_followed_is_heard_as_it_would_be_whole(seed: int) -> None:
    rng = random.Random(seed)
    samples = sound(rng.randrange(1, 60_000), seed)
    whole = FakeRecogniser(words)
    followed = FakeStreamingRecogniser(words)
    expected = Reads(whole).hear(Clip(samples))
    for recogniser in (followed, whole):
        following = Following(Reads(recogniser).itself)  # type: ignore[arg-type]
        at = 0
        while at < len(samples):
            size = rng.randrange(1, 4000)
            following.feed(samples[at : at + size])
            at += size
        np.testing.assert_array_equal(following.clip.samples, samples)
        assert following.end().transcript == expected.transcript
        assert len(following.clip.samples) == 0
    assert followed.clips == []
    assert len(followed.followed) == 1


def test_what_cannot_follow_is_asked_when_it_is_over(make: Make) -> None:
    ear = make(FakeRecogniser(words))
    recording = ear.begin()
    ear.hears(sound(8000))
    assert ear.recogniser.clips == []
    ear.end(recording)
    ear.until(lambda: ear.heard)
    (clip,) = ear.recogniser.clips
    np.testing.assert_array_equal(clip.samples, sound(8000))


def test_what_understands_is_loaded_while_a_command_is_said(make: Make) -> None:
    ear = make()
    for number in range(2):
        recording = ear.begin()
        ear.until(lambda number=number: ear.loads.count(number) == 1)
        ear.hears(sound(8000))
        ear.end(recording)
        ear.until(lambda number=number: len(ear.heard) == number + 1)
    assert all(heard is not None for heard, _ in ear.heard)


def test_that_nothing_understands_is_told_once_and_when_it_matters(make: Make) -> None:
    ear = make(lacks=ModelError("the model is not there", hint="get it"))
    ear.drop(ear.begin())
    recording = ear.begin()
    ear.until(lambda: len(ear.loads) == 2)
    assert ear.screen.notes == []
    ear.end(recording)
    ear.until(lambda: ear.heard)
    assert [heard for heard, _ in ear.heard] == [None]
    assert ear.screen.notes == ["the model is not there (get it)"]


@pytest.mark.parametrize("recogniser", [FakeRecogniser, FakeStreamingRecogniser])
def test_sound_that_nothing_understands_is_not_kept(make: Make, recogniser: Callable[..., Any]) -> None:
    ear = make(recogniser(words), lacks=ModelError("the model is not there"))
    recording = ear.begin()
    ear.hears(sound(20_000))
    ear.end(recording)
    ear.until(lambda: ear.heard)
    ear.listener.partial()  # comes after the end
    assert len(ear.heard[0][1].samples) == 20_000
    assert not len(ear.listener._following.clip.samples)


def test_the_time_before_comes_first_and_all_of_it_is_followed(make: Make) -> None:
    ear = make()
    samples = sound(40_000)
    ear.hears(samples[:12_800])
    recording = ear.begin()
    ear.hears(samples[12_800:])
    ear.until(lambda: sum(ear.recogniser.fed) == 4800 + len(samples) - 12_800)
    ear.end(recording)
    ear.until(lambda: ear.heard)
    ((heard, clip),) = ear.heard
    np.testing.assert_array_equal(clip.samples, samples[12_800 - 4800 :])
    np.testing.assert_array_equal(ear.recogniser.followed[0].samples, clip.samples)
    assert heard is not None
    assert heard.transcript.text == words(clip)


def test_a_slow_recogniser_loses_nothing_and_keeps_nobody_waiting(make: Make) -> None:
    go = threading.Event()
    ear = make(FakeStreamingRecogniser(words, on_feed=lambda: go.wait(10)))  # type: ignore[arg-type]
    samples = sound(160_000)
    recording = ear.begin()
    began = time.monotonic()
    ear.hears(samples)
    ear.end(recording)
    after = ear.begin()
    ear.hears(samples[:1600])
    assert time.monotonic() - began < 5
    assert ear.heard == []
    go.set()
    ear.end(after)
    ear.until(lambda: len(ear.heard) == 2)
    np.testing.assert_array_equal(ear.heard[0][1].samples, samples)
    np.testing.assert_array_equal(ear.heard[1][1].samples, samples[:1600])


def test_a_recording_that_cannot_be_followed_is_heard_as_a_whole(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    count = [0]

    def break_down() -> None:
        count[0] += 1
        if count[0] == 3:
            raise RuntimeError("a decoder broke")

    ear = make(FakeStreamingRecogniser(words, on_feed=break_down))
    with caplog.at_level(logging.WARNING):
        recording = ear.begin()
        for _ in range(5):
            before = count[0]
            ear.hears(sound(1600), size=1600)
            ear.until(lambda before=before: count[0] > before or count[0] >= 3)
        ear.end(recording)
        ear.until(lambda: ear.heard)
    assert "a decoder broke" in caplog.text
    assert ear.recogniser.followed == []
    assert [len(clip.samples) for clip in ear.recogniser.clips] == [8000]
    assert ear.heard[0][0] is not None


def test_a_recogniser_that_does_not_load_is_told_and_tried_with_the_next(make: Make) -> None:
    ear = make()
    ear.listener._hearing = None  # unloaded
    ear.fails = RuntimeError("out of memory")
    recording = ear.begin()
    ear.hears(sound(16_000))
    ear.end(recording)
    ear.until(lambda: ear.heard)
    assert ear.heard[0][0] is None
    assert set(ear.screen.notes) == {FAILED}
    assert ear.opened == 3  # at the start, when it began, when it was over: not with every block
    ear.fails = None
    recording = ear.begin()
    ear.hears(sound(1600))
    ear.end(recording)
    ear.until(lambda: len(ear.heard) == 2)
    assert ear.heard[1][0] is not None


def test_what_is_dropped_is_not_followed_any_more_and_not_kept(make: Make) -> None:
    ear = make()
    recording = ear.begin()
    ear.hears(sound(8000))
    ear.until(lambda: sum(ear.recogniser.fed) == 8000)
    ear.drop(recording)
    ear.until(lambda: ear.recogniser.dropped)
    assert len(ear.listener._following.clip.samples) == 0
    ear.until(lambda: len(ear.listener._latest) == 0)
    ear.hears(sound(8000, 2))
    recording = ear.begin()
    ear.hears(sound(3200, 3))
    ear.end(recording)
    ear.until(lambda: ear.heard)
    np.testing.assert_array_equal(
        ear.heard[0][1].samples, np.concatenate([sound(8000, 2)[-4800:], sound(3200, 3)])
    )


def test_sound_in_the_tail_belongs_to_it_while_somebody_speaks(make: Make) -> None:
    ear = make(tail_s=0.07)
    recording = ear.begin()
    ear.hears(sound(8000))
    ear.end(recording)
    ear.hears(sound(3200, 2))  # 200 ms
    ear.until(lambda: ear.heard)
    # the block that comes when the tail is over is no part of it
    assert len(ear.heard[0][1].samples) == 8000 + 3 * BLOCK


def test_where_nobody_speaks_any_more_there_is_no_tail(make: Make) -> None:
    ear = make(tail_s=0.08, silent=lambda samples: not samples[-1600:].any())
    recording = ear.begin()
    ear.hears(np.concatenate([sound(8000), np.zeros(1600, dtype=np.float32)]))
    ear.end(recording)
    ear.until(lambda: ear.heard)
    assert len(ear.heard[0][1].samples) == 9600


def test_without_the_voice_detector_a_recording_has_its_whole_tail(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise ModelError("the voice detector needs a package", hint="install it")

    monkeypatch.setattr(speech, "Voice", missing)
    assert not parts._silence()(np.zeros(9600, dtype=np.float32))


def test_a_tail_ends_when_somebody_falls_silent_in_it(make: Make) -> None:
    looks: list[int] = []

    def silent(samples: NDArray[np.float32]) -> bool:
        looks.append(len(samples))
        return not samples[-640:].any()

    ear = make(tail_s=0.08, silent=silent)
    recording = ear.begin()
    ear.hears(sound(8000))
    ear.end(recording)
    ear.until(lambda: looks)
    ear.hears(np.zeros(640, dtype=np.float32), size=640)
    ear.until(lambda: ear.heard)
    assert len(ear.heard[0][1].samples) == 8640
    assert max(looks) <= 0.6 * SAMPLE_RATE_HZ


def test_the_words_so_far_cost_nothing_where_it_is_followed(make: Make) -> None:
    ear = make()
    assert ear.listener.partial() == ""
    recording = ear.begin()
    ear.hears(sound(8000))
    assert ear.listener.partial() == words(Clip(sound(8000)))
    ear.hears(sound(8000, 2))
    ear.end(recording)
    ear.until(lambda: ear.heard)
    assert ear.recogniser.clips == []
    assert len(ear.heard[0][1].samples) == 16_000
    assert ear.listener.partial() == ""


def test_the_end_in_the_middle_of_a_recording_leaves_nothing_waiting(make: Make) -> None:
    ear = make()
    ear.begin()
    ear.hears(sound(8000))
    began = time.monotonic()
    ear.listener.stop(5)
    assert time.monotonic() - began < 4
    assert ear.hearing.closed == 1


def test_sounds_of_our_own_are_taken_out_before_it_is_followed(make: Make) -> None:
    class Halves:
        """Comes a block late, and halves what there is."""

        def __init__(self) -> None:
            self.late = np.zeros(0, dtype=np.float32)

        def feed(self, samples: NDArray[np.float32], at: float) -> NDArray[np.float32]:
            out, self.late = self.late, samples / 2
            return out

        def end(self) -> NDArray[np.float32]:
            return self.late

    ear = make()
    ear.listener._parts = replace(ear.listener._parts, cues=Cleaner(Halves))  # type: ignore[arg-type]
    recording = ear.begin()
    ear.hears(sound(8000))
    ear.end(recording)
    ear.until(lambda: ear.heard)
    np.testing.assert_array_equal(ear.heard[0][1].samples, sound(8000) / 2)
    np.testing.assert_array_equal(ear.recogniser.followed[0].samples, sound(8000) / 2)


@dataclass
class Cleaner(NoSounds):
    """Sounds that are taken out in a way of the test's own."""

    made: Callable[[], Any]

    def cleaning(self) -> Any:
        return self.made()
