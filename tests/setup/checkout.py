"""A copy of the checkout's scripts whose Python is a shell script that notes what it is asked to do."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ["w", "bin/setup", "bin/whispera", "bin/test", "bin/test-system", ".ci/run"]

_PYTHON = """#!/bin/sh
here=$(CDPATH='' cd -- "${0%/*}/../.." && pwd)
for word in "$@"; do printf '[%s]' "$word" >> "$here/calls"; done
echo >> "$here/calls"
case "$*" in *"pip install"*) . "$here/pip" ;; *) . "$here/program" ;; esac
"""


class Checkout:
    """The scripts in a directory of their own; `.venv/bin/python` is fake, and so is its pip."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for directory in ("bin", "requirements"):
            shutil.copytree(ROOT / directory, root / directory, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "w", root / "w")
        (root / "whispera").mkdir()
        self.program = root / ".venv" / "bin" / "python"
        self.program.parent.mkdir(parents=True)
        self.write_program(self.program, _PYTHON)
        self.pip("exit 0")
        self.behave("exit 0")

    def pip(self, script: str) -> None:
        """What `pip install` does from now on, in shell."""
        (self.root / "pip").write_text(script)

    def behave(self, script: str) -> None:
        """What the Python does when asked for anything else."""
        (self.root / "program").write_text(script)

    def calls(self) -> list[str]:
        """What the Python was asked so far, each argument in brackets."""
        path = self.root / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def installs(self) -> list[str]:
        """The calls of `pip install`."""
        return [call for call in self.calls() if "[pip][install]" in call]

    def forget(self) -> None:
        """Forgets the calls so far."""
        (self.root / "calls").unlink(missing_ok=True)

    def mark(self, part: str) -> Path:
        """The file that says a part is set up."""
        return self.root / ".venv" / f".ready-{part}"

    def start(self, script: str, *words: str, cwd: Path | None = None) -> subprocess.Popen[str]:
        """Starts a script of the checkout in a session of its own."""
        return subprocess.Popen(
            [str(self.root / script), *words],
            cwd=cwd or self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={name: value for name, value in os.environ.items() if name != "WHISPERA_PYTHON"},
            start_new_session=True,
            # a test run in the background is started with Ctrl-C ignored, and would hand that on
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )

    def run(self, script: str, *words: str, cwd: Path | None = None) -> tuple[int, str, str]:
        """Exit code, output and errors of a script of the checkout."""
        process = self.start(script, *words, cwd=cwd)
        out, err = process.communicate(timeout=60)
        return process.returncode, out, err

    @staticmethod
    def write_program(path: Path, text: str) -> None:
        """Writes an executable file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
