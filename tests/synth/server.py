"""An endpoint on a real socket of this machine that answers what a test tells it to."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the server."""

    body: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: threading.Event | None = None
    """Answers only when this is set."""
    cut: bool = False
    """Breaks off in the middle of the body."""


def says(text: str) -> Reply:
    """A chat completion."""
    return Reply(json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}))


def paraphrases(*lines: str) -> Reply:
    """A chat completion as it was asked for."""
    return says(json.dumps({"paraphrases": lines}))


def fault(status: int, message: str, **more: str) -> Reply:
    """An error as OpenAI writes it."""
    return Reply(json.dumps({"error": {"message": message, **more}}), status)


@dataclass(slots=True)
class Asked:
    """A request that came in."""

    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass(slots=True)
class Server:
    """The server while it runs."""

    url: str
    asked: list[Asked]

    @property
    def prompts(self) -> list[str]:
        """What the model was asked, one text a request."""
        return [one.body["messages"][-1]["content"] for one in self.asked if one.body]


Answers = Sequence[Reply] | Callable[[Any], Reply]


@contextmanager
def serving(answers: Answers) -> Iterator[Server]:
    """A server that gives these answers in turn (the last one for ever), or those of a function."""
    asked: list[Asked] = []
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else None
            with lock:
                asked.append(Asked(self.path, dict(self.headers), body))
                number = len(asked) - 1
            reply = answers(body) if callable(answers) else answers[min(number, len(answers) - 1)]
            if reply.wait is not None:
                reply.wait.wait(20)
            data = reply.body.encode()
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data[: len(data) // 2] if reply.cut else data)
            except OSError:  # the client has given up
                pass

        do_GET = _answer
        do_POST = _answer

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_address[1]}/v1", asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
