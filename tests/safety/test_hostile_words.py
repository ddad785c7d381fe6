"""Hostile words through the real resolver and the real runner into recorded programs.

`tests/pipeline/test_every_action.py` holds the shape of every command on every platform; here the commands
of Linux are really started, and what arrived is what was recorded by the program.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from whispera.catalog import load
from whispera.catalog.catalog import Catalog
from whispera.catalog.model import TEXT_LIKE, Action, SlotSpec, Step
from whispera.domain.intent import Intent, Value
from whispera.errors import NotPossible
from whispera.pipeline.applications import Application
from whispera.pipeline.fakes import FakeApplications
from whispera.pipeline.lookup import Lookup
from whispera.pipeline.platform import Platform, PlatformName
from whispera.pipeline.resolver import Resolver
from whispera.pipeline.runner import RealRunner

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the recording program is a shell script")

CONFIG = Path(__file__).resolve().parents[2] / "config"
FILES = sorted((CONFIG / "actions").glob("*/*.yaml"))
OPENERS = ("xdg-open", "xdotool", "wtype")
RECORDER = """#!/bin/sh
{ echo "run"; for word in "$@"; do printf 'arg:%s\\037' "$word"; done; } >> "$HOME/record"
"""
HOSTILE = {
    "substitution": "$(touch $HOME/hacked)",
    "backticks": "`touch $HOME/hacked`",
    "statement": "; touch $HOME/hacked; rm -rf ~",
    "background": "x & touch $HOME/hacked &",
    "pipe": "x | tee $HOME/hacked",
    "option": "--help",
    "short option": "-rf",
    "traversal": "../../etc/passwd",
    "newline": "x\ntouch $HOME/hacked\n",
    "nul": "a\0b",
    "quotes": "'; touch $HOME/hacked; '\"; touch $HOME/hacked; \"",
    "long": "long " * 1000,
    "emoji": "🦊👩‍👩‍👧",
    "right to left": "\u202eשלום\u202c",
    "variables": "%PATH% ${HOME} !x!",
    "glob": "* ? [a-z] {a,b} ~",
    "calc": "&calc",
}
USUAL: Mapping[str, Value] = {
    "text": "hello there",
    "name": "Probe",
    "url": "example.org",
    "percent": 30,
    "count": 2,
    "duration": 90,
    "clock": "07:30",
    "keys": "ctrl+c",
    "expression": "1+2",
}


@cache
def catalog() -> Catalog:
    return load(CONFIG)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one of everything that can be named."""
    home = tmp_path / "home"
    (home / "Documents" / "Probe").mkdir(parents=True)
    (home / "Documents" / "Probe.txt").write_text("")
    return home


def machine(name: PlatformName, home: Path) -> tuple[Resolver, RealRunner]:
    """A machine on which every program is there, and records."""
    tools = home.parent / f"tools-{name}"
    programs = {
        program for a in catalog().actions.values() for s in a.run.get(name, ()) for program in s.needs
    }
    programs |= {
        s.value[0] for a in catalog().actions.values() for s in a.run.get(name, ()) if s.kind == "argv"
    }
    tools.mkdir(exist_ok=True)
    recorder = tools / ".recorder"
    recorder.write_text(RECORDER)
    recorder.chmod(0o755)
    for program in (*programs, *OPENERS, "probe"):
        if "/" not in program and "{" not in program:
            (tools / program).unlink(missing_ok=True)
            (tools / program).symlink_to(recorder)
    environ = {"HOME": str(home), "PATH": str(tools), "DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}
    platform = Platform(name, True, environ, home, home)
    installed = FakeApplications(platform, [Application("Probe", "Probe", (), ("probe",), "Probe")])
    return Resolver(platform, Lookup(catalog().lookup, platform, applications=installed)), RealRunner(
        platform
    )


def recorded(home: Path) -> list[list[str]]:
    """The arguments of each run so far, oldest first; forgets them."""
    path = home / "record"
    if not path.exists():
        return []
    runs = path.read_bytes().decode("utf-8", "surrogateescape").split("run\n")[1:]
    path.unlink()
    return [[word.removeprefix("arg:") for word in run.split("\037")[:-1]] for run in runs]


def usual(spec: SlotSpec, step: Step) -> Value | None:
    """A value the step takes; None where the slot must be absent."""
    if spec.name in step.when:
        return step.when[spec.name][0]
    return spec.enum[0] if spec.enum else USUAL[spec.type]


def steps(action: Action) -> list[tuple[PlatformName, Step]]:
    """What starts a program for words, each once."""
    names: tuple[PlatformName, ...] = ("x11", "wayland")
    found: list[tuple[PlatformName, Step]] = []
    for name in names:
        for step in action.run.get(name, ()):
            if step.kind not in ("builtin", "sorry") and step not in [one for _, one in found]:
                found.append((name, step))
    return found


WORDY = [file for file in FILES if any(spec.type in TEXT_LIKE for spec in catalog().actions[file.stem].slots)]


@pytest.mark.parametrize("file", WORDY, ids=lambda file: file.stem)
def test_hostile_words_arrive_as_one_argument_or_not_at_all(file: Path, home: Path) -> None:
    action = catalog().actions[file.stem]
    for name, step in steps(action):
        resolver, runner = machine(name, home)
        only = dataclasses.replace(action, run={name: (step,)})
        said = {spec.name: value for spec in action.slots if (value := usual(spec, step)) is not None}
        plain = len(resolver.resolve(Intent(action.name, said), only))
        for spec in action.slots:
            if spec.type not in TEXT_LIKE or spec.name not in said:
                continue
            for kind, words in HOSTILE.items():
                try:
                    commands = resolver.resolve(Intent(action.name, {**said, spec.name: words}), only)
                except NotPossible as error:
                    assert error.message and error.exit_code == 4
                    continue
                assert len(commands) == plain, kind
                for command in commands:
                    outcome = runner.run(dataclasses.replace(command, detach=False))
                    assert outcome.status == "done", (kind, outcome.message)
                    assert recorded(home) == [list(command.argv[1:])], kind
                    for place, element in enumerate(command.argv[1:], start=1):
                        if words.strip().startswith("-") and element == words.strip():
                            assert "--" in command.argv[:place] or command.argv[place - 1] == "-m", (
                                command.argv
                            )
                assert not (home / "hacked").exists(), kind
    assert (home / "Documents" / "Probe.txt").exists()
