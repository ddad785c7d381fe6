"""The daemon answers many, waits for none, listens, and tells what it does."""

from __future__ import annotations

import json
import socket
import threading
import time
from pathlib import Path

import pytest

from tests.voice.daemon.kit import (
    FakeVoice,
    Running,
    SlowParser,
    ask,
    fake_session,
    remote,
    running,
    wait_for,
)
from whispera.daemon import client
from whispera.daemon.metrics import Metrics
from whispera.errors import ConfigError, DaemonError, ModelError
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


def test_clients_that_ask_at_once_are_all_answered(workspace: Workspace, directory: Path) -> None:
    slow = SlowParser()
    with running(workspace, directory, open_here=slow.session, max_connections=4) as one:
        loop = one.server.loop
        assert loop is not None
        held = threading.Event()
        loop.call_soon_threadsafe(held.wait, 10)
        clients = [socket.socket(socket.AF_UNIX) for _ in range(8)]
        for client in clients:  # all of them before one is looked at
            client.settimeout(10)
            client.connect(one.place.address)
            client.sendall(b'{"do":"understand","text":"open chrome"}\n')
        held.set()
        refused = [client.recv(4096) for client in clients[4:]]
        slow.gate.set()
        answered = [client.recv(65536) for client in clients[:4]]
        for client in clients:
            client.close()
    assert all(b"busy" in answer for answer in refused)
    assert all(answered) and not any(b"busy" in answer for answer in answered)


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


def test_settings_that_make_no_sense_for_listening_leave_it_as_it_was(
    workspace: Workspace, directory: Path
) -> None:
    voices: list[FakeVoice] = []

    def ears(session: Session, metrics: Metrics) -> FakeVoice:
        if len(voices) == 1:
            voices.append(FakeVoice(session, metrics))
            raise ConfigError("there is no key called 'spce'", hint="did you mean 'space'?")
        voices.append(FakeVoice(session, metrics))
        return voices[-1]

    with running(workspace, directory, ears=ears) as one:
        ask(one, do="reload")
        assert voices[0].did == ["start"]
        assert "there is no key called 'spce'" in voices[0].told[0]
        status = ask(one, do="status")
        assert status["listening"]
        assert status["last_trouble"]["event"] == "listening as before"
        ask(one, do="reload")
        assert voices[0].did == ["start", "stop"]
        assert voices[2].did == ["start"]


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
