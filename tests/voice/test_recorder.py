"""Taking one command from a microphone that stays open."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from whispera.audio.endpoint import WINDOW, Endpoint
from whispera.audio.fake import FakeMicrophone
from whispera.audio.recorder import KEPT, Progress, Recorder, Take


class Loudness:
    """A detector to which whatever is loud is speech."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._rest = np.zeros(0, dtype=np.float32)

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        heard = np.concatenate([self._rest, samples])
        whole = len(heard) // WINDOW * WINDOW
        self._rest = heard[whole:]
        return (np.abs(heard[:whole].reshape(-1, WINDOW)).max(axis=1) > 0.3).astype(np.float32)


def word(seconds: float) -> NDArray[np.float32]:
    return np.full(round(seconds * 16000), 0.5, dtype=np.float32)


@pytest.fixture
def microphone() -> FakeMicrophone:
    return FakeMicrophone()


@pytest.fixture
def recorder(microphone: FakeMicrophone) -> Recorder:
    made = Recorder(microphone, Endpoint(Loudness(), 400, 10))
    made.open()
    return made


def while_recording(recorder: Recorder, happens: Callable[[], None], **options: float) -> Take:
    """The take of a recording during which something happens."""
    began = threading.Event()
    worker = threading.Thread(target=lambda: (began.wait(), happens()))
    worker.start()
    take = recorder.record(seconds=options.pop("seconds", 20), watch=lambda _: began.set(), **options)
    worker.join()
    return take


def test_a_command_is_taken_whole_and_without_the_silence_around_it(
    recorder: Recorder, microphone: FakeMicrophone
) -> None:
    def speak() -> None:
        microphone.silence(2.5)
        microphone.hear(word(0.7))
        microphone.silence(0.2)
        microphone.hear(word(0.5))
        microphone.silence(1.0)

    take = while_recording(recorder, speak)
    assert np.count_nonzero(take.clip.samples) == 1.2 * 16000
    assert 1.4 <= take.clip.seconds < 2.0
    assert take.clip.samples[0] == 0.0
    assert take.trouble == ""


def test_what_was_said_just_before_belongs_to_it(recorder: Recorder, microphone: FakeMicrophone) -> None:
    microphone.hear(word(5.0))
    take = while_recording(recorder, lambda: microphone.silence(2))
    assert np.count_nonzero(take.clip.samples) == 0.3 * 16000


def test_without_pre_roll_it_does_not(microphone: FakeMicrophone) -> None:
    recorder = Recorder(microphone, Endpoint(Loudness(), 400, 10), pre_roll_ms=0)
    recorder.open()
    microphone.hear(word(5.0))
    take = while_recording(recorder, lambda: microphone.silence(2), seconds=0.5)
    assert len(take.clip.samples) == 0


def test_while_nobody_speaks_no_more_than_a_second_is_kept(
    recorder: Recorder, microphone: FakeMicrophone
) -> None:
    kept: list[int] = []

    def wait() -> None:
        for _ in range(20):
            microphone.silence(0.5)
            time.sleep(0.01)
            kept.append(len(recorder.so_far().samples))

    take = while_recording(recorder, wait, seconds=1)
    assert len(take.clip.samples) == 0
    assert max(kept) <= KEPT + 0.6 * 16000


def test_silence_ends_in_nothing_after_the_time_given(recorder: Recorder) -> None:
    began = time.monotonic()
    take = recorder.record(seconds=0.3)
    assert (len(take.clip.samples), take.trouble) == (0, "")
    assert 0.3 <= time.monotonic() - began < 2


def test_a_key_ends_it_and_nothing_that_came_before_is_lost(
    recorder: Recorder, microphone: FakeMicrophone
) -> None:
    ends = threading.Event()

    def speak() -> None:
        microphone.hear(word(1.0))
        ends.set()

    began = threading.Event()
    worker = threading.Thread(target=lambda: (began.wait(), speak()))
    worker.start()
    take = recorder.record(until=ends.is_set, watch=lambda _: began.set())
    worker.join()
    assert np.count_nonzero(take.clip.samples) >= 0.97 * 16000


def test_a_command_cut_in_two_by_trouble_is_dropped(recorder: Recorder, microphone: FakeMicrophone) -> None:
    seen: list[Progress] = []

    def speak() -> None:
        microphone.hear(word(1.0))
        time.sleep(0.2)
        microphone.trouble("The microphone was unplugged.")
        time.sleep(0.3)
        microphone.trouble("")
        microphone.silence(0.3)
        microphone.hear(word(0.5))
        microphone.silence(1.0)

    began = threading.Event()
    worker = threading.Thread(target=lambda: (began.wait(), speak()))
    worker.start()
    take = recorder.record(seconds=20, give_up_s=10, watch=lambda one: (began.set(), seen.append(one)))
    worker.join()
    assert np.count_nonzero(take.clip.samples) == 0.5 * 16000
    assert Progress("trouble", text="The microphone was unplugged.") in seen


def test_trouble_that_lasts_is_told(recorder: Recorder, microphone: FakeMicrophone) -> None:
    microphone.trouble("The microphone is busy.")
    take = recorder.record(give_up_s=0.2)
    assert take.trouble == "The microphone is busy."
    assert len(take.clip.samples) == 0


def test_the_states_are_told_in_their_order(recorder: Recorder, microphone: FakeMicrophone) -> None:
    seen: list[Progress] = []

    def speak() -> None:
        for samples in (np.zeros(8000, dtype=np.float32), word(1.0), np.zeros(16000, dtype=np.float32)):
            microphone.hear(samples)
            time.sleep(0.1)

    began = threading.Event()
    worker = threading.Thread(target=lambda: (began.wait(), speak()))
    worker.start()
    recorder.record(seconds=20, watch=lambda one: (began.set(), seen.append(one)))
    worker.join()
    states = [one.state for one in seen]
    assert list(dict.fromkeys(states)) == ["opening", "waiting", "listening"]
    assert max(one.level for one in seen) > 0.8


def test_between_commands_nothing_is_kept_but_the_pre_roll(
    recorder: Recorder, microphone: FakeMicrophone
) -> None:
    while_recording(recorder, lambda: (microphone.hear(word(0.5)), microphone.silence(1)))
    microphone.hear(word(3))
    assert len(recorder.so_far().samples) == 0
    assert len(recorder._pre_roll) == 0.3 * 16000
    recorder.close()
    assert len(recorder._pre_roll) == 0
    assert not microphone.running
