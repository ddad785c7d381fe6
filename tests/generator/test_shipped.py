"""The shipped configuration as training data."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from generator.export import leak_checked
from generator.generate import Mix
from generator.heldout import located
from generator.sources import Sources, read
from tests.generator.small_catalog import MIX
from whispera import values
from whispera.catalog import load
from whispera.domain.labelled import Labelled, Span
from whispera.engines.fake import CharacterTokenizer
from whispera.nlu.before import words_before
from whispera.nlu.codec import encode
from whispera.nlu.decode import trace_of
from whispera.nlu.domains import domain_grammar
from whispera.nlu.normalise import normalise
from whispera.nlu.sense import makes_sense

CONFIG = Path(__file__).resolve().parents[2] / "config"


@cache
def sources() -> Sources:
    return read(load(CONFIG))


@cache
def generated() -> tuple[list[Labelled], list[tuple[str, str, str]]]:
    mix = Mix(sources(), seed=1)
    return list(mix.make(4000)), mix.problems


def test_every_line_of_the_configuration_can_be_used() -> None:
    assert generated()[1] == []


def test_every_example_shows_the_words_of_its_values() -> None:
    assert located(sources())[1] == []


def test_no_sample_is_measured_on() -> None:
    samples, _ = generated()
    assert len(list(leak_checked(samples, sources()))) == len(samples) == 4000


def test_no_action_starves() -> None:
    counts = Counter(sample.action for sample in generated()[0] if sample.origin == "pattern")
    assert set(counts) == set(sources().actions)
    assert min(counts.values()) >= MIX.shares["command"] * 4000 * 0.62 / len(counts)


def test_every_answer_is_one_that_somebody_can_mean() -> None:
    grammar = domain_grammar(sources().actions.values(), tokenizer=CharacterTokenizer())
    for sample in generated()[0]:
        example, previous = encode(sample), [trace_of(wire) for wire in sample.previous]
        assert makes_sense(trace_of(example.wire), normalise(sample.text), grammar, previous), sample


@pytest.mark.parametrize("type_", ["percent", "count", "duration", "clock", "keys", "expression", "url"])
def test_typed_spans_are_what_the_decoder_would_offer(type_: str) -> None:
    for sample in generated()[0]:
        previous = [trace_of(wire) for wire in sample.previous]
        for step in sample.steps:
            for name, span in step.slots:
                spec = sources().actions[step.action].slot(name)
                if isinstance(span, Span) and spec is not None and spec.type == type_:
                    after = words_before(previous, step.action, name)
                    assert values.fits(type_, sample.text[span.start : span.end], after), sample
