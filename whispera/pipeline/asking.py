"""Questions for a value that was not said, and their answers.

The answer to "For how long?" is an utterance like any other: the model reads it after the command that lacks
the value. Where that gives the command with its value, it is the answer; where it gives another command,
nobody wanted to answer. Words that are no command are read as a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from whispera.catalog.model import Action, SlotSpec
from whispera.catalog.validate import validate
from whispera.domain.intent import SEQUENCE, Intent, Value
from whispera.domain.outcome import Parse
from whispera.errors import ModelError
from whispera.nlu.decode import trace_of, wire_of
from whispera.nlu.grammar import FREE_TYPES, Chosen, ChosenStep, Trace
from whispera.nlu.normalise import normalise
from whispera.pipeline import policy
from whispera.pipeline.context import Said, words_of

if TYPE_CHECKING:
    from whispera.catalog.compiled import CompiledCatalog
    from whispera.pipeline.policy import Missing


class Parser(Protocol):
    """What reads utterances: the model in this process (`Understander`), or that of the daemon."""

    @property
    def catalog(self) -> CompiledCatalog:
        """What can be said."""

    def parse(self, text: str, *, previous: Sequence[Trace] = (), alternatives: int = 0) -> Parse:
        """What was meant by a text of any kind, said after `previous` (newest last); raises ModelError."""


def hear(reader: Parser, text: str, *, after: Sequence[Said] = (), alternatives: int = 0) -> Parse:
    """What was meant by a text said after others, newest last; where the newest lacks a value, maybe that.

    Raises ModelError for a text too long for the model.
    """
    try:
        parse = reader.parse(text, previous=[one.trace for one in after], alternatives=alternatives)
    except ModelError:
        if not after:
            raise
        parse = reader.parse(text, alternatives=alternatives)  # it may be too long only with what went before
    if not after or not after[-1].asked:
        return parse
    return completed(after[-1], parse, reader.catalog.actions) or parse


def completed(said: Said, parse: Parse, actions: Mapping[str, Action]) -> Parse | None:
    """The parse of an answer as that of the whole command; None where it is no answer.

    Words that are no command are one only where they are the value and nothing else: they may have been
    said to somebody else.
    """
    lacks = policy.missing(said.intent, actions)
    if lacks is None:
        return None
    intent = answered(said.intent, lacks, parse, actions)
    if intent is not None:
        heard = trace_of(parse.wire)[0].slots
        return replace(parse, intent=intent, wire=_wire(intent, said, heard, actions))
    words = _all_words(parse.text)
    value = exact_value(lacks.spec, words)
    if value is None:
        return None
    intent = filled(said.intent, lacks, {lacks.spec.name: value}, actions)
    wire = _wire(intent, said, (Chosen(lacks.spec.name, words),), actions)
    return replace(parse, intent=intent, wire=wire, rejection=None, confidence=1.0, runners_up=())


def answered(intent: Intent, lacks: Missing, parse: Parse, actions: Mapping[str, Action]) -> Intent | None:
    """The whole intent where an utterance was understood as the answer, None where it was not."""
    given = parse.intent
    if not parse.accepted or given is None or given.action != lacks.action:
        return None
    if lacks.spec.name not in given.slots:
        return None
    return filled(intent, lacks, given.slots, actions)


def fills(intent: Intent, asked: Intent, lacks: Missing) -> bool:
    """Whether an intent is the one that was asked about, with the value it lacked."""
    steps, before = tuple(policy.steps_of(intent)), tuple(policy.steps_of(asked))
    same = [step.action for step in steps] == [step.action for step in before]
    return same and lacks.spec.name in steps[lacks.step].slots


def filled(
    intent: Intent, lacks: Missing, slots: Mapping[str, Value], actions: Mapping[str, Action]
) -> Intent:
    """The intent with more values for the step that lacked one, in contract order."""
    steps = list(policy.steps_of(intent))
    step = Intent(lacks.action, {**steps[lacks.step].slots, **slots})
    checked = validate(actions[lacks.action], step)
    steps[lacks.step] = checked if isinstance(checked, Intent) else step
    return steps[0] if intent.action != SEQUENCE else Intent(SEQUENCE, {"steps": tuple(steps)})


def _wire(intent: Intent, said: Said, heard: Sequence[Chosen], actions: Mapping[str, Action]) -> str:
    """The wire intent of a completed command, of the words said before and those of the answer."""
    lacks = policy.missing(said.intent, actions)
    assert lacks is not None
    before = list(said.trace)
    before[lacks.step] = ChosenStep(lacks.action, (*before[lacks.step].slots, *heard))
    return wire_of(words_of(intent, tuple(before), actions))


def _all_words(text: str) -> str:
    """A text without the punctuation around it."""
    utterance = normalise(text)
    return utterance.slice(0, len(utterance.units) - 1) if utterance.units else ""


def exact_value(spec: SlotSpec, words: str) -> Value | None:
    """The value of words that are nothing else; None for a type that any words are of."""
    return spec.read(words) if spec.type not in FREE_TYPES and spec.fits(words) else None


def read_value(spec: SlotSpec, words: str) -> Value | None:
    """The value of an answer to a question: the words as a whole, else the longest part that is one."""
    whole = spec.read(words.strip())
    if whole is not None or spec.type == "text":
        return whole
    utterance = normalise(words)
    count = len(utterance.units)
    for length in range(count, 0, -1):
        for first in range(count - length + 1):
            part = utterance.slice(first, first + length - 1)
            if spec.fits(part):
                return spec.read(part)
    return None
