"""Two adapters on the same utterances: who got what right, and whether the difference is more than chance.

Both answer every utterance, so what counts is the utterances they differ on (McNemar's test): of those, by
chance alone, each wins half. The test is exact, from the binomial distribution, since they are few.

Source: McNemar, Note on the sampling error of the difference between correlated proportions (1947).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from whispera.evaluation.measure import Share
from whispera.evaluation.text import percent, table

MOST_LISTED = 20
"""Mistakes that are listed in the text; the data holds all."""
CERTAIN = 0.05
"""A difference is called more than chance below this p."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One utterance, answered by both."""

    text: str
    action: str
    """The expected action."""
    before: bool
    """Whether the whole intent was right, of the first adapter."""
    after: bool
    """The same of the second."""
    wanted: str = ""
    """What was expected, as an evaluation file writes it; empty where it is not known."""
    said_before: str = ""
    said_after: str = ""
    confidence_before: float | None = None
    confidence_after: float | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What changed for the utterances of one action."""

    action: str
    total: int
    before: int
    """Right ones, of the first adapter."""
    after: int
    won: int
    """Wrong before, right after."""
    lost: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that is told of two adapters."""

    pairs: tuple[Pair, ...]
    names: tuple[str, str] = ("before", "after")
    about: dict[str, Any] = field(default_factory=dict)
    """What was asked, for the head of a report."""

    @property
    def before(self) -> Share:
        """Exactly right ones, of the first adapter."""
        return Share(sum(pair.before for pair in self.pairs), len(self.pairs))

    @property
    def after(self) -> Share:
        """Exactly right ones, of the second adapter."""
        return Share(sum(pair.after for pair in self.pairs), len(self.pairs))

    @property
    def won(self) -> list[Pair]:
        """What only the second got right, surest first."""
        return _by(self.pairs, lambda pair: pair.after and not pair.before)

    @property
    def lost(self) -> list[Pair]:
        """The new mistakes, worst first: those the second adapter is surest of."""
        return _by(self.pairs, lambda pair: pair.before and not pair.after)

    @property
    def p_value(self) -> float:
        """How likely a difference as large is by chance, 0 to 1, two-sided."""
        return mcnemar(len(self.won), len(self.lost))

    @property
    def changes(self) -> list[Change]:
        """One row for each expected action, the most lost first, then the most won."""
        groups: dict[str, list[Pair]] = defaultdict(list)
        for pair in self.pairs:
            groups[pair.action].append(pair)
        rows = [
            Change(
                action,
                len(group),
                sum(pair.before for pair in group),
                sum(pair.after for pair in group),
                sum(pair.after and not pair.before for pair in group),
                sum(pair.before and not pair.after for pair in group),
            )
            for action, group in groups.items()
        ]
        return sorted(rows, key=lambda row: (row.after - row.before, -row.lost, row.action))

    @property
    def verdict(self) -> str:
        """One sentence: which is better, and whether that may be chance."""
        won, lost = len(self.won), len(self.lost)
        if not won + lost:
            return "Both are right about the same utterances."
        chance = "more than chance" if self.p_value < CERTAIN else "may be chance"
        if won == lost:
            return f"{won} won, {lost} lost: neither is better."
        better = self.names[1] if won > lost else self.names[0]
        return f"{won} won, {lost} lost: {better} is better, p = {self.p_value:.3g} (McNemar), {chance}."

    def as_json(self) -> dict[str, Any]:
        """Plain data, with every utterance that one of the two got wrong and the other right."""
        return {
            **self.about,
            "names": list(self.names),
            "before": {**asdict(self.before), "share": round(self.before.value, 4)},
            "after": {**asdict(self.after), "share": round(self.after.value, 4)},
            "won": len(self.won),
            "lost": len(self.lost),
            "p_value": float(f"{self.p_value:.6g}"),
            "per_action": [asdict(row) for row in self.changes],
            "new_mistakes": [asdict(pair) for pair in self.lost],
            "mended": [asdict(pair) for pair in self.won],
        }


def _by(pairs: Sequence[Pair], wanted: Any) -> list[Pair]:
    return sorted(filter(wanted, pairs), key=lambda pair: -(pair.confidence_after or 0.0))


def mcnemar(won: int, lost: int) -> float:
    """The p of the exact McNemar test, two-sided: of `won + lost` coins, a split as uneven or more so."""
    count, fewer = won + lost, min(won, lost)
    tail = sum(math.comb(count, k) for k in range(fewer + 1))
    return min(1.0, 2 * tail / (1 << count))


def render(comparison: Comparison) -> str:
    """The comparison as text for a terminal: verdict, actions that changed, and the worst new mistakes."""
    first, second = comparison.names
    rows = [
        (name, str(share.total), str(share.right), percent(share.value))
        for name, share in ((first, comparison.before), (second, comparison.after))
    ]
    parts = [f"{table(('', 'utterances', 'exact', ''), rows)}\n{comparison.verdict}"]
    changed = [row for row in comparison.changes if row.won or row.lost]
    if changed:
        head = ("actions that changed", "utterances", first, second, "won", "lost")
        cells = [
            (row.action, *map(str, (row.total, row.before, row.after, row.won, row.lost))) for row in changed
        ]
        parts.append(table(head, cells))
    parts.append(mistakes(comparison))
    return "\n\n".join(part for part in parts if part)


def mistakes(comparison: Comparison) -> str:
    """The worst new mistakes, one below the other."""
    lost = comparison.lost
    if not lost:
        return ""
    lines = [f"{len(lost)} new mistake{'s' if len(lost) != 1 else ''}, the surest first"]
    for pair in lost[:MOST_LISTED]:
        lines.append(f"  {pair.text}")
        lines.append(f"      wanted {pair.wanted or pair.action}")
        if pair.said_after:
            sure = "" if pair.confidence_after is None else f", confidence {pair.confidence_after:.2f}"
            lines.append(f"      got    {pair.said_after}{sure}")
    if len(lost) > MOST_LISTED:
        lines.append(f"  and {len(lost) - MOST_LISTED} others; --json lists all")
    return "\n".join(lines)
