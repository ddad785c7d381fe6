"""The daemon serves many, waits for none, and is never used where it is not the one to ask."""

from __future__ import annotations

import json
import os
import socket
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.catalog.small_config import FILES as SMALL
from tests.voice.daemon.kit import FakeVoice, Running, SlowParser, fake_session, running, wait_for
from whispera.cli.typed import through_daemon
from whispera.daemon import client, lifecycle
from whispera.daemon.client import RemoteUnderstander
from whispera.daemon.identity import identity, program
from whispera.daemon.metrics import Metrics
from whispera.daemon.place import Place, place_of
from whispera.errors import DaemonError, ModelError, WhisperaError
from whispera.nlu.decode import trace_of
from whispera.pipeline.session import Session
from whispera.workspace import Workspace

TEXTS = (
    "open chrome",
    "Set volume to 30!",
    "restart",
    "nothing that is known",
    "",
    "x " * 400,
    "naïve \ud800",
)
CHROME = trace_of('{"action":"open_app","target":" chrome"}')


def remote(daemon: Running, session: Session, told: list[str] | None = None) -> RemoteUnderstander:
    def load() -> object:
        if told is None:
            raise AssertionError("it fell back to the model here")
        return session.understander

    reader = RemoteUnderstander(session, daemon.place, local=load, tell=None if told is None else told.append)
    _opened.append(reader)
    return reader


_opened: list[RemoteUnderstander] = []


@pytest.fixture(autouse=True)
def closed_at_the_end() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def ask(daemon: Running, **request: object) -> dict[str, object]:
    return client.ask(daemon.place, dict(request))


# -- answering


@pytest.mark.parametrize("previous", [(), (CHROME,)], ids=["first", "after"])
@pytest.mark.parametrize("text", TEXTS)
def test_the_answer_is_that_of_the_model_here(
    daemon: Running,
    workspace: Workspace,
    text: str,
    previous: tuple[object, ...],
) -> None:
    session = fake_session(workspace)
    for alternatives in (0, 2):
        near = remote(daemon, session).parse(text, previous=previous, alternatives=alternatives)
        here = session.understander.parse(text, previous=previous, alternatives=alternatives)
        assert {**vars_of(near), "ms": 0} == {**vars_of(here), "ms": 0}


def vars_of(parse: object) -> dict[str, object]:
    return {name: getattr(parse, name) for name in parse.__slots__}


def test_a_text_too_long_for_the_model_is_the_model_error_it_is_here(
    workspace: Workspace,
    directory: Path,
) -> None:
    def open_here(where: Workspace) -> Session:
        session = fake_session(where)

        class Refuses:
            catalog = session.catalog

            def parse(self, text: str, **_: object) -> None:
                raise ModelError("900 tokens are more than the model reads (512)")

        session.read_through(lambda _: Refuses())
        return session

    with running(workspace, directory, open_here=open_here) as one, pytest.raises(ModelError, match="900"):
        remote(one, fake_session(workspace)).parse("open chrome")


def test_many_clients_are_answered_at_once(daemon: Running, workspace: Workspace) -> None:
    session = fake_session(workspace)
    wrong: list[object] = []

    def talk() -> None:
        reader = remote(daemon, session)
        for _ in range(5):
            parse = reader.parse("open chrome")
            if parse.intent is None or parse.intent.action != "open_app":
                wrong.append(parse)

    threads = [threading.Thread(target=talk) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert daemon.server.metrics.total("utterances_total") == 60


def test_silent_and_slow_clients_keep_nobody_waiting(
    workspace: Workspace,
    directory: Path,
) -> None:
    with running(workspace, directory, max_connections=8, silent_s=30) as one:
        silent = [socket.socket(socket.AF_UNIX) for _ in range(20)]
        for number, connection in enumerate(silent):
            connection.connect(one.place.address)
            if number % 2:
                connection.sendall(b'{"do":')  # and never more
        started = time.monotonic()
        assert ask(one, do="status")["ready"]
        assert time.monotonic() - started < 10
        assert len(one.server.connections) <= 9
        for connection in silent:
            connection.close()


def test_a_silent_connection_is_closed_after_a_while(
    workspace: Workspace,
    directory: Path,
) -> None:
    with running(workspace, directory, silent_s=0.2) as one, socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(one.place.address)
        connection.sendall(b"{")
        assert connection.recv(10) == b""


def test_a_closed_connection_is_opened_again(workspace: Workspace, directory: Path) -> None:
    with running(workspace, directory, silent_s=0.1) as one:
        reader = remote(one, fake_session(workspace))
        reader.parse("open chrome")
        wait_for(lambda: not one.server.connections)
        assert reader.parse("mute").accepted


def test_a_client_that_goes_away_in_the_middle_is_nothing(
    workspace: Workspace,
    directory: Path,
) -> None:
    slow = SlowParser()
    with running(workspace, directory, open_here=slow.session) as one:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(one.place.address)
            connection.sendall(b'{"do":"understand","text":"open chrome"}\n')
            assert slow.asked.wait(5)
        slow.gate.set()
        assert ask(one, do="understand", text="mute")["ok"]
        assert ask(one, do="status")["last_trouble"] is None


def test_a_request_that_runs_is_answered_though_the_daemon_ends(
    workspace: Workspace,
    directory: Path,
) -> None:
    slow = SlowParser()
    with running(workspace, directory, open_here=slow.session) as one:
        answers: list[dict[str, object]] = []
        asking = threading.Thread(
            target=lambda: answers.append(
                client.ask(one.place, {"do": "understand", "text": "open chrome"}, timeout_s=10)
            )
        )
        asking.start()
        assert slow.asked.wait(5)
        ask(one, do="stop")
        slow.gate.set()
        asking.join(10)
        assert answers and answers[0]["ok"]
        one.thread.join(10)
    assert not Path(one.place.address).exists()


# -- never the wrong one


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


def test_a_configuration_that_is_broken_leaves_all_as_it_was(
    workspace: Workspace,
    directory: Path,
    tmp_path: Path,
) -> None:
    own = small_workspace(workspace, tmp_path)
    with running(own, directory, look_s=0.05) as one:
        own.local.mkdir(parents=True)
        (own.local / "settings.yaml").write_text("voice: {mode: sing}\n")
        trouble = wait_for(lambda: ask(one, do="status")["last_trouble"])
        assert trouble["event"] == "reload failed"
        assert ask(one, do="understand", text="mute")["ok"]
        time.sleep(0.3)
        log = one.place.log.read_text()
        assert log.count("reload failed") == 1  # not at every look
        (own.local / "settings.yaml").write_text("voice: {mode: open}\n")
        wait_for(lambda: ask(one, do="status")["mode"] == "open")


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


# -- places


def test_the_socket_and_what_is_around_it_are_the_users_alone(daemon: Running) -> None:
    def mode(path: Path) -> int:
        return stat.S_IMODE(path.lstat().st_mode)

    assert mode(Path(daemon.place.address)) == 0o600
    assert mode(daemon.place.directory) == 0o700
    assert mode(daemon.place.log) == 0o600


def test_there_is_one_daemon_and_the_second_says_who_runs(
    daemon: Running,
    workspace: Workspace,
) -> None:
    with pytest.raises(DaemonError, match=f"process {os.getpid()}"), lifecycle.claimed(daemon.place):
        pass
    assert ask(daemon, do="status")["ready"]


def test_a_socket_that_is_left_over_is_replaced(workspace: Workspace, directory: Path) -> None:
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(directory / "daemon.sock"))
    left.close()
    with running(workspace, directory) as one:
        assert ask(one, do="status")["ready"]
    assert not (directory / "daemon.sock").exists()


@pytest.mark.parametrize("what", ["file", "link", "dangling"])
def test_what_is_no_socket_is_neither_followed_nor_deleted(
    workspace: Workspace,
    directory: Path,
    what: str,
) -> None:
    place = Place(directory, str(directory / "daemon.sock"), directory)
    victim = directory / "victim"
    if what != "dangling":
        victim.write_text("precious")
    if what == "file":
        victim.rename(place.address)
    else:
        Path(place.address).symlink_to(victim)
    with pytest.raises(DaemonError, match="in the way"), lifecycle.claimed(place):
        lifecycle.bind(place)
    assert Path(place.address).is_symlink() or Path(place.address).read_text() == "precious"
    with pytest.raises((DaemonError, OSError)):
        client.Connection(place)


def test_a_directory_that_is_a_link_is_refused(directory: Path) -> None:
    (directory / "real").mkdir()
    (directory / "link").symlink_to(directory / "real")
    place = Place(directory / "link", str(directory / "link" / "daemon.sock"), directory)
    with pytest.raises(DaemonError, match="no directory, or a link"), lifecycle.claimed(place):
        pass


def test_a_directory_that_others_may_write_is_made_private_and_not_trusted_before(
    workspace: Workspace,
    directory: Path,
) -> None:
    with running(workspace, directory) as one:
        directory.chmod(0o777)
        with pytest.raises(DaemonError, match="others could write"):
            client.Connection(one.place)
    with running(workspace, directory) as one:
        assert stat.S_IMODE(directory.stat().st_mode) == 0o700


def test_the_place_is_short_enough_and_of_the_domain(
    workspace: Workspace,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(directory))
    assert place_of(workspace).address == str(directory / "whispera" / "daemon.sock")
    barista = Workspace(workspace.root, workspace.state, workspace.cache, domain="barista")
    assert place_of(barista).address == str(directory / "whispera" / "daemon-barista.sock")
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    far = Workspace(workspace.root, Path("/home/" + "x" * 120), workspace.cache)
    assert len(place_of(far).address) < 100
    assert place_of(far).address != place_of(workspace).address


# -- keys, idleness, the log


def test_keys_reach_what_listens_in_their_order(workspace: Workspace, directory: Path) -> None:
    with running(workspace, directory, voice=True) as one:
        for word in ("press", "release", "toggle", "cancel"):
            assert ask(one, do=word)["ok"]
        assert one.voices[0].did == ["start", "press", "release", "toggle", "cancel"]
        assert ask(one, do="partial")["text"] == "open chro"
        assert ask(one, do="status")["voice"] == {"state": "idle"}
        assert one.voices[0].session.conversation.said() == ()
    assert one.voices[0].did[-1] == "stop"


def test_without_voice_a_key_is_told_why(daemon: Running) -> None:
    with pytest.raises(DaemonError, match="does not listen: started with --no-voice"):
        ask(daemon, do="press")


def test_typed_commands_are_answered_where_listening_fails(
    workspace: Workspace,
    directory: Path,
) -> None:
    def broken(*_: object) -> object:
        raise ModelError("listening needs the package 'sounddevice'", hint="bin/setup voice")

    with running(workspace, directory, ears=broken) as one:
        assert ask(one, do="understand", text="open chrome")["ok"]
        status = ask(one, do="status")
        assert status["listening"] is False
        assert status["not_listening"] == "listening needs the package 'sounddevice' (bin/setup voice)"


def test_listening_begins_when_what_it_lacked_is_there(workspace: Workspace, directory: Path) -> None:
    lacking = [True]

    def ears(session: Session, metrics: Metrics) -> FakeVoice:
        if lacking:
            raise ModelError("the speech model is not there")
        return FakeVoice(session, metrics)

    with running(workspace, directory, ears=ears, look_s=0.02, again_s=0.05) as one:
        time.sleep(0.3)
        assert not ask(one, do="status")["listening"]
        assert one.place.log.read_text().count("not listening") == 1  # not at every try
        lacking.clear()
        wait_for(lambda: ask(one, do="status")["listening"])


def test_an_idle_model_is_dropped_and_comes_back(
    workspace: Workspace,
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with running(workspace, directory, look_s=0.05) as one:
        assert ask(one, do="status")["model_loaded"]
        one.server.reader.last_asked -= 31 * 60
        wait_for(lambda: not ask(one, do="status")["model_loaded"])
        assert ask(one, do="understand", text="open chrome")["ok"]
        assert ask(one, do="status")["model_loaded"]


def test_the_log_is_json_without_what_was_said(daemon: Running, workspace: Workspace) -> None:
    remote(daemon, fake_session(workspace)).parse("open quibblebox")
    daemon.end()
    text = daemon.place.log.read_text()
    events = [json.loads(line)["event"] for line in text.splitlines()]
    assert events[0] == "started"
    assert events[-2:] == ["ending", "ended"]
    assert "quibblebox" not in text


def test_a_fault_of_ours_is_logged_without_its_message_and_answered(
    workspace: Workspace,
    directory: Path,
) -> None:
    def open_here(where: Workspace) -> Session:
        session = fake_session(where)

        class Broken:
            catalog = session.catalog

            def parse(self, text: str, **_: object) -> None:
                raise KeyError(text)

        session.read_through(lambda _: Broken())
        return session

    with running(workspace, directory, open_here=open_here) as one:
        with pytest.raises(DaemonError, match="KeyError"):
            ask(one, do="understand", text="my secret")
        trouble = ask(one, do="status")["last_trouble"]
        assert trouble["error"] == "KeyError"
        assert "my secret" not in one.place.log.read_text()
        told: list[str] = []
        assert remote(one, fake_session(workspace), told).parse("open chrome").accepted
        assert told


def test_metrics_are_told_as_json_and_as_prometheus_text(daemon: Running) -> None:
    ask(daemon, do="understand", text="open chrome")
    metrics = ask(daemon, do="metrics")["metrics"]
    assert metrics["counters"]['requests_total{do="understand"}'] == 1
    assert metrics["histograms"]["understand_seconds"]["count"] == 1
    text = ask(daemon, do="metrics", format="prometheus")["text"]
    for line in text.splitlines():
        assert line.startswith("#") or len(line.rsplit(" ", 1)) == 2
        if not line.startswith("#"):
            float(line.rsplit(" ", 1)[1])
    assert 'whispera_request_seconds_bucket{do="understand",le="+Inf"} 1' in text
    assert text.count("# TYPE whispera_request_seconds histogram") == 1
    assert "whispera_memory_bytes" in text
