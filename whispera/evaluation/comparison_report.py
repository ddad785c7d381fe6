"""The report of a comparison, as `page` makes it."""

from __future__ import annotations

from pathlib import Path

from whispera.evaluation.comparison import Comparison
from whispera.evaluation.comparison_plots import comparison_plots
from whispera.evaluation.page import Kind

KIND = Kind(command="whispera compare", template="comparison.html")
check_folder = KIND.check_folder


def write(folder: Path, comparison: Comparison) -> Path:
    """The page that was written; raises UsageError where the folder holds something else."""
    return KIND.write(
        folder,
        data=comparison.as_json(),
        plots=comparison_plots(comparison),
        comparison=comparison,
        about=comparison.about,
        changed=[row for row in comparison.changes if row.won or row.lost],
    )
