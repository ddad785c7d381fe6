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
from dataclasses import dataclass, replace

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
    said = _units(utterance)
    values = [(step, [_said(one, said) for one in _values(step, grammar)]) for step in steps]
    if any(_share_words(found) for _, found in values):
        return False
    copied = [(step, one) for step, found in values for one in found if not one.places]
    if any(_changes_slot(step.action, one, previous) for step, one in copied):
        return False
    anew = not previous or steps != previous[-1] or not any(found for _, found in values)
    return anew or len(copied) < sum(len(found) for _, found in values)


Words = tuple[str, ...]
"""Units of a text, as the model reads them: marks between words are units too, however they are written."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A value of a step, and where it stands in what was said."""

    slot: str
    words: Words
    places: tuple[int, ...]
    """Of its first unit; none where it was taken over from a command before."""


def _said(chosen: Chosen, said: Words) -> _Value:
    words = _words(chosen)
    count = len(words)
    places = (place for place in range(len(said) - count + 1) if said[place : place + count] == words)
    return _Value(chosen.name, words, tuple(places))


def _units(utterance: Utterance) -> Words:
    return tuple(unit.text for unit in utterance.units)


def _words(chosen: Chosen) -> Words:
    return _units(normalise(chosen.words)) or (chosen.words,)


def _values(step: ChosenStep, grammar: Grammar) -> list[Chosen]:
    """The slots of a step whose values are words that were said, in whatever utterance."""
    action = grammar.actions.get(step.action)
    enums = {slot.name for slot in action.slots if slot.enum} if action is not None else set()
    return [one for one in step.slots if one.name not in enums]


def _share_words(values: Sequence[_Value]) -> bool:
    """Whether two values of one step cannot stand apart: they are the same, or the utterance has no room."""
    for number, one in enumerate(values):
        for other in values[:number]:
            if one.words == other.words and not one.places:
                return True
            if one.places and other.places and not _apart(one, other):
                return True
    return False


def _apart(one: _Value, other: _Value) -> bool:
    """Whether one value can be found beside the other."""
    return any(a + len(one.words) <= b or b + len(other.words) <= a for a in one.places for b in other.places)


def _changes_slot(action: str, copied: _Value, previous: Sequence[Trace]) -> bool:
    """Whether a value taken over stood in other slots only of the same action."""
    had = {
        one.name
        for trace in previous
        for step in trace
        if step.action == action
        for one in step.slots
        if _words(one) == copied.words
    }
    return bool(had) and copied.slot not in had
