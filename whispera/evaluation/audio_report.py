"""The report of recordings: one page, its plots and its data beside it, as `report` makes them."""

from __future__ import annotations

from pathlib import Path

from whispera.evaluation import report
from whispera.evaluation.audio import AudioFigures
from whispera.evaluation.audio_plots import audio_plots
from whispera.evaluation.audio_text import HEADS, row
from whispera.evaluation.text import given, wanted

MARK = '<meta name="generator" content="whispera eval --audio">'


def check_folder(folder: Path) -> None:
    """Raises UsageError where a folder holds something that is no former report of recordings."""
    report.check_folder(folder, mark=MARK)


def write(folder: Path, figures: AudioFigures) -> Path:
    """The page that was written; raises UsageError where the folder holds something else."""
    check_folder(folder)
    drawn = audio_plots(figures)
    page = report.template("audio.html").render(
        figures=figures,
        plots=drawn,
        mark=MARK,
        about=figures.extra,
        heads=HEADS,
        row=row,
        wanted=wanted,
        given=given,
    )
    report.put(folder, page=page, data=figures.as_json(), drawn=drawn)
    return folder / report.PAGE
