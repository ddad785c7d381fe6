"""The report of recordings, as `page` makes it."""

from __future__ import annotations

from pathlib import Path

from whispera.evaluation.audio import AudioFigures
from whispera.evaluation.audio_plots import audio_plots
from whispera.evaluation.audio_text import HEADS, row
from whispera.evaluation.page import Kind
from whispera.evaluation.text import given, wanted

KIND = Kind(command="whispera eval --audio", template="audio.html")
check_folder = KIND.check_folder


def write(folder: Path, figures: AudioFigures) -> Path:
    """The page that was written; raises UsageError where the folder holds something else."""
    return KIND.write(
        folder,
        data=figures.as_json(),
        plots=audio_plots(figures),
        figures=figures,
        about=figures.extra,
        heads=HEADS,
        row=row,
        wanted=wanted,
        given=given,
    )
