from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "whispera" / "models" / "nano"


@dataclass(frozen=True, slots=True)
class Installation:
    """A copy of the program and its configuration that may be broken at will, and a user of its own."""

    root: Path
    home: Path
    environ: dict[str, str] = field(default_factory=dict)

    def run(self, *words: str, limit: Callable[[], None] | None = None) -> tuple[int, str, str]:
        """Exit code, output and errors of a typed command, started as `w` starts it; never a traceback.

        `limit` is called in the new process before the program starts.
        """
        done = subprocess.run(
            [sys.executable, "-S", "-E", str(self.root / "whispera" / "hot.py"), *words],
            env={"HOME": str(self.home), "PATH": os.environ["PATH"], **self.environ},
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            preexec_fn=limit,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    """The program with its embedded model."""
    if not (MODEL / "card.json").is_file():
        pytest.skip("the embedded model is not there")
    root = tmp_path / "checkout"
    shutil.copytree(ROOT / "whispera", root / "whispera", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "config", root / "config", ignore=shutil.ignore_patterns("local"))
    if (ROOT / "adapters").is_dir():
        shutil.copytree(ROOT / "adapters", root / "adapters")
    home = tmp_path / "home"
    home.mkdir()
    return Installation(root, home)
