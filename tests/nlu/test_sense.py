"""Answers that nobody can mean: which they are, and what is read instead."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.nlu.test_nlu_laws import RandomEngine, grammar, quick, seeds, spoken, utterances
from whispera.engines.fake import FakeEngine
from whispera.nlu.decode import decode, runners_up, trace_of
from whispera.nlu.grammar import Chosen, ChosenStep
from whispera.nlu.normalise import normalise
from whispera.nlu.sense import makes_sense, readings

MUSIC = '{"action":"play_music","query":" miles davis"}'
MAIL = '{"action":"compose_email","to":" ana","subject":" the budget"}'
TIMER = '{"action":"set_timer","duration":" ten minutes","label":" tea"}'
SCROLL = '{"action":"scroll","direction":" down"}'
MUTE = '{"action":"mute"}'


def sensible(text: str, wire: str, *before: str) -> bool:
    return makes_sense(trace_of(wire), normalise(text), grammar(), [trace_of(one) for one in before])


@pytest.mark.parametrize(
    ("text", "wire", "before"),
    [
        ("ebay too", '{"action":"search_web","query":" ebay","engine":" ebay"}', ()),
        (
            "remind me to call ana at noon",
            '{"action":"remind","text":" call ana at noon","time":" noon"}',
            (),
        ),
        (
            "for the budget",
            '{"action":"compose_email","to":" the budget","subject":" the budget"}',
            (),
        ),
        (
            "remind me to call ana at noon, please",
            '{"action":"remind","text":" call ana at noon","time":" noon"}',
            (),
        ),
        ("and one to luis", '{"action":"compose_email","to":" the budget"}', (MAIL,)),
        ("and john coltrane", MUSIC, (MUSIC,)),
        ("and john coltrane", MUSIC, (MUTE, MUSIC)),
        ("no, twenty", TIMER, (TIMER,)),
    ],
)
def test_nobody_means(text: str, wire: str, before: tuple[str, ...]) -> None:
    assert not sensible(text, wire, *before)


@pytest.mark.parametrize(
    ("text", "wire", "before"),
    [
        (
            "search amazon for amazon forests",
            '{"action":"search_web","query":" amazon forests","engine":" amazon"}',
            (),
        ),
        ("mail ana about the budget", MAIL, ()),
        ("mail ana about the budget", MAIL, (MAIL,)),  # said in so many words
        ("play miles davis", MUSIC, (MUSIC,)),
        ("no, for ana", MAIL, (MAIL,)),  # one of its values was said
        ("no, for ana, please", MAIL, (MAIL,)),
        ("play miles davis, please", MUSIC, (MUSIC,)),
        ("set a timer for ten minutes, tea's", TIMER, (TIMER,)),
        ("search for ebay, on ebay", '{"action":"search_web","query":" ebay","engine":" ebay"}', ()),
        ("and john coltrane", MUSIC, (MUSIC, MUTE)),
        ("more", SCROLL, (SCROLL,)),
        ("again", MUTE, (MUTE,)),
        ("make it twenty", '{"action":"set_timer","duration":" twenty","label":" tea"}', (TIMER,)),
        ("look it up", '{"action":"search_web","query":" the budget"}', (MAIL,)),
        (
            "make a branch called fix and check it out",
            '{"action":"sequence","steps":[{"action":"git_new_branch","branch":" fix"},'
            '{"action":"git_checkout","branch":" fix"}]}',
            (),
        ),
    ],
)  # fmt: skip
def test_somebody_means(text: str, wire: str, before: tuple[str, ...]) -> None:
    assert sensible(text, wire, *before)


class InTwoMinds:
    """Answers one text with one wire intent or, less probably, with another."""

    def __init__(self, said: tuple[str, ...], first: str, second: str) -> None:
        self.engines = [(0.7, FakeEngine({said: first})), (0.3, FakeEngine({said: second}))]

    def start(self) -> tuple[int, ...]:
        return ()

    def extend(
        self, state: tuple[int, ...], ids: Sequence[int], allowed: Sequence[int]
    ) -> tuple[tuple[int, ...], list[float]]:
        shares = [0.0] * len(allowed)
        for share, engine in self.engines:
            weights = [math.exp(logit) for logit in engine.extend(state, ids, allowed)[1]]
            for place, weight in enumerate(weights):
                shares[place] += share * weight / sum(weights)
        return (*state, *ids), [math.log(one) for one in shares]


def test_the_next_reading_takes_the_place_of_one_that_nobody_means() -> None:
    coltrane = MUSIC.replace("miles davis", "john coltrane")
    engine = InTwoMinds((MUSIC, "and john coltrane"), MUSIC, coltrane)
    utterance, previous = normalise("and john coltrane"), [trace_of(MUSIC)]
    plain = decode(utterance, grammar(), engine, previous=previous, keep_branches=True)
    assert plain.steps == previous[0] and 0.5 < plain.confidence < 0.75
    (second,) = runners_up(plain, engine, count=1)
    best, *others = readings(utterance, grammar(), engine, previous=previous, others=2)
    assert best.steps == second.steps == trace_of(coltrane)
    assert best.confidence == pytest.approx(second.confidence / (1 - plain.confidence)), "it has the rest"
    assert previous[0] not in [one.steps for one in others]


def test_nothing_is_sure_where_no_reading_makes_sense() -> None:
    engine = FakeEngine({(MUSIC, "and john coltrane"): MUSIC}, confidence=0.999)
    (best,) = readings(normalise("and john coltrane"), grammar(), engine, previous=[trace_of(MUSIC)])
    assert (best.steps, best.confidence) == (trace_of(MUSIC), 0)


def test_a_reading_that_makes_sense_stays_what_it_was() -> None:
    engine = FakeEngine({"play miles davis": MUSIC}, confidence=0.9)
    utterance = normalise("play miles davis")
    (best,) = readings(utterance, grammar(), engine)
    plain = decode(utterance, grammar(), engine)
    assert json.loads(best.wire) == json.loads(MUSIC)
    assert (best.steps, best.confidence, best.decisions) == (plain.steps, plain.confidence, plain.decisions)


@quick
@given(spoken, seeds, st.booleans())
def test_whatever_a_model_says_makes_sense_or_counts_for_nothing(text: str, seed: int, before: bool) -> None:
    utterance = normalise(text)
    assume(utterance.units)
    previous = [trace_of(TIMER), trace_of(MUSIC)] if before else []
    best, *others = readings(utterance, grammar(), RandomEngine(seed), previous=previous, others=2)
    assert makes_sense(best.steps, utterance, grammar(), previous) or best.confidence == 0
    assert all(makes_sense(one.steps, utterance, grammar(), previous) for one in others)
    assert all(0 <= one.confidence <= 1 for one in (best, *others))


@quick
@given(utterances, st.data())
def test_whatever_was_said_is_found_in_it(text: str, data: st.DataObject) -> None:
    utterance = normalise(text)
    spans = [
        (first, last)
        for first, unit in enumerate(utterance.units)
        for last in range(first, len(utterance.units))
        if unit.is_word and utterance.ends_span(last)
    ]
    assume(spans)
    words = utterance.slice(*data.draw(st.sampled_from(spans)))
    step = ChosenStep("play_music", (Chosen("query", words),))
    assert makes_sense((step,), utterance, grammar(), [(step,)]), "it was said again in so many words"
