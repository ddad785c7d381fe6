"""The laws of words and wire intents, on arbitrary text and with a model that answers at random."""

from __future__ import annotations

import functools
import json
import random
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import llguidance
import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from whispera import values
from whispera.catalog import load
from whispera.catalog.catalog import Catalog
from whispera.domain.intent import NONE, SEQUENCE
from whispera.domain.labelled import Labelled, Span, Target
from whispera.engines.fake import CharacterTokenizer
from whispera.nlu import codec
from whispera.nlu.decode import decode, runners_up, trace_of, wire_of
from whispera.nlu.domains import domain_grammar
from whispera.nlu.grammar import FREE_TYPES, MAX_STEPS, Grammar, Trace
from whispera.nlu.normalise import Utterance, normalise
from whispera.training.encode import encode_example

CONFIG = Path(__file__).parents[2] / "config"

WORDS = """
open close the a volume to 20 percent half past seven 7:30 pm github.com timer for ten minutes and then
Photoshop won't Tom's C++ 3.5 % 2*3 ctrl+shift+t “quoted” (brackets) , . ? ! … - — mute scroll down left
wifi on off screen café naïve 日本語 🎵 it's e-mail foo/bar ~/notes.txt $5 #3 @me
""".split()  # noqa: SIM905

spoken = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join)
anything = st.text(max_size=60)
utterances = st.one_of(spoken, anything, st.tuples(spoken, anything).map("".join))
seen = st.text(st.characters(exclude_categories=("C",)), max_size=60)
"""Without control, format and unassigned characters, which may hide where a word ends."""
seeds = st.integers(0, 2**32)
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@functools.cache
def shipped() -> Catalog:
    return load(CONFIG)


@functools.cache
def grammar() -> Grammar:
    return domain_grammar(shipped().actions.values(), tokenizer=CharacterTokenizer())


@functools.cache
def oracle() -> tuple[Any, str]:
    """The byte tokenizer of llguidance and the schema of wire intents as its grammar."""
    schema = json.dumps({**shipped().schema(), "x-guidance": {"whitespace_flexible": False}})
    return llguidance.LLTokenizer("byte"), llguidance.LLMatcher.grammar_from_json_schema(schema)


def accepts(wire: str) -> bool:
    """Whether llguidance lets a model write these bytes and stop."""
    tokenizer, rules = oracle()
    matcher = llguidance.LLMatcher(tokenizer, rules)
    assert not matcher.get_error()
    return bool(matcher.consume_tokens(list(wire.encode()))) and bool(matcher.is_accepting())


class RandomEngine:
    """Knows nothing; prefers some tokens at random, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def start(self) -> None:
        return None

    def extend(self, state: None, ids: Sequence[int], allowed: Sequence[int]) -> tuple[None, list[float]]:
        assert ids
        assert len(set(allowed)) == len(allowed) > 1
        return None, [self.rng.gauss(0, 3) for _ in allowed]


def checked(utterance: Utterance, steps: Trace) -> None:
    """Names are the catalog's, needed slots are there, order is the contract's, values are what was said."""
    assert len(steps) == 1 or 2 <= len(steps) <= MAX_STEPS
    for step in steps:
        if step.action == NONE:
            assert len(steps) == 1
            assert not step.slots
            continue
        action = shipped().actions[step.action]
        order = [spec.name for spec in action.slots]
        said = [slot.name for slot in step.slots]
        assert said == [name for name in order if name in said]
        assert {spec.name for spec in action.slots if not spec.may_be_absent} <= set(said)
        for slot in step.slots:
            spec = action.slot(slot.name)
            assert spec is not None
            if spec.enum:
                assert slot.words in spec.enum
                continue
            assert slot.words
            assert slot.words in utterance.raw
            if spec.type not in FREE_TYPES:
                assert values.fits(spec.type, slot.words)
                assert values.parse(spec.type, slot.words) is not None


@settings(max_examples=400, deadline=None)
@given(st.one_of(anything, utterances))
@example("")
@example("\x00")
@example("'''")
@example("a—b…c")
@example("İstanbul")
@example('say "hello" \\ now')
def test_any_text_has_units_that_lie_in_it_in_order(text: str) -> None:
    utterance = normalise(text)
    assert utterance.raw == text
    last = 0
    for unit in utterance.units:
        assert last <= unit.start < unit.end <= len(text)
        last = unit.end
        assert unit.text
        assert not any(c in '"\\' or c.isspace() or unicodedata.category(c)[0] == "C" for c in unit.text)
    assert not utterance.units or not utterance.units[0].glued
    assert utterance.text == "".join(unit.piece for unit in utterance.units)
    if utterance.units:
        assert utterance.text.startswith(" ")
        assert utterance.slice(0, len(utterance.units) - 1) in text


@settings(max_examples=400, deadline=None)
@given(st.one_of(spoken, seen, st.tuples(spoken, seen).map("".join)))
@example("open `foo`")
@example('she said,"open word"')
@example("A?«A")
@example("„so“ ´x´")
@example("3 - 2")
@example("c. d. e.")
@example("what's 2 * 3 ?")
def test_normalised_text_is_left_as_it_is(text: str) -> None:
    once = normalise(text)
    again = normalise(once.text)
    assert [unit.piece for unit in again.units] == [unit.piece for unit in once.units]


@quick
@given(utterances, seeds)
@example("", 0)
def test_random_model_always_writes_a_valid_intent(text: str, seed: int) -> None:
    utterance = normalise(text)
    assume(0 < len(utterance.units) <= 40)
    decoded = decode(utterance, grammar(), RandomEngine(seed))
    assert 0 < decoded.confidence <= 1
    checked(utterance, decoded.steps)
    data = json.loads(decoded.wire)
    names = [step.action for step in decoded.steps]
    assert data["action"] == (names[0] if len(names) == 1 else SEQUENCE)
    assert accepts(decoded.wire), decoded.wire


@settings(quick, max_examples=20)
@given(spoken, seeds)
def test_runners_up_are_other_valid_intents(text: str, seed: int) -> None:
    utterance = normalise(text)
    assume(utterance.units)
    engine = RandomEngine(seed)
    decoded = decode(utterance, grammar(), engine, keep_branches=True)
    others = runners_up(decoded, engine, count=3)
    assert len(others) <= 3
    assert len({decoded.steps, *(other.steps for other in others)}) == 1 + len(others)
    assert [other.confidence for other in others] == sorted((o.confidence for o in others), reverse=True)
    for other in others:
        checked(utterance, other.steps)
        assert accepts(other.wire), other.wire


@quick
@given(spoken, seeds, st.floats(0.3, 4))
def test_temperature_changes_the_confidence_alone(text: str, seed: int, temperature: float) -> None:
    utterance = normalise(text)
    assume(utterance.units)
    plain = decode(utterance, grammar(), RandomEngine(seed))
    scaled = decode(utterance, grammar(), RandomEngine(seed), temperature=temperature)
    assert scaled.steps == plain.steps
    assert scaled.decisions == plain.decisions
    assert (scaled.confidence <= plain.confidence + 1e-9) == (temperature >= 1 or plain.decisions == 0)


def labelled(utterance: Utterance, steps: Trace) -> Labelled:
    """What the walk chose, as a labelled example: the first place where the words stand as units."""
    targets: list[Target] = []
    for step in steps:
        action = shipped().actions.get(step.action)
        slots: list[tuple[str, Span | str]] = []
        for slot in step.slots:
            spec = action.slot(slot.name) if action is not None else None
            assert spec is not None
            slots.append((slot.name, slot.words if spec.enum else _span(utterance, slot.words)))
        targets.append(Target(step.action, tuple(slots)))
    return Labelled(utterance.raw, tuple(targets))


def _span(utterance: Utterance, words: str) -> Span:
    for first, unit in enumerate(utterance.units):
        for last in range(first, len(utterance.units)):
            if unit.is_word and utterance.ends_span(last) and utterance.slice(first, last) == words:
                return Span(unit.start, utterance.units[last].end)
    raise AssertionError(f"{words!r} is no run of units of {utterance.raw!r}")


@quick
@given(utterances, seeds)
def test_what_the_walk_says_is_encoded_and_read_back(text: str, seed: int) -> None:
    utterance = normalise(text)
    assume(0 < len(utterance.units) <= 40)
    decoded = decode(utterance, grammar(), RandomEngine(seed))
    one = labelled(utterance, decoded.steps)
    encoded = codec.encode(one)
    assert encoded.wire == decoded.wire == wire_of(decoded.steps)
    assert "".join(codec.pieces_of_wire(encoded.wire)) == encoded.wire
    trained = encode_example(one, grammar())
    walk = grammar().walk(utterance)
    prompt = codec.tokens(codec.prompt_pieces(utterance, tag="desktop"), grammar().tokenizer)
    assert trained.ids[: len(prompt)].tolist() == prompt
    for token in trained.ids[len(prompt) :].tolist():
        walk.advance(token)
    assert walk.finished
    assert walk.trace == decoded.steps


@quick
@given(utterances, utterances, seeds)
def test_what_is_said_after_other_intents_takes_values_from_either(before: str, text: str, seed: int) -> None:
    first, utterance = normalise(before), normalise(text)
    assume(0 < len(first.units) <= 20 and 0 < len(utterance.units) <= 20)
    said = decode(first, grammar(), RandomEngine(seed)).steps
    wire = decode(utterance, grammar(), RandomEngine(seed + 1), previous=[said]).wire
    walk = grammar().walk(utterance, [trace_of(wire_of(said))])
    for token in codec.tokens(codec.pieces_of_wire(wire), grammar().tokenizer):
        walk.advance(token)
    assert walk.finished
    assert walk.trace is not None
    earlier = {slot.words for step in said for slot in step.slots}
    alone = grammar().walk(utterance)
    try:
        for token in codec.tokens(codec.pieces_of_wire(wire), grammar().tokenizer):
            alone.advance(token)
    except KeyError:
        chosen = [slot.words for step in walk.trace for slot in step.slots]
        half_said = any(
            values.fits("duration", words, value) and not values.fits("duration", words)
            for words in chosen
            for value in earlier
        )
        assert half_said or any(normalise(words).text in wire for words in earlier)


@pytest.mark.parametrize(
    "wire",
    [
        '{"action":"fly"}',
        '{"action":"mute","level":" 20"}',
        '{"action":"set_volume"}',
        '{"action":"set_volume","level":"20"}',
        '{"action":"scroll","direction":" sideways"}',
        '{"action":"sequence","steps":[{"action":"mute"}]}',
        '{"action":"mute"',
        '{"action": "mute"}',
    ],
)
def test_oracle_refuses_what_the_walk_cannot_say(wire: str) -> None:
    assert not accepts(wire)


@quick
@given(spoken, seeds)
def test_walk_offers_every_span_of_free_text(text: str, seed: int) -> None:
    utterance = normalise(text)
    assume(utterance.units)
    rng = random.Random(seed)
    starts = [i for i, unit in enumerate(utterance.units) if unit.is_word]
    first = rng.choice(starts)
    ends = [i for i in range(first, len(utterance.units)) if utterance.ends_span(i)]
    assume(ends)
    last = rng.choice(ends)
    words = "".join(unit.piece for unit in utterance.units[first : last + 1])
    assume(words.strip())
    walk = grammar().walk(utterance)
    wire = f'{{"action":"take_note","text":"{words}"}}'
    for token in codec.tokens(codec.pieces_of_wire(wire), CharacterTokenizer()):
        assert token in walk.allowed(), wire
        walk.advance(token)
    assert walk.finished
    assert accepts(wire)
