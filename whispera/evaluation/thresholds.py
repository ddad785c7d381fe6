"""The least confidence of each risk, chosen on answers to sentences that training never saw.

A false activation is a sentence that is no command and was acted on. Thresholds are chosen so that no larger
share of such sentences is acted on than was asked for, and of those that keep to it the ones under which most
commands are carried out rightly, with the wrong ones taken off. A riskier command never needs less.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from whispera.catalog.model import Action, Risk
from whispera.evaluation.expected import action_right, exactly_right
from whispera.evaluation.measure import Answer
from whispera.pipeline.policy import risk_of

RISKS: tuple[Risk, ...] = ("harmless", "disruptive", "destructive")
GRID = tuple(step / 100 for step in range(20, 100))
"""The thresholds that are tried; below the first a reading is hardly ever right."""
_Z = 1.645
"""Of the normal distribution, for a bound that holds in 95 of 100 cases."""


@dataclass(frozen=True, slots=True)
class Case:
    """What was said to one sentence, whatever the thresholds of now made of it."""

    is_command: bool
    """Whether the sentence is one."""
    risk: Risk | None
    """Of what the model took it for; None where that was no command."""
    confidence: float
    right: bool
    """All of it, slots too; where the sentence is no command, whether it is one of the readings allowed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What thresholds make of the cases."""

    thresholds: Mapping[Risk, float]
    right: int
    """Commands carried out as they were meant."""
    wrong: int
    """Commands that something else was done for."""
    commands: int
    false: int
    """Sentences that are no command and were acted on."""
    nones: int
    """Sentences that are no command."""

    @property
    def false_activation(self) -> float:
        """The share of sentences that are no command and were acted on, 0 to 1."""
        return self.false / self.nones if self.nones else 0.0

    @property
    def at_most(self) -> float:
        """What that share may well be where more are asked: the upper end of a 95 % Wilson interval."""
        if not self.nones:
            return 1.0
        n, p = self.nones, self.false_activation
        middle = p + _Z * _Z / (2 * n)
        return min(
            1.0, (middle + _Z * math.sqrt(p * (1 - p) / n + _Z * _Z / (4 * n * n))) / (1 + _Z * _Z / n)
        )


def cases_of(
    answers: Sequence[Answer], actions: Mapping[str, Action], slots_of: Mapping[str, Sequence[str]]
) -> list[Case]:
    """The cases of the answers of an evaluation; those that could not be read at all are none."""
    cases: list[Case] = []
    for one in answers:
        risk = risk_of(one.raw, actions) if one.raw is not None else None
        is_command = not one.expected.is_none
        right = exactly_right(one.expected, one.raw, slots_of) if is_command else False
        if not is_command and risk is not None:
            right = action_right(one.expected, one.raw)
        cases.append(Case(is_command, risk, one.confidence, right))
    return cases


def outcome(cases: Sequence[Case], thresholds: Mapping[Risk, float]) -> Outcome:
    """What becomes of the cases at thresholds."""
    acted = [one for one in cases if one.risk is not None and one.confidence >= thresholds[one.risk]]
    commands = [one for one in acted if one.is_command]
    return Outcome(
        dict(thresholds),
        sum(one.right for one in commands),
        sum(not one.right for one in commands),
        sum(one.is_command for one in cases),
        sum(not one.is_command and not one.right for one in acted),
        sum(not one.is_command for one in cases),
    )


def choose(cases: Sequence[Case], *, rate: float, now: Mapping[Risk, float]) -> Outcome | None:
    """The best thresholds under which at most `rate` (0 to 1) of what is no command is acted on.

    None where no thresholds keep to it. Of equally good ones those nearest to `now` are taken, so that
    thresholds only move where there is something to be won.
    """
    most = math.floor(rate * sum(not one.is_command for one in cases) + 1e-9)
    scores, falses = zip(
        *(_over_grid([one for one in cases if one.risk == risk]) for risk in RISKS), strict=True
    )
    best: tuple[tuple[int, int, float], tuple[int, ...]] | None = None
    steps = [_steps(score, false) for score, false in zip(scores, falses, strict=True)]
    for ranges in product(*steps):
        false = sum(falses[k][at[0]] for k, at in enumerate(ranges))
        places = _ordered(ranges, [now[risk] for risk in RISKS])
        if false > most or places is None:
            continue
        far = sum(abs(GRID[place] - now[risk]) for place, risk in zip(places, RISKS, strict=True))
        worth = (sum(scores[k][at[0]] for k, at in enumerate(ranges)), -false, -far)
        if best is None or worth > best[0]:
            best = worth, places
    if best is None:
        return None
    return outcome(cases, {risk: GRID[place] for risk, place in zip(RISKS, best[1], strict=True)})


def curve(cases: Sequence[Case], *, every: float = 0.05) -> list[Outcome]:
    """What becomes of the cases where one threshold counts for every risk, from 0.2 on."""
    count = round((1 - GRID[0]) / every)
    return [outcome(cases, dict.fromkeys(RISKS, round(GRID[0] + every * step, 4))) for step in range(count)]


def _over_grid(cases: Sequence[Case]) -> tuple[list[int], list[int]]:
    """At each threshold of the grid: commands done rightly less those done wrongly, and false activations."""
    scores: list[int] = []
    falses: list[int] = []
    for threshold in GRID:
        acted = [one for one in cases if one.confidence >= threshold]
        scores.append(sum((1 if one.right else -1) for one in acted if one.is_command))
        falses.append(sum(not one.is_command and not one.right for one in acted))
    return scores, falses


def _steps(scores: Sequence[int], falses: Sequence[int]) -> list[tuple[int, int]]:
    """(first, last) places of the grid between which nothing changes."""
    found: list[tuple[int, int]] = []
    for place in range(len(GRID)):
        if found and (scores[place], falses[place]) == (scores[found[-1][0]], falses[found[-1][0]]):
            found[-1] = found[-1][0], place
        else:
            found.append((place, place))
    return found


def _ordered(ranges: Sequence[tuple[int, int]], now: Sequence[float]) -> tuple[int, ...] | None:
    """A place of each range near the thresholds of now, none below the one before; None if there is none."""
    places: list[int] = []
    for at, (first, _) in enumerate(ranges):
        low, high = max([first, *places[-1:]]), min(last for _, last in ranges[at:])
        if low > high:
            return None
        nearest = min(range(len(GRID)), key=lambda place: abs(GRID[place] - now[at]))
        places.append(min(max(low, nearest), high))
    return tuple(places)
