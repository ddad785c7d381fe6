"""Values that leave out what the value before said: "make it twenty" after a timer of ten minutes."""

from __future__ import annotations

import random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.nlu.test_nlu_laws import RandomEngine, grammar, quick, seeds, shipped, spoken
from whispera import values
from whispera.catalog.compiled import as_data, from_data
from whispera.domain.intent import Intent
from whispera.domain.labelled import Labelled, Span, Target
from whispera.engines.fake import fake_model
from whispera.nlu import codec
from whispera.nlu.before import words_before
from whispera.nlu.decode import decode, trace_of
from whispera.nlu.grammar import Trace
from whispera.nlu.normalise import normalise
from whispera.pipeline.context import said_of
from whispera.pipeline.understand import Understander
from whispera.training.encode import encode_example

UNITS = {"seconds": 1, "minutes": 60, "hours": 3600}
TIMER = '{{"action":"set_timer","duration":" {}"}}'
ALARM = '{{"action":"set_alarm","time":" {}"}}'


def can_say(text: str, wire: str, *before: str) -> bool:
    """Whether the walk allows a wire intent for an utterance said after others."""
    walk = grammar().walk(normalise(text), [trace_of(one) for one in before])
    try:
        for token in codec.tokens(codec.pieces_of_wire(wire), grammar().tokenizer):
            walk.advance(token)
    except KeyError:
        return False
    return walk.finished


@quick
@given(st.integers(1, 12), st.sampled_from(sorted(UNITS)), st.integers(1, 12), st.booleans())
def test_a_bare_number_is_a_length_where_one_was_said_before(
    number: int, unit: str, before: int, digits: bool
) -> None:
    said = str(number) if digits else values.say("count", number)
    earlier = f"{before} {unit}"
    assert values.fits("duration", said, earlier)
    assert values.parse("duration", said, after=earlier) == number * UNITS[unit]
    assert not values.fits("duration", said)
    wire, previous = TIMER.format(said), TIMER.format(earlier)
    text = f"no, make it {said}"
    assert can_say(text, wire, previous)
    assert can_say(text, wire, previous, '{"action":"mute"}')
    assert not can_say(text, wire)
    start = text.index(said)
    target = Target("set_timer", (("duration", Span(start, start + len(said))),))
    encode_example(Labelled(text, (target,), previous=(previous,)), grammar())  # training says it too


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("make it twenty", '{"action":"set_volume","level":" 10"}'),
        ("make it twenty", '{"action":"set_timer"}'),
        ("make it twenty", '{"action":"remind","text":" tea","duration":" ten minutes"}'),
        ("make it twenty", TIMER.format("an hour and ten minutes")),
        ("make it twenty minutes", TIMER.format("ten minutes")),
        ("twenty, not ten minutes", TIMER.format("ten minutes")),
        ("it's 20% done", TIMER.format("ten minutes")),
    ],
)
def test_a_bare_number_is_no_length_else(text: str, before: str) -> None:
    assert not can_say(text, TIMER.format("20" if "20" in text else "twenty"), before)


@quick
@given(spoken, st.sampled_from(values.TYPES), seeds)
def test_words_that_are_a_value_stay_it_but_for_the_half_of_the_day(text: str, type: str, seed: int) -> None:
    after = values.sample(type, random.Random(seed))
    if values.fits(type, text):
        assert values.fits(type, text, after)
        if type != "clock":
            assert values.parse(type, text, after=after) == values.parse(type, text)


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(values.TYPES))
def test_whole_is_total_and_changes_nothing_twice(words: str, after: str, type: str) -> None:
    once = values.whole(type, words, after)
    assert values.parse(type, once, after=after) == values.parse(type, words, after=after)
    if once != words:
        assert values.parse(type, once) is not None


@quick
@given(seeds, seeds)
def test_whatever_fits_after_a_value_can_be_read(seed: int, other: int) -> None:
    for type in values.LEANING:
        after = values.sample(type, random.Random(seed))
        words = values.sample(type, random.Random(other))
        parts = words.split()
        for last in range(1, len(parts) + 1):
            said = " ".join(parts[:last])
            assert values.fits(type, said, after) <= (values.parse(type, said, after=after) is not None)


@pytest.mark.parametrize(
    ("said", "after", "value"),
    [
        ("twenty", "ten minutes", 1200),
        ("about 20", "10 min", 1200),
        ("twenty or so", "ten minutes", 1200),
        ("forty-five", "30s", 45),
        ("two and a half", "an hour", 9000),
        ("two", "an hour", 7200),
        ("forty", "an hour", 2400),
        ("22", "twenty hours", 79_200),
        ("twenty", "half an hour", 1200),
        ("forty", "half a minute", 40),
        ("an hour", "ten minutes", 3600),
        ("a", "ten minutes", None),
        ("half", "an hour", None),
        ("twenty", "an hour and ten minutes", None),
        ("twenty", "an hour thirty", None),
        ("1:30", "ten minutes", None),
        ("0", "ten minutes", None),
    ],
)
def test_a_length_takes_the_unit_of_the_one_before(said: str, after: str, value: int | None) -> None:
    assert values.parse("duration", said, after=after) == value


@pytest.mark.parametrize(
    ("said", "after", "value"),
    [
        ("seven", "half past six pm", "19:00"),
        ("half past seven", "18:30", "19:30"),
        ("7 o'clock", "six in the evening", "19:00"),
        ("8:15", "tonight at seven", "20:15"),
        ("seven", "half past six", "07:00"),
        ("seven", "six am", "07:00"),
        ("seven am", "six pm", "07:00"),
        ("seven in the morning", "six pm", "07:00"),
        ("07:00", "18:30", "07:00"),
        ("oh seven hundred", "18:30", "07:00"),
        ("twelve", "six pm", "12:00"),
        ("ten to noon", "six pm", "11:50"),
        ("eleven", "noon", "11:00"),
    ],
)
def test_a_time_takes_the_half_of_the_day_of_the_one_before(said: str, after: str, value: str) -> None:
    assert values.parse("clock", said, after=after) == value


def test_the_value_before_is_that_of_the_newest_of_the_same_action() -> None:
    said: list[Trace] = [
        trace_of(TIMER.format("ten minutes")),
        trace_of(f'{{"action":"sequence","steps":[{TIMER.format("an hour")},{{"action":"mute"}}]}}'),
        trace_of('{"action":"mute"}'),
    ]
    assert words_before(said, "set_timer", "duration") == "an hour"
    assert words_before(said[:1], "set_timer", "duration") == "ten minutes"
    assert words_before(said, "set_timer", "label") == ""
    assert words_before(said, "remind", "duration") == ""
    assert words_before([*said, trace_of('{"action":"set_timer"}')], "set_timer", "duration") == ""


def test_a_follow_up_of_a_follow_up_means_the_whole_value() -> None:
    ten, twenty = TIMER.format("ten minutes"), TIMER.format("twenty minutes")
    pm = ALARM.format("six thirty pm")
    model = fake_model(
        {
            (ten, "make it twenty"): TIMER.format("twenty"),
            (twenty, "no, thirty"): TIMER.format("thirty"),
            (pm, "no, seven"): ALARM.format("seven"),
            "wake me at seven": ALARM.format("seven"),
        }
    )
    catalog = from_data(as_data(shipped()))
    reader = Understander(catalog, model)
    parse = reader.parse("make it twenty", previous=[trace_of(ten)])
    assert parse.wire == TIMER.format("twenty")
    assert parse.intent == Intent("set_timer", {"duration": 1200})
    said = said_of(parse, catalog.actions)
    assert said is not None
    assert said.trace == trace_of(twenty)
    assert reader.parse("no, thirty", previous=[said.trace]).intent == Intent("set_timer", {"duration": 1800})
    later = reader.parse("no, seven", previous=[trace_of(pm)]).intent
    assert later == Intent("set_alarm", {"time": "19:00"})
    assert reader.parse("wake me at seven").intent == Intent("set_alarm", {"time": "07:00"})


@quick
@given(spoken, seeds)
def test_words_that_are_values_are_offered_as_without_a_value_before(text: str, seed: int) -> None:
    """A bare number is offered only where no words are a length by themselves."""
    utterance = normalise(f"{text} for ten minutes")
    assume(utterance.units)
    previous = [trace_of(TIMER.format("ten minutes"))]
    decoded = decode(utterance, grammar(), RandomEngine(seed), previous=previous)
    for step in decoded.steps:
        for slot in step.slots:
            if step.action == "set_timer" and slot.name == "duration":
                assert values.fits("duration", slot.words)
