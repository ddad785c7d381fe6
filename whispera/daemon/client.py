"""Asking the daemon: what `./w`, `whispera trigger` and `whispera daemon status` go through.

A daemon that is slow, hung, of other files or not what it seems is never waited for long and never trusted:
the typed command then loads the model itself. Imports the standard library alone.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from whispera.daemon import reach
from whispera.daemon.protocol import MAX_ANSWER, MAX_LINE, Data, decode, encode
from whispera.errors import DaemonError, ModelError, WhisperaError

if TYPE_CHECKING:
    from whispera.daemon.place import Place
    from whispera.domain.outcome import Parse
    from whispera.nlu.grammar import Trace
    from whispera.pipeline.asking import Parser
    from whispera.pipeline.session import Session

ANSWER_S = reach.ANSWER_S
START = "whispera daemon starts one"


class Stream(Protocol):
    """A connection; a socket, or what Windows has instead."""

    def settimeout(self, value: float | None, /) -> None:
        """Seconds that each of the others may take."""

    def sendall(self, data: bytes, /) -> None:
        """Sends all; raises OSError, TimeoutError."""

    def recv(self, size: int, /) -> bytes:
        """Some bytes, none at the end; raises OSError, TimeoutError."""

    def close(self) -> None:
        """Ends it."""


class Connection:
    """A connection to the daemon, for one request at a time."""

    def __init__(self, place: Place) -> None:
        """Connects; raises DaemonError."""
        try:
            self._stream = connect(place.address)
        except OSError as error:
            raise DaemonError(_why_not(error), hint=START) from error

    def ask(self, request: Data, *, timeout_s: float | None = None) -> Data:
        """The answer, whatever it says; raises DaemonError where there is none in time (ANSWER_S)."""
        timeout_s = ANSWER_S if timeout_s is None else timeout_s
        line = encode(request)
        if len(line) > MAX_LINE:
            raise DaemonError("that is too long for the daemon")
        deadline = time.monotonic() + timeout_s
        received = b""
        try:
            self._stream.settimeout(timeout_s)
            self._stream.sendall(line)
            while not received.endswith(b"\n"):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                self._stream.settimeout(left)
                part = self._stream.recv(65536)
                received += part
                if not part or len(received) > MAX_ANSWER:
                    raise DaemonError("the daemon ended the connection")
            return decode(received)
        except TimeoutError as error:
            raise DaemonError(
                f"the daemon does not answer within {timeout_s:g} s",
                hint="whispera daemon stop, then start it",
            ) from error
        except (OSError, ValueError) as error:
            raise DaemonError(f"the daemon does not answer as it should: {error}") from error

    def close(self) -> None:
        """Ends the connection."""
        with suppress(OSError):
            self._stream.close()


def ask(place: Place, request: Data, *, timeout_s: float | None = None) -> Data:
    """The answer to one request; raises DaemonError where there is none (in ANSWER_S), or it is a refusal."""
    connection = Connection(place)
    try:
        answer = connection.ask(request, timeout_s=timeout_s)
    finally:
        connection.close()
    return checked(answer)


def checked(answer: Data) -> Data:
    """The answer; raises DaemonError where it is a refusal."""
    if answer.get("ok") is not True:
        raise DaemonError(str(answer.get("error", "the daemon refused")), hint=str(answer.get("hint", "")))
    return answer


if sys.platform == "win32":

    def connect(address: str) -> Stream:
        """A connection to the daemon of this user; raises OSError."""
        from whispera.daemon.pipe import PipeStream

        return PipeStream(address, timeout_s=reach.CONNECT_S)

else:

    def connect(address: str) -> Stream:
        """A connection to the daemon of this user; raises OSError, also where it is somebody else's."""
        connection: Stream = reach.connect(address)
        return connection


def _why_not(error: OSError) -> str:
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return "no daemon is running"
    if isinstance(error, TimeoutError | BlockingIOError):
        return "the daemon takes no connections just now"
    return f"the daemon cannot be reached: {error}"


class RemoteUnderstander:
    """The daemon's understander, with the model of this process behind it for when there is no answer."""

    def __init__(
        self,
        session: Session,
        place: Place,
        *,
        local: Callable[[], Parser],
        tell: Callable[[str], None] | None = None,
        warn: Callable[..., None] | None = None,
    ) -> None:
        """`local` loads the model here; `tell` gets a sentence when that is done, and why.

        `warn` gets a sentence and its hint, once in the life of a daemon that can answer nobody any more.
        """
        self.catalog = session.catalog
        self._workspace = session.workspace
        self._place = place
        self._open_local = local
        self._local: Parser | None = None
        self._tell = tell
        self._warn = warn
        self._connection: Connection | None = None

    def parse(self, text: str, *, previous: Sequence[Trace] = (), alternatives: int = 0) -> Parse:
        """As `Understander.parse`, and the same answer; raises what that raises."""
        if self._local is None:
            try:
                return self._ask(text, previous, alternatives)
            except DaemonError as error:
                self._give_up(error.message)
                self._local = self._loaded_here()
        return self._local.parse(text, previous=previous, alternatives=alternatives)

    def _loaded_here(self) -> Parser:
        try:
            return self._open_local()
        except ModelError as error:  # who asks would take that for a text the model refuses
            raise WhisperaError(error.message, hint=error.hint) from error

    def close(self) -> None:
        """Ends the connection, should there be one; the next question opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, text: str, previous: Sequence[Trace], alternatives: int) -> Parse:
        from whispera.daemon.identity import identity
        from whispera.daemon.parses import parse_from_data, traces_as_data

        answer = self._exchange(
            {
                "do": "understand",
                "text": text,
                "previous": traces_as_data(previous),
                "alternatives": alternatives,
                "key": str(identity(self._workspace)),
            }
        )
        if answer.get("ok") is True:
            try:
                parse = parse_from_data(answer.get("parse"))
            except ValueError as error:
                raise DaemonError(f"the daemon does not answer as it should: {error}") from error
            if parse.text != text:
                raise DaemonError("the daemon answered to something else")
            return parse
        if answer.get("kind") == "model":
            raise ModelError(str(answer.get("error")), hint=str(answer.get("hint", "")))
        if answer.get("first") is True and self._warn is not None and self._tell is None:
            self._warn(
                f"{answer.get('error')}, so commands load the model themselves, which takes longer",
                hint=str(answer.get("hint", "")),
            )
        raise DaemonError(str(answer.get("error")), hint=str(answer.get("hint", "")))

    def _exchange(self, request: Data) -> Data:
        """The answer, on the connection there is; on a new one where the daemon closed that meanwhile."""
        if self._connection is not None:
            try:
                return self._connection.ask(request)
            except DaemonError:
                self.close()
        self._connection = Connection(self._place)
        return self._connection.ask(request)

    def _give_up(self, why: str) -> None:
        self.close()
        if self._tell is not None:
            self._tell(f"{why}; the model is loaded here")
