"""Utterances after other commands: what leans, what is copied, and what a new action gets for nothing."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from generator import generate
from generator.earlier import steps_of
from generator.generate import Mix
from generator.leaning import ORIGIN
from generator.sources import read
from generator.stats import report
from tests.generator.small_catalog import MIX, build
from whispera import values
from whispera.catalog import load
from whispera.catalog.catalog import Catalog
from whispera.domain.labelled import Copied, Labelled, Span
from whispera.nlu.before import words_before
from whispera.nlu.codec import encode, split_prompt
from whispera.nlu.decode import trace_of
from whispera.nlu.domains import domain_grammar
from whispera.training.encode import encode_example

CONFIG = Path(__file__).resolve().parents[2] / "config"
SIZE = 5000

FEED_ROBOT = """\
action: feed_robot
group: robots
summary: Feeds the robot.
slots: {snack: text}
patterns:
  - "feed the robot {snack}"
  - "give the robot {snack}"
  - "the robot is hungry, give it {snack}"
  - "let the robot eat {snack}"
  - "robot food: {snack}"
run: {any: {builtin: clock.time}}
"""


class Characters:
    """A tokenizer of single characters: what the grammar can say with it, it can say with any."""

    def encode(self, piece: str) -> list[int]:
        return [ord(char) for char in piece]


@cache
def shipped() -> Catalog:
    return load(CONFIG)


@cache
def samples() -> list[Labelled]:
    return list(generate(shipped(), seed=1, size=SIZE))


def after_others() -> list[Labelled]:
    return [sample for sample in samples() if sample.previous]


def test_the_grammar_can_say_every_answer() -> None:
    grammar = domain_grammar(shipped().actions.values(), tokenizer=Characters())
    for sample in after_others():
        encode_example(sample, grammar)  # raises ValueError where it cannot


def test_shares_are_those_of_the_recipe() -> None:
    after = after_others()
    first = MIX.dialogues["first"] / sum(MIX.dialogues.values())
    assert len(after) / SIZE == pytest.approx(MIX.shares["dialogue"] * (1 - first), abs=0.01)
    assert sum(sample.origin.startswith(ORIGIN) for sample in after) / len(after) == pytest.approx(
        0.56, abs=0.03
    )
    assert sum(len(sample.previous) == 1 for sample in after) / len(after) == pytest.approx(0.7, abs=0.05)
    assert {len(sample.previous) for sample in after} == {1, 2}


def test_every_kind_of_follow_up_is_there() -> None:
    kinds = Counter(sample.origin for sample in after_others())
    for kind in ("another", "instead", "enum", "answers", "pairs", "more", "less", "back"):
        assert kinds[ORIGIN + kind] >= 5, kind
    assert kinds["none: leaning"] and kinds["none: after a command"] and kinds["pattern"]


def test_copies_are_whole_values_of_the_intents_before() -> None:
    copied = 0
    for sample in samples():
        known = {value for wire in sample.previous for step in steps_of(wire) for value in step.values()}
        for target in sample.steps:
            for _, value in target.slots:
                if isinstance(value, Copied):
                    copied += 1
                    assert value.words in known, sample
    assert copied > 30


def test_leaning_words_with_nothing_to_lean_on_are_no_command() -> None:
    strays = [sample for sample in samples() if sample.origin == "none: leaning"]
    assert {bool(sample.previous) for sample in strays} == {True, False}
    assert {sample.action for sample in strays} == {"none"}


def test_other_utterances_mean_what_they_mean_alone() -> None:
    for sample in after_others():
        if not sample.origin.startswith(ORIGIN):
            assert not any(isinstance(value, Copied) for step in sample.steps for _, value in step.slots)
        if sample.origin.startswith("none"):
            assert sample.action == "none"


def test_prompts_hold_the_intents_before_and_give_them_back() -> None:
    for sample in after_others():
        prompt = encode(sample).prompt
        assert split_prompt(prompt, tag="desktop")[0] == sample.previous
        assert prompt.startswith('<desktop>{"action":"')


def test_answers_follow_an_intent_without_the_value() -> None:
    for sample in after_others():
        if sample.origin == ORIGIN + "answers":
            target, before = sample.steps[0], steps_of(sample.previous[-1])[-1]
            assert before["action"] == target.action
            asked = [spec.name for spec in shipped().actions[target.action].slots if spec.ask]
            assert any(name not in before and name in dict(target.slots) for name in asked)


def test_the_same_arguments_give_the_same_dialogues() -> None:
    again = list(generate(shipped(), seed=1, size=SIZE))
    assert [(sample.previous, sample.text, sample.steps) for sample in again] == [
        (sample.previous, sample.text, sample.steps) for sample in samples()
    ]


def test_a_new_action_is_followed_up_without_a_change(tmp_path: Path) -> None:
    place = tmp_path / "actions" / "robots"
    place.mkdir(parents=True)
    (place / "feed_robot.yaml").write_text(FEED_ROBOT)
    catalog = load(CONFIG, overlay=tmp_path)
    found = [sample for sample in generate(catalog, seed=1, size=SIZE) if sample.origin.startswith(ORIGIN)]
    robots = [sample for sample in found if sample.action == "feed_robot"]
    assert {sample.origin for sample in robots} == {ORIGIN + "another", ORIGIN + "instead"}
    for sample in robots:
        assert any(step["action"] == "feed_robot" for wire in sample.previous for step in steps_of(wire))


def test_a_catalog_without_follow_ups_makes_none() -> None:
    assert not any(sample.previous for sample in generate(build(), seed=1, size=300))
    assert Mix(read(build()), seed=1).recipe.shares["dialogue"] > 0


def test_the_report_counts_what_comes_after_others() -> None:
    context = report(samples(), shipped()).as_json()["context"]
    assert context["leaning"] == pytest.approx(0.56, abs=0.03)
    assert 0 < context["copying"] < context["leaning"]


def test_values_said_again_leave_their_unit_to_the_one_before() -> None:
    half_said = 0
    for sample in after_others():
        previous = [trace_of(wire) for wire in sample.previous]
        for step in sample.steps:
            action = shipped().actions.get(step.action)
            for name, span in step.slots:
                spec = action.slot(name) if action is not None else None
                if not isinstance(span, Span) or spec is None or spec.type != "duration":
                    continue
                words, after = sample.text[span.start : span.end], words_before(previous, step.action, name)
                value = values.parse("duration", words, after=after)
                assert value is not None
                if values.parse("duration", words) is None:
                    half_said += 1
                    assert after
                    assert value != values.parse("duration", after)
    assert half_said >= SIZE / 2000
