"""The plots of a comparison."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from whispera.evaluation.comparison import Comparison
from whispera.evaluation.drawing import BLUE, FAINT, MOST_BARS, ORANGE, WIDTH, Drawn, Plot, dressed


def comparison_plots(comparison: Comparison) -> list[Plot]:
    """Every plot that there is something to draw for."""
    return dressed(_drawn(comparison))


def _drawn(comparison: Comparison) -> Iterator[Drawn]:
    yield _outcomes(comparison)
    if comparison.won or comparison.lost:
        yield _changes(comparison)
    if any(pair.confidence_before is not None for pair in comparison.pairs):
        yield _confidence(comparison)


def _outcomes(comparison: Comparison) -> Drawn:
    first, second = comparison.names
    both = sum(pair.before and pair.after for pair in comparison.pairs)
    neither = sum(not pair.before and not pair.after for pair in comparison.pairs)
    won, lost = len(comparison.won), len(comparison.lost)
    parts = [
        ("both right", both, BLUE, 0.45),
        (f"only {second} right", won, BLUE, 1.0),
        (f"only {first} right", lost, ORANGE, 1.0),
        ("both wrong", neither, FAINT, 1.0),
    ]
    figure = Figure(figsize=(WIDTH, 1.7))
    axes = figure.subplots()
    at = 0
    for name, count, colour, alpha in parts:
        axes.barh([0], [count], 0.5, left=at, color=colour, alpha=alpha, label=f"{name}: {count}")
        at += count
    axes.set_xlim(0, max(1, at))
    axes.set_yticks([])
    axes.set_xlabel("utterances")
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, columnspacing=1.2, handlelength=1.2)
    shown = ", ".join(f"{name} {count}" for name, count, _, _ in parts)
    return "outcomes", "Who is right", f"Of {at} utterances: {shown}.", figure


def _changes(comparison: Comparison) -> Drawn:
    rows = [row for row in comparison.changes if row.won or row.lost]
    rows = sorted(rows, key=lambda row: (-(row.won + row.lost), row.action))[:MOST_BARS]
    rows.sort(key=lambda row: (row.won - row.lost, row.action))
    figure = Figure(figsize=(WIDTH, 1.1 + 0.23 * len(rows)))
    axes = figure.subplots()
    names = [row.action for row in rows]
    axes.barh(names, [-row.lost for row in rows], 0.68, color=ORANGE, label="lost")
    axes.barh(names, [row.won for row in rows], 0.68, color=BLUE, label="won")
    axes.axvline(0, color=FAINT, linewidth=1)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    axes.set_xlabel("utterances")
    axes.invert_yaxis()
    axes.margins(y=0.02)
    axes.grid(visible=False, axis="y")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    shown = ", ".join(f"{row.action} {row.won - row.lost:+d}" for row in rows[:5])
    return "changes", "Actions that changed", f"Utterances won and lost by action: {shown}.", figure


def _confidence(comparison: Comparison) -> Drawn:
    first, second = comparison.names
    figure = Figure(figsize=(WIDTH, 4.2))
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], "--", color=FAINT, linewidth=1)
    for name, wanted, marker, colour, alpha in (
        ("right as before", (True, True), ".", BLUE, 0.35),
        ("wrong as before", (False, False), ".", FAINT, 1.0),
        ("won", (False, True), "o", BLUE, 1.0),
        ("lost", (True, False), "X", ORANGE, 1.0),
    ):
        some = [
            (pair.confidence_before, pair.confidence_after)
            for pair in comparison.pairs
            if (pair.before, pair.after) == wanted
            and None not in (pair.confidence_before, pair.confidence_after)
        ]
        if some:
            x, y = zip(*some, strict=True)
            axes.plot(x, y, marker, color=colour, alpha=alpha, markersize=5, label=name, clip_on=False)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_xlabel(f"confidence of {first}")
    axes.set_ylabel(f"of {second}")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return "confidence", "Confidence", f"Confidence of {second} over that of {first}, by utterance.", figure
