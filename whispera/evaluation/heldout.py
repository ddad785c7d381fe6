"""Labelled utterances as lines of an evaluation: the spans they point at as the values these words mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from whispera.catalog.model import Action
from whispera.domain.intent import SEQUENCE
from whispera.domain.labelled import Copied, Labelled, Span, Target
from whispera.evaluation.expected import Expected, ExpectedStep
from whispera.nlu.before import words_before
from whispera.nlu.decode import trace_of
from whispera.nlu.grammar import Trace


def expected_of(labelled: Labelled, actions: Mapping[str, Action], *, line: int = 0) -> Expected:
    """What is right for an utterance; `line` numbers it for reports."""
    previous = [trace_of(wire) for wire in labelled.previous]
    steps = [_step(labelled.text, target, actions, previous) for target in labelled.steps]
    if len(steps) == 1:
        return Expected(line, labelled.text, (steps[0].action,), steps[0].slots)
    return Expected(line, labelled.text, (SEQUENCE,), {}, tuple(steps))


def _step(
    text: str, target: Target, actions: Mapping[str, Action], previous: Sequence[Trace]
) -> ExpectedStep:
    action = actions.get(target.action)
    slots: dict[str, tuple[str, ...]] = {}
    for name, where in target.slots:
        words = text[where.start : where.end] if isinstance(where, Span) else where
        words = words.words if isinstance(words, Copied) else words
        spec = action.slot(name) if action is not None else None
        after = words_before(previous, target.action, name)
        meant = None if spec is None or spec.enum else spec.read(words, after)
        slots[name] = (words if meant is None else str(meant),)
    return ExpectedStep(target.action, slots)
