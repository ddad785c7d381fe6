"""The understander that all of a daemon's requests share: typed ones and spoken ones.

It is loaded when something is first asked, anew when a file it was made from has changed, and dropped when
nothing was asked for a while. One request at a time; safe for several threads.
"""

from __future__ import annotations

import gc
import mmap
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from whispera.daemon import log
from whispera.daemon.identity import Identity, identity, program
from whispera.errors import WhisperaError
from whispera.memory import give_back
from whispera.pipeline.session import open_session

if TYPE_CHECKING:
    from whispera.catalog.compiled import CompiledCatalog
    from whispera.daemon.metrics import Metrics
    from whispera.domain.outcome import Parse
    from whispera.nlu.grammar import Trace
    from whispera.pipeline.asking import Parser
    from whispera.pipeline.session import Session
    from whispera.workspace import Workspace

RESTART = "whispera daemon restart"
TRIES = 3
"""How often loading is begun again because a file changed while it was read."""


class StaleError(WhisperaError):
    """The terminal works with other files than this daemon."""


class SharedReader:
    """One understander for a whole process; a `Parser` itself."""

    def __init__(
        self,
        workspace: Workspace,
        metrics: Metrics,
        *,
        open_here: Callable[[Workspace], Session] = open_session,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Reads the configuration, not yet the model; raises ConfigError."""
        self.workspace = workspace
        self._metrics = metrics
        self._open = open_here
        self._now = now
        self._lock = threading.RLock()
        found = identity(workspace)
        self._code = found.code
        """Of the program that is running; files that changed since are not."""
        self._program = program()
        self._identity = found
        self._unreadable: Identity | None = None
        """The files that could not be loaded; they are tried again when they change."""
        self._session = open_here(workspace)
        self._parser: Parser | None = None
        self.last_asked = now()
        """When something was last asked, on the clock `now`."""

    @property
    def identity(self) -> Identity:
        """What it was made of."""
        return self._identity

    @property
    def catalog(self) -> CompiledCatalog:
        """What can be said, as last loaded."""
        return self._session.catalog

    @property
    def loaded(self) -> bool:
        """Whether the model is in memory."""
        return self._parser is not None

    @property
    def adapter(self) -> str:
        """The folder of the adapter; empty where the base runs alone, or nothing is loaded."""
        model = getattr(self._parser, "model", None)
        return str(getattr(model, "adapter", ""))

    @property
    def outdated(self) -> bool:
        """Whether the program's files are newer than the program that runs."""
        return program() != self._program

    def session(self) -> Session:
        """A session of its own for somebody who asks this reader; raises ConfigError."""
        session = self._open(self.workspace)
        session.read_through(lambda _: self)
        return session

    def fits(self, key: str) -> bool:
        """Whether this is the key of what is loaded; an empty one fits."""
        return not key or key == str(self._identity)

    def parse(self, text: str, *, previous: Sequence[Trace] = (), alternatives: int = 0) -> Parse:
        """As `Understander.parse`, by what was last loaded."""
        with self._lock:
            return self._parse(text, previous, alternatives)

    def answer(self, key: str, text: str, previous: Sequence[Trace], alternatives: int) -> Parse:
        """As `parse`, for a terminal whose files have that key; raises StaleError where ours are others."""
        with self._lock:
            if not self.fits(key):
                raise StaleError(
                    f"the daemon runs with another {self._identity.differs_in(key)}", hint=RESTART
                )
            return self._parse(text, previous, alternatives)

    def _parse(self, text: str, previous: Sequence[Trace], alternatives: int) -> Parse:
        self.last_asked = self._now()
        started = time.perf_counter()
        try:
            return self._loaded().parse(text, previous=previous, alternatives=alternatives)
        finally:
            self.last_asked = self._now()
            self._metrics.observe("understand_seconds", time.perf_counter() - started)

    def load(self) -> None:
        """Has the model in memory; raises ModelError, ConfigError where it cannot be loaded."""
        with self._lock:
            self._loaded()

    def _loaded(self) -> Parser:
        if self._parser is None:
            started = time.perf_counter()
            self._parser = self._session.understander
            log.note("model loaded", ms=_ms(started), adapter=self.adapter)
            give_memory_back()
        return self._parser

    def changed(self) -> bool:
        """Whether files that were read are others now, and not known to be broken."""
        found = self._here()
        return found != self._identity and found != self._unreadable

    def reconfigured(self) -> bool:
        """Whether it is the configuration that changed, not the model alone."""
        return self._here().config != self._identity.config

    def reload(self) -> None:
        """Loads all anew; what was there stays where that fails. Raises ConfigError, ModelError."""
        with self._lock:
            started = time.perf_counter()
            found = self._here()
            try:
                for _ in range(TRIES):
                    session = self._open(self.workspace)
                    parser = session.understander if self._parser is not None else None
                    before, found = found, self._here()
                    if before == found:
                        break
            except WhisperaError as error:
                self._unreadable = found
                log.trouble("reload failed", error=str(error))
                raise
            self._session, self._parser, self._identity = session, parser, found
            self._metrics.count("reloads_total")
            log.note("reloaded", ms=_ms(started), adapter=self.adapter)
            give_memory_back()

    def unload(self) -> bool:
        """Whether there was a model to drop; the next request loads it again."""
        with self._lock:
            if self._parser is None:
                return False
            self._parser = None
            self._session.unload()
            self._metrics.count("unloads_total")
            log.note("model unloaded")
            give_memory_back()
            return True

    def _here(self) -> Identity:
        """What the files are now, with the program that runs."""
        found = identity(self.workspace)
        return Identity(self._code, found.config, found.model)


def _ms(since: float) -> float:
    return round((time.perf_counter() - since) * 1e3, 1)


def give_memory_back() -> None:
    """Has freed memory go back to the system, which glibc keeps otherwise, and what stays out of the way."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()  # what is there now is not looked through for garbage again: that takes longer than a command
    give_back()


def memory_bytes() -> int:
    """What this process holds of the memory; 0 where the system does not tell."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE
    with suppress(ImportError):
        import resource

        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024
    return 0
