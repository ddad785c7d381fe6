from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from whispera.catalog.lookup import App, Folder, Site
from whispera.catalog.lookup import Lookup as Tables
from whispera.errors import NotPossible
from whispera.pipeline.applications import Application
from whispera.pipeline.fakes import FakeApplications, fake_platform
from whispera.pipeline.lookup import Lookup
from whispera.pipeline.places import Kind, Places
from whispera.pipeline.platform import Platform, PlatformName

TABLES = Tables(
    apps={
        "chrome": App(
            "chrome",
            also=("google chrome",),
            launch={
                "x11": ("google-chrome", "chromium"),
                "macos": ("Google Chrome",),
                "windows": ("chrome",),
            },
            process={"x11": ("chrome", "chromium"), "windows": ("chrome.exe",)},
        ),
        "pycharm": App("pycharm", launch={"x11": ("pycharm", "com.jetbrains.PyCharm")}),
        "spotify": App("spotify", launch={"x11": ("spotify",)}),
    },
    sites={
        "github": Site("github", ("git hub",), "github.com"),
        "spotify": Site("spotify", (), "open.spotify.com"),
    },
    engines={
        "youtube": Site("youtube", ("you tube",), "https://www.youtube.com/results?search_query={query}")
    },
    folders={
        "downloads": Folder("downloads", ("download", "download folder"), {"x11": ("@DOWNLOAD",)}),
        "trash": Folder("trash", ("bin",), {"x11": ("trash:///",)}),
        "gone": Folder("gone", (), {"x11": ("~/gone",)}),
    },
)


def lookup(
    *installed: Application, tools: tuple[str, ...] = (), name: PlatformName = "x11", desktop: bool = True
) -> Lookup:
    platform = fake_platform(name, tools=tools, desktop=desktop)
    return Lookup(TABLES, platform, applications=FakeApplications(platform, installed))


def test_the_table_goes_first_and_takes_the_first_program_there() -> None:
    app = lookup(tools=("google-chrome", "chromium")).app("Google  Chrome")
    assert (app.argv, app.process) == (("google-chrome",), "chrome")
    app = lookup(tools=("chromium",)).app("chrome")
    assert (app.argv, app.process) == (("chromium",), "chromium")


def test_an_entry_is_found_installed_under_its_id_or_name() -> None:
    flatpak = Application(
        "com.jetbrains.PyCharm",
        "PyCharm Community",
        (),
        ("flatpak", "run", "com.jetbrains.PyCharm"),
        "jb-pycharm",
    )
    app = lookup(flatpak).app("py charm")
    assert app.argv == ("flatpak", "run", "com.jetbrains.PyCharm")
    assert (app.process, app.window) == ("PyCharm", "jb-pycharm")
    named = Application("x-spotify", "Spotify", (), ("/opt/spotify/run",))
    assert lookup(named).app("spotify").argv == ("/opt/spotify/run",)


def test_an_entry_that_is_not_installed_says_so() -> None:
    with pytest.raises(NotPossible, match="Chrome is not installed here"):
        lookup().app("google chrome")


def test_installed_applications_need_no_entry() -> None:
    gimp = Application(
        "org.gimp.GIMP", "GNU Image Manipulation Program", ("GIMP",), ("env", "X=1", "gimp-2.10")
    )
    app = lookup(gimp).app("gnu image manipulation program")
    assert (app.argv, app.process) == (("env", "X=1", "gimp-2.10"), "gimp-2.10")
    assert lookup(gimp).app("gimp").name == "GNU Image Manipulation Program"


def test_terminal_applications_get_a_terminal() -> None:
    vim = Application("vim", "Vim", (), ("vim",), "", True)
    assert lookup(vim, tools=("xterm",)).app("vim").argv == ("xterm", "-e", "vim")
    with pytest.raises(NotPossible, match="no terminal"):
        lookup(vim).app("vim")


@pytest.mark.parametrize(
    ("said", "hint"),
    [
        ("crome", "did you mean chrome?"),
        ("pie charm", "did you mean pycharm?"),
        ("gitthub", "did you mean github?"),
    ],
)
def test_close_names_are_suggested_and_never_run(said: str, hint: str) -> None:
    with pytest.raises(NotPossible, match=f"no app called {said} here") as raised:
        lookup(tools=("google-chrome", "pycharm")).app(said)
    assert raised.value.hint == hint


def test_what_is_here_is_suggested_before_what_is_not() -> None:
    chromium = Application("kromia", "Chromia", (), ("chromium",))
    with pytest.raises(NotPossible) as raised:
        lookup(chromium).app("chromie")
    assert raised.value.hint == "did you mean Chromia?"


@pytest.mark.parametrize(
    "name", ["$(touch x)", "; rm -rf ~", "--help", "../../etc", "a\nb", "a\0b", "", " ", "x" * 9999]
)
def test_hostile_names_are_only_names(name: str) -> None:
    there = lookup(tools=("google-chrome", "rm", "sh"))
    with pytest.raises(NotPossible):
        there.app(name)
    assert there.site(name) is None
    assert there.engine(name) is None


def test_sites_and_engines_have_other_names() -> None:
    assert lookup().site("git hub") == "github.com"
    assert (lookup().engine("You Tube") or "").startswith("https://www.youtube.com/")


def test_macos_starts_bundles_and_windows_what_start_process_knows() -> None:
    bundle = Application("Google Chrome", "Google Chrome", (), ("/Applications/Google Chrome.app",))
    assert lookup(bundle, name="macos").app("chrome").argv == ("/Applications/Google Chrome.app",)
    with pytest.raises(NotPossible, match="not installed"):
        lookup(name="macos").app("chrome")
    app = lookup(name="windows").app("chrome")
    assert (app.argv, app.process) == (("chrome",), "chrome.exe")


def real_platform(path: Path) -> Platform:
    return Platform("x11", True, {"PATH": str(path)}, path, path)


def test_a_program_of_the_users_own_counts_as_an_app(tmp_path: Path) -> None:
    tool = tmp_path / "my-tool"
    tool.write_text("#!/bin/sh\n")
    tool.chmod(0o755)
    platform = real_platform(tmp_path)
    found = Lookup(TABLES, platform, applications=FakeApplications(platform))
    assert found.app("My Tool").argv == (str(tool),)
    tool.chmod(0o644)
    platform = real_platform(tmp_path)
    with pytest.raises(NotPossible):
        Lookup(TABLES, platform, applications=FakeApplications(platform)).app("my tool")


@pytest.mark.skipif(sys.platform != "linux", reason="system programs of Linux")
@pytest.mark.parametrize("name", ["sh", "rm", "crontab", "reboot", "dd", "cat"])
def test_programs_of_the_system_are_no_apps(tmp_path: Path, name: str) -> None:
    for path in ("/usr/bin", "/bin", "/usr/sbin", "/sbin"):
        platform = real_platform(Path(path))
        with pytest.raises(NotPossible):
            Lookup(TABLES, platform, applications=FakeApplications(platform)).app(name)
    shell = shutil.which("sh")
    assert shell is not None
    (tmp_path / "harmless").symlink_to(os.path.realpath(shell))
    platform = real_platform(tmp_path)
    with pytest.raises(NotPossible):
        Lookup(TABLES, platform, applications=FakeApplications(platform)).app("harmless")


def test_windows_of_unknown_things_go_by_their_words_but_processes_do_not() -> None:
    assert lookup().window("quarterly report") == "quarterly report"
    with pytest.raises(NotPossible):
        lookup().process("systemd")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    for folder in ("Téléchargements", "Documents/Taxes/2023", "Projects/whispera", "work", ".secret"):
        (home / folder).mkdir(parents=True)
    (home / "Documents/Taxes/return.pdf").write_text("")
    (home / "work/budget.xlsx").write_text("")
    (home / "Documents/notes.txt").write_text("")
    (home / ".config").mkdir()
    line = 'XDG_DOWNLOAD_DIR="$HOME/T\\éléchargements"\nXDG_MUSIC_DIR="relative"\nnonsense\n'
    (home / ".config/user-dirs.dirs").write_text(line.replace("\\é", "é"), encoding="utf-8")
    return home


def places(home: Path, cwd: str = "work") -> Places:
    return Places(TABLES.folders, fake_platform("x11", home=home, cwd=home / cwd))


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("downloads", "Téléchargements"),
        ("Download Folder", "Téléchargements"),
        ("telechargements", "Téléchargements"),
        ("documents", "Documents"),
        ("home", ""),
        ("taxes", "Documents/Taxes"),
        ("projects", "Projects"),
        ("whispera", "Projects/whispera"),
    ],
)
def test_folders_are_found_by_name(home: Path, name: str, where: str) -> None:
    assert places(home).find(name, prefer="folder") == str(home / where)


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("budget", "work/budget.xlsx"),
        ("budget dot xlsx", "work/budget.xlsx"),
        ("Return.PDF", "Documents/Taxes/return.pdf"),
        ("notes", "Documents/notes.txt"),
    ],
)
def test_files_are_found_with_and_without_ending(home: Path, name: str, where: str) -> None:
    assert places(home).find(name, prefer="file") == str(home / where)


def test_addresses_in_the_table_pass_as_they_are(home: Path) -> None:
    assert places(home).find("bin", prefer="folder") == "trash:///"
    with pytest.raises(NotPossible, match="no gone folder"):
        places(home).find("gone", prefer="folder")


def test_the_newest_of_files_of_one_name_is_taken(home: Path) -> None:
    old, new = home / "work/letter.odt", home / "work/letter.pdf"
    old.write_text("")
    new.write_text("")
    os.utime(old, (1, 1))
    assert places(home).find("letter", prefer="file") == str(new)


@pytest.mark.parametrize("name", ["../../etc", "..", ".", "../..", "secret", "$(touch x)", "a\0b", ""])
def test_names_never_leave_the_places_searched(home: Path, name: str) -> None:
    kinds: tuple[Kind, ...] = ("folder", "file")
    for prefer in kinds:
        with pytest.raises(NotPossible):
            places(home).find(name, prefer=prefer)


def test_paths_typed_whole_must_exist(home: Path) -> None:
    assert places(home).find(str(home / "work"), prefer="folder") == str(home / "work")
    assert places(home).find("~/work", prefer="folder") == str(home / "work")
    for missing in ("/nowhere/at/all", "~/nowhere", "/a\0b", "/dev/null"):
        with pytest.raises(NotPossible, match="there is no"):
            places(home).find(missing, prefer="folder")


def test_missing_names_are_answered_with_close_ones(home: Path) -> None:
    with pytest.raises(NotPossible) as raised:
        places(home).find("budjet", prefer="file")
    assert raised.value.hint == "did you mean budget?"
    with pytest.raises(NotPossible) as raised:
        places(home).find("budjet.xlsx", prefer="file")
    assert raised.value.hint == "did you mean budget.xlsx?"


def test_the_search_ends_in_a_huge_tree(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("whispera.pipeline.places._MAX_ENTRIES", 5)
    for number in range(20):
        (home / "work" / f"f{number}").write_text("")
    with pytest.raises(NotPossible):
        places(home).find("deep", prefer="file")
    (home / "work/loop").symlink_to(home, target_is_directory=True)
    monkeypatch.setattr("whispera.pipeline.places._MAX_ENTRIES", 20_000)
    with pytest.raises(NotPossible):
        places(home).find("not there", prefer="file")
