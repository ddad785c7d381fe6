from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command_line import FakeOptions, make_session
from whispera.__main__ import main
from whispera.pipeline import alarm_start
from whispera.pipeline.fakes import FakeRunner
from whispera.pipeline.session import Session
from whispera.workspace import find


@dataclass(frozen=True, slots=True)
class Done:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output as one JSON value."""
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        """Its output, a JSON value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


Whispera = Callable[..., Done]


@pytest.fixture(scope="session")
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache directory shared by the tests here: compiling the catalog takes half a second."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def quick(compiled_once: Path, own_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No service is started, nobody is at a terminal, and the compiled catalog is there already."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(compiled_once))
    monkeypatch.setattr(alarm_start, "_start_service", lambda _: None)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))


@pytest.fixture
def runner() -> FakeRunner:
    return FakeRunner(output={"git": "## main"})


@pytest.fixture
def session(runner: FakeRunner, quick: None) -> Session:
    return make_session(find(), runner=runner)


@pytest.fixture
def whispera(
    session: Session, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Whispera:
    """Runs a command line in this process, on the fake machine."""

    def run(*arguments: str, stdin: bytes = b"", program: str = "whispera", at: Session = session) -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = main(arguments, program=program, options=FakeOptions(open=lambda _: at))
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Done(code, out, err)

    return run
