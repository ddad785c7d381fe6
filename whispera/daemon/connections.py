"""Connections to the daemon: who may have one, for how long, and lines in and out.

One thread serves them all and waits for nothing but them. So a client that is slow, silent or talks nonsense
keeps nobody waiting, and one that goes away in the middle of its answer is nothing. What a line asks is for
`server.py` to answer.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

from whispera.daemon import log
from whispera.daemon.metrics import Metrics
from whispera.daemon.protocol import MAX_LINE, Data, encode, refusal
from whispera.daemon.reach import peer_of

MAX_CONNECTIONS = 64
"""With one more, the connection that has been silent for longest is closed."""
SILENT_S = 10.0
"""A connection without a whole request for so long is closed."""
SENT_S = 0.05
"""So long a line that was sent may take until it is read here."""
SLOW_S = 5.0
"""So long an answer may take to be taken."""


class Connections:
    """Those there are."""

    def __init__(
        self,
        answer: Callable[[bytes], Awaitable[Data]],
        metrics: Metrics,
        *,
        silent_s: float = SILENT_S,
        most: int = MAX_CONNECTIONS,
        on_fault: Callable[[Exception], None],
    ) -> None:
        """`answer`: what is sent back for a line, never raises; `on_fault`: what should not have happened."""
        self._answer = answer
        self._metrics = metrics
        self._silent_s = silent_s
        self._most = most
        self._on_fault = on_fault
        self._all: set[asyncio.Task[Any]] = set()
        self._silent: dict[asyncio.Task[Any], float] = {}
        """Those that wait for a request, and since when."""
        self._ending = False

    def __len__(self) -> int:
        return len(self._all)

    async def taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves a connection to its end."""
        task = asyncio.current_task()
        assert task is not None
        self._metrics.count("connections_total", what="taken")
        self._all.add(task)
        try:
            if _is_stranger(writer):
                self._metrics.count("connections_total", what="stranger")
                log.trouble("a connection of another user was refused")
            elif await self._make_room():
                await self._converse(task, reader, writer)
            else:
                await self._send(writer, refusal("busy", "the daemon has too many requests at once"))
        except (OSError, TimeoutError, asyncio.CancelledError):
            pass  # it went away, stayed silent, or made room for another
        except Exception as error:
            self._on_fault(error)
        finally:
            self._silent.pop(task, None)
            self._all.discard(task)
            writer.close()

    def end(self) -> None:
        """No connection gets another answer than the one it waits for."""
        self._ending = True

    async def finish(self, timeout_s: float) -> None:
        """Closes them, those that wait for an answer after they have got it, but no later than that."""
        self.end()
        for task in list(self._silent):
            task.cancel()
        busy = self._all - set(self._silent)
        if busy:
            await asyncio.wait(busy, timeout=timeout_s)

    async def _make_room(self) -> bool:
        """Whether there is room for one more, the one silent for longest dropped where need be."""
        if len(self._all) <= self._most:
            return True
        await asyncio.sleep(SENT_S)  # who has sent a line that was not read yet is not silent
        if len(self._all) <= self._most:
            return True
        if not self._silent:
            return False
        silent = min(self._silent, key=self._silent.__getitem__)
        del self._silent[silent]
        silent.cancel()
        self._metrics.count("connections_total", what="silent")
        return True

    async def _converse(
        self, task: asyncio.Task[Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            self._silent[task] = time.monotonic()
            try:
                async with asyncio.timeout(self._silent_s):
                    line = await reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:
                return
            except asyncio.LimitOverrunError:
                self._metrics.count("refused_total", kind="request")
                await self._send(writer, refusal("request", f"a request is at most {MAX_LINE} bytes"))
                return
            finally:
                self._silent.pop(task, None)
            await self._send(writer, await self._answer(line))
            if self._ending:
                return

    async def _send(self, writer: asyncio.StreamWriter, answer: Data) -> None:
        writer.write(encode(answer))
        async with asyncio.timeout(SLOW_S):
            await writer.drain()


def _is_stranger(writer: asyncio.StreamWriter) -> bool:
    connection = writer.get_extra_info("socket")
    if sys.platform == "win32" or connection is None:
        return False
    try:
        return peer_of(connection) not in (None, os.geteuid())
    except OSError:  # gone already
        return True
