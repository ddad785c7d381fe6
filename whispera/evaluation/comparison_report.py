"""The report of a comparison: one page, its plots and its data beside it, as `report` makes them."""

from __future__ import annotations

from pathlib import Path

from whispera.evaluation import report
from whispera.evaluation.comparison import Comparison
from whispera.evaluation.comparison_plots import comparison_plots

MARK = '<meta name="generator" content="whispera compare">'


def check_folder(folder: Path) -> None:
    """Raises UsageError where a folder holds something that is no former comparison."""
    report.check_folder(folder, mark=MARK)


def write(folder: Path, comparison: Comparison) -> Path:
    """The page that was written; raises UsageError where the folder holds something else."""
    check_folder(folder)
    drawn = comparison_plots(comparison)
    page = report.template("comparison.html").render(
        comparison=comparison,
        plots=drawn,
        mark=MARK,
        about=comparison.about,
        changed=[row for row in comparison.changes if row.won or row.lost],
    )
    report.put(folder, page=page, data=comparison.as_json(), drawn=drawn)
    return folder / report.PAGE
