"""The plots of an evaluation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from whispera.evaluation.drawing import BLUE, FAINT, MOST_BARS, ORANGE, WIDTH, Drawn, Plot, dressed, histogram
from whispera.evaluation.measure import BINS, Figures

MOST_CONFUSED = 22


def all_plots(figures: Figures) -> list[Plot]:
    """Every plot that there is something to draw for."""
    return dressed(_drawn(figures))


def _drawn(figures: Figures) -> Iterator[Drawn]:
    if figures.exact.right < figures.exact.total:
        yield _actions(figures)
    if figures.confusions:
        yield _confusions(figures)
    yield _risk(figures)
    yield _calibration(figures)
    yield _latency(figures)


def _actions(figures: Figures) -> Drawn:
    ranked = sorted(
        ((name, action.value, exact.value) for name, (action, exact) in figures.per_action.items()),
        key=lambda row: (row[2], row[1], row[0]),
    )
    rows = [row for row in ranked if row[2] < 1][:MOST_BARS]
    figure = Figure(figsize=(WIDTH, 0.9 + 0.21 * len(rows)))
    axes = figure.subplots()
    names = [name for name, _, _ in rows]
    # both from zero: the orange end is what has the right action and a wrong slot
    axes.barh(
        names, [action for _, action, _ in rows], 0.68, color=ORANGE, label="action right, a slot wrong"
    )
    axes.barh(names, [exact for _, _, exact in rows], 0.68, color=BLUE, label="exactly right")
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.grid(visible=False, axis="y")
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2)
    worst = ", ".join(f"{name} {exact:.0%}" for name, _, exact in rows[:5])
    return (
        "actions",
        "Actions with mistakes",
        f"Exactly right by expected action, worst first: {worst}.",
        figure,
    )


def _confusions(figures: Figures) -> Drawn:
    rows: Counter[str] = Counter()
    columns: Counter[str] = Counter()
    for expected, predicted, count in figures.confusions:
        rows[expected] += count
        columns[predicted] += count
    down = [name for name, _ in rows.most_common(MOST_CONFUSED)]
    across = [name for name, _ in columns.most_common(MOST_CONFUSED)]
    most = max(count for _, _, count in figures.confusions)
    figure = Figure(figsize=(WIDTH, 1.9 + 0.24 * len(down)))
    axes = figure.subplots()
    for expected, predicted, count in figures.confusions:
        if expected in down and predicted in across:
            x, y = across.index(predicted), down.index(expected)
            axes.add_patch(
                Rectangle((x - 0.5, y - 0.5), 1, 1, color=BLUE, alpha=0.15 + 0.45 * count / most, linewidth=0)
            )
            axes.text(x, y, str(count), ha="center", va="center", fontsize=9)
    axes.set_xlim(-0.5, len(across) - 0.5)
    axes.set_ylim(len(down) - 0.5, -0.5)
    axes.set_xticks(range(len(across)), across, rotation=55, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(down)), down)
    axes.set_xlabel("understood as")
    axes.set_ylabel("meant")
    expected, predicted, count = figures.confusions[0]
    text = (
        f"How often one action was taken for another; most often {expected} for {predicted}, {count} times."
    )
    return "confusions", "Confusions", text, figure


def _risk(figures: Figures) -> Drawn:
    figure = Figure(figsize=(WIDTH, 3.3))
    left, right = figure.subplots(1, 2)
    thresholds, coverage, exact, false = zip(*figures.curve, strict=True)
    risk = [1 - value for value in exact]
    left.plot(coverage, risk, "o-", color=BLUE, markersize=3)
    for threshold, x, y in zip(thresholds, coverage, risk, strict=True):
        if threshold in (0.0, 0.5, 0.7, 0.9):
            left.annotate(
                f"{threshold:g}", (x, y), xytext=(-5, 5), textcoords="offset points", ha="right", fontsize=9
            )
    left.set_title("Risk and coverage, by threshold", fontsize=10)
    left.set_xlabel("commands acted on")
    left.set_ylabel("of these not exactly right")
    left.set_ylim(0, max(0.01, 1.1 * max(risk)))
    right.plot(thresholds, coverage, color=BLUE, label="commands acted on")
    right.plot(thresholds, exact, "--", color=BLUE, label="of these exactly right")
    right.plot(thresholds, false, ":", color=ORANGE, label="other sentences acted on")
    right.set_title("What a threshold lets through", fontsize=10)
    right.set_xlabel("least confidence")
    right.set_ylim(0, 1.02)
    right.legend(loc="center left", fontsize=9)
    for axis in (left.xaxis, left.yaxis, right.yaxis):
        axis.set_major_formatter(PercentFormatter(1, decimals=0))
        axis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    half = min(figures.curve, key=lambda row: abs(row[0] - 0.5))
    text = (
        f"At a threshold of {half[0]:g}, {half[1]:.1%} of the commands are acted on, {half[2]:.1%} of these "
        f"exactly right, and {half[3]:.1%} of the sentences that are no command."
    )
    return "risk", "Risk and coverage", text, figure


def _calibration(figures: Figures) -> Drawn:
    figure = Figure(figsize=(WIDTH, 3.8))
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    means = [mean for mean, _, _ in figures.bins]
    rights = [right for _, right, _ in figures.bins]
    upper.plot([0, 1], [0, 1], "--", color=FAINT, label="as sure as right")
    upper.vlines(means, means, rights, color=ORANGE, linewidth=1.5, label="gap")
    upper.plot(means, rights, "o-", color=BLUE, label="measured", clip_on=False)
    upper.set_ylim(0, 1.03)
    upper.set_ylabel("exactly right")
    upper.yaxis.set_major_formatter(PercentFormatter(1))
    upper.legend(loc="upper left")
    places = [(min(BINS - 1, int(mean * BINS)) + 0.5) / BINS for mean in means]
    bars = lower.bar(places, [count for _, _, count in figures.bins], 0.9 / BINS, color=BLUE)
    lower.bar_label(bars, fontsize=9)
    lower.margins(y=0.25)
    lower.set_ylabel("answers")
    lower.set_xlabel("confidence")
    lower.set_xlim(0, 1)
    text = f"Exactness over confidence in {BINS} bins; the expected calibration error is {figures.ece:.3f}."
    return "calibration", "Calibration", text, figure


def _latency(figures: Figures) -> Drawn:
    figure = Figure(figsize=(WIDTH, 2.6))
    axes = figure.subplots()
    marked = {name: figures.latency_ms[name] for name in ("median", "p99")}
    histogram(axes, [answer.ms for answer in figures.answers], marked, bins=40, digits=1)
    axes.set_xlabel("milliseconds from text to intent")
    axes.set_ylabel("utterances")
    shown = ", ".join(f"{name} {value:.1f}" for name, value in figures.latency_ms.items())
    return "latency", "Latency", f"Milliseconds from text to intent: {shown}.", figure
