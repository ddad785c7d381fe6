"""The service's files are what systemd, launchd and Windows take, whatever the paths hold."""

from __future__ import annotations

import plistlib
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.cli.conftest import Whispera
from whispera.errors import NotPossible, UsageError, WhisperaError
from whispera.pipeline.fakes import fake_platform
from whispera.pipeline.platform import Platform
from whispera.service.installing import install, remove, start_again, state_of
from whispera.service.unit import Argv, Unit, unit_for

ODD = 'it\'s 100% "odd" & <big> $HOME {mark} \\n \u00fc; #x'
"""A folder name with everything that one of the formats reads in its own way."""
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


def platform(name: str, home: Path, **environ: str) -> Platform:
    made = fake_platform(name=name, tools=("systemctl", "launchctl", "schtasks"))
    return Platform(made.name, made.desktop, {**environ}, home, home, made.known, made.searchable)


def words(home: Path) -> list[str]:
    program = home / ODD / "python.exe"
    return [
        str(program),
        "-P",
        "-m",
        "whispera",
        "--workspace",
        str(home / ODD / "ws"),
        "daemon",
        "--foreground",
    ]


class FakePrograms:
    """Services of a machine that is not there."""

    def __init__(self, *, failing: str = "", graphical: bool = True) -> None:
        self.ran: list[Argv] = []
        self.enabled = self.active = False
        self.failing = failing
        self.graphical = graphical

    def run(self, argv: Argv) -> tuple[int, str]:
        self.ran.append(argv)
        line = " ".join(argv)
        if self.failing and self.failing in line:
            return 1, "Failed: no such thing"
        if "is-enabled" in line:
            return (0 if self.enabled else 1), ""
        if "graphical-session" in line:
            return (0 if self.graphical else 3), ""
        if "is-active" in line:
            return (0 if self.active else 3), ""
        if " enable " in line:
            self.enabled = True
        if " restart " in line:
            self.active = True
        if " disable " in line:
            self.enabled = self.active = False
        return 0, ""


# -- files


def test_the_unit_of_systemd_says_what_was_meant(tmp_path: Path) -> None:
    unit = unit_for(
        platform("x11", tmp_path, XDG_STATE_HOME=f"/s/{ODD}"), words(tmp_path), package=f"/p/{ODD}"
    )
    lines = unit.data.decode().splitlines()
    command = next(line for line in lines if line.startswith("ExecStart=")).removeprefix("ExecStart=")
    program, *rest = [read_word(word) for word in re.findall(r'"((?:[^"\\]|\\.)*)"', command)]
    shell = ["/bin/sh", "-c", 'exec "$0" "$@"']
    assert [program, *(word.replace("$$", "$") for word in rest)] == [*shell, *words(tmp_path)]
    variables = [
        read_word(line[len('Environment="') : -1]) for line in lines if line.startswith("Environment=")
    ]
    assert variables == [f"PYTHONPATH=/p/{ODD}", f"XDG_STATE_HOME=/s/{ODD}"]
    told = dict(line.split("=", 1) for line in lines if "=" in line)
    tries, pause = int(told["StartLimitBurst"]), int(told["RestartSec"])
    assert told["Restart"] == "on-failure"
    assert tries * pause < int(told["StartLimitIntervalSec"]), "one that cannot start is given up"
    assert unit.path == tmp_path / ".config" / "systemd" / "user" / "whispera.service"


def read_word(word: str) -> str:
    """A quoted word as systemd reads it."""
    return re.sub(r"\\(.)", r"\1", word).replace("%%", "%")


@pytest.mark.parametrize("folder", [ODD, "a b 100% $HOME & {mark} \u00fc; #x"], ids=["quotes", "no quotes"])
def test_systemd_takes_its_unit(tmp_path: Path, folder: str) -> None:
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("there is no systemd-analyze here")
    program = tmp_path / folder / "python"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = unit_for(
        platform("x11", tmp_path), [str(program), *words(tmp_path)[1:]], package=str(tmp_path / ODD)
    )
    file = tmp_path / unit.name
    file.write_bytes(unit.data)
    run = tmp_path / "run"
    run.mkdir(mode=0o700)
    done = subprocess.run(
        [verify, "--user", "verify", "--man=no", str(file)],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(run)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    told = [line for line in (done.stdout + done.stderr).splitlines() if unit.name in line]
    assert (done.returncode, told) == (0, []), done.stderr
    if folder == ODD:  # the shell looks for it
        return
    program.unlink()
    done = subprocess.run(
        [verify, "--user", "verify", "--man=no", str(file)],
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(run)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "not executable" in done.stderr


def test_the_agent_of_launchd_says_what_was_meant(tmp_path: Path) -> None:
    unit = unit_for(
        platform("macos", tmp_path, PATH="/opt/bin:/bin"),
        words(tmp_path),
        package=f"/p/{ODD}",
        domain="barista",
    )
    agent = plistlib.loads(unit.data)
    assert agent["Label"] == "whispera.barista"
    assert agent["ProgramArguments"] == words(tmp_path)
    assert agent["EnvironmentVariables"] == {"PYTHONPATH": f"/p/{ODD}", "PATH": "/opt/bin:/bin"}
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["RunAtLoad"] is True
    assert unit.path == tmp_path / "Library" / "LaunchAgents" / "whispera.barista.plist"


def test_the_task_of_windows_says_what_was_meant(tmp_path: Path) -> None:
    here = platform("windows", tmp_path, USERDOMAIN="DESK & CO", USERNAME="o'hara")
    unit = unit_for(here, words(tmp_path), package=f"C:\\{ODD}")
    assert unit.data.startswith((b"\xff\xfe", b"\xfe\xff"))
    root = ElementTree.fromstring(unit.data.decode("utf-16").split("?>", 1)[1])
    assert root.tag == f"{TASK}Task"
    # the order of the schema, in which Windows insists on
    assert [part.tag.removeprefix(TASK) for part in root] == [
        "RegistrationInfo", "Triggers", "Principals", "Settings", "Actions",
    ]  # fmt: skip
    action = root.find(f"{TASK}Actions/{TASK}Exec")
    assert action is not None
    found = {part.tag.removeprefix(TASK): part.text for part in action}
    assert found["Command"] == str(tmp_path / ODD / "pythonw.exe")
    assert found["WorkingDirectory"] == f"C:\\{ODD}"
    meant = [word for word in words(tmp_path)[1:] if word != "-P"]
    assert split_as_windows(found["Arguments"] or "") == meant
    users = {part.text for part in root.iter(f"{TASK}UserId")}
    assert users == {"DESK & CO\\o'hara"}
    limit = root.find(f"{TASK}Settings/{TASK}ExecutionTimeLimit")
    assert limit is not None and limit.text == "PT0S"


def split_as_windows(line: str) -> list[str]:
    """The arguments of a command line, by the rules of Microsoft's C runtime."""
    found: list[str] = []
    word, inside, i = "", False, 0
    while i < len(line):
        if line[i] == "\\":
            count = len(line[i:]) - len(line[i:].lstrip("\\"))
            i += count
            if line[i : i + 1] == '"':
                word += "\\" * (count // 2)
                if count % 2:
                    word, i = word + '"', i + 1
            else:
                word += "\\" * count
            continue
        if line[i] == '"':
            inside = not inside
        elif line[i] == " " and not inside:
            found.append(word)
            word = ""
        else:
            word += line[i]
        i += 1
    return [*found, word]


@pytest.mark.parametrize("name", ["x11", "macos", "windows"])
@pytest.mark.parametrize("bad", ["a\nb", "a\0b", "a\x1bb", "a\ud800b", "a\u2028b"])
def test_what_no_file_can_hold_is_refused(tmp_path: Path, name: str, bad: str) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        unit_for(platform(name, tmp_path), ["/bin/python", "--workspace", bad], package="/p")


# -- installing


def unit_here(tmp_path: Path, **more: str) -> tuple[Platform, Unit]:
    here = platform("x11", tmp_path)
    return here, unit_for(here, ["/bin/python", "daemon", *more.values()], package="/p")


def test_install_says_what_it_did_and_done_again_changes_nothing(tmp_path: Path) -> None:
    here, unit = unit_here(tmp_path)
    programs = FakePrograms()
    assert list(install(unit, here, programs, make_way=lambda: "ended the other one")) == [
        f"wrote {unit.path}",
        "it is started at every login from now on",
        "ended the other one",
        "started it",
    ]
    assert unit.path.read_bytes() == unit.data
    assert [path.name for path in unit.path.parent.iterdir()] == ["whispera.service"]
    before = unit.path.stat().st_mtime_ns
    programs.ran.clear()
    assert list(install(unit, here, programs, make_way=lambda: "never")) == [
        f"{unit.path} is as it should be",
        "it runs already",
    ]
    assert unit.path.stat().st_mtime_ns == before
    assert not any("restart" in argv or "enable" in argv for argv in programs.ran)


def test_another_version_takes_the_place_of_the_one_there_was(tmp_path: Path) -> None:
    here, unit = unit_here(tmp_path)
    programs = FakePrograms()
    list(install(unit, here, programs))
    _, newer = unit_here(tmp_path, more="--no-voice")
    assert state_of(newer, programs).current is False
    steps = list(install(newer, here, programs, make_way=lambda: "never: it is restarted"))
    assert steps == [f"replaced {unit.path}", "it is started at every login from now on", "started it"]
    assert unit.path.read_bytes() == newer.data


def test_a_desktop_without_a_systemd_session_is_told_what_to_do(tmp_path: Path) -> None:
    here, unit = unit_here(tmp_path)
    assert (
        "systemctl --user start whispera.service"
        in list(install(unit, here, FakePrograms(graphical=False)))[-1]
    )


@pytest.mark.parametrize(
    ("name", "starts"),
    [
        ("x11", "systemctl --user restart whispera.service"),
        ("macos", "launchctl kickstart gui/"),
        ("windows", "schtasks /Run /TN Whispera"),
    ],
)
def test_a_service_whose_daemon_was_ended_is_started_again(tmp_path: Path, name: str, starts: str) -> None:
    unit = unit_for(platform(name, tmp_path), words(tmp_path), package="/p")
    programs = FakePrograms()
    start_again(unit, programs)
    assert [" ".join(argv)[: len(starts)] for argv in programs.ran] == [starts]
    with pytest.raises(WhisperaError, match="no such thing"):
        start_again(unit, FakePrograms(failing=starts.split()[1]))


def test_remove_leaves_nothing_and_may_be_done_again(tmp_path: Path) -> None:
    here, unit = unit_here(tmp_path)
    programs = FakePrograms()
    list(install(unit, here, programs))
    assert list(remove(unit, here, programs)) == [
        "ended it, and it is not started any more",
        f"deleted {unit.path}",
    ]
    assert not unit.path.exists()
    assert list(remove(unit, here, programs)) == ["there is no service of Whispera"]


def test_where_there_are_no_services_nothing_is_written(tmp_path: Path) -> None:
    here, unit = unit_here(tmp_path)
    bare = fake_platform(tools=())
    for where, programs in ((bare, FakePrograms()), (here, FakePrograms(failing="--property=Version"))):
        with pytest.raises(NotPossible, match="systemctl"):
            list(install(unit, where, programs))
    assert not unit.path.exists()


def test_a_step_that_fails_is_named(tmp_path: Path) -> None:
    here, unit = unit_here(tmp_path)
    steps = install(unit, here, FakePrograms(failing="restart"))
    with pytest.raises(WhisperaError, match=r"restart whispera\.service` failed: Failed: no such thing"):
        list(steps)


# -- the command


def test_a_dry_run_shows_the_file_and_the_commands(
    whispera: Whispera, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    done = whispera("service", "install", "--dry-run", "--no-voice", "--json")
    assert done.code == 0
    assert "--no-voice" in done.json["text"]
    assert done.json["run"][-1][:2] == ["systemctl", "--user"]
    assert not Path(done.json["path"]).exists()
    status = whispera("service", "status", "--json")
    assert status.code == 3
    assert status.json["installed"] is False
