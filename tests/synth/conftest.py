from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.catalog.small_config import FILES
from whispera import values
from whispera.__main__ import main
from whispera.catalog.load import MIX
from whispera.cli import terminal
from whispera.cli.options import Options
from whispera.domain.intent import Intent
from whispera.domain.outcome import Parse
from whispera.synth import endpoint

ROOT = Path(__file__).resolve().parents[2]


class Understanding:
    """In the place of a session: reads a few phrasings, and nothing else."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def understand(self, text: str) -> Parse:
        """What was meant."""
        self.read.append(text)
        intent = Intent("none")
        if found := re.fullmatch(r"(?:whack|crank) it to (.+)", text):
            level = values.parse("percent", found[1])
            intent = Intent("set_volume", {"level": level} if level is not None else {})
        elif text in ("hush now", "not a sound"):
            intent = Intent("mute")
        return Parse(text, "", intent, None, 0.9, 1.0)


@dataclass(frozen=True)
class FakeOptions(Options):
    """Options with a model that is not there."""

    reader: Understanding = field(default_factory=Understanding)

    def session(self) -> Any:
        """What understands."""
        return self.reader


@dataclass(frozen=True, slots=True)
class Done:
    """What a command line came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output as JSON."""
        return json.loads(self.out)


Whispera = Callable[..., Done]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A small configuration that may be written to."""
    folder = tmp_path / "work" / "config"
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "recipes").mkdir()
    shutil.copy(ROOT / "config" / MIX, folder / MIX)
    return folder


@pytest.fixture
def whispera(config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Whispera:
    """Runs a command line on that configuration; retries wait for nothing."""
    monkeypatch.setattr(endpoint, "FIRST_WAIT_S", 0.01)
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str) -> Done:
        capsys.readouterr()
        options = FakeOptions(str(config.parent))
        code = main(arguments, program="whispera", options=options)
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return Done(code, out, err)

    return run


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Callable[[Sequence[str]], list[str]]:
    """Puts somebody at the terminal who gives these answers; the questions are returned."""

    def put(given: Sequence[str]) -> list[str]:
        questions: list[str] = []
        left = list(given)

        class Person(terminal.TerminalAsker):
            def ask(self, question: str) -> str | None:
                questions.append(question)
                if not left:
                    return None
                if left[0] == "^C":
                    left.pop(0)
                    raise KeyboardInterrupt
                return left.pop(0)

        monkeypatch.setattr("whispera.cli.synth_review.asker", Person)
        return questions

    return put
