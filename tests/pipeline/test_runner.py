from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from whispera.catalog.lookup import Lookup as Tables
from whispera.catalog.model import Action, SlotSpec, Step
from whispera.domain.intent import Intent
from whispera.domain.outcome import Command, Outcome
from whispera.errors import NotPossible
from whispera.pipeline.environment import trimmed
from whispera.pipeline.fakes import FakeRunner, fake_platform
from whispera.pipeline.lookup import Lookup
from whispera.pipeline.platform import Platform
from whispera.pipeline.resolver import Resolver
from whispera.pipeline.runner import RealRunner, Runner

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="runs programs of Linux")

INTENT = Intent("copy")


@pytest.fixture
def machine(tmp_path: Path) -> Platform:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "GITHUB_TOKEN": "secret",
        "LD_PRELOAD": "",
        "XDG_DATA_HOME": str(tmp_path / "share"),
        "XDG_DATA_DIRS": str(tmp_path / "none"),
    }
    return Platform("x11", True, environ, tmp_path, tmp_path)


def command(
    *argv: str, timeout_s: float = 10.0, detach: bool = False, env: dict[str, str] | None = None
) -> Command:
    return Command(INTENT, "argv", argv, env or {}, detach, timeout_s)


def wait_for(path: Path) -> str:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if path.is_file() and path.read_text():
            return path.read_text()
        time.sleep(0.02)
    raise AssertionError(f"{path} was never written")


def gone(pid: int) -> bool:
    """Whether a process ended; a zombie that nobody reaps here counts as ended."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize(
    "value", ["$(touch x)", "; touch x", "`touch x`", "a b", "*", "~", "'\"", "a\nb", "ü", "%s"]
)
def test_an_argument_arrives_as_it_is(machine: Platform, value: str) -> None:
    outcome = RealRunner(machine).run(command("printf", "<%s>", value))
    assert (outcome.status, outcome.message) == ("done", f"<{value}>")
    assert not (machine.home / "x").exists()


def test_the_environment_is_trimmed(machine: Platform) -> None:
    lines = set(RealRunner(machine).run(command("env", env={"WHISPERA_TEXT": "a b"})).message.splitlines())
    assert {f"HOME={machine.home}", "LANG=C.UTF-8", "WHISPERA_TEXT=a b"} <= lines
    assert not any(line.startswith(("GITHUB_TOKEN", "LD_PRELOAD")) for line in lines)


def test_trimming_keeps_the_session_and_drops_secrets() -> None:
    kept = trimmed(
        {
            "XDG_RUNTIME_DIR": "r",
            "DBUS_X": "d",
            "Path": "p",
            "LC_ALL": "l",
            "GTK_API_KEY": "k",
            "PYTHONPATH": ".",
        }
    )
    assert set(kept) == {"XDG_RUNTIME_DIR", "DBUS_X", "Path", "LC_ALL"}


def test_a_failure_shows_what_the_program_said(machine: Platform) -> None:
    outcome = RealRunner(machine).run(command("ls", "/nowhere/at/all"))
    assert (outcome.status, outcome.exit_code) == ("failed", 1)
    assert "/nowhere/at/all" in outcome.message
    assert "exit code 1" in RealRunner(machine).run(command("false")).message


def test_a_missing_program_is_not_possible(machine: Platform) -> None:
    with pytest.raises(NotPossible, match="no-such-program is not installed here"):
        RealRunner(machine).run(command("no-such-program"))
    with pytest.raises(NotPossible, match="cannot be started"):
        RealRunner(machine).run(command("printf", "x" * 3_000_000))
    with pytest.raises(NotPossible):
        RealRunner(machine).run(command("printf", "a\0b"))
    (machine.home / "bad").write_text("#!/no/such/interpreter\n")
    (machine.home / "bad").chmod(0o755)
    with pytest.raises(NotPossible, match="cannot be started"):
        RealRunner(machine).run(command(str(machine.home / "bad")))


def test_programs_of_the_current_directory_are_not_run(
    machine: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    (machine.home / "trap").write_text("#!/bin/sh\n")
    (machine.home / "trap").chmod(0o755)
    monkeypatch.chdir(machine.home)
    here = Platform(
        "x11", True, {**machine.environ, "PATH": f"::.:{os.environ['PATH']}"}, machine.home, machine.home
    )
    with pytest.raises(NotPossible):
        RealRunner(here).run(command("trap"))
    with pytest.raises(NotPossible):
        RealRunner(here).run(command("./trap"))


def test_a_program_that_hangs_is_killed_with_its_children(machine: Platform) -> None:
    pids = machine.home / "pids"
    script = f'trap "" TERM; sleep 60 & echo $$ $! > {pids}; wait; sleep 60'
    start = time.monotonic()
    outcome = RealRunner(machine).run(command("sh", "-c", script, timeout_s=0.5))
    assert time.monotonic() - start < 8
    assert outcome.status == "failed"
    assert "did not finish within 0.5 s" in outcome.message
    assert all(gone(int(pid)) for pid in wait_for(pids).split())


def test_a_child_left_in_the_background_is_not_waited_for(machine: Platform) -> None:
    start = time.monotonic()
    outcome = RealRunner(machine).run(command("sh", "-c", "sleep 5 & echo started"))
    assert (outcome.status, outcome.message) == ("done", "started")
    assert time.monotonic() - start < 3


def test_output_without_end_is_cut(machine: Platform) -> None:
    outcome = RealRunner(machine, output_chars=100).run(command("sh", "-c", "yes | head -c 3000000"))
    assert outcome.status == "done"
    assert len(outcome.message) < 130
    assert outcome.message.endswith("... (cut)")


def test_input_is_empty_and_there_is_no_terminal(machine: Platform) -> None:
    outcome = RealRunner(machine).run(
        command("sh", "-c", "cat; echo end; (: < /dev/tty) 2>/dev/null || echo none", timeout_s=5)
    )
    assert outcome.message.splitlines()[0] == "end"
    assert outcome.message.splitlines()[-1] == "none"


def test_a_desktop_entry_is_started_and_left_running(machine: Platform) -> None:
    out = machine.home / "out"
    program = machine.home / "my sketch"
    program.write_text(f'#!/bin/sh\necho "$# $1 $$" > "{out}"\nexec sleep 30\n')
    program.chmod(0o755)
    entries = machine.home / "share/applications"
    entries.mkdir(parents=True)
    entry = f'[Desktop Entry]\nType=Application\nName=Sketch Pad\nExec="{program}" "--new $(touch x)" %U\n'
    (entries / "sketch.desktop").write_text(entry)
    action = Action(
        "open_app", "apps", "", (SlotSpec("target", "name"),), run={"x11": (Step("app", ("{target}",)),)}
    )
    lookup = Lookup(Tables(), machine, cache=machine.home / "cache")
    (resolved,) = Resolver(machine, lookup).resolve(Intent("open_app", {"target": "sketch-pad"}), action)
    start = time.monotonic()
    assert RealRunner(machine).run(resolved).status == "done"
    assert time.monotonic() - start < 2
    pid = wait_for(out).split()[-1]
    assert wait_for(out) == f"1 --new $(touch x) {pid}\n", "one argument, field code dropped"
    assert not (machine.home / "x").exists()
    assert os.getsid(int(pid)) == int(pid), "a session of its own"
    os.kill(int(pid), 15)


def test_an_app_that_falls_over_at_once_is_reported(machine: Platform) -> None:
    outcome = RealRunner(machine).run(command("false", detach=True))
    assert (outcome.status, outcome.message) == ("failed", "false stopped at once with exit code 1")
    assert RealRunner(machine).run(command("true", detach=True)).status == "done"


def test_probes_read_output_and_failures_are_faults(machine: Platform) -> None:
    runner: Runner = RealRunner(machine)
    assert runner.read(["printf", "50%%"]) == "50%"
    for argv in (["false"], ["no-such-program"], ["sleep", "9"]):
        with pytest.raises(NotPossible):
            runner.read(argv, timeout_s=0.3)


def test_builtins_are_not_programs(machine: Platform) -> None:
    with pytest.raises(ValueError, match="not a program"):
        RealRunner(machine).run(Command(INTENT, "builtin", ("clock.time",)))


def test_the_fake_runner_records_and_runs_nothing() -> None:
    runner = FakeRunner(outcomes={"false": Outcome("failed", "no", 1)}, output={"pactl": "50%"})
    port: Runner = runner
    assert port.run(command("reboot")).status == "done"
    assert port.run(command("false")).status == "failed"
    assert port.read(["pactl", "get"]) == "50%"
    with pytest.raises(NotPossible):
        port.read(["wpctl"])
    assert [c.argv[0] for c in runner.commands] == ["reboot", "false"]
    assert fake_platform("x11", tools=["a"]).which("b") is None


def test_nothing_heavy_is_imported_before_something_runs() -> None:
    import subprocess

    modules = "resolver lookup policy runner desktop platform template"
    heavy = "subprocess difflib shutil yaml click pydantic importlib.metadata whispera.pipeline.keys"
    code = (
        f"import sys; [__import__('whispera.pipeline.' + m) for m in '{modules}'.split()]; "
        f"print(*sorted(set({heavy!r}.split()) & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
