"""Every action file on every platform, with values meant to do harm; nothing is run."""

from __future__ import annotations

import dataclasses
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from whispera.catalog import load
from whispera.catalog.catalog import Catalog
from whispera.catalog.model import TEXT_LIKE, Action, SlotSpec, Step
from whispera.domain.intent import Intent, Value
from whispera.domain.outcome import Command
from whispera.errors import NotPossible
from whispera.pipeline.applications import Application
from whispera.pipeline.builtins import BUILTINS
from whispera.pipeline.fakes import FakeApplications, FakeRunner, fake_platform
from whispera.pipeline.lookup import Lookup
from whispera.pipeline.platform import PlatformName
from whispera.pipeline.resolver import Resolver

CONFIG = Path(__file__).resolve().parents[2] / "config"
FILES = sorted((CONFIG / "actions").glob("*/*.yaml"))
HOSTILE = [
    "$(touch x)",
    "; rm -rf ~",
    "--help",
    "../../etc",
    "a\nb",
    "a\0b",
    "'; zqx; '",
    '"',
    "%PATH%",
    "/s",
    "`zqx`",
    "&",
]
USUAL: dict[str, Value] = {
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
PLATFORMS: tuple[PlatformName, ...] = ("x11", "wayland", "macos", "windows")
OPENERS = ("xdg-open", "xdotool", "ydotool", "wtype", "open", "powershell", "osascript")


@cache
def catalog() -> Catalog:
    return load(CONFIG)


@cache
def resolver(name: PlatformName, home: Path) -> Resolver:
    """A machine on which every program of the configuration is installed, and an app called Probe."""
    steps = [step for action in catalog().actions.values() for step in action.run.get(name, ())]
    tools = {step.value[0] for step in steps if step.kind == "argv"} | {
        tool for s in steps for tool in s.needs
    }
    platform = fake_platform(name, tools=[*tools, *OPENERS], home=home)
    probe = Application(
        "Probe", "Probe", (), ("probe",) if name != "macos" else ("/Applications/Probe.app",), "Probe"
    )
    lookup = Lookup(catalog().lookup, platform, applications=FakeApplications(platform, [probe]))
    return Resolver(platform, lookup)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("home")
    (home / "Probe").mkdir()
    return home


def usual(spec: SlotSpec, step: Step) -> Value | None:
    """A value `when` lets through, else the usual one of its type; None for one that must be absent."""
    wanted = step.when.get(spec.name)
    if wanted is not None:
        return wanted[0]
    return spec.enum[0] if spec.enum else USUAL[spec.type]


def attempt(
    action: Action, name: PlatformName, step: Step, home: Path, values: dict[str, Value]
) -> tuple[Command, ...]:
    only = dataclasses.replace(action, run={name: (step,)})
    return resolver(name, home).resolve(Intent(action.name, values), only)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_no_value_changes_the_shape_of_a_command(file: Path, home: Path) -> None:
    action = catalog().actions[file.stem]
    runner = FakeRunner()
    for name in PLATFORMS:
        assert action.run.get(name), f"{file.stem} has nothing to run on {name}"
        for step in action.run[name]:
            if step.kind == "sorry":
                assert step.value[0].endswith(".")
                continue
            if step.kind == "builtin":
                assert step.value[0] in BUILTINS
            said = {spec.name: usual(spec, step) for spec in action.slots}
            plain = {slot: value for slot, value in said.items() if value is not None}
            usually = attempt(action, name, step, home, plain)
            words = [spec.name for spec in action.slots if spec.type in TEXT_LIKE and spec.name in plain]
            for slot, hostile in product(words, HOSTILE):
                try:
                    commands = attempt(action, name, step, home, {**plain, slot: hostile})
                except NotPossible as error:
                    assert error.exit_code == 4
                    continue
                assert [len(c.argv) for c in commands] == [len(c.argv) for c in usually]
                for command, like in zip(commands, usually, strict=True):
                    runner.run(command)
                    assert command.argv[0] == like.argv[0]
                    assert not any("\0" in element for element in (*command.argv, *command.env.values()))
                    for place, element in enumerate(command.argv):
                        if element.startswith("-") and element != like.argv[place]:
                            assert "--" in command.argv[:place], command.argv
    for command in runner.commands:
        if command.kind != "builtin" and command.argv[0] in ("powershell", "cmd", "sh", "bash"):
            assert not any(hostile in element for element in command.argv for hostile in HOSTILE[:3])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_usual_values_are_possible_somewhere(file: Path, home: Path) -> None:
    action = catalog().actions[file.stem]
    possible = 0
    for name in PLATFORMS:
        values = {spec.name: spec.enum[0] if spec.enum else USUAL[spec.type] for spec in action.slots}
        try:
            commands = resolver(name, home).resolve(Intent(action.name, values), action)
        except NotPossible:
            continue
        possible += 1
        assert all(command.argv and command.argv[0] for command in commands)
        optional = [spec.name for spec in action.slots if spec.optional]
        bare = {slot: value for slot, value in values.items() if slot not in optional}
        if action.name != "remind":
            assert resolver(name, home).resolve(Intent(action.name, bare), action)
    assert possible
