"""A key says what it did, or why it could not."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from tests.voice.daemon.kit import running
from whispera.cli import pressed
from whispera.daemon import protocol, reach
from whispera.workspace import Workspace


@pytest.fixture
def runtime(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the socket of the user's daemon is."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(directory))
    (directory / "whispera").mkdir(mode=0o700)
    return directory / "whispera"


def test_the_short_way_knows_the_words_of_the_long_one() -> None:
    assert pressed.TRIGGERS == protocol.TRIGGERS


@pytest.mark.parametrize("elsewhere", [False, True], ids=["runtime directory", "state directory"])
def test_a_key_reaches_the_daemon(
    workspace: Workspace, runtime: Path, monkeypatch: pytest.MonkeyPatch, elsewhere: bool
) -> None:
    place = runtime
    if elsewhere:
        monkeypatch.delenv("XDG_RUNTIME_DIR")
        monkeypatch.setenv("XDG_STATE_HOME", str(runtime.parent))
    with running(workspace, place, voice=True) as one:
        assert pressed.main(["press"]) == 0
        assert pressed.main(["release"]) == 0
        assert one.voices[0].did == ["start", "press", "release"]


def test_a_key_is_told_that_nobody_listens(
    workspace: Workspace, runtime: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pressed.main(["press"]) == 1
    assert "no daemon is running\nhint: whispera daemon" in capsys.readouterr().err
    with running(workspace, runtime):
        assert pressed.main(["press"]) == 1
    assert "does not listen: started with --no-voice" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("said", "told"), [(b"nonsense\n", "does not answer as it should"), (None, "does not answer\n")]
)
def test_a_key_is_not_pressed_twice_where_the_answer_is_none(
    runtime: Path,
    said: bytes | None,
    told: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reach, "ANSWER_S", 0.3)
    asked: list[bytes] = []
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(runtime / "daemon.sock"))
        listening.listen()

        def answer() -> None:
            connection, _ = listening.accept()
            with connection:
                asked.append(connection.recv(100))
                if said is not None:
                    connection.sendall(said)
                connection.recv(100)  # until it is gone

        thread = threading.Thread(target=answer)
        thread.start()
        assert pressed.main(["toggle"]) == 1
        thread.join()
    assert asked == [b'{"do":"toggle"}\n']
    assert told in capsys.readouterr().err
