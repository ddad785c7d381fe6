"""Utterance to outcome: what is run, in which order, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from tests.cli.command_line import make_session
from whispera.catalog.model import SlotSpec
from whispera.domain.intent import Intent
from whispera.domain.outcome import Command, Outcome
from whispera.errors import NotPossible
from whispera.pipeline import carrying
from whispera.pipeline.fakes import FakeRunner
from whispera.pipeline.session import Session, read_value, unreadable
from whispera.workspace import find

VOLUME = "Volume: front-left: 26214 /  40% / -23.88 dB"


@dataclass
class Somebody:
    """Answers questions from a list."""

    replies: list[str | None]
    asked: list[str] = field(default_factory=list)

    def confirm(self, question: str) -> bool:
        self.asked.append(question)
        return self.replies.pop(0) == "yes"

    def ask(self, question: str) -> str | None:
        self.asked.append(question)
        return self.replies.pop(0)


def test_the_next_way_is_tried_where_the_first_fails_at_once(quick: None) -> None:
    runner = FakeRunner(outcomes={"pactl": Outcome("failed", "pactl: no server", 1)})
    session = make_session(find(), runner=runner, tools=("pactl", "amixer"))
    answer = session.handle("mute")
    assert (answer.exit_code, answer.message) == (0, "muted the sound")
    assert [command.argv[0] for command in answer.commands] == ["pactl", "amixer"]


def test_the_first_failure_is_told_where_every_way_fails(quick: None) -> None:
    failed = {name: Outcome("failed", f"{name}: broken", 1) for name in ("pactl", "amixer")}
    session = make_session(find(), runner=FakeRunner(outcomes=failed), tools=("pactl", "amixer"))
    assert session.handle("mute").message == "pactl: broken"


def test_a_way_that_failed_late_may_have_done_something(quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "AT_ONCE_S", -1.0)
    runner = FakeRunner(outcomes={"pactl": Outcome("failed", "pactl: broken", 1)})
    make_session(find(), runner=runner, tools=("pactl", "amixer")).handle("mute")
    assert [command.argv[0] for command in runner.commands] == ["pactl"]


def test_the_state_before_is_kept_for_undo(quick: None) -> None:
    session = make_session(find(), runner=FakeRunner(output={"pactl": VOLUME}))
    answer = session.handle("set volume to 30")
    assert answer.before == "40"
    assert answer.outcome is not None
    assert answer.outcome.undo == Intent("set_volume", {"level": 40})
    session.remember(answer)
    undone = session.handle("undo that")
    assert undone.message.splitlines()[0] == "Taken back: set volume 30."
    assert undone.commands[-1].argv[-1] == "40%"


def test_an_undo_that_fails_can_be_tried_again(quick: None) -> None:
    session = make_session(find(), runner=FakeRunner())
    session.remember(session.handle("mute"))
    broken = make_session(find(), runner=FakeRunner(outcomes={"pactl": Outcome("failed", "no server", 1)}))
    assert broken.handle("undo that").exit_code == 1
    assert session.handle("undo that").exit_code == 0
    assert session.handle("undo that").message == "There is nothing to take back."


def test_a_sequence_runs_in_order_and_is_taken_back_in_reverse(session: Session, runner: FakeRunner) -> None:
    answer = session.handle("mute and copy")
    assert answer.exit_code == 0
    assert [command.argv[0] for command in runner.commands] == ["pactl", "xdotool"]
    assert answer.message.splitlines()[0] == "muted the sound"
    assert answer.outcome is not None
    assert answer.outcome.undo is None  # copying cannot be taken back


def test_nothing_is_run_when_the_answer_is_no(session: Session, runner: FakeRunner) -> None:
    somebody = Somebody(["no"])
    answer = session.handle("restart", asker=somebody)
    assert (answer.exit_code, answer.message) == (5, "Nothing was done.")
    assert somebody.asked == ["Restart: restarts the computer. Go on?"]
    assert runner.commands == []


def test_an_unsure_disruptive_command_is_confirmed(quick: None) -> None:
    runner = FakeRunner()
    unsure = make_session(find(), runner=runner, confidence=0.8, tools=("pkill",))
    somebody = Somebody(["yes"])
    assert unsure.handle("close chrome", asker=somebody).exit_code == 0
    assert len(somebody.asked) == 1


def test_a_dry_run_says_that_it_would_ask(session: Session) -> None:
    lines = session.handle("restart", dry_run=True).message.splitlines()
    assert lines == [
        "would ask first: Restart: restarts the computer. Go on?",
        "would run: systemctl reboot",
    ]


def test_a_dry_run_of_undo_takes_nothing_back(session: Session) -> None:
    session.remember(session.handle("mute"))
    session.handle("undo that", dry_run=True)
    assert session.undoable() is not None


def test_a_question_is_repeated_once(session: Session) -> None:
    somebody = Somebody(["soon", "an hour and a half"])
    answer = session.handle("set a timer", asker=somebody)
    assert answer.message == "Timer set for one hour and thirty minutes."
    assert answer.parse.intent == Intent("set_timer", {"duration": 5400})
    assert somebody.asked[1].startswith("'soon' is no duration.")


def test_a_missing_program_is_not_possible_here(quick: None) -> None:
    class Gone(FakeRunner):
        def run(self, command: Command) -> Outcome:
            raise NotPossible("pactl is not installed here", hint="install pactl")

        def read(self, argv: Sequence[str], *, timeout_s: float = 2.0) -> str:
            raise NotPossible("no")

    answer = make_session(find(), runner=Gone()).handle("mute")
    assert (answer.exit_code, answer.hint) == (4, "install pactl")


def test_without_a_desktop_it_is_said(quick: None) -> None:
    answer = make_session(find(), runner=FakeRunner(), desktop=False).handle("open chrome")
    assert answer.exit_code == 4
    assert "needs a desktop" in answer.message


@pytest.mark.parametrize(
    ("type", "words", "value"),
    [
        ("duration", "ten minutes", 600),
        ("duration", "make it for ten minutes please", 600),
        ("clock", "at seven thirty pm", "19:30"),
        ("text", " the roast ", "the roast"),
        ("duration", "whenever", None),
    ],
)
def test_answers_are_read_as_people_give_them(type: str, words: str, value: object) -> None:
    assert read_value(SlotSpec("value", type), words) == value


@pytest.mark.parametrize("text", ["open\tchrome", "öffne", "打开", "open\u202e", "\n"])
def test_text_of_any_script_is_text(text: str) -> None:
    assert unreadable(text) is None
