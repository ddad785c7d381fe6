"""What counts as a yes, a no and a stop; and how sure one must be of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whispera.catalog.model import Action, Risk
from whispera.catalog.settings import Settings
from whispera.daemon.questions import VoiceAsker
from whispera.domain.intent import CANCEL, Intent
from whispera.domain.outcome import Parse, Rejection
from whispera.domain.transcript import Hypothesis, Transcript
from whispera.nlu import answers as words
from whispera.nlu.answers import is_stop, reading
from whispera.pipeline.certainty import CERTAIN, careful, share
from whispera.pipeline.hearing import Heard

NOTHING = Rejection("none", "That is not a command for this computer.")


def heard(
    text: str, *others: tuple[str, float], intent: Intent | None = None, confidence: float = 0.9
) -> Heard:
    hypotheses = (Hypothesis(text, -1.0), *(Hypothesis(*other) for other in others))
    parse = Parse(text, "", intent, None if intent else NOTHING, confidence, 1.0)
    return Heard(Transcript(hypotheses, 1.0, 1.0), parse)


class Answers:
    """Gives the answers it was made with, and takes the questions down."""

    def __init__(self, *answers: Heard | None) -> None:
        self._answers = list(answers)
        self.questions: list[str] = []

    def __call__(self, question: str, *, for_value: bool) -> Heard | None:
        self.questions.append(question)
        return self._answers.pop(0)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Yes.", "yes"),
        ("yeah, go ahead please", "yes"),
        ("Okay, do it.", "yes"),
        ("um, yes", "yes"),
        ("of course", "yes"),
        ("No, thank you.", "no"),
        ("of course not", "no"),
        ("don’t", "no"),
        ("Don't do it!", "no"),
        ("yes no", "no"),
        ("No, stop!", "stop"),
        ("yes, stop", "stop"),
        ("cancel that", "stop"),
        ("Never mind.", "stop"),
        ("", ""),
        ("please", ""),
        ("yes the blue one", ""),
        ("yesterday", ""),
        ("no problem", ""),
        ("stop the music", ""),
        ("stop ünder", ""),
        ("I know", ""),
    ],
)
def test_a_few_words_are_read_as_an_answer_or_not_at_all(said: str, meant: str) -> None:
    assert reading(said) == meant


@given(st.lists(st.sampled_from([*words.YES, *words.NO, *words.STOP]), min_size=1, max_size=4), st.booleans())
def test_a_yes_is_nothing_but_yes(phrases: list[str], comma: bool) -> None:
    said = (", " if comma else " ").join(phrases)
    if reading(said) == "yes":
        assert not any(phrase in words.STOP for phrase in phrases)
    if all(phrase in words.STOP for phrase in phrases):
        assert is_stop(said)


def test_the_recognisers_belief_is_shared_among_its_hypotheses() -> None:
    one = heard("yes", ("yes.", -1.0), ("guess", -1.0), ("best", -100.0)).transcript
    assert share(one, lambda text: reading(text) == "yes") == pytest.approx(2 / 3)
    assert share(Transcript((), 1.0, 1.0), lambda _: True) == 0.0


@pytest.mark.parametrize(
    ("answers", "agreed", "asked"),
    [
        ([heard("yes")], True, 1),
        ([None], False, 1),
        ([heard("no")], False, 1),
        ([heard("stop")], False, 1),
        ([heard("purple"), heard("yes")], True, 2),
        ([heard("purple"), heard("purple")], False, 2),
        ([heard("yes", ("guess", -0.9)), heard("yes")], True, 2),
        ([heard("yes", ("guess", -0.9)), heard("yes", ("guess", -0.9))], False, 2),
        ([heard("forget about it all", intent=Intent(CANCEL))], False, 1),
    ],
)
def test_only_a_clear_yes_confirms(answers: list[Heard | None], agreed: bool, asked: int) -> None:
    exchange = Answers(*answers)
    asker = VoiceAsker(exchange)
    assert asker.confirm("Restart. Go on?") is agreed
    assert len(exchange.questions) == asked
    assert asker.instead is None
    assert all("Restart. Go on?" in question for question in exchange.questions)


def test_a_yes_in_what_may_be_no_speech_confirms_nothing() -> None:
    mumbled = heard("yes")
    mumbled = replace(mumbled, transcript=replace(mumbled.transcript, clarity="unclear"))
    assert not VoiceAsker(Answers(mumbled, mumbled)).confirm("Restart. Go on?")


def test_another_command_is_a_no_and_kept() -> None:
    other = heard("open chrome", intent=Intent("open_app", {"target": "chrome"}))
    asker = VoiceAsker(Answers(other))
    assert not asker.confirm("Restart. Go on?")
    assert asker.instead is other


@pytest.mark.parametrize(
    ("answer", "words"),
    [(heard("ten minutes"), "ten minutes"), (heard("never mind"), None), (heard("no"), None), (None, None)],
)
def test_a_value_is_what_was_said_unless_it_was_a_no(answer: Heard | None, words: str | None) -> None:
    assert VoiceAsker(Answers(answer)).ask("For how long?") == words


@pytest.mark.parametrize(
    ("bidden", "confidence", "acted_on"),
    [(False, 0.94, False), (False, 0.96, True), (True, 0.6, True)],
)
def test_an_open_microphone_wants_a_surer_reading_than_a_key(
    bidden: bool, confidence: float, acted_on: bool
) -> None:
    one = heard("mute", intent=Intent("mute"), confidence=confidence)
    parse = careful(one, {"mute": Action("mute", "sound", "", risk="harmless")}, Settings(), bidden=bidden)
    assert parse.accepted is acted_on
    assert parse.confidence == confidence
    assert acted_on or (parse.rejection and parse.rejection.reason == "low_confidence")


@pytest.mark.parametrize(
    ("risk", "doubted", "lowered"),
    [("disruptive", True, True), ("disruptive", False, False), ("harmless", True, False)],
)
def test_what_the_recogniser_doubts_is_less_certain_where_it_matters(
    risk: Risk, doubted: bool, lowered: bool
) -> None:
    settings = Settings()
    others = [("close crumb", -1.0), ("clothes chrome", -1.1)] if doubted else []
    intent = Intent("close_app", {"target": "chrome"})
    one = heard("close chrome", *others, intent=intent, confidence=0.99)
    assert (share(one.transcript, lambda text: text == "close chrome") < CERTAIN) is doubted
    parse = careful(one, {"close_app": Action("close_app", "apps", "", risk=risk)}, settings, bidden=True)
    assert parse.accepted
    if lowered:
        assert settings.confidence["disruptive"] <= parse.confidence < settings.confirm_disruptive_below
    else:
        assert parse.confidence == 0.99
