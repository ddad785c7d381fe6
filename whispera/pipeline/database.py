"""A small SQLite database in the state directory, for several processes at once.

Opened on first use, so that a run that touches no state pays nothing: `sqlite3` is imported then. The
directory is 0700 and the file 0600. A corrupt file is moved aside to `<name>.broken-<time>`, never deleted,
and a new one is begun; any other trouble (read-only home, full disk) is a StateError.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from whispera.errors import StateError
from whispera.pipeline.filelock import FileLock

if TYPE_CHECKING:
    import sqlite3

BUSY_TIMEOUT_S = 5.0
PEEK_TIMEOUT_S = 0.05
"""How long `peek` waits for a writer."""
_CORRUPT = (11, 26)
"""Primary result codes SQLITE_CORRUPT and SQLITE_NOTADB."""
_BUSY = 5

Result = TypeVar("Result")


def warn(text: str) -> None:
    """Logs one line, which reaches stderr; `logging` is imported only now, off the hot path."""
    from logging import getLogger

    getLogger("whispera.pipeline").warning("%s", text)


def make_private(directory: Path) -> None:
    """Makes the state directory, for its owner alone; raises OSError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform != "win32" and directory.stat().st_mode & 0o077:
        directory.chmod(0o700)


class Database:
    """One database file and its schema."""

    def __init__(self, path: Path, *, migrations: Sequence[str], durable: bool) -> None:
        """`migrations[n]` leads from version n to n + 1; `durable` survives a power cut, not only a kill."""
        self.path = path
        self._migrations = tuple(migrations)
        self._durable = durable
        self._connection: sqlite3.Connection | None = None

    def exists(self) -> bool:
        """Whether there is a file to read; asking makes none."""
        try:
            return self.path.exists()
        except OSError:
            return False

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query; raises StateError."""
        return self._attempt(lambda connection: connection.execute(sql, values).fetchall())

    def touched(self, since: float) -> bool:
        """Whether anything was written since then, unix seconds; imports nothing."""
        for path in (self.path, self.path.with_name(self.path.name + "-wal")):
            with suppress(OSError):
                if path.stat().st_mtime >= since:
                    return True
        return False

    def peek(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query; none where there is no file, or it is busy, broken or of another version.

        Makes, mends and changes nothing, and never raises.
        """
        import sqlite3

        name = str(self.path.absolute()).replace("\\", "/")
        name = name.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
        address = f"file:{'' if name.startswith('/') else '/'}{name}?mode=ro"
        try:
            connection = sqlite3.connect(address, uri=True, timeout=PEEK_TIMEOUT_S)
        except sqlite3.Error:
            return []
        try:
            return connection.execute(sql, values).fetchall()
        except sqlite3.Error:
            return []
        finally:
            connection.close()

    def write(self, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        """The cursor of one statement, committed; raises StateError."""
        return self._attempt(lambda connection: connection.execute(sql, values))

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction that no other process can interleave with; raises StateError."""
        import sqlite3

        def begin(connection: sqlite3.Connection) -> sqlite3.Connection:
            connection.execute("BEGIN IMMEDIATE")
            return connection

        connection = self._attempt(begin)
        try:
            yield connection
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            _roll_back(connection)
            raise self._fault(error) from error
        except BaseException:
            _roll_back(connection)
            raise

    def close(self) -> None:
        """Closes the file; the next use opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _attempt(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        import sqlite3

        try:
            return self._try_twice(work)
        except (sqlite3.Error, OSError) as error:
            raise self._fault(error) from error

    def _try_twice(self, work: Callable[[sqlite3.Connection], Result]) -> Result:
        import sqlite3

        try:
            return work(self._open())
        except sqlite3.DatabaseError as error:
            if not _is_corrupt(error):
                raise
        self.close()
        self._set_aside()
        return work(self._open())

    def _fault(self, error: Exception) -> StateError:
        return StateError(
            f"{self.path} cannot be used: {error}",
            hint="check that the directory is writable and the disk has space; XDG_STATE_HOME moves it",
        )

    def _open(self) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        import sqlite3

        make_private(self.path.parent)
        # made by us, so that the file and the -wal and -shm beside it get its mode
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        connection = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        try:
            _use_wal(connection)
            connection.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'NORMAL'}")
            connection.execute("PRAGMA secure_delete = ON")
            self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        latest = len(self._migrations)
        if _version(connection) == latest:
            return
        connection.execute("BEGIN IMMEDIATE")
        try:
            version = _version(connection)
            if version > latest:
                raise StateError(
                    f"{self.path} was written by a newer Whispera (version {version}, known {latest})",
                    hint="update Whispera, or move the file away to begin a new one",
                )
            for statement in self._migrations[version:]:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {latest}")
            connection.execute("COMMIT")
        except BaseException:
            _roll_back(connection)
            raise

    def _set_aside(self) -> None:
        """Moves a corrupt file away, once for all processes that found it so."""
        with FileLock(self.path.with_name(self.path.name + ".lock")):
            if not _is_broken(self.path):
                return
            stamp = time.strftime("%Y%m%d-%H%M%S")
            target = self.path.with_name(f"{self.path.name}.broken-{stamp}")
            count = 1
            while target.exists():
                count += 1
                target = self.path.with_name(f"{self.path.name}.broken-{stamp}-{count}")
            self.path.rename(target)
            for suffix in ("-wal", "-shm"):
                beside = self.path.with_name(self.path.name + suffix)
                if beside.exists():
                    beside.rename(target.with_name(target.name + suffix))
        warn(f"{self.path} was damaged; it is kept as {target.name} and a new one was begun")


def _version(connection: sqlite3.Connection) -> int:
    row = connection.execute("PRAGMA user_version").fetchone()
    return int(row[0])


def _use_wal(connection: sqlite3.Connection) -> None:
    """Turns write-ahead logging on; the switch itself ignores the busy timeout, so it is retried here."""
    import sqlite3

    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
            return
        except sqlite3.OperationalError as error:
            if _code(error) != _BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(0.01)


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _code(error: Exception) -> int:
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _is_corrupt(error: Exception) -> bool:
    return _code(error) in _CORRUPT


def _is_broken(path: Path) -> bool:
    """Whether the file is no sound database; a missing one is not broken."""
    import sqlite3

    if not path.exists():
        return False
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
    try:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        if not _is_corrupt(error):
            raise
        return True
    finally:
        connection.close()
    return found is None or found[0] != "ok"
