"""Hypotheses put together: those that are the same words, and those of two hearings of one recording."""

from __future__ import annotations

import math
from collections.abc import Sequence

from whispera.domain.transcript import Hypothesis
from whispera.nlu.transcript import normalised

MISSED = 1.0
"""How much less probable than the worst hypothesis of a hearing words are that it does not offer."""


def merged(hypotheses: Sequence[Hypothesis]) -> tuple[Hypothesis, ...]:
    """Hypotheses that differ in more than marks and case, the most probable first.

    The probabilities of those that do not add up; those without words are left out.
    """
    found: dict[str, Hypothesis] = {}
    for one in hypotheses:
        words = normalised(one.text).casefold()
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


def _added(one: float, other: float) -> float:
    """The logarithm of the sum of what two logarithms are of."""
    most = max(one, other)
    return most + math.log(math.exp(one - most) + math.exp(other - most))
