"""A command writes into Whispera's own directories alone, and talks to nobody.

onnxruntime's wheels make a device number and a database in `~/.cache/Microsoft` as soon as they are
imported, and send the latter; ORT_DISABLE_TELEMETRY must be set before.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.safety.conftest import ROOT, Installation


def left_behind(home: Path) -> list[str]:
    """Files below a home that are not Whispera's."""
    own = (home / ".cache" / "whispera", home / ".local" / "state" / "whispera")
    return [
        str(path.relative_to(home))
        for path in sorted(home.rglob("*"))
        if path.is_file() and not any(path.is_relative_to(folder) for folder in own)
    ]


def test_loading_the_engine_leaves_nothing_behind(tmp_path: Path) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("ORT_", "XDG_"))}
    subprocess.run(
        [sys.executable, "-c", "import whispera.engines.onnx"],
        env={**environ, "HOME": str(tmp_path)}, cwd=ROOT, check=True, timeout=60,
    )  # fmt: skip
    assert left_behind(tmp_path) == []


def test_a_command_leaves_nothing_behind(installation: Installation) -> None:
    alone = Installation(installation.root, installation.home)  # without the shared cache
    assert alone.run("what time is it")[0] == 0
    assert left_behind(installation.home) == []


def test_a_command_opens_no_connection(installation: Installation, tmp_path: Path) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    trace = tmp_path / "trace"
    words = [sys.executable, "-S", "-E", str(installation.root / "whispera" / "hot.py"), "what time is it"]
    done = subprocess.run(
        [strace, "-f", "-qq", "-e", "trace=connect,sendto,sendmsg", "-o", str(trace), *words],
        env={"HOME": str(installation.home), "PATH": os.environ["PATH"]},
        capture_output=True,
        timeout=60,
    )
    if not trace.exists():
        pytest.skip("strace may not trace here")
    assert done.returncode == 0
    assert trace.read_text() == ""
