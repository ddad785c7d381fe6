"""The daemon's log: a JSON object a line, in the state directory, for its owner alone, of bounded size.

What was said is never in it: the history holds that, where it is kept at all, and is cut and deleted by rules
of its own. A log that cannot be written costs the log and nothing else.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
import traceback
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

MAX_BYTES = 1_000_000
KEPT = 3
"""Files kept beside the present one: daemon.log.1 is the newest of them."""
LOGGER = "whispera"


def note(event: str, /, **facts: Any) -> None:
    """Writes down that something happened; `facts` are JSON data, and no words that were said."""
    logging.getLogger("whispera.daemon").info(event, extra={"facts": facts})


def trouble(event: str, /, **facts: Any) -> None:
    """Writes down what went wrong; `status` shows the last one."""
    logging.getLogger("whispera.daemon").warning(event, extra={"facts": facts})


def fault(event: str, error: BaseException, /) -> None:
    """Writes down a fault of ours and where it happened; not its message, which may hold what was said."""
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    where = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    logging.getLogger("whispera.daemon").error(
        event, extra={"facts": {"error": type(error).__name__, "where": where}}
    )


class JsonLines(logging.Handler):
    """Writes log records to a file that is replaced when it is full."""

    def __init__(self, path: Path, *, max_bytes: int = MAX_BYTES, kept: int = KEPT) -> None:
        super().__init__()
        self._path = path
        self._max_bytes = max_bytes
        self._kept = kept
        self._fd: int | None = None
        self._size = 0
        self.last_trouble: dict[str, Any] | None = None
        """The newest record of a warning or worse, as it was written."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a record; never raises."""
        data = as_data(record)
        if record.levelno >= logging.WARNING:
            self.last_trouble = data
        line = json.dumps(data, ensure_ascii=False, default=str).encode("utf-8", "replace") + b"\n"
        with suppress(OSError):
            self._write(line)

    def _write(self, line: bytes) -> None:
        if self._fd is None or self._size + len(line) > self._max_bytes:
            self._reopen()
        assert self._fd is not None
        self._size += os.write(self._fd, line)

    def _reopen(self) -> None:
        self.close_file()
        flags = (
            os.O_WRONLY
            | os.O_CREAT
            | os.O_APPEND
            | getattr(os, "O_NOFOLLOW", 0)
            | getattr(os, "O_CLOEXEC", 0)
        )
        with suppress(OSError):
            if self._path.stat().st_size >= self._max_bytes * 0.9:
                for number in range(self._kept, 0, -1):
                    older = self._path if number == 1 else self._numbered(number - 1)
                    with suppress(FileNotFoundError):
                        older.replace(self._numbered(number))
        self._fd = os.open(self._path, flags, 0o600)
        if sys.platform != "win32":
            os.fchmod(self._fd, 0o600)
        self._size = os.fstat(self._fd).st_size

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def close_file(self) -> None:
        """Closes the file; the next record opens it again."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def close(self) -> None:
        """Closes the file for good."""
        with self.lock or threading.Lock():
            self.close_file()
        super().close()


def as_data(record: logging.LogRecord) -> dict[str, Any]:
    """A log record as JSON data: time in UTC, level, event, and what else is known."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
    data: dict[str, Any] = {
        "time": f"{stamp}.{int(record.msecs):03d}Z",
        "level": record.levelname.lower(),
        "event": record.getMessage(),
    }
    if record.name != "whispera.daemon":
        data["from"] = record.name
    data.update(getattr(record, "facts", {}))
    return data


def begin(path: Path) -> JsonLines:
    """Sends what this program logs to the file and nowhere else, from now on; `end` undoes it."""
    handler = JsonLines(path)
    logger = logging.getLogger(LOGGER)
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    return handler


def end(handler: JsonLines) -> None:
    """Takes the file away again."""
    logger = logging.getLogger(LOGGER)
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    logger.propagate = True
    handler.close()


def tail(path: Path, count: int) -> list[str]:
    """The last lines of the log, oldest first; of the file before where this one is short."""
    lines: deque[str] = deque(maxlen=count)
    for file in (path.with_name(f"{path.name}.1"), path):
        with suppress(OSError), file.open(encoding="utf-8", errors="replace") as stream:
            lines.extend(line.rstrip("\n") for line in stream)
    return list(lines)
