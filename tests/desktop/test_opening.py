"""Applications, folders, files and pages, opened through the desktop's own ways."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.desktop.desk import Desk, require, wait_for, write_application
from whispera.errors import NotPossible

pytestmark = [pytest.mark.usefixtures("display"), pytest.mark.xdist_group("opening")]


@pytest.fixture
def opened(home: Path) -> Path:
    """What the applications of the test write down: their arguments, one run a line."""
    return home / "opened.txt"


def line(opened: Path) -> str:
    wait_for(lambda: opened.exists() and opened.read_text().endswith("\n"))
    return opened.read_text().rstrip("\n")


def test_an_application_is_found_by_its_name_and_started(desk: Desk, home: Path, opened: Path) -> None:
    write_application(home, "Quibble Box", f'echo started "$#" > {opened}')
    assert desk.do("open_app", target="quibblebox").status == "done"
    assert line(opened) == "started 0"


def test_a_closed_application_is_gone_and_undo_opens_it_again(desk: Desk, home: Path, opened: Path) -> None:
    require("pkill", "pgrep")
    write_application(home, "Quibble", f"echo up >> {opened}; while :; do sleep 0.1; done")
    assert desk.do("open_app", target="Quibble").status == "done"
    assert line(opened) == "up"
    closed = desk.do("close_app", target="quibble")
    assert closed.status == "done"
    wait_for(lambda: subprocess.run(["pgrep", "-x", "quibble"], capture_output=True).returncode)
    assert desk.take_back(closed).status == "done"
    wait_for(lambda: opened.read_text() == "up\nup\n")
    desk.do("close_app", target="quibble")


def test_an_application_that_is_not_there_starts_nothing(desk: Desk, home: Path, opened: Path) -> None:
    write_application(home, "Quibble Box", f"echo started > {opened}")
    with pytest.raises(NotPossible) as raised:
        desk.do("open_app", target="quibble bux")
    assert raised.value.hint == "did you mean Quibble Box?"
    assert not opened.exists()


@pytest.fixture
def files(home: Path, opened: Path) -> None:
    """A file manager that writes down what it is to show."""
    require("xdg-open", "file")
    write_application(home, "Filer", f'printf "%s\\n" "$@" > {opened}', mime="inode/directory")


@pytest.mark.usefixtures("files")
def test_a_folder_is_shown(desk: Desk, home: Path, opened: Path) -> None:
    (home / "Documents" / "Tax 2025").mkdir()
    assert desk.do("open_folder", target="tax 2025").status == "done"
    assert line(opened).endswith("/Documents/Tax 2025")


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("name", ["downloads", "documents"])
def test_a_folder_of_the_user_is_shown(desk: Desk, home: Path, opened: Path, name: str) -> None:
    assert desk.do("open_folder", target=name).status == "done"
    assert line(opened) == str(home / name.capitalize())


def test_a_file_is_opened_by_the_application_of_its_kind(desk: Desk, home: Path, opened: Path) -> None:
    require("xdg-open", "file")
    write_application(home, "Reader", f'printf "%s\\n" "$@" > {opened}', mime="text/plain")
    report = home / "Documents" / "-rf report; $(x).txt"
    report.write_text("figures\n")
    assert desk.do("open_file", target="-rf report; $(x)").status == "done"
    assert line(opened) == str(report)


@pytest.mark.parametrize(
    ("action", "slots", "address"),
    [
        ("open_url", {"url": "example.org/a?b=c"}, "https://example.org/a?b=c"),
        ("search_web", {"query": "cats & $(dogs)", "engine": "youtube"}, "cats%20%26%20%24%28dogs%29"),
    ],
)
def test_a_page_is_opened_in_the_browser(
    desk: Desk, home: Path, opened: Path, action: str, slots: dict[str, str], address: str
) -> None:
    require("xdg-open")
    write_application(home, "Surfer", f'printf "%s\\n" "$@" > {opened}', mime="x-scheme-handler/https")
    outcome = desk.do(action, **slots)
    assert outcome.status == "done", outcome.message
    assert address in line(opened)


def test_a_new_folder_is_made_where_the_user_looks(desk: Desk, home: Path) -> None:
    desk.do("new_folder", name="../../Probe; rm -rf ~")
    desk.do("new_folder")
    desk.do("new_folder")
    made = sorted(path.name for path in (home / "Desktop").iterdir())
    assert made == ["New Folder", "New Folder 2", "Probe; rm -rf ~"]
