"""Which paraphrases may become patterns: fit, new, kept apart from evaluation, and read as they are meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from generator.leaks import Measured, read_measured
from generator.paraphrases import Judge
from tests.generator.small_catalog import build
from whispera import values
from whispera.catalog.catalog import Catalog
from whispera.catalog.model import NearMiss
from whispera.domain.intent import Intent
from whispera.domain.outcome import Parse

RULES: tuple[tuple[str, str, str], ...] = (
    (r"(?:fire|get) (.+) up", "open_app", "target"),
    (r"make it (.+) loud", "set_volume", "level"),
    (r"let me (?:go|look) (down|up|upwards|lower)", "scroll", "direction"),
    (r"no more noise", "mute", ""),
)
WORDS = {"upwards": "up", "lower": "down"}
TYPES = {"target": "name", "level": "percent"}


def understand(text: str) -> Parse:
    """A model that knows a few phrasings, and takes all others for no command."""
    for rule, action, slot in RULES:
        found = re.fullmatch(rule, text)
        if found:
            value: str | int | None = None
            if slot:
                said = found[1]
                value = values.parse(TYPES[slot], said) if slot in TYPES else WORDS.get(said, said)
            return Parse(
                text, "", Intent(action, {slot: value} if value is not None else {}), None, 0.75, 1.0
            )
    return Parse(text, "", Intent("none"), None, 0.9, 1.0)


def judge(
    catalog: Catalog, measured: Measured | None = None, *, reader: Callable[[str], Parse] = understand
) -> Judge:
    return Judge(catalog, understand=reader, measured=measured or Measured((), catalog))


@pytest.mark.parametrize(
    ("action", "say", "why"),
    [
        ("open_app", "fire {target} up", "understood 4 times of 4, at least 75% sure"),
        ("set_volume", "make it {level} loud", "understood 4 times of 4, at least 75% sure"),
        ("set_volume", "make it {level=50|half} loud", "understood once, at least 75% sure"),
        ("scroll", "let me (go|look) {direction}", "understood 4 times of 4, at least 75% sure"),
        ("mute", "no more noise", "understood once, at least 75% sure"),
    ],
)
def test_what_comes_back_as_it_was_meant_is_agreed(catalog: Catalog, action: str, say: str, why: str) -> None:
    verdict = judge(catalog).judge(action, say)
    assert (verdict.kind, verdict.why) == ("agreed", why)


@pytest.mark.parametrize(
    ("action", "say", "why"),
    [
        ("close_app", "get {target} up", "is understood as: open app"),
        ("mute", "peace at last", "'peace at last' is understood as: none"),
        ("open_app", "fire {target} up now", "is understood as: none"),
    ],
)
def test_what_comes_back_otherwise_waits_for_a_person(
    catalog: Catalog, action: str, say: str, why: str
) -> None:
    verdict = judge(catalog).judge(action, say)
    assert verdict.kind == "undecided"
    assert why in verdict.why


def test_one_wrong_value_of_many_is_no_agreement(catalog: Catalog) -> None:
    asked: list[str] = []

    def reader(text: str) -> Parse:
        asked.append(text)
        parse = understand(text)
        return replace(parse, intent=Intent("open_app", {"target": "x"})) if len(asked) == 4 else parse

    assert judge(catalog, reader=reader).judge("open_app", "fire {target} up").kind == "undecided"
    assert len(set(asked)) == 4


@pytest.mark.parametrize(
    ("action", "say", "why"),
    [
        ("open_app", "fire (up {target}", "no pattern: '(' is never closed"),
        ("open_app", "fire up {app}", "open_app has no slot 'app'"),
        ("open_app", "fire it up", "no {target}, which open_app needs"),
        ("open_app", "fire {target} and {target} up", "{target} twice"),
        ("open_app", "fire the{target} up", "a slot stuck to a letter"),
        ("open_app", "<hello> fire {target} up", "no pattern: no list named <hello>"),
        ("open_app", "{target}", "nothing but a value"),
        ("open_app", "{target} " + "(a|b|c) " * 5, "243 ways to say it"),
        ("mute", "no " * 25, "longer than a command"),
        ("set_volume", "make it {level=40|half} loud", "'half' is '50' as percent"),
        ("open_app", "Open {target}", "there already"),
        ("close_app", "{target} please", "a pattern of open_app"),
        ("open_app", "launch the {target=Ferret|Ferret} app", "'launch the {target} app' says it already"),
        ("mute", "scroll down", "'scroll {direction}' of scroll says it"),
        ("mute", "I opened word and nothing happened", "a near miss, which is none"),
        ("mute", "good morning to you", "a sentence that is no command"),
        ("mute", "what a day that was", "a held-out example says it"),
        ("open_app", "start up my {target}", "a held-out example says it"),
        ("set_volume", "could the sound go to {level}", "a held-out example says it"),
    ],
)
def test_what_cannot_be_or_is_there_is_rejected(catalog: Catalog, action: str, say: str, why: str) -> None:
    verdict = judge(catalog).judge(action, say.strip())
    assert verdict.kind == "rejected"
    assert verdict.why.startswith(why)


def test_a_pattern_that_says_a_part_of_it_is_no_reason(catalog: Catalog) -> None:
    assert judge(catalog).judge("scroll", "go {direction} a page").kind == "undecided"
    assert judge(catalog).judge("scroll", "go {direction=down|down} a page").why == "there already"


def test_a_near_miss_of_another_action_may_be_a_pattern_of_this_one(catalog: Catalog) -> None:
    mute = catalog.actions["mute"]
    missed = replace(
        mute, near_misses=(NearMiss("fire Ferret up", {"action": "open_app", "target": "Ferret"}),)
    )
    changed = build(actions={**catalog.actions, "mute": missed})
    assert judge(changed).judge("open_app", "fire {target} up").kind == "agreed"


def test_what_is_measured_on_is_rejected(catalog: Catalog, tmp_path: Path) -> None:
    lines = "fire the quibblebox up | open_app | target=quibblebox\nget the old one up now, will you | mute\n"
    (tmp_path / "mine.txt").write_text(lines, encoding="utf-8")
    with_lines = judge(catalog, read_measured(tmp_path, catalog))
    assert with_lines.judge("open_app", "fire {target} up").why == "the evaluation line mine.txt:1 says it"
    assert with_lines.judge("open_app", "get {target} up").kind == "agreed"
    near = with_lines.judge("mute", "get the old one up, now will you")
    assert near.why == "the evaluation line mine.txt:2 says it"
    near = with_lines.judge("mute", "now get the old one up will you")
    assert near.why == "the evaluation line mine.txt:2 says nearly that"


def test_each_is_compared_with_those_before_it(catalog: Catalog) -> None:
    one = judge(catalog)
    assert one.judge("mute", "no more noise").kind == "agreed"
    assert one.judge("mute", "No more noise!").why == "there already"
    assert one.judge("close_app", "no more noise from {target} here today ok").kind == "undecided"
    again = one.judge("close_app", "ok no more noise from {target} here today")
    assert again.why == "nearly 'no more noise from slottarget here today ok'"
    one.take("mute", "not this one (")
    one.take("mute", "nor this one")
    assert one.judge("mute", "nor this one").why == "there already"


def test_no_held_out_value_is_filled_in(catalog: Catalog) -> None:
    asked: list[str] = []

    def reader(text: str) -> Parse:
        asked.append(text)
        return understand(text)

    many = Judge(catalog, understand=reader, measured=Measured((), catalog), fillings=30)
    assert many.judge("open_app", "fire {target} up").kind == "agreed"
    assert len(asked) > 10
    assert not any("zorptracker" in text.lower() for text in asked)
