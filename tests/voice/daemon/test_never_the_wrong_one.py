"""A daemon of other files, one that hangs, or what only looks like one, is never asked for an answer."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from tests.catalog.small_config import FILES as SMALL
from tests.voice.daemon.kit import (
    Running,
    ask,
    fake_session,
    remote,
    running,
    wait_for,
)
from whispera.cli.typed import through_daemon
from whispera.daemon import client, lifecycle
from whispera.daemon.client import RemoteUnderstander
from whispera.daemon.identity import identity, program
from whispera.daemon.place import Place
from whispera.errors import DaemonError, ModelError, WhisperaError
from whispera.nlu.decode import trace_of
from whispera.workspace import Workspace

CHROME = trace_of('{"action":"open_app","target":" chrome"}')


def test_a_daemon_of_other_files_is_not_used_and_that_is_told(
    daemon: Running,
    workspace: Workspace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = identity(workspace)
    other = type(real)("changed", real.config, real.model)
    monkeypatch.setattr("whispera.daemon.identity.identity", lambda _: other)
    told: list[str] = []
    assert remote(daemon, fake_session(workspace), told).parse("open chrome").accepted
    assert told == ["the daemon runs with another program; the model is loaded here"]


def test_a_daemon_that_can_answer_nobody_any_more_says_so_once(
    daemon: Running, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = identity(workspace)
    monkeypatch.setattr(
        "whispera.daemon.identity.identity", lambda _: type(real)("newer", real.config, real.model)
    )
    warned: list[tuple[str, str]] = []
    for _ in range(3):
        session = fake_session(workspace)
        reader = RemoteUnderstander(
            session,
            daemon.place,
            local=lambda session=session: session.understander,
            warn=lambda text, *, hint: warned.append((text, hint)),
        )
        assert reader.parse("open chrome").accepted
        reader.close()
    assert warned == [
        (
            "the daemon runs with another program, so commands load the model themselves, which takes longer",
            "whispera daemon restart",
        )
    ]


def test_a_program_that_changed_under_the_daemon_is_told_once_to_who_speaks(
    workspace: Workspace, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(workspace, directory, voice=True, look_s=0.02) as one:
        assert not ask(one, do="status")["outdated"]
        monkeypatch.setattr("whispera.daemon.reading.program", lambda: "newer")
        told = wait_for(lambda: one.voices[0].told)
        assert ask(one, do="status")["outdated"]
        time.sleep(0.2)
        assert told == ["The program has changed since the daemon was started: whispera daemon restart"]
        assert one.place.log.read_text().count("The program has changed") == 1
        assert ask(one, do="understand", text="mute")["ok"]


def test_the_whole_program_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "whispera"
    (package / "daemon" / "keys").mkdir(parents=True)
    (package / "daemon" / "keys" / "chord.py").write_text("before")
    monkeypatch.setattr("whispera.daemon.identity._PACKAGE", package)
    before = program()
    assert program() == before
    (package / "daemon" / "keys" / "chord.py").write_text("another")
    assert program() != before


def test_the_program_that_runs_is_part_of_the_key(
    workspace: Workspace,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    package = tmp_path / "whispera"
    (package / "nlu").mkdir(parents=True)
    (package / "nlu" / "decode.py").write_text("before")
    monkeypatch.setattr("whispera.daemon.identity._PACKAGE", package)
    monkeypatch.setattr("whispera.daemon.identity._CODE", ("nlu",))
    before = identity(workspace)
    (package / "nlu" / "decode.py").write_text("another")
    after = identity(workspace)
    assert after.differs_in(str(before)) == "program"
    assert after.differs_in("of another protocol") == "key"


def small_workspace(workspace: Workspace, tmp_path: Path) -> Workspace:
    """A small configuration that can be changed."""
    for name, text in SMALL.items():
        file = tmp_path / "ws" / "config" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return Workspace(root=tmp_path / "ws", state=workspace.state, cache=tmp_path / "cache")


def test_changed_files_are_noticed_and_read_between_requests(
    workspace: Workspace,
    directory: Path,
    tmp_path: Path,
) -> None:
    own = small_workspace(workspace, tmp_path)
    with running(own, directory, voice=True) as one:
        before = str(identity(own))
        own.local.mkdir(parents=True)
        (own.local / "settings.yaml").write_text("voice: {mode: toggle, idle_minutes: 0}\n")
        key = str(identity(own))
        assert key != before
        answer = client.ask(one.place, {"do": "understand", "text": "mute", "key": key}, timeout_s=20)
        assert answer["parse"]["intent"]["action"] == "mute"
        status = ask(one, do="status")
        assert (status["mode"], status["reloads"], status["key"]) == ("toggle", 1, key)
        assert [voice.did for voice in one.voices] == [["start", "stop"], ["start"]]
        assert one.voices[1].session.catalog.settings.voice.mode == "toggle"
        # an adapter that appears: the model is loaded anew, and listening goes on
        (own.adapters / "nano").mkdir(parents=True)
        (own.adapters / "nano" / "card.json").write_text("{}")
        assert ask(one, do="understand", text="mute", key=str(identity(own)))["ok"]
        assert len(one.voices) == 2
        with pytest.raises(DaemonError, match="another configuration"):
            client.ask(one.place, {"do": "understand", "text": "mute", "key": before})


def test_a_changed_configuration_waits_for_what_is_being_said(
    workspace: Workspace, directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = small_workspace(workspace, tmp_path)
    with running(own, directory, look_s=0.05, voice=True) as one:
        one.voices[0].hears = True
        wait_for(lambda: time.monotonic() - one.server._quiet > 0.3)  # that was seen
        own.local.mkdir(parents=True)
        (own.local / "settings.yaml").write_text("voice: {mode: toggle}\n")
        time.sleep(0.4)
        assert [voice.did for voice in one.voices] == [["start"]]
        assert ask(one, do="status")["mode"] == "hold"
        one.voices[0].hears = False
        wait_for(lambda: ask(one, do="status")["mode"] == "toggle")
        wait_for(lambda: [voice.did for voice in one.voices] == [["start", "stop"], ["start"]])
        one.voices[1].hears = True  # and goes on
        wait_for(lambda: time.monotonic() - one.server._quiet > 0.3)
        monkeypatch.setattr("whispera.daemon.server.HEAR_OUT_S", 0.2)
        (own.local / "settings.yaml").write_text("voice: {mode: open}\n")
        wait_for(lambda: ask(one, do="status")["mode"] == "open")


def test_a_configuration_that_is_broken_leaves_all_as_it_was(
    workspace: Workspace,
    directory: Path,
    tmp_path: Path,
) -> None:
    own = small_workspace(workspace, tmp_path)
    with running(own, directory, look_s=0.05, voice=True) as one:
        own.local.mkdir(parents=True)
        (own.local / "settings.yaml").write_text("voice: {mode: sing}\n")
        trouble = wait_for(lambda: ask(one, do="status")["last_trouble"])
        assert trouble["event"] == "reload failed"
        assert ask(one, do="understand", text="mute")["ok"]
        time.sleep(0.3)
        log = one.place.log.read_text()
        assert log.count("reload failed") == 1  # not at every look
        with pytest.raises(DaemonError, match="expected one of"):
            ask(one, do="reload")
        assert [voice.did for voice in one.voices] == [["start"]]  # it listens on
        assert ask(one, do="status")["listening"]
        (own.local / "settings.yaml").write_text("voice: {mode: open}\n")
        wait_for(lambda: ask(one, do="status")["mode"] == "open")
        wait_for(lambda: [voice.did for voice in one.voices] == [["start", "stop"], ["start"]])


def test_a_daemon_that_hangs_is_not_waited_for_long(
    workspace: Workspace,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(client, "ANSWER_S", 0.3)
    place = Place(directory, str(directory / "daemon.sock"), directory)
    listening = lifecycle.bind(place)
    session = fake_session(workspace)
    told: list[str] = []
    reader = RemoteUnderstander(session, place, local=lambda: session.understander, tell=told.append)
    started = time.monotonic()
    assert reader.parse("open chrome").accepted
    assert time.monotonic() - started < 10
    assert "does not answer within 0.3 s" in told[0]
    listening.close()


@pytest.mark.parametrize("said", [b"", b"nonsense\n", b'{"ok":true}\n', b'{"ok":true,"parse":[]}\n'])
def test_something_else_behind_the_socket_is_never_trusted(
    workspace: Workspace,
    directory: Path,
    said: bytes,
) -> None:
    place = Place(directory, str(directory / "daemon.sock"), directory)
    listening = lifecycle.bind(place)
    listening.setblocking(True)

    def answer() -> None:
        connection, _ = listening.accept()
        connection.recv(65536)
        connection.sendall(said)
        connection.close()

    thread = threading.Thread(target=answer)
    thread.start()
    session = fake_session(workspace)
    told: list[str] = []
    reader = RemoteUnderstander(session, place, local=lambda: session.understander, tell=told.append)
    assert reader.parse("open chrome").accepted
    assert len(told) == 1
    thread.join()
    listening.close()


def test_a_model_that_is_broken_here_too_is_a_fault_and_no_answer(
    workspace: Workspace, directory: Path
) -> None:
    def broken() -> object:
        raise ModelError("the model lacks card.json", hint="restore it")

    place = Place(directory, str(directory / "daemon.sock"), directory)
    session = fake_session(workspace)
    session.read_through(lambda _: RemoteUnderstander(session, place, local=broken))
    with pytest.raises(WhisperaError, match=r"lacks card\.json"):
        session.understand("open chrome")


def test_without_a_daemon_nothing_changes(workspace: Workspace) -> None:
    session = through_daemon(fake_session(workspace))
    assert type(session.understander).__name__ == "Understander"
