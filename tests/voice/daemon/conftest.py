"""A daemon of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.voice.daemon.kit import Running, opened, running, short_directory
from whispera.daemon import client, identity, reading
from whispera.pipeline import alarm_start
from whispera.workspace import Workspace, find


@pytest.fixture(scope="session")
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache directory shared by these tests: compiling the catalog takes half a second."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine takes its time."""
    monkeypatch.setattr(client, "ANSWER_S", 20.0)


@pytest.fixture
def workspace(compiled_once: Path, own_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("XDG_CACHE_HOME", str(compiled_once))
    monkeypatch.setattr(alarm_start, "_start_service", lambda _: None)
    # the program may be worked on while its tests run
    monkeypatch.setattr(identity, "_CODE", ())
    monkeypatch.setattr(reading, "program", lambda: "as it was")
    return find()


@pytest.fixture
def directory() -> Iterator[Path]:
    with short_directory() as path:
        yield path


@pytest.fixture
def daemon(workspace: Workspace, directory: Path) -> Iterator[Running]:
    with running(workspace, directory) as one:
        yield one


@pytest.fixture(autouse=True)
def closed_at_the_end() -> Iterator[None]:
    yield
    while opened:
        opened.pop().close()
