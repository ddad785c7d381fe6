from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).resolve().parents[2]
CARRIED = ("whispera", "generator", "config", "README.md", "LICENSE", "NOTICE", "pyproject.toml")
LEFT_OUT = ("config/local/settings.yaml", "tests/test_one.py", "shared/notes.md", "train.jsonl")
"""Files that lie about in a checkout and are nobody's business."""


def pip(*arguments: str | Path) -> None:
    """pip of these tests, without the network; its output is shown when it fails."""
    offline = ["--no-index", "--disable-pip-version-check", "--quiet"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", *arguments, *offline], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with the user's things in it, and two adapters: a tuned one and the one before it."""
    root = tmp_path_factory.mktemp("source")
    skipped = shutil.ignore_patterns("__pycache__", "local")
    for name in CARRIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, ignore=skipped)
        else:
            shutil.copy2(ROOT / name, root / name)
    adapters = ("adapters/some/card.json", "adapters/some.versions/1/card.json", "adapters/some.none")
    for name in (*LEFT_OUT, *adapters):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("nonsense: [")
    return root


@pytest.fixture(scope="session")
def wheel(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the source."""
    if importlib.util.find_spec("hatchling") is None:
        pytest.skip("hatchling, which builds the wheel, is not installed: bin/setup test")
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", source, "--no-deps", "--no-build-isolation", "--wheel-dir", folder)
    return next(folder.glob("*.whl"))


@dataclass(frozen=True, slots=True)
class Installed:
    """The wheel in an environment of its own, and a user who has nothing yet."""

    environment: Path
    home: Path

    @property
    def packages(self) -> Path:
        """Its site-packages."""
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        return self.environment / "lib" / version / "site-packages"

    def run(self, *arguments: str) -> str:
        """What a command prints; it succeeds, away from any checkout."""
        here = self.home / "here"
        (here / "config" / "local").mkdir(parents=True, exist_ok=True)
        (here / "config" / "settings.yaml").write_text("nonsense: [")
        done = subprocess.run(
            [self.environment / "bin" / "whispera", *arguments],
            env={"HOME": str(self.home), "PATH": os.environ["PATH"]},
            cwd=here,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def files(self) -> set[tuple[str, int, int]]:
        """Every file of site-packages with its size and time."""
        found = ((path, path.stat()) for path in self.packages.rglob("*"))
        return {(str(path), stat.st_size, stat.st_mtime_ns) for path, stat in found}


@pytest.fixture(scope="session")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel; what it depends on is borrowed from that of these tests."""
    if os.name == "nt":
        pytest.skip("an environment looks different on Windows")
    environment = tmp_path_factory.mktemp("environment")
    venv.create(environment, symlinks=True)
    pip("--python", environment / "bin" / "python", "install", "--no-deps", wheel)
    borrowed = Installed(environment, environment).packages / "borrowed.pth"
    borrowed.write_text(f"{Path(click.__file__).parents[1]}\n")
    return environment


@pytest.fixture
def installed(environment: Path, tmp_path: Path) -> Iterator[Installed]:
    """The installed wheel; whatever is done with it, its site-packages stay as they were."""
    installed = Installed(environment, tmp_path / "home")
    installed.home.mkdir()
    before = installed.files()
    yield installed
    assert installed.files() == before
