"""The named pipe of Windows, where Python has no Unix sockets. Never run here: written to the documentation
of `CreateNamedPipe` and to how asyncio and multiprocessing of the standard library use it.

A pipe without a security descriptor of its own gives everybody but its owner, administrators and the
system at most the right to read, and what only reads cannot ask.
"""

from __future__ import annotations

import sys

if sys.platform == "win32":
    import _winapi
    import asyncio
    from collections.abc import Callable
    from typing import Any

    _BUSY = 231
    """ERROR_PIPE_BUSY"""

    class PipeStream:
        """The client's end of a pipe, with the part of a socket's interface that asking needs."""

        def __init__(self, address: str, *, timeout_s: float) -> None:
            """Connects; raises OSError."""
            try:
                self._handle = self._open(address)
            except OSError as error:
                if error.winerror != _BUSY:
                    raise
                _winapi.WaitNamedPipe(address, int(timeout_s * 1e3))
                self._handle = self._open(address)
            self._timeout_ms = int(timeout_s * 1e3)

        @staticmethod
        def _open(address: str) -> int:
            access = _winapi.GENERIC_READ | _winapi.GENERIC_WRITE
            flags = _winapi.FILE_FLAG_OVERLAPPED
            return _winapi.CreateFile(
                address, access, 0, _winapi.NULL, _winapi.OPEN_EXISTING, flags, _winapi.NULL
            )

        def settimeout(self, value: float | None, /) -> None:
            """Seconds that each of the others may take."""
            self._timeout_ms = _winapi.INFINITE if value is None else max(1, int(value * 1e3))

        def sendall(self, data: bytes, /) -> None:
            """Sends all; raises OSError, TimeoutError."""
            overlapped, _ = _winapi.WriteFile(self._handle, data, overlapped=True)
            self._finish(overlapped)

        def recv(self, size: int, /) -> bytes:
            """Some bytes, none at the end; raises OSError, TimeoutError."""
            try:
                overlapped, _ = _winapi.ReadFile(self._handle, size, overlapped=True)
                self._finish(overlapped)
            except BrokenPipeError:
                return b""
            return bytes(overlapped.getbuffer() or b"")

        def _finish(self, overlapped: Any) -> None:
            if (
                _winapi.WaitForMultipleObjects([overlapped.event], False, self._timeout_ms)
                == _winapi.WAIT_TIMEOUT
            ):
                overlapped.cancel()
                overlapped.GetOverlappedResult(True)
                raise TimeoutError("the pipe takes too long")
            overlapped.GetOverlappedResult(True)

        def close(self) -> None:
            """Ends the connection."""
            _winapi.CloseHandle(self._handle)

    async def serve(address: str, connected: Callable[..., Any], *, limit: int) -> Any:
        """The open pipe; `connected` gets a reader and a writer for each client. Raises OSError."""
        loop = asyncio.get_running_loop()
        assert isinstance(loop, asyncio.ProactorEventLoop)

        def protocol() -> asyncio.StreamReaderProtocol:
            return asyncio.StreamReaderProtocol(asyncio.StreamReader(limit, loop), connected, loop)

        (server,) = await loop.start_serving_pipe(protocol, address)  # type: ignore[attr-defined]
        return server
