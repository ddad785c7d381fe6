"""The report of an evaluation: one page that needs no other file, its plots and figures beside it.

The folder is made whole or not at all. A former report is replaced; a folder that holds anything else is
left alone.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from whispera.errors import UsageError
from whispera.evaluation import plots, text
from whispera.evaluation.measure import Figures

PAGE = "index.html"
FIGURES = "figures.json"
MARK = '<meta name="generator" content="whispera eval">'
_TEMPLATES = Path(__file__).parent / "templates"


def check_folder(folder: Path, *, mark: str = MARK) -> None:
    """Raises UsageError where a folder holds something that is no former report of the same kind."""
    problem = ""
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        problem = "is no folder"
    elif folder.is_dir():
        held = sorted(path.name for path in folder.iterdir())
        page = folder / PAGE
        ours = page.is_file() and mark in page.read_text(encoding="utf-8", errors="replace")
        others = [name for name in held if name not in (PAGE, FIGURES) and not name.endswith(".svg")]
        if held and (others or not ours):
            problem = f"holds something else: {(others or held)[0]}"
    if problem:
        raise UsageError(f"{folder} {problem}", hint="name a new folder, or an empty one")


def write(folder: Path, figures: Figures) -> None:
    """Write the report; raises UsageError where the folder holds something else."""
    check_folder(folder)
    drawn = plots.all_plots(figures)
    put(folder, page=render(figures, drawn), data=figures.as_json(), drawn=drawn)


def put(folder: Path, *, page: str, data: dict[str, Any], drawn: Sequence[plots.Plot]) -> None:
    """Put a page, its plots and its data into a folder, in place of what it holds."""
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = folder.with_name(f".{folder.name}.{os.getpid()}.new")
    former = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    shutil.rmtree(beside, ignore_errors=True)
    try:
        beside.mkdir()
        for plot in drawn:
            (beside / f"{plot.name}.svg").write_text(plot.file, encoding="utf-8")
        figures = json.dumps(data, ensure_ascii=False, indent=1)
        (beside / FIGURES).write_text(figures + "\n", encoding="utf-8")
        (beside / PAGE).write_text(page, encoding="utf-8")
        if folder.exists():
            folder.replace(former)
        beside.replace(folder)
        shutil.rmtree(former, ignore_errors=True)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def render(figures: Figures, drawn: list[plots.Plot]) -> str:
    """The page."""
    return template("report.html").render(
        figures=figures,
        plots=drawn,
        mark=MARK,
        about=figures.extra,
        wrong=_wrong(figures),
        worst=_worst(figures),
    )


def template(name: str) -> Template:
    """A page to be filled."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["percent"] = text.percent
    return environment.get_template(name)


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
