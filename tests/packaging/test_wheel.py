"""The wheel: what it carries, what it asks for, and that it works without a checkout."""

from __future__ import annotations

import json
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.packaging.conftest import LEFT_OUT, ROOT, Installed
from whispera import __version__

pytestmark = [pytest.mark.real_commands, pytest.mark.xdist_group("packaging")]


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def files_below(folder: Path) -> set[str]:
    """The files of a folder of the source, relative to the folder above."""
    return {path.relative_to(folder.parent).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_the_wheel_carries_every_file_of_the_packages(source: Path, names: set[str]) -> None:
    assert names >= files_below(source / "whispera") | files_below(source / "generator")
    assert {Path(name).suffix for name in names} >= {".py", ".html", ".plist", ".service", ".yaml"}


def test_the_wheel_carries_the_configuration_and_the_adapters(source: Path, names: set[str]) -> None:
    wanted = {f"whispera/shipped/{name}" for name in files_below(source / "config") if "/local/" not in name}
    assert len(wanted) > 100
    assert {name for name in names if name.startswith("whispera/shipped/")} == {
        *wanted,
        "whispera/shipped/adapters/some/card.json",
    }


def test_the_wheel_carries_nothing_else(names: set[str]) -> None:
    info = f"whispera-{__version__}.dist-info"
    assert {name.split("/")[0] for name in names} == {"whispera", "generator", info}
    assert not [name for name in names if name.endswith(tuple(LEFT_OUT)) or "/local/" in name]
    assert {f"{info}/licenses/LICENSE", f"{info}/licenses/NOTICE"} <= names


@pytest.mark.parametrize("part", ["text", "report", "train", "test"])
def test_what_is_asked_for_is_what_the_tests_run_with(part: str) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["dependencies"] if part == "text" else project["optional-dependencies"][part]
    bounds = {canonicalize_name(one.name): one.specifier for one in map(Requirement, asked)}
    lines = (ROOT / "requirements" / f"{part}.txt").read_text(encoding="utf-8").splitlines()
    pinned: dict[str, str] = {}
    for line in lines:
        if line and not line.startswith("#"):
            name, _, version = line.partition("==")
            pinned[canonicalize_name(name)] = version
    for name, bound in bounds.items():
        assert bound.contains(pinned[name]), name
    if part in ("train", "test"):
        assert set(pinned) == set(bounds)


def test_an_installed_wheel_lists_its_actions_and_makes_nothing_of_the_users(installed: Installed) -> None:
    assert installed.run("--version") == f"whispera {__version__}\n"
    assert "open_app" in installed.run("actions", "list")
    assert not (installed.home / ".local" / "share").exists()


def test_an_installed_wheel_writes_what_is_changed_into_the_user_data(installed: Installed) -> None:
    data = installed.home / ".local" / "share" / "whispera"
    installed.run("config", "set", "confirm.disruptive", "0.87")
    assert (data / "config" / "settings.yaml").is_file()
    assert installed.run("config", "get", "confirm.disruptive") == "0.87\n"
    installed.run("regen", "--size", "200")
    assert (data / "train.jsonl").is_file()


@pytest.mark.embedded_model
def test_an_installed_wheel_understands(installed: Installed) -> None:
    parse = json.loads(installed.run("parse", "open chrome", "--json"))
    assert (parse["intent"], parse["accepted"]) == ({"action": "open_app", "target": "chrome"}, True)
