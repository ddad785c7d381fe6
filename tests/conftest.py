"""Every test gets a workspace of its own, and none runs a program of this machine without saying so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

from whispera.pipeline.runner import RealRunner

ROOT = Path(__file__).resolve().parents[1]
RUNS_PROGRAMS = ("pipeline/test_runner.py", "state/", "safety/", "desktop/")
"""Tests about running programs, below this directory; others are marked one by one."""


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "real_commands: runs programs of this machine")
    config.addinivalue_line("markers", "embedded_model: needs whispera/models/nano")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    model = (ROOT / "whispera" / "models" / "nano" / "card.json").is_file()
    for item in items:
        below = item.path.as_posix().removeprefix(f"{ROOT.as_posix()}/tests/")
        if below.startswith(RUNS_PROGRAMS):
            item.add_marker("real_commands")
        if item.get_closest_marker("embedded_model") and not model:
            item.add_marker(pytest.mark.skip(reason="the embedded model is not there"))


@pytest.fixture(autouse=True)
def own_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory that holds the state and the caches of this test."""
    place = tmp_path / "xdg"
    monkeypatch.setenv("XDG_STATE_HOME", str(place / "state"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    for name in ("WHISPERA_HOME", "_WHISPERA_COMPLETE", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    return place


@pytest.fixture(autouse=True)
def no_real_commands(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that gets as far as this machine fails the test, unless it is marked for it."""
    if request.node.get_closest_marker("real_commands"):
        return

    def refuse(_: RealRunner, argv: Sequence[str], *args: Any, **options: Any) -> NoReturn:
        raise AssertionError(f"the test would run {argv}; mark it real_commands")

    monkeypatch.setattr(RealRunner, "_popen", refuse)
