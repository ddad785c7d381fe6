"""What the plots of all reports share: SVG in two dresses, for the page, in its colours, and for a file.

Drawn with placeholder colours, which are then replaced: by CSS variables in the page, so that it can be
light or dark, and by fixed colours in the files. Lines differ in their dashes as well as in colour.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

INK, FAINT, BLUE, ORANGE, PAPER = "#010101", "#020202", "#030303", "#040404", "#050505"
IN_PAGE = {
    INK: "var(--ink)",
    FAINT: "var(--faint)",
    BLUE: "var(--blue)",
    ORANGE: "var(--orange)",
    PAPER: "none",
}
IN_FILE = {INK: "#1f2328", FAINT: "#c9ced6", BLUE: "#2f6db5", ORANGE: "#b45f06", PAPER: "#ffffff"}
MOST_BARS = 40
WIDTH = 8.6
"""Inches; all plots are as wide as the page."""
STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "whispera",
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.facecolor": "none",
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "figure.facecolor": PAPER,
    "figure.constrained_layout.use": True,
    "legend.frameon": False,
    "lines.linewidth": 2,
}


@dataclass(frozen=True, slots=True)
class Plot:
    """One drawing."""

    name: str
    """Also the name of its file, without `.svg`."""
    title: str
    text: str
    """What it shows, in words, for those who do not see it."""
    page: str
    """SVG to stand in the page."""
    file: str
    """SVG to stand alone."""


Drawn = tuple[str, str, str, Figure]
"""Name, title, text, drawing."""


def dressed(drawn: Iterator[Drawn]) -> list[Plot]:
    """The drawings in both dresses; each is made here, in the style of all."""
    with rc_context(STYLE):
        return [_dressed(*one) for one in drawn]


def histogram(
    axes: Axes, times: Sequence[float], marked: Mapping[str, float], *, bins: int, digits: int
) -> None:
    """How many of the times, in ms, fall where, with a line at each of the two marked ones (name to ms)."""
    axes.hist(times, bins=bins, color=BLUE)
    for (name, value), dashes in zip(marked.items(), ("--", ":"), strict=True):
        axes.axvline(value, color=ORANGE, linestyle=dashes, label=f"{name} {value:.{digits}f} ms")
    axes.set_xlim(0, None)
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="upper right")


def _dressed(name: str, title: str, text: str, figure: Figure) -> Plot:
    """A drawing in both dresses."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Title": text})
    drawing = buffer.getvalue()
    drawing = re.sub(r"font: ([\d.]+px) [^;\"]+", r"font: \1 system-ui, sans-serif", drawing)

    def in_colours(colours: dict[str, str]) -> str:
        return re.sub("|".join(colours), lambda found: colours[found.group()], drawing)

    page = in_colours(IN_PAGE)
    page = page[page.index("<svg") :]
    page = re.sub(r"<metadata>.*?</metadata>", "", page, flags=re.DOTALL)
    page = re.sub(r'\b(id=|xlink:href=)"(#?)', rf'\1"\2{name}-', page).replace("url(#", f"url(#{name}-")
    head, rest = page.split(">", 1)
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    page = f'{head} role="img" aria-labelledby="{name}-caption">{rest}'
    return Plot(name, title, text, page, in_colours(IN_FILE))
