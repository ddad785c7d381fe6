"""Hypotheses put together: the same words, two hearings of one recording, the words of another recogniser."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from whispera.domain.transcript import Hypothesis
from whispera.nlu.sounds import apart, distance
from whispera.nlu.transcript import normalised

MISSED = 1.0
"""How much less probable than the worst hypothesis of a hearing words are that it does not offer."""
NEAR = 0.3
"""Words of another recogniser that sound more different are left out; see `nlu.sounds.distance`."""
_COMPARED = 3
"""The most probable hypotheses, one of which they must sound like."""
_OFFERED = 0.4
"""What such words lose for each sound in which they differ from a hypothesis."""
_BACKED = 0.2
"""What a hypothesis loses for each sound in which it differs from such words."""
_MOST_SOUNDS = 6.0
"""Beyond these no more is lost."""


def merged(
    hypotheses: Sequence[Hypothesis], *, by: Callable[[str], str] = normalised
) -> tuple[Hypothesis, ...]:
    """Hypotheses that differ in more than marks and case, the most probable first.

    The probabilities of those that do not add up; those without words are left out.
    """
    found: dict[str, Hypothesis] = {}
    for one in hypotheses:
        words = by(one.text).casefold()
        if words:
            same = found.get(words)
            score = one.score if same is None else _added(same.score, one.score)
            found[words] = Hypothesis(one.text if same is None else same.text, score)
    return tuple(sorted(found.values(), key=lambda one: -one.score))


def pooled(first: Sequence[Hypothesis], second: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
    """The hypotheses of two hearings of one recording, both believed alike; the most probable first.

    Scores are the means of the logarithms. Where one of them heard nothing, they are those of the other.
    """
    hearings = [merged(hypotheses) for hypotheses in (first, second)]
    heard = [hearing for hearing in hearings if hearing]
    texts = {normalised(one.text).casefold(): one.text for hearing in reversed(heard) for one in hearing}
    scores = [{normalised(one.text).casefold(): one.score for one in hearing} for hearing in heard]
    missed = [min(told.values()) - MISSED for told in scores]
    found = [
        Hypothesis(
            text,
            sum(told.get(words, least) for told, least in zip(scores, missed, strict=True)) / len(scores),
        )
        for words, text in texts.items()
    ]
    return tuple(sorted(found, key=lambda one: -one.score))


def backed(hypotheses: Sequence[Hypothesis], words: str) -> tuple[Hypothesis, ...]:
    """Hypotheses of one recogniser, and what another one wrote; the most probable first.

    Words that sound like one of them are offered too, and those count most that sound like these words.
    """
    found = [(one, normalised(one.text)) for one in hypotheses]
    said = normalised(words)
    if not said or all(distance(said, text, most=NEAR) > NEAR for _, text in found[:_COMPARED]):
        return tuple(hypotheses)
    if said.casefold() not in {text.casefold() for _, text in found}:
        offered = max(one.score - _OFFERED * apart(said, text) for one, text in found)
        found.append((Hypothesis(words, offered), said))
    scored = [
        replace(one, score=one.score - _BACKED * min(apart(said, text), _MOST_SOUNDS)) for one, text in found
    ]
    return tuple(sorted(scored, key=lambda one: -one.score))


def _added(one: float, other: float) -> float:
    """The logarithm of the sum of what two logarithms are of."""
    most = max(one, other)
    return most + math.log(math.exp(one - most) + math.exp(other - most))
