"""Answers that the grammar can say and nobody can mean: the next reading takes their place.

- One word serves one slot: the slots of a step share no words ("ebay too" is not ebay on ebay), except enums,
  whose words are not copied.
- A value taken over from the command before keeps its slot, where the action is the same: what was the
  subject of a mail does not become whom it is to.
- A command is not said again by taking over all of its values: to want it once more is an action of its own
  (`repeat_last`). After "play miles davis", "and john coltrane" is not miles davis again.

No example that the generator makes breaks one of these; tests/generator holds it to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from whispera.nlu.decode import Decoded, Engine, decode, runners_up
from whispera.nlu.grammar import Chosen, ChosenStep, Grammar, Trace
from whispera.nlu.normalise import Utterance, normalise

LOOKED_AT = 6
"""Readings that are looked through for one that makes sense."""


def readings(
    utterance: Utterance,
    grammar: Grammar,
    engine: Engine,
    *,
    previous: Sequence[Trace] = (),
    temperature: float = 1.0,
    others: int = 0,
) -> list[Decoded]:
    """What an utterance can mean, said after `previous` (newest last): the best reading, and some `others`.

    Arguments as of `decode`. Confidences are those among the readings that make sense: what the model gave to
    the others is shared out. Where none is found that does, the best is given with a confidence of 0.
    """
    best = decode(
        utterance, grammar, engine, previous=previous, temperature=temperature, keep_branches=others > 0
    )
    if makes_sense(best.steps, utterance, grammar, previous):
        if not others:
            return [best]
        found = runners_up(best, engine, count=others, temperature=temperature)
        return [best, *(one for one in found if makes_sense(one.steps, utterance, grammar, previous))]
    if not best.branches:
        best = decode(
            utterance, grammar, engine, previous=previous, temperature=temperature, keep_branches=True
        )
    found = runners_up(best, engine, count=LOOKED_AT + others, temperature=temperature)
    sensible = [one for one in found if makes_sense(one.steps, utterance, grammar, previous)]
    left = 1 - best.confidence - sum(one.confidence for one in found if one not in sensible)
    if not sensible or left <= 0:
        return [replace(best, confidence=0.0, branches=())]
    return [replace(one, confidence=min(1.0, one.confidence / left)) for one in sensible[: 1 + others]]


def makes_sense(steps: Trace, utterance: Utterance, grammar: Grammar, previous: Sequence[Trace] = ()) -> bool:
    """Whether somebody can mean these steps by an utterance, said after `previous` (newest last)."""
    said = f"{utterance.text} "
    values = [(step, _values(step, grammar)) for step in steps]
    if any(_share_words([one.words for one in found], said) for _, found in values):
        return False
    copied = [(step, one) for step, found in values for one in found if _piece(one.words) not in said]
    if any(_changes_slot(step.action, one, previous) for step, one in copied):
        return False
    anew = not previous or steps != previous[-1] or not any(found for _, found in values)
    return anew or len(copied) < sum(len(found) for _, found in values)


def _values(step: ChosenStep, grammar: Grammar) -> list[Chosen]:
    """The slots of a step whose values are words that were said, in whatever utterance."""
    action = grammar.actions.get(step.action)
    enums = {slot.name for slot in action.slots if slot.enum} if action is not None else set()
    return [one for one in step.slots if one.name not in enums]


def _piece(words: str) -> str:
    """Words as they stand in a normalised utterance that ends in a space."""
    return f"{normalise(words).text or f' {words}'} "


def _share_words(values: Sequence[str], said: str) -> bool:
    """Whether two values of one step cannot stand apart: they are the same, or the utterance has no room."""
    pieces = [_piece(one) for one in values]
    for number, one in enumerate(pieces):
        for other in pieces[:number]:
            if one == other and one not in said:
                return True
            if one in said and other in said and not _apart(one, other, said):
                return True
    return False


def _apart(one: str, other: str, said: str) -> bool:
    """Whether one value can be found beside the other in what was said; their last space may be shared."""
    return any(
        first + len(one) - 1 <= second or second + len(other) - 1 <= first
        for first in _places(one, said)
        for second in _places(other, said)
    )


def _places(piece: str, said: str) -> list[int]:
    return [place for place in range(len(said)) if said.startswith(piece, place)]


def _changes_slot(action: str, copied: Chosen, previous: Sequence[Trace]) -> bool:
    """Whether a value taken over stood in other slots only of the same action."""
    had = {
        one.name
        for trace in previous
        for step in trace
        if step.action == action
        for one in step.slots
        if _piece(one.words) == _piece(copied.words)
    }
    return bool(had) and copied.name not in had
