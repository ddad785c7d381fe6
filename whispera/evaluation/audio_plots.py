"""The plots of recordings."""

from __future__ import annotations

from collections.abc import Iterator

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from whispera.evaluation.audio import AudioFigures
from whispera.evaluation.drawing import BLUE, FAINT, ORANGE, WIDTH, Drawn, Plot, dressed, histogram

BAR = 0.8
"""Height of a group of bars; the groups are 1 apart."""


def audio_plots(figures: AudioFigures) -> list[Plot]:
    """Every plot that there is something to draw for."""
    return dressed(_drawn(figures))


def _drawn(figures: AudioFigures) -> Iterator[Drawn]:
    if len(figures.rounds) > 1:
        yield _noise(figures)
    if any(one.per_slot for one in figures.rounds):
        yield _slots(figures)
    yield _latency(figures)


def _noise(figures: AudioFigures) -> Drawn:
    names = [one.name for one in figures.rounds]
    exact = [one.exact.value for one in figures.rounds]
    figure = Figure(figsize=(WIDTH, 3.0))
    axes = figure.subplots()
    axes.plot(names, exact, "o-", color=BLUE, label="every slot right", clip_on=False)
    axes.plot(names, [one.action.value for one in figures.rounds], "s--", color=BLUE, label="intent right")
    rates = [one.word_error_rate for one in figures.rounds if one.word_error_rate is not None]
    if len(rates) == len(names):
        axes.plot(names, rates, "^:", color=ORANGE, label="word errors")
    axes.set_ylim(0, 1.03)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.legend(loc="lower left")
    shown = ", ".join(f"{name} {value:.0%}" for name, value in zip(names, exact, strict=True))
    return "noise", "Noise", f"Recordings with every slot right: {shown}.", figure


def _slots(figures: AudioFigures) -> Drawn:
    names = list(dict.fromkeys(name for one in figures.rounds for name in one.per_slot))
    count = len(figures.rounds)
    figure = Figure(figsize=(WIDTH, 0.9 + 0.22 * count * len(names)))
    axes = figure.subplots()
    for number, one in enumerate(figures.rounds):
        shares = [one.per_slot[name].value if name in one.per_slot else 0.0 for name in names]
        places = [place + BAR * ((number + 0.5) / count - 0.5) for place in range(len(names))]
        axes.barh(
            places,
            shares,
            0.9 * BAR / count,
            color=BLUE if number == 0 else ORANGE,
            alpha=1.0 if number == 0 else 1 - 0.7 * (number - 1) / max(1, count - 1),
            label=one.name,
        )
    axes.set_yticks(range(len(names)), names)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1))
    first = figures.rounds[0]
    shown = ", ".join(f"{name} {share.value:.0%}" for name, share in first.per_slot.items())
    return "slots", "Slots", f"Right values by slot, {first.name}: {shown}.", figure


def _latency(figures: AudioFigures) -> Drawn:
    first = figures.rounds[0]
    figure = Figure(figsize=(WIDTH, 3.0))
    left, right = figure.subplots(1, 2)
    times = [one.ms for one in first.spoken]
    marked = {name: first.latency_ms[name] for name in ("median", "p90")}
    histogram(left, times, marked, bins=30, digits=0)
    left.set_xlabel("milliseconds from last sample to intent")
    left.set_ylabel("recordings")
    right.plot([one.seconds for one in first.spoken], times, ".", color=BLUE, markersize=5)
    right.axhline(first.latency_ms["median"], color=FAINT, linewidth=1)
    right.set_xlabel("seconds of the recording")
    right.set_ylabel("milliseconds")
    right.set_xlim(0, None)
    right.set_ylim(0, None)
    shown = ", ".join(f"{name} {value:.0f}" for name, value in first.latency_ms.items())
    return "latency", "Latency", f"Milliseconds from the last sample to the intent: {shown}.", figure
