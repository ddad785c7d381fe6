"""Taking one command from a microphone that stays open."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from whispera.audio.endpoint import WINDOW, Endpoint
from whispera.audio.fake import FakeMicrophone
from whispera.audio.taker import KEPT, Progress, Take, Taker


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
def taker(microphone: FakeMicrophone) -> Taker:
    made = Taker(microphone, Endpoint(Loudness(), 400, 10))
    made.open()
    return made


def while_taking(taker: Taker, happens: Callable[[], None], **options: Any) -> Take:
    """The take of a recording during which something happens."""
    began = threading.Event()
    worker = threading.Thread(target=lambda: (began.wait(), happens()))
    worker.start()
    take = taker.take(seconds=options.pop("seconds", 20), watch=lambda _: began.set(), **options)
    worker.join()
    return take


def test_a_command_is_taken_whole_and_without_the_silence_around_it(
    taker: Taker, microphone: FakeMicrophone
) -> None:
    def speak() -> None:
        microphone.silence(2.5)
        microphone.hear(word(0.7))
        microphone.silence(0.2)
        microphone.hear(word(0.5))
        microphone.silence(1.0)

    take = while_taking(taker, speak)
    assert np.count_nonzero(take.clip.samples) == 1.2 * 16000
    assert 1.4 <= take.clip.seconds < 2.0
    assert take.clip.samples[0] == 0.0
    assert take.trouble == ""


def test_what_was_said_just_before_belongs_to_it(taker: Taker, microphone: FakeMicrophone) -> None:
    microphone.hear(word(5.0))
    take = while_taking(taker, lambda: microphone.silence(2))
    assert np.count_nonzero(take.clip.samples) == 0.3 * 16000


def test_without_pre_roll_it_does_not(microphone: FakeMicrophone) -> None:
    taker = Taker(microphone, Endpoint(Loudness(), 400, 10), pre_roll_ms=0)
    taker.open()
    microphone.hear(word(5.0))
    take = while_taking(taker, lambda: microphone.silence(2), seconds=0.5)
    assert len(take.clip.samples) == 0


def test_while_nobody_speaks_no_more_than_a_second_is_kept(taker: Taker, microphone: FakeMicrophone) -> None:
    kept: list[int] = []

    def wait() -> None:
        for _ in range(20):
            microphone.silence(0.5)
            time.sleep(0.01)
            kept.append(taker.kept)

    take = while_taking(taker, wait, seconds=1)
    assert len(take.clip.samples) == 0
    assert max(kept) <= KEPT + 0.8 * 16000


def test_silence_ends_in_nothing_after_the_time_given(taker: Taker) -> None:
    began = time.monotonic()
    take = taker.take(seconds=0.3)
    assert (len(take.clip.samples), take.trouble) == (0, "")
    assert 0.3 <= time.monotonic() - began < 2


def test_a_key_ends_it_and_nothing_that_came_before_is_lost(taker: Taker, microphone: FakeMicrophone) -> None:
    ends = threading.Event()

    def speak() -> None:
        microphone.hear(word(1.0))
        ends.set()

    began = threading.Event()
    worker = threading.Thread(target=lambda: (began.wait(), speak()))
    worker.start()
    take = taker.take(until=ends.is_set, watch=lambda _: began.set())
    worker.join()
    assert np.count_nonzero(take.clip.samples) >= 0.97 * 16000


def test_a_command_cut_in_two_by_trouble_is_dropped(taker: Taker, microphone: FakeMicrophone) -> None:
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
    take = taker.take(seconds=20, give_up_s=10, watch=lambda one: (began.set(), seen.append(one)))
    worker.join()
    assert np.count_nonzero(take.clip.samples) == 0.5 * 16000
    assert Progress("trouble", text="The microphone was unplugged.") in seen


def test_trouble_that_lasts_is_told(taker: Taker, microphone: FakeMicrophone) -> None:
    microphone.trouble("The microphone is busy.")
    take = taker.take(give_up_s=0.2)
    assert take.trouble == "The microphone is busy."
    assert len(take.clip.samples) == 0


def test_the_states_are_told_in_their_order(taker: Taker, microphone: FakeMicrophone) -> None:
    seen: list[Progress] = []

    def speak() -> None:
        for samples in (np.zeros(8000, dtype=np.float32), word(1.0), np.zeros(16000, dtype=np.float32)):
            microphone.hear(samples)
            time.sleep(0.1)

    began = threading.Event()
    worker = threading.Thread(target=lambda: (began.wait(), speak()))
    worker.start()
    taker.take(seconds=20, watch=lambda one: (began.set(), seen.append(one)))
    worker.join()
    states = [one.state for one in seen]
    assert list(dict.fromkeys(states)) == ["opening", "waiting", "listening"]
    assert max(one.level for one in seen) > 0.8


def test_between_commands_nothing_is_kept_but_the_pre_roll(taker: Taker, microphone: FakeMicrophone) -> None:
    while_taking(taker, lambda: (microphone.hear(word(0.5)), microphone.silence(1)))
    microphone.hear(word(3))
    assert taker.kept == 0.3 * 16000
    taker.close()
    assert taker.kept == 0
    assert not microphone.running


class Listener:
    """Who hears a command while it is said."""

    def __init__(self) -> None:
        self.fed: list[NDArray[np.float32]] = []
        self.dropped = 0

    def feed(self, samples: NDArray[np.float32]) -> None:
        self.fed.append(samples)

    def drop(self) -> None:
        self.fed, self.dropped = [], self.dropped + 1


def test_who_hears_it_while_it_is_said_gets_just_the_command(
    taker: Taker, microphone: FakeMicrophone
) -> None:
    listener = Listener()
    meanwhile: list[int] = []

    def speak() -> None:
        microphone.silence(2.5)
        for _ in range(10):
            microphone.hear(word(0.1))
            time.sleep(0.01)
        wait_until(lambda: listener.fed)
        meanwhile.append(sum(map(len, listener.fed)))
        microphone.silence(1.0)

    take = while_taking(taker, speak, said=listener)
    np.testing.assert_array_equal(np.concatenate(listener.fed), take.clip.samples)
    assert 0 < meanwhile[0] < len(take.clip.samples)
    assert listener.dropped == 0


def test_a_command_cut_in_two_is_dropped_by_who_hears_it(taker: Taker, microphone: FakeMicrophone) -> None:
    listener = Listener()

    def speak() -> None:
        microphone.hear(word(1.0))
        wait_until(lambda: listener.fed)
        microphone.trouble("The microphone was unplugged.")
        wait_until(lambda: listener.dropped)
        microphone.trouble("")
        microphone.hear(0.8 * word(0.5))
        microphone.silence(1.0)

    take = while_taking(taker, speak, give_up_s=10, said=listener)
    np.testing.assert_array_equal(np.concatenate(listener.fed), take.clip.samples)
    assert take.clip.samples.max() == pytest.approx(0.4)


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
