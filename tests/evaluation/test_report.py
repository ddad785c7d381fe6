"""The report: whole, self-contained, and never over something else."""

from __future__ import annotations

import json
import re
import shutil
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.evaluation.answers import made, made_figures
from whispera.errors import UsageError
from whispera.evaluation import plots, report, text
from whispera.evaluation.measure import block

VOID = {"meta", "link", "br", "img", "input", "hr"}


class Outline(HTMLParser):
    """Checks that elements nest, and collects ids, references and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.refers: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href", "aria-labelledby"):
                self.refers.append(f"{name}={value}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    assert parser.open == []
    return parser


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    figures = made_figures()
    figures.extra["blocks"] = [block("first", made(), first=1, last=3)]
    folder = tmp_path_factory.mktemp("out") / "new" / "report"
    report.write(folder, figures)
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """A copy of a report that a test may change."""
    return Path(shutil.copytree(written, tmp_path / "out" / "report"))


def test_page_holds_the_figures(folder: Path) -> None:
    figures = made_figures()
    words = outline((folder / "index.html").read_text(encoding="utf-8")).words
    for shown in (
        text.percent(figures.exact.value),
        text.percent(figures.action.value),
        text.percent(figures.false_activations.value),
        f"{figures.ece:.3f}",
        "first, lines 1 to 3",
        "set_volume",
        "open_app target=zed",
        "4 of 8 lines",
    ):
        assert shown in words


def test_page_needs_no_other_file(folder: Path) -> None:
    parsed = outline((folder / "index.html").read_text(encoding="utf-8"))
    for refers in parsed.refers:
        name, _, value = refers.partition("=")
        if name == "href":
            assert value.startswith("#") or (folder / value).is_file()
        else:
            assert name in ("xlink:href", "aria-labelledby")


def test_every_reference_in_the_page_is_met_once(folder: Path) -> None:
    parsed = outline((folder / "index.html").read_text(encoding="utf-8"))
    assert len(parsed.ids) == len(set(parsed.ids))
    for refers in parsed.refers:
        name, _, value = refers.partition("=")
        if value.startswith("#") or name == "aria-labelledby":
            assert value.removeprefix("#") in parsed.ids


def test_what_people_typed_is_escaped(folder: Path) -> None:
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "hush <b>now</b>" not in page
    assert "hush &lt;b&gt;now&lt;/b&gt;" in page


def test_plots_take_the_colours_of_the_page(folder: Path) -> None:
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "prefers-color-scheme: dark" in page
    assert page.count("<svg") == page.count('role="img"') == 5
    assert "var(--blue)" in page
    assert not re.search(r"#0[1-5]0[1-5]0[1-5]", page)


def test_plots_stand_beside_the_page(folder: Path) -> None:
    names = sorted(path.name for path in folder.iterdir())
    drawn = ["actions.svg", "calibration.svg", "confusions.svg", "latency.svg", "risk.svg"]
    assert names == sorted([*drawn, "figures.json", "index.html"])
    for name in drawn:
        drawing = (folder / name).read_text(encoding="utf-8")
        ElementTree.fromstring(drawing)
        assert "var(--" not in drawing
        assert not re.search(r"#0[1-5]0[1-5]0[1-5]", drawing)
    assert "open_app" in (folder / "actions.svg").read_text(encoding="utf-8")


def test_figures_stand_beside_the_page(folder: Path) -> None:
    assert json.loads((folder / "figures.json").read_text())["exact"]["right"] == 4


def test_plots_are_the_same_every_time() -> None:
    assert plots.all_plots(made_figures()) == plots.all_plots(made_figures())


def test_perfect_answers_have_nothing_to_confuse(tmp_path: Path) -> None:
    report.write(tmp_path / "report", made_figures([one for one in made() if one.exact]))
    page = (tmp_path / "report" / "index.html").read_text()
    assert "No action was taken for another." in page
    assert not (tmp_path / "report" / "confusions.svg").exists()
    assert not (tmp_path / "report" / "actions.svg").exists()


def test_former_report_is_replaced_whole(folder: Path) -> None:
    report.write(folder, made_figures([one for one in made() if one.exact]))
    assert not (folder / "confusions.svg").exists()
    assert [path.name for path in folder.parent.iterdir()] == ["report"]


def test_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "report").mkdir()
    report.write(tmp_path / "report", made_figures())
    assert (tmp_path / "report" / "index.html").is_file()


@pytest.mark.parametrize("name", ["notes.txt", "index.html", ".git"])
def test_folder_with_something_else_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / name).write_text("mine")
    with pytest.raises(UsageError, match="holds something else") as caught:
        report.write(folder, made_figures())
    assert caught.value.hint
    assert [path.name for path in folder.iterdir()] == [name]


def test_report_with_a_file_of_the_users_is_refused(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"notes\.txt"):
        report.check_folder(folder)


def test_file_in_the_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report").write_text("mine")
    with pytest.raises(UsageError, match="is no folder"):
        report.check_folder(tmp_path / "report")


def test_failed_report_leaves_nothing_behind(tmp_path: Path) -> None:
    figures = made_figures()
    del figures.extra["base"]
    with pytest.raises(Exception, match="base"):
        report.write(tmp_path / "report", figures)
    assert list(tmp_path.iterdir()) == []
