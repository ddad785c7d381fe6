"""The report of an evaluation, as `page` makes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from whispera.evaluation import plots, text
from whispera.evaluation.measure import Figures
from whispera.evaluation.page import Kind

KIND = Kind(command="whispera eval", template="report.html")
check_folder = KIND.check_folder


def write(folder: Path, figures: Figures) -> Path:
    """The page that was written; raises UsageError where the folder holds something else."""
    return KIND.write(
        folder,
        data=figures.as_json(),
        plots=plots.all_plots(figures),
        figures=figures,
        about=figures.extra,
        wrong=_wrong(figures),
        worst=_worst(figures),
    )


def _worst(figures: Figures) -> list[tuple[str, Any, Any]]:
    """(action, action share, exact share), worst first."""
    rows = [(name, action, exact) for name, (action, exact) in figures.per_action.items()]
    return sorted(rows, key=lambda row: (row[2].value, row[1].value, row[0]))


def _wrong(figures: Figures) -> list[dict[str, Any]]:
    return [
        {
            "line": answer.expected.line,
            "text": answer.expected.text,
            "wanted": text.wanted(answer),
            "given": text.given(answer),
            "confidence": answer.confidence,
        }
        for answer in figures.answers
        if not answer.exact
    ]
