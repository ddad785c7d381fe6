"""Laws of talking that hold for any order of keys, speech, answers and time."""

from __future__ import annotations

from typing import Literal

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.voice.talks import HOLD, machine
from whispera.catalog.settings import Mode
from whispera.daemon import talking
from whispera.daemon.effects import (
    Act,
    Ask,
    Discard,
    Effect,
    Finish,
    Interrupt,
    Record,
    Reply,
)


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
