"""The folder of a report: one page that needs no other file, its plots and its data beside it.

The folder is made whole or not at all. A former report of the same kind is replaced; a folder that holds
anything else is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from whispera import whole
from whispera.errors import UsageError
from whispera.evaluation import text
from whispera.evaluation.drawing import Plot

PAGE = "index.html"
FIGURES = "figures.json"
_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of report."""

    command: str
    """What makes it; by this a page of this kind is known again."""
    template: str
    """The file of its page."""

    @property
    def mark(self) -> str:
        """What only pages of this kind hold."""
        return f'<meta name="generator" content="{self.command}">'

    def check_folder(self, folder: Path) -> None:
        """Raises UsageError where a folder holds something that is no former report of this kind."""
        problem = ""
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            problem = "is no folder"
        elif folder.is_dir():
            held = sorted(path.name for path in folder.iterdir())
            page = folder / PAGE
            ours = page.is_file() and self.mark in page.read_text(encoding="utf-8", errors="replace")
            others = [name for name in held if name not in (PAGE, FIGURES) and not name.endswith(".svg")]
            if held and (others or not ours):
                problem = f"holds something else: {(others or held)[0]}"
        if problem:
            raise UsageError(f"{folder} {problem}", hint="name a new folder, or an empty one")

    def write(self, folder: Path, *, data: dict[str, Any], plots: Sequence[Plot], **fill: object) -> Path:
        """The page that was written; raises UsageError where the folder holds something else.

        `fill`: what the template asks for besides the plots.
        """
        self.check_folder(folder)
        page = _template(self.template).render(mark=self.mark, plots=plots, **fill)
        _put(folder, page=page, data=data, plots=plots)
        return folder / PAGE


def _put(folder: Path, *, page: str, data: dict[str, Any], plots: Sequence[Plot]) -> None:
    """Put a page, its plots and its data into a folder, in place of what it holds."""
    with whole.folder_beside(folder.absolute()) as half:
        for plot in plots:
            (half / f"{plot.name}.svg").write_text(plot.file, encoding="utf-8")
        figures = json.dumps(data, ensure_ascii=False, indent=1)
        (half / FIGURES).write_text(figures + "\n", encoding="utf-8")
        (half / PAGE).write_text(page, encoding="utf-8")


def _template(name: str) -> Template:
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
