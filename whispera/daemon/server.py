"""The daemon: answers requests, reloads, unloads and ends.

One thread takes all connections (`connections.py`); one reads utterances, one after the other; one hands on
what keys do.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from whispera import __version__
from whispera.daemon import lifecycle, log
from whispera.daemon.connections import MAX_CONNECTIONS, SILENT_S, Connections
from whispera.daemon.ears import UNWANTED, OpenVoice, Voice, open_voice
from whispera.daemon.metrics import Metrics
from whispera.daemon.parses import parse_as_data, traces_from_data
from whispera.daemon.protocol import MAX_ALTERNATIVES, MAX_LINE, TRIGGERS, Data, decode, refusal
from whispera.daemon.reading import RESTART, SharedReader, StaleError, give_memory_back, memory_bytes
from whispera.errors import ConfigError, ModelError, WhisperaError
from whispera.pipeline.context import InMemory
from whispera.workspace import DEFAULT_BASE, Workspace

if TYPE_CHECKING:
    from whispera.daemon.place import Place
    from whispera.pipeline.session import Session

AGAIN_S = 60.0
"""Between two tries to listen, where that fails: a package or a model may be installed meanwhile."""
HEAR_OUT_S = 30.0
"""The longest a change that nobody asked to be read waits for what is being said."""
LOOK_S = 5.0
"""How often is looked whether files have changed and whether the models have been idle."""
FINISH_S = 15.0
"""How long requests and commands that run may take to finish when the daemon ends."""

OUTDATED = "The program has changed since the daemon was started"

Handler = Callable[[Data], Awaitable[Data]]


class RequestError(Exception):
    """A request that is none."""


class Server:
    """The daemon of one user; made, run once, done with."""

    def __init__(
        self,
        workspace: Workspace,
        place: Place,
        *,
        reader: Callable[[Workspace, Metrics], SharedReader] = SharedReader,
        ears: OpenVoice | None = open_voice,
        silent_s: float = SILENT_S,
        look_s: float = LOOK_S,
        again_s: float = AGAIN_S,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        """`ears`: None for a daemon that does not listen. Raises ConfigError."""
        self.workspace = workspace
        self.place = place
        self.metrics = Metrics()
        self.reader = reader(workspace, self.metrics)
        self._open_ears = ears
        self._voice: Voice | None = None
        self._deaf = "" if ears else UNWANTED
        self._tried = 0.0
        """When listening was last begun."""
        self._quiet = time.monotonic()
        """When nobody was being heard, last."""
        self._told_stale = self._told_outdated = False
        self._look_s = look_s
        self._again_s = again_s
        self.connections = Connections(
            self._answer, self.metrics, silent_s=silent_s, most=max_connections, on_fault=self._fault
        )
        self._started = time.monotonic()
        self._ready = False
        self._log: log.JsonLines | None = None
        self._ending: asyncio.Event | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        """The loop it runs in, once it does; `end` is to be called there."""
        self._work = ThreadPoolExecutor(1, thread_name_prefix="understand")
        self._keys = ThreadPoolExecutor(1, thread_name_prefix="keys")
        self._handlers: dict[str, Handler] = {
            "understand": self._understand,
            "status": self._status,
            "metrics": self._tell_metrics,
            "reload": self._reload_asked,
            "stop": self._stop_asked,
            "partial": self._partial,
            **dict.fromkeys(TRIGGERS, self._trigger),
        }

    # -- from start to end

    def run(self, *, ready: Callable[[], None] | None = None) -> None:
        """Serves until a signal or a request ends it; raises DaemonError where another daemon runs.

        `ready` is called when it answers.
        """
        with lifecycle.claimed(self.place):
            self._log = log.begin(self.place.log)
            try:
                asyncio.run(self._serve(ready))
            finally:
                log.end(self._log)

    async def _serve(self, ready: Callable[[], None] | None) -> None:
        loop = self.loop = asyncio.get_running_loop()
        self._ending = asyncio.Event()
        server, inode = await self._listen()
        log.note("started", pid=os.getpid(), version=__version__, listens=self._open_ears is not None)
        signals = lifecycle.watch_signals(
            loop, {"SIGTERM": self.end, "SIGINT": self.end, "SIGHUP": self._reload_unasked}
        )
        looking = asyncio.create_task(self._look())
        try:
            await self._in(self._work, self._load_first)
            self._ready = True
            if ready is not None:
                ready()
            await self._ending.wait()
        finally:
            log.note("ending")
            looking.cancel()
            server.close()
            lifecycle.unbind(self.place, inode)
            await self._finish()
            for number in signals:
                loop.remove_signal_handler(number)
            log.note("ended", uptime_s=round(time.monotonic() - self._started, 1))

    async def _listen(self) -> tuple[Any, int]:
        """The open socket and its number in the file system."""
        if sys.platform == "win32":
            from whispera.daemon.pipe import serve

            return await serve(self.place.address, self.connections.taken, limit=MAX_LINE), 0
        listening = lifecycle.bind(self.place)
        server = await asyncio.start_unix_server(self.connections.taken, sock=listening, limit=MAX_LINE)
        return server, lifecycle.inode_of(self.place)

    def _reload_unasked(self) -> None:
        self._work.submit(self._reload, force=True)

    def end(self) -> None:
        """Has `run` return when what runs is finished; in the thread of the server."""
        self.connections.end()
        if self._ending is not None:
            self._ending.set()

    async def _finish(self) -> None:
        """Lets requests and commands finish, and nothing begin."""
        await self.connections.finish(FINISH_S)
        try:
            async with asyncio.timeout(FINISH_S):
                await self._in(self._keys, self._stop_voice)
        except TimeoutError:
            log.trouble("listening did not end in time")
        self._work.shutdown(wait=False, cancel_futures=True)
        self._keys.shutdown(wait=False, cancel_futures=True)

    # -- models and ears, in the thread that reads utterances

    def _load_first(self) -> None:
        """Has the models loaded; what cannot be is told by `status` and tried again when it is needed."""
        try:
            self.reader.load()
        except WhisperaError as error:
            log.trouble("the model cannot be loaded", error=error.message)
        self._start_voice()

    def _start_voice(self) -> None:
        """Listens as is configured now; where that makes no sense, what listened before goes on."""
        if self._open_ears is None:
            return
        self._tried = time.monotonic()
        try:
            voice = self._open_ears(self._session(), self.metrics)
            self._stop_voice()
            voice.start()
        except WhisperaError as error:
            self._tell_deaf(f"{error.message} ({error.hint})" if error.hint else error.message)
        except Exception as error:  # whatever a sound system does, typed commands are answered
            self._tell_deaf(f"listening failed: {type(error).__name__}: {error}")
        else:
            self._voice, self._deaf = voice, ""
            log.note("listening")
        give_memory_back()  # models that were loaded leave much behind

    def _tell_deaf(self, why: str) -> None:
        if self._voice is not None:
            log.trouble("listening as before", error=why)
            self._voice.tell(f"Listening goes on as it was configured before: {why}")
            return
        if why != self._deaf:
            log.trouble("not listening", error=why)
        self._deaf = why

    def _stop_voice(self) -> None:
        voice, self._voice = self._voice, None
        if voice is not None:
            try:
                voice.stop()
            except Exception as error:
                log.trouble("listening did not end well", error=f"{type(error).__name__}: {error}")

    def _session(self) -> Session:
        """A session for spoken commands: its own conversation, the shared model."""
        session = self.reader.session()
        session.conversation = InMemory(session.catalog.settings)
        session.id = "voice"
        session.tty = ""
        return session

    def _reload(self, *, force: bool = False) -> None:
        """Reads files anew that changed, or with `force` all; raises ConfigError, ModelError."""
        if not force and not self.reader.changed():
            return
        listens = force or self.reader.reconfigured()
        self.reader.reload()  # where it fails, what listens is left alone
        if listens:
            self._start_voice()

    async def _look(self) -> None:
        """Notices changed files and idleness."""
        while True:
            await asyncio.sleep(self._look_s)
            try:
                await self._in(self._work, self._tidy)
            except WhisperaError:
                pass  # logged; what was loaded before stays
            except Exception as error:
                self._fault(error)

    def _tidy(self) -> None:
        self._tell_outdated()
        now, hears = time.monotonic(), self._voice is not None and self._voice.busy()
        if not hears:
            self._quiet = now
        if not hears or now - self._quiet > HEAR_OUT_S:
            self._reload()
        if self._voice is None and now - self._tried > self._again_s:
            self._start_voice()
        minutes = self.reader.catalog.settings.voice.idle_minutes
        if minutes and time.monotonic() - self.reader.last_asked > minutes * 60:
            self.reader.unload()

    def _tell_outdated(self) -> None:
        """Says once that other code runs than is there; typed commands are told by their refusal."""
        if not self._told_outdated and self.reader.outdated:
            self._told_outdated = True
            log.trouble(OUTDATED, error=RESTART)
            if self._voice is not None:
                self._voice.tell(f"{OUTDATED}: {RESTART}")

    # -- requests

    async def _answer(self, line: bytes) -> Data:
        """The answer to a request of any kind; never raises."""
        started = time.perf_counter()
        do = ""
        try:
            request = decode(line)
            asked = request.get("do")
            handler = self._handlers.get(asked) if isinstance(asked, str) else None
            if handler is None:
                raise RequestError(f"'do' must be one of {', '.join(self._handlers)}")
            do = str(asked)
            answer = {"ok": True, **await handler(request)}
        except (RequestError, ValueError) as error:
            answer = refusal("request", str(error))
        except StaleError as error:
            answer = {**refusal("stale", error.message, hint=error.hint), "first": not self._told_stale}
            self._told_stale = True
        except (ConfigError, ModelError) as error:
            answer = refusal("unready", str(error), hint=error.hint)
        except WhisperaError as error:
            answer = refusal("voice", error.message, hint=error.hint)
        except Exception as error:
            self._fault(error)
            answer = refusal("fault", f"that should not have happened: {type(error).__name__}")
        if not answer["ok"]:
            self.metrics.count("refused_total", kind=answer["kind"])
        if do:
            self.metrics.count("requests_total", do=do)
            self.metrics.observe("request_seconds", time.perf_counter() - started, do=do)
        return answer

    def _fault(self, error: Exception) -> None:
        self.metrics.count("troubles_total")
        log.fault("that should not have happened", error)

    async def _understand(self, request: Data) -> Data:
        text, key = request.get("text"), request.get("key", "")
        alternatives = request.get("alternatives", 0)
        if not isinstance(text, str) or not isinstance(key, str):
            raise RequestError("'text' and 'key' must be texts")
        if isinstance(alternatives, bool) or not isinstance(alternatives, int):
            raise RequestError("'alternatives' must be a number")
        if not 0 <= alternatives <= MAX_ALTERNATIVES:
            raise RequestError(f"'alternatives' must be between 0 and {MAX_ALTERNATIVES}")
        previous = traces_from_data(request.get("previous", []))
        read: Data = await self._in(self._work, self._read, key, text, previous, alternatives)
        return read

    def _read(self, key: str, text: str, previous: Any, alternatives: int) -> Data:
        if not self.reader.fits(key):
            self._reload()
        self.reader.load()
        try:
            parse = self.reader.answer(key, text, previous, alternatives)
        except ModelError as error:  # not of loading it: the text is too long for it
            return refusal("model", error.message, hint=error.hint)
        self.metrics.count("utterances_total", origin="typed", understood=str(parse.accepted).lower())
        return {"parse": parse_as_data(parse)}

    async def _status(self, _: Data) -> Data:
        status: Data = await self._in(self._keys, self._describe)
        return status

    def _describe(self) -> Data:
        settings = self.reader.catalog.settings.voice
        handler = self._log
        status: Data = {
            "pid": os.getpid(),
            "ready": self._ready,
            "version": __version__,
            "uptime_s": round(time.monotonic() - self._started, 1),
            "memory_mb": round(memory_bytes() / 1e6, 1),
            "workspace": str(self.workspace.root),
            "domain": self.workspace.domain,
            "socket": self.place.address,
            "key": str(self.reader.identity),
            "outdated": self.reader.outdated,
            "model": DEFAULT_BASE,
            "model_loaded": self.reader.loaded,
            "adapter": self.reader.adapter,
            "idle_s": round(time.monotonic() - self.reader.last_asked, 1),
            "listening": self._voice is not None,
            "not_listening": self._deaf,
            "mode": settings.mode,
            "keys": list(settings.keys),
            "microphone": settings.microphone,
            "recogniser": settings.recogniser,
            "connections": len(self.connections),
            "utterances": self.metrics.total("utterances_total"),
            "refused": self.metrics.total("refused_total"),
            "reloads": self.metrics.total("reloads_total"),
            "last_trouble": handler.last_trouble if handler is not None else None,
        }
        if self._voice is not None:
            status["voice"] = dict(self._voice.status())
        return status

    async def _tell_metrics(self, request: Data) -> Data:
        if request.get("format", "json") == "prometheus":
            gauges = {
                "up_seconds": time.monotonic() - self._started,
                "memory_bytes": float(memory_bytes()),
                "connections": float(len(self.connections)),
                "model_loaded": float(self.reader.loaded),
                "listening": float(self._voice is not None),
            }
            return {"text": self.metrics.as_prometheus(gauges)}
        return {"metrics": self.metrics.as_json()}

    async def _reload_asked(self, _: Data) -> Data:
        await self._in(self._work, partial(self._reload, force=True))
        return {"key": str(self.reader.identity)}

    async def _stop_asked(self, _: Data) -> Data:
        self.end()
        return {"pid": os.getpid()}

    async def _trigger(self, request: Data) -> Data:
        await self._in(self._keys, getattr(self._listening(), request["do"]))
        return {}

    async def _partial(self, _: Data) -> Data:
        # it may wait for a recogniser, and a key must not wait for it
        return {"text": await asyncio.to_thread(self._listening().partial)}

    def _listening(self) -> Voice:
        if self._voice is None:
            why = f": {self._deaf}" if self._deaf else " yet"
            raise WhisperaError(f"the daemon does not listen{why}", hint="whispera daemon status")
        return self._voice

    @staticmethod
    async def _in(pool: ThreadPoolExecutor, call: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(pool, call, *arguments)
