"""Constrained greedy decoding: the model is asked only where the grammar leaves a choice.

Forced tokens are appended without asking (jump-forward) and run through the model together with the next
question, so a command costs a handful of passes. The confidence is the product of the probabilities at the
decisions, each a softmax over the allowed tokens alone. The model alone decides; nothing here matches
patterns.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from whispera.domain.intent import SEQUENCE
from whispera.nlu import codec
from whispera.nlu.grammar import Chosen, ChosenStep, Grammar, Trace, Walk
from whispera.nlu.normalise import Utterance, normalise


class Engine(Protocol):
    """A language model the decoder can ask; states are values, so decoding may branch."""

    def start(self) -> Any:
        """The state before any token."""
        ...

    def extend(self, state: Any, ids: Sequence[int], allowed: Sequence[int]) -> tuple[Any, Sequence[float]]:
        """The state after `ids`, and the logits of the `allowed` tokens to come next, in their order."""
        ...


@dataclass(frozen=True, slots=True)
class Branch:
    """A choice not taken, from which a runner-up can be completed."""

    probability: float
    """Of the whole answer up to and including this choice."""
    state: Any
    walk: Walk
    token: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """What the model answered."""

    steps: Trace
    """Actions and the words of their slots; one, or several for a sequence."""
    confidence: float
    """Product of the probabilities at the decisions, 0 to 1."""
    decisions: int
    """How often the model was asked."""
    branches: tuple[Branch, ...] = ()
    """Choices not taken, most probable first."""

    @property
    def wire(self) -> str:
        """The wire intent as JSON text."""
        return wire_of(self.steps)


def wire_of(steps: Trace) -> str:
    """The wire intent of chosen steps, as JSON text: spans as the model reads them, with a leading space."""

    def body(step: ChosenStep) -> str:
        parts = [step.action]
        for slot in step.slots:
            parts.extend(
                [codec.NEXT_SLOT, slot.name, codec.VALUE, normalise(slot.words).text or f" {slot.words}"]
            )
        return "".join(parts)

    if len(steps) == 1:
        return codec.OPEN + body(steps[0]) + codec.END
    return codec.OPEN + SEQUENCE + codec.STEPS + codec.NEXT_STEP.join(map(body, steps)) + codec.END_STEPS


def trace_of(wire: str) -> Trace:
    """The steps of a wire intent given as JSON text; raises ValueError where it is not one."""
    data = json.loads(wire)
    return tuple(
        ChosenStep(
            step["action"],
            tuple(Chosen(name, words.strip()) for name, words in step.items() if name != "action"),
        )
        for step in (data["steps"] if data["action"] == SEQUENCE else [data])
    )


def _softmax(logits: Sequence[float], temperature: float) -> list[float]:
    highest = max(logits)
    weights = [math.exp((x - highest) / temperature) for x in logits]
    total = sum(weights)
    return [w / total for w in weights]


def _run(
    engine: Engine,
    state: Any,
    walk: Walk,
    pending: list[int],
    *,
    confidence: float,
    temperature: float,
    keep_branches: bool,
) -> Decoded:
    decisions = 0
    branches: list[Branch] = []
    while not walk.finished:
        allowed = walk.allowed()
        if len(allowed) == 1:
            token = allowed[0]
        else:
            state, logits = engine.extend(state, pending, allowed)
            pending = []
            probabilities = _softmax(logits, temperature)
            best = max(range(len(allowed)), key=probabilities.__getitem__)
            if keep_branches:
                branches.extend(
                    Branch(confidence * p, state, walk.copy(), allowed[i])
                    for i, p in enumerate(probabilities)
                    if i != best and confidence * p > 0.01
                )
            confidence *= probabilities[best]
            token = allowed[best]
            decisions += 1
        walk.advance(token)
        pending.append(token)
    assert walk.trace is not None
    branches.sort(key=lambda b: -b.probability)
    return Decoded(walk.trace, confidence, decisions, tuple(branches))


def decode(
    utterance: Utterance,
    grammar: Grammar,
    engine: Engine,
    *,
    previous: Sequence[Trace] = (),
    temperature: float = 1.0,
    keep_branches: bool = False,
) -> Decoded:
    """The model's answer to an utterance with at least one unit, said after `previous` (newest last).

    `temperature` divides the logits: it calibrates the confidence and never changes the answer.
    """
    wires = [wire_of(trace) for trace in previous]
    pieces = codec.prompt_pieces(utterance, tag=grammar.tag, previous=wires)
    return _run(
        engine,
        engine.start(),
        grammar.walk(utterance, previous),
        codec.tokens(pieces, grammar.tokenizer),
        confidence=1.0,
        temperature=temperature,
        keep_branches=keep_branches,
    )


def decode_after(
    engine: Engine, state: Any, ids: Sequence[int], walk: Walk, *, temperature: float = 1.0
) -> Decoded:
    """The answer on a walk after `state` and the tokens `ids`, for another prompt than the codec's."""
    return _run(engine, state, walk, list(ids), confidence=1.0, temperature=temperature, keep_branches=False)


def runners_up(decoded: Decoded, engine: Engine, *, count: int, temperature: float = 1.0) -> list[Decoded]:
    """Up to `count` other readings with different steps, most probable first; needs `keep_branches`."""
    found: list[Decoded] = []
    seen = {decoded.steps}
    for branch in decoded.branches[: 4 * count]:
        walk = branch.walk.copy()
        walk.advance(branch.token)
        other = _run(
            engine,
            branch.state,
            walk,
            [branch.token],
            confidence=branch.probability,
            temperature=temperature,
            keep_branches=False,
        )
        if other.steps not in seen:
            seen.add(other.steps)
            found.append(other)
        if len(found) >= 2 * count:
            break
    found.sort(key=lambda d: -d.confidence)
    return found[:count]
