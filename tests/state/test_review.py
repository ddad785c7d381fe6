"""What of the history is shown for review, why, and what is not shown again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from whispera.catalog.model import Action, SlotSpec
from whispera.catalog.settings import Settings
from whispera.domain.intent import Intent
from whispera.domain.outcome import Outcome, Parse, Rejection, Status
from whispera.pipeline.examples import Example
from whispera.pipeline.history import History
from whispera.pipeline.review import AGAIN_S, Candidate, candidates

ACTIONS = {
    action.name: action
    for action in (
        Action("open_app", "apps", "Opens.", slots=(SlotSpec("target", "name"),)),
        Action("set_volume", "sound", "Sets.", slots=(SlotSpec("level", "percent"),)),
        Action("mute", "sound", "Mutes."),
        Action("close_app", "apps", "Closes.", slots=(SlotSpec("target", "name"),), risk="disruptive"),
        Action("shutdown", "power", "Shuts down.", risk="destructive"),
        Action("undo", "editing", "Takes back."),
    )
}
MUTE, SHUTDOWN = Intent("mute"), Intent("shutdown")


class Log:
    """Writes into a history, five seconds apart."""

    def __init__(self, state: Path) -> None:
        self.history = History(state)
        self.now = 1000.0

    def say(
        self,
        text: str,
        intent: Intent | None,
        *,
        sure: float = 0.99,
        status: Status | None = "done",
        message: str = "",
        after_s: float = 5.0,
        session: str = "a",
    ) -> int:
        self.now += after_s
        rejection = Rejection("none", "No.") if status is None else None
        parse = Parse(text, '{"action":"x"}', intent, rejection, sure, 1.0)
        outcome = Outcome(status, message) if status is not None else None
        number = self.history.record(parse, outcome, session=session, now=self.now)
        assert number is not None
        return number

    def open(self, *examples: Example) -> list[Candidate]:
        return candidates(
            list(reversed(self.history.recent(1000))),
            reviewed=self.history.reviewed(),
            examples=examples,
            actions=ACTIONS,
            settings=Settings(),
        )

    def why(self, *examples: Example) -> dict[str, tuple[str, ...]]:
        return {one.entry.utterance: one.why for one in self.open(*examples)}


@pytest.fixture
def log(state: Path) -> Log:
    return Log(state)


def app(name: str) -> Intent:
    return Intent("open_app", {"target": name})


def volume(level: int) -> Intent:
    return Intent("set_volume", {"level": level})


def test_what_went_well_is_not_shown(log: Log) -> None:
    log.say("open chrome", app("chrome"))
    log.say("mute", MUTE, after_s=100)
    log.say("open word", app("word"), status="failed")
    assert log.open() == []


def test_what_went_wrong_is_shown_with_why(log: Log) -> None:
    log.say("crank it", None, status=None)
    log.history.claim_undo(log.say("hush", MUTE, after_s=100))
    log.say("quiet", MUTE, sure=0.6, after_s=100)
    log.history.correct(log.say("good day", MUTE, after_s=100), Intent("none"))
    assert log.why() == {
        "good day": ("corrected",),
        "hush": ("undone",),
        "crank it": ("rejected",),
        "quiet": ("unsure",),
    }
    assert [one.entry.utterance for one in log.open()] == ["good day", "hush", "crank it", "quiet"]


def test_yes_and_no_to_a_question_are_told_apart(log: Log) -> None:
    log.say("turn it off", SHUTDOWN)
    log.say("switch off", SHUTDOWN, status="refused", message="Nothing was done.", after_s=100)
    log.say("power down", SHUTDOWN, status="refused", message="There is no such tool here.", after_s=100)
    log.say("lights out", SHUTDOWN, status="asked", after_s=100)
    log.say("quit word", Intent("close_app", {"target": "word"}), sure=0.95, after_s=100)
    log.say("quit zed", Intent("close_app", {"target": "zed"}), sure=0.85, after_s=100)
    assert log.why() == {
        "switch off": ("refused",),
        "quit zed": ("confirmed",),
        "power down": ("confirmed",),
        "turn it off": ("confirmed",),
    }


def test_other_words_right_after_are_a_suggestion(log: Log) -> None:
    log.say("crank it to thirty", None, status=None)
    log.say("set the volume to thirty", volume(30))
    (one,) = log.open()
    assert one.why == ("rephrased", "rejected")
    assert (one.suggestion, one.said_after) == (volume(30), "set the volume to thirty")


def test_undo_may_stand_between_a_mistake_and_what_was_meant(log: Log) -> None:
    number = log.say("silence the place", SHUTDOWN)
    log.say("undo that", Intent("undo"))
    log.history.claim_undo(number)
    log.say("mute", MUTE)
    (one,) = log.open()
    assert one.why == ("undone", "rephrased", "confirmed")
    assert one.suggestion == MUTE


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("open chrome please", app("chrome")), ("open slack please", app("slack"))),
        (("mute", MUTE), ("set volume to 30", volume(30))),
        (("mute", MUTE), ("silence", MUTE)),
        (("set volume to 30", volume(30)), ("set volume to 30", volume(30))),
    ],
)
def test_two_wishes_are_no_correction(
    log: Log, first: tuple[str, Intent], second: tuple[str, Intent]
) -> None:
    log.say(*first)
    log.say(*second)
    assert log.open() == []


def test_nearly_the_same_words_for_something_else_are_one(log: Log) -> None:
    log.say("set volume to thirteen", volume(13))
    log.say("set volume to thirty", volume(30))
    assert log.why() == {"set volume to thirteen": ("rephrased",)}


@pytest.mark.parametrize("change", [{"after_s": AGAIN_S + 1}, {"session": "b"}, {"status": "failed"}])
def test_later_elsewhere_or_failed_is_no_suggestion(log: Log, change: dict[str, object]) -> None:
    log.say("crank it to thirty", None, status=None)
    log.say("set the volume to thirty", volume(30), **change)  # type: ignore[arg-type]
    (one,) = log.open()
    assert one.suggestion is None


def test_the_same_words_are_asked_about_once(log: Log) -> None:
    for text in ("crank it", "Crank it!", "crank it"):
        log.say(text, None, status=None, after_s=100)
    log.say("crank it", volume(80), sure=0.6, after_s=100)  # read otherwise: another question
    assert [len(one.entries) for one in log.open()] == [3, 1]


def test_what_was_decided_is_not_shown_again(log: Log) -> None:
    log.say("crank it", None, status=None)
    log.say("hush now", MUTE, sure=0.6, after_s=100)
    (first, second) = log.open()
    log.history.review(first.ids, "drop")
    assert log.open() == [second]
    log.say("crank it", None, status=None, after_s=100)
    assert log.open() == [second], "nor when it is said again"
    assert log.open(Example("Hush now.", MUTE)) == []
    log.history.forget(first.entry.id)
    assert log.history.reviewed() == {}


def test_an_example_for_another_context_settles_nothing(log: Log) -> None:
    log.say("a bit more", None, status=None)
    leaning = Example("a bit more", MUTE, previous=(MUTE,))
    assert len(log.open(leaning)) == 1


def test_a_correction_after_the_example_is_shown(log: Log) -> None:
    number = log.say("hush", MUTE)
    example = Example("hush", MUTE)
    log.history.correct(number, MUTE)
    assert log.open(example) == []
    log.history.correct(number, Intent("none"))
    assert log.why(example) == {"hush": ("corrected",)}


def test_a_history_from_before_reviews_is_taken_over(state: Path) -> None:
    log = Log(state)
    log.say("crank it", None, status=None)
    log.history.close()
    with sqlite3.connect(state / "history.db") as old:  # as it was before there were reviews
        old.execute("ALTER TABLE command DROP COLUMN reviewed")
        old.execute("ALTER TABLE command DROP COLUMN audio")
        version = old.execute("PRAGMA user_version").fetchone()[0]
        old.execute(f"PRAGMA user_version = {version - 2}")
    old.close()
    again = Log(state)
    (one,) = again.open()
    again.history.review(one.ids, "drop")
    assert again.open() == []
