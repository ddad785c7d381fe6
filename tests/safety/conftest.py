from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
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


@pytest.fixture(scope="module")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The program with its embedded model, run once, so that bytecode and compiled catalog are there."""
    if not (MODEL / "card.json").is_file():
        pytest.skip("the embedded model is not there")
    place = tmp_path_factory.mktemp("pristine")
    root = place / "checkout"
    for name in ("whispera", "config", "adapters"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("local"))
    installation = Installation(root, place / "home", {"XDG_CACHE_HOME": str(place / "cache")})
    installation.home.mkdir()
    assert installation.run("what time is it")[0] == 0
    shutil.copytree(root, place / "whole")
    return installation


@pytest.fixture
def installation(pristine: Installation, tmp_path: Path) -> Iterator[Installation]:
    """The program, whole, at the same place in every test; and a home of the test's own."""
    home = tmp_path / "home"
    home.mkdir()
    yield Installation(pristine.root, home, pristine.environ)
    restore(pristine.root, pristine.root.with_name("whole"))


def restore(root: Path, whole: Path) -> None:
    """Makes a directory what it was: files as in `whole`, with their times, and no others."""
    for path in [path for path in root.rglob("*") if path.is_file()]:
        if not (whole / path.relative_to(root)).is_file():
            path.unlink()
    for path in [path for path in whole.rglob("*") if path.is_file()]:
        here = root / path.relative_to(whole)
        now, then = here.stat() if here.exists() else None, path.stat()
        if now is None or (now.st_mtime_ns, now.st_size) != (then.st_mtime_ns, then.st_size):
            shutil.copy2(path, here)
