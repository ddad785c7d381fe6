"""Daemons for tests: the real server over a fake model, in a thread, with a place of its own."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cli.command_line import ANSWERS, make_session
from whispera.daemon import client
from whispera.daemon.client import RemoteUnderstander
from whispera.daemon.metrics import Metrics
from whispera.daemon.place import Place
from whispera.daemon.reading import SharedReader
from whispera.daemon.server import Server
from whispera.domain.outcome import Parse
from whispera.pipeline.fakes import FakeRunner
from whispera.pipeline.session import Session
from whispera.workspace import Workspace


def wait_for(what: Callable[[], Any], *, timeout_s: float = 10.0) -> Any:
    """What a call gives as soon as it is true."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = what()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("it did not come to that in time")


@contextmanager
def short_directory() -> Iterator[Path]:
    """A directory whose path is short enough for a socket."""
    directory = Path(tempfile.mkdtemp(prefix="wd-", dir="/tmp"))
    try:
        yield directory
    finally:
        shutil.rmtree(directory)


def fake_session(workspace: Workspace) -> Session:
    return make_session(workspace, runner=FakeRunner(), answers=ANSWERS)


class FakeVoice:
    """Takes note of what it is told."""

    def __init__(self, session: Session, metrics: Metrics) -> None:
        self.session = session
        self.did: list[str] = []
        self.told: list[str] = []
        self.hears = False

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name not in ("start", "stop", "press", "release", "toggle", "cancel"):
            raise AttributeError(name)
        return lambda: self.did.append(name)

    def status(self) -> Mapping[str, Any]:
        return {"state": "idle"}

    def busy(self) -> bool:
        return self.hears

    def partial(self) -> str:
        return "open chro"

    def tell(self, text: str) -> None:
        self.told.append(text)


class SlowParser:
    """Answers when it is let."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.asked = threading.Event()

    def session(self, workspace: Workspace) -> Session:
        """A session that is read by it."""
        session = fake_session(workspace)
        self.catalog = session.catalog
        session.read_through(lambda _: self)
        return session

    def parse(self, text: str, **_: Any) -> Parse:
        self.asked.set()
        assert self.gate.wait(10)
        return Parse(text, "", None, None, 1.0, 0.0)


@dataclass
class Running:
    """A daemon that runs in a thread."""

    server: Server
    place: Place
    thread: threading.Thread
    voices: list[FakeVoice] = field(default_factory=list)

    def end(self) -> None:
        """Ends it and waits for that."""
        loop = self.server.loop
        if loop is not None and self.thread.is_alive():
            loop.call_soon_threadsafe(self.server.end)
        self.thread.join(20)
        assert not self.thread.is_alive()


@contextmanager
def running(
    workspace: Workspace,
    directory: Path,
    *,
    open_here: Callable[[Workspace], Session] = fake_session,
    voice: bool = False,
    **options: Any,
) -> Iterator[Running]:
    """A daemon until the end of the block; `options` as `Server` takes them."""
    place = Place(directory, str(directory / "daemon.sock"), directory)
    voices: list[FakeVoice] = []

    def open_voice(session: Session, metrics: Metrics) -> FakeVoice:
        voices.append(FakeVoice(session, metrics))
        return voices[-1]

    def reader(workspace: Workspace, metrics: Metrics) -> SharedReader:
        return SharedReader(workspace, metrics, open_here=open_here)

    options.setdefault("ears", open_voice if voice else None)
    server = Server(workspace, place, reader=reader, **options)
    ready = threading.Event()
    thread = threading.Thread(target=lambda: server.run(ready=ready.set), name="daemon")
    thread.start()
    try:
        assert ready.wait(20)
        daemon = Running(server, place, thread, voices)
        yield daemon
    finally:
        Running(server, place, thread).end()


def ask(daemon: Running, **request: object) -> dict[str, object]:
    """What the daemon answers."""
    return client.ask(daemon.place, dict(request))


opened: list[RemoteUnderstander] = []
"""Closed after each test."""


def remote(daemon: Running, session: Session, told: list[str] | None = None) -> RemoteUnderstander:
    """What a terminal understands through the daemon; `told` where it may do without."""

    def load() -> object:
        if told is None:
            raise AssertionError("it fell back to the model here")
        return session.understander

    reader = RemoteUnderstander(session, daemon.place, local=load, tell=None if told is None else told.append)
    opened.append(reader)
    return reader
