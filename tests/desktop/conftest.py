"""Real services, each started and stopped by its own fixture: a display, a sound server, a session bus."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop import pulse
from tests.desktop.desk import Desk, require
from whispera.catalog.compiled import CompiledCatalog, compiled
from whispera.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
NOTIFICATIONS = ROOT / "tests" / "state" / "notification_server.py"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of the test's own; nothing of the desktop the tests are run from is left to reach."""
    for name in list(os.environ):
        if name.startswith(("XDG_", "PULSE_", "DBUS_", "GIT_")) or name in ("DISPLAY", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    for folder in ("Desktop", "Documents", "Downloads"):
        (home / folder).mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.chdir(home)
    return home


@pytest.fixture(scope="session")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> CompiledCatalog:
    return compiled(ROOT / "config", tmp_path_factory.mktemp("cache"))


@pytest.fixture
def desk(catalog: CompiledCatalog, tmp_path: Path) -> Desk:
    return Desk(catalog, Workspace(root=ROOT, state=tmp_path / "state", cache=tmp_path / "cache"))


@pytest.fixture(scope="module")
def runtime() -> Iterator[Path]:
    """A runtime directory with a path short enough for sockets."""
    directory = Path(tempfile.mkdtemp(prefix="whispera-"))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="module")
def x_server() -> Iterator[str]:
    """The name of a display of the module's own."""
    require("Xvfb")
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", "1", "-screen", "0", "640x480x24", "-nolisten", "tcp", "-noreset"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert server.stdout is not None
    number = server.stdout.readline().strip()
    if not number:
        server.wait()
        pytest.skip("Xvfb does not start here")
    yield f":{number}"
    server.terminate()
    server.communicate()


@pytest.fixture
def display(x_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DISPLAY", x_server)
    return x_server


@pytest.fixture(scope="module")
def sound_server(runtime: Path) -> Iterator[str]:
    """The address of a sound server whose only output goes nowhere."""
    require("pulseaudio", "pactl")
    try:
        with pulse.sound_server(runtime, pulse.SPEAKER, "module-null-sink sink_name=unused") as address:
            yield address
    except pulse.NoSoundServerError as error:
        pytest.skip(str(error))


@pytest.fixture
def sound(sound_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A speaker at 50 percent, not muted."""
    monkeypatch.setenv("PULSE_SERVER", sound_server)
    for words in (
        ["set-default-sink", "speaker"],
        ["set-default-source", "speaker.monitor"],
        ["set-sink-mute", "speaker", "0"],
        ["set-sink-volume", "speaker", "50%"],
    ):
        subprocess.run(["pactl", *words], check=True)


@pytest.fixture
def notices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A session bus with a notification service; the file it writes, one JSON object a line."""
    require("dbus-daemon", "notify-send")
    bus = subprocess.Popen(
        ["dbus-daemon", "--session", "--nofork", "--print-address=1"], stdout=subprocess.PIPE, text=True
    )
    assert bus.stdout is not None
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.stdout.readline().strip())
    shown = tmp_path / "notices.jsonl"
    server = subprocess.Popen(
        [sys.executable, str(NOTIFICATIONS), str(shown)], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    yield shown
    for process in (server, bus):
        process.kill()
        process.communicate()
