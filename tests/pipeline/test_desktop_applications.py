from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from whispera.pipeline.applications import Applications, roots
from whispera.pipeline.desktop_entry import languages, split_exec
from whispera.pipeline.fakes import fake_platform
from whispera.pipeline.names import close, did_you_mean, fold
from whispera.pipeline.platform import Platform


def entry(directory: Path, id: str, *lines: str, name: str = "Sketch", run: str = "sketch %U") -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{id}.desktop"
    text = [
        "[Desktop Entry]",
        "Type=Application",
        f"Name={name}",
        f"Exec={run}",
        *lines,
        "[Other]",
        "Name=no",
    ]
    path.write_text("\n".join(text), encoding="utf-8")
    return path


@pytest.fixture
def machine(tmp_path: Path) -> Platform:
    environ = {"XDG_DATA_HOME": str(tmp_path / "user"), "XDG_DATA_DIRS": f"{tmp_path / 'system'}:relative"}
    return fake_platform("x11", home=tmp_path / "home", environ=environ, tools=["there"])


def test_fold_takes_spellings_of_one_name_for_the_same() -> None:
    assert fold("VS-Code") == fold("vs code") == fold("vscode")
    assert fold("Café  Müller") == "cafemuller"
    assert fold("notepad++") != fold("notepad")
    assert fold("../..") == ""


def test_close_names_are_offered_best_first() -> None:
    assert close("crome", ["firefox", "chrome", "chromium"])[0] == "chrome"
    assert close("pie charm", ["PyCharm", "Charles"]) == ["PyCharm"]
    assert close("zzz", ["chrome"]) == []
    assert close("x" * 500, ["x" * 499]) == []
    assert did_you_mean(["a", "b", "c"]) == "did you mean a, b or c?"
    assert did_you_mean([]) == ""


@pytest.mark.parametrize(
    ("value", "argv"),
    [
        ("firefox %u", ("firefox",)),
        ('env "A=b c" prog --open %U', ("env", "A=b c", "prog", "--open")),
        (r'"/opt/my app/run" "say \"\$hi\""', ("/opt/my app/run", 'say "$hi"')),
        ("prog --share=100%%", ("prog", "--share=100%")),
        (
            "flatpak run --file-forwarding org.x.App @@u %u @@",
            ("flatpak", "run", "--file-forwarding", "org.x.App"),
        ),
        ("prog; rm -rf ~", ("prog;", "rm", "-rf", "~")),
        ('prog "unclosed', ()),
        ("prog %z", ()),
        ("", ()),
        ('""', ()),
    ],
)
def test_exec_is_split_without_a_shell(value: str, argv: tuple[str, ...]) -> None:
    assert split_exec(value) == argv


def test_languages_go_from_special_to_general() -> None:
    assert languages({"LANG": "de_DE.UTF-8"}) == ("de_DE", "de")
    assert languages({"LC_ALL": "sr_RS@latin", "LANG": "en"}) == ("sr_RS@latin", "sr_RS", "sr@latin", "sr")
    assert languages({"LANG": "C.UTF-8"}) == ()


def test_applications_are_found_by_translated_and_plain_name(machine: Platform, tmp_path: Path) -> None:
    entry(tmp_path / "user/applications", "org.sketch.Pad", "Name[de]=Zeichenbrett", "StartupWMClass=Pad")
    german = fake_platform("x11", home=machine.home, environ={**machine.environ, "LANG": "de_DE.UTF-8"})
    index = Applications(german)
    for name in ("zeichenbrett", "SKETCH", "pad"):
        found = index.named(name)
        assert found is not None, name
        assert (found.name, found.argv, found.window) == ("Zeichenbrett", ("sketch",), "Pad")
    assert index.with_id("org.sketch.pad.desktop") is not None
    assert index.named("nothing") is None
    assert index.named("...") is None


@pytest.mark.parametrize(
    "line",
    [
        "NoDisplay=true",
        "Hidden=true",
        "TryExec=missing",
        "OnlyShowIn=KDE;",
        "NotShowIn=XFCE;",
        "Type[de]=x\nExec=",
    ],
)
def test_hidden_entries_are_skipped(machine: Platform, tmp_path: Path, line: str) -> None:
    path = entry(tmp_path / "user/applications", "a")
    if "Exec=" in line:
        path.write_text("[Desktop Entry]\nType=Application\nName=Sketch\n", encoding="utf-8")
    else:
        path.write_text(path.read_text("utf-8").replace("[Other]", f"{line}\n[Other]"), encoding="utf-8")
    here = fake_platform("x11", home=machine.home, environ={**machine.environ, "XDG_CURRENT_DESKTOP": "XFCE"})
    assert Applications(here).all() == ()


def test_a_users_entry_replaces_the_systems(machine: Platform, tmp_path: Path) -> None:
    entry(tmp_path / "system/applications", "a", run="old")
    entry(tmp_path / "user/applications", "a", run="new")
    entry(tmp_path / "system/applications/kde", "b", name="Deep")
    index = Applications(machine)
    assert [(a.id, a.argv[0]) for a in index.all()] == [("a", "new"), ("kde-b", "sketch")]


def test_unreadable_files_are_left_out(machine: Platform, tmp_path: Path) -> None:
    directory = tmp_path / "user/applications"
    directory.mkdir(parents=True)
    (directory / "binary.desktop").write_bytes(b"\xff\xfe\x00" * 100)
    (directory / "huge.desktop").write_bytes(b"[Desktop Entry]\n" + b"x" * 200_000)
    (directory / "loop.desktop").symlink_to(directory / "loop.desktop")
    (directory / "dir.desktop").mkdir()
    os.mkfifo(directory / "pipe.desktop")
    entry(directory, "good")
    assert [a.id for a in Applications(machine).all()] == ["good"]


def test_the_index_is_cached_until_a_directory_changes(machine: Platform, tmp_path: Path) -> None:
    directory = tmp_path / "user/applications"
    path = entry(directory, "a")
    cache = tmp_path / "cache"
    assert len(Applications(machine, cache=cache).all()) == 1
    stamp = directory.stat()
    path.write_text("changed in place")
    assert len(Applications(machine, cache=cache).all()) == 1, "read from the cache"
    entry(directory, "b", name="Second")
    os.utime(directory, ns=(stamp.st_atime_ns, stamp.st_mtime_ns + 1_000_000))
    assert [a.name for a in Applications(machine, cache=cache).all()] == ["Second"]
    assert [p.name for p in cache.iterdir()] == ["applications.json"]


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"key": 1}', json.dumps({"key": [], "stamps": {}}), "\0"]
)
def test_a_broken_cache_is_made_anew(machine: Platform, tmp_path: Path, content: str) -> None:
    entry(tmp_path / "user/applications", "a")
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "applications.json").write_text(content)
    assert len(Applications(machine, cache=cache).all()) == 1


def test_a_cache_that_cannot_be_written_does_no_harm(machine: Platform, tmp_path: Path) -> None:
    entry(tmp_path / "user/applications", "a")
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert len(Applications(machine, cache=blocked / "cache").all()) == 1


def test_bundles_and_shortcuts_are_listed(tmp_path: Path) -> None:
    (tmp_path / "Applications/Tools/Deep.app/Contents/Inner.app").mkdir(parents=True)
    mac = fake_platform("macos", home=tmp_path)
    assert [a.name for a in Applications(mac).all()] == ["Deep"]
    menu = tmp_path / "Microsoft/Windows/Start Menu/Programs/Games"
    menu.mkdir(parents=True)
    (menu / "Mines.lnk").write_text("")
    windows = fake_platform("windows", home=tmp_path, environ={"APPDATA": str(tmp_path)})
    assert [(a.name, a.argv) for a in Applications(windows).all()] == [("Mines", (str(menu / "Mines.lnk"),))]


def test_flatpak_and_snap_are_searched(machine: Platform, tmp_path: Path) -> None:
    listed = [str(root) for root in roots(machine)]
    assert str(tmp_path / "user/flatpak/exports/share/applications") in listed
    assert "/var/lib/snapd/desktop/applications" in listed
    assert not any("relative" in root for root in listed)
