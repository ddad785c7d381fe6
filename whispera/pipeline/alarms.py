"""Timers, alarms and reminders that are due some day, in `<state>/alarms.db`.

This file keeps them, `alarm_service` is the process that makes them ring, `alarm_start` starts that. The file
`alarms.pending` is there exactly while the database holds a pending row: one write transaction changes both.

A timer runs by the clock that setting the time does not move (on Linux, within one boot); alarms and
reminders follow the wall clock.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from whispera.errors import StateError, UsageError
from whispera.pipeline.alarm_start import PENDING_FILE
from whispera.pipeline.database import Database

if TYPE_CHECKING:
    import sqlite3

Kind = Literal["timer", "alarm", "reminder"]

FILE = "alarms.db"
MAX_SECONDS = 366 * 24 * 3600
SESSION_VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")
"""The environment a notification needs to reach the session that set the alarm."""

_MIGRATIONS = (
    """CREATE TABLE alarm (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        label TEXT NOT NULL,
        made REAL NOT NULL,
        due REAL NOT NULL,
        steady_due REAL,
        boot TEXT NOT NULL,
        tty TEXT NOT NULL,
        session TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'pending',
        ended REAL
    )""",
    "CREATE INDEX alarm_state ON alarm (state)",
)
_COLUMNS = "id, kind, label, made, due, steady_due, boot, tty, session"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One timer, alarm or reminder that is pending."""

    id: int
    kind: Kind
    label: str
    """What it is for; empty where nothing was said."""
    made: float
    """When it was set, unix seconds."""
    due: float
    """When it rings, unix seconds as they were reckoned when it was set."""
    steady_due: float | None
    """For a timer, the same on the clock of `steady_now`."""
    boot: str
    """The boot that `steady_due` belongs to."""
    tty: str
    """Terminal it was set on, empty where there was none."""
    session: Mapping[str, str]
    """The SESSION_VARIABLES it was set with."""

    def remaining_s(self, *, now: float, steady: float, boot: str) -> float:
        """Seconds until it rings, negative once overdue."""
        if self.steady_due is not None and boot and boot == self.boot:
            return self.steady_due - steady
        return self.due - now


class Alarms:
    """The alarms of one state directory; safe for several processes."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self._database = Database(state / FILE, migrations=_MIGRATIONS, durable=True)

    def add_timer(self, seconds: int, label: str = "", *, tty: str = "") -> Alarm:
        """A new timer; raises UsageError for a length that makes no sense, StateError."""
        _check_length(seconds)
        return self._add("timer", label, due=time.time() + seconds, seconds=seconds, tty=tty)

    def add_alarm(self, clock: str, label: str = "", *, tty: str = "", now: float | None = None) -> Alarm:
        """A new alarm at the next `HH:MM`; raises UsageError, StateError."""
        due = next_occurrence(clock, now=time.time() if now is None else now)
        return self._add("alarm", label, due=due, tty=tty)

    def add_reminder(
        self, text: str, *, clock: str = "", seconds: int = 0, tty: str = "", now: float | None = None
    ) -> Alarm:
        """A new reminder at the next `HH:MM`, or in so many seconds; raises UsageError, StateError."""
        if clock:
            due = next_occurrence(clock, now=time.time() if now is None else now)
            return self._add("reminder", text, due=due, tty=tty)
        _check_length(seconds)
        return self._add("reminder", text, due=time.time() + seconds, seconds=seconds, tty=tty)

    def cancel(self, kind: Kind, *, every: bool = False) -> list[Alarm]:
        """What was cancelled: the newest pending one of its kind, or every one; raises StateError."""
        if not self._database.exists():
            return []
        with self._database.transaction() as connection:
            found = [alarm for alarm in _pending(connection) if alarm.kind == kind]
            found.sort(key=lambda alarm: alarm.id)
            gone = found if every else found[-1:]
            for alarm in gone:
                _end(connection, alarm.id, "cancelled")
        return gone

    def pending(self, kind: Kind | None = None) -> list[Alarm]:
        """What has not rung yet, in the order set; raises StateError."""
        if not self._database.exists():
            return []
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM alarm WHERE state = 'pending' ORDER BY id")
        return [alarm for alarm in map(_alarm, rows) if kind in (None, alarm.kind)]

    def mark_fired(self, number: int) -> None:
        """Writes down that an alarm rang; raises StateError."""
        with self._database.transaction() as connection:
            _end(connection, number, "fired")

    def settle(self) -> bool:
        """Whether nothing is pending; removes `alarms.pending` then, restores it otherwise."""
        marker = self.state / PENDING_FILE
        if not self._database.exists():
            marker.unlink(missing_ok=True)
            return True
        with self._database.transaction() as connection:
            idle = not _pending(connection)
            if idle:
                marker.unlink(missing_ok=True)
            else:
                _touch(marker)
        return idle

    def close(self) -> None:
        """Closes the file; the next use opens it again."""
        self._database.close()

    def _add(self, kind: Kind, label: str, *, due: float, tty: str, seconds: int | None = None) -> Alarm:
        import json

        session = {name: os.environ[name] for name in SESSION_VARIABLES if os.environ.get(name)}
        boot = boot_id()
        steady_due = steady_now() + seconds if seconds is not None and boot else None
        with self._database.transaction() as connection:
            cursor = connection.execute(
                "INSERT INTO alarm (kind, label, made, due, steady_due, boot, tty, session) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (kind, label, time.time(), due, steady_due, boot, tty, json.dumps(session)),
            )
            number = cursor.lastrowid
            try:
                _touch(self.state / PENDING_FILE)
            except OSError as error:
                raise StateError(
                    f"{self.state} cannot be written: {error.strerror}", hint="check its owner and free space"
                ) from error
        row = self._database.rows(f"SELECT {_COLUMNS} FROM alarm WHERE id = ?", (number,))[0]
        return _alarm(row)


def next_occurrence(clock: str, *, now: float, zone: tzinfo | None = None) -> float:
    """When a clock next shows `HH:MM` after `now`, both in unix seconds; local time unless `zone` is given.

    In the autumn hour that comes twice either counts. A time that the spring leap skips is taken an hour
    later, as the clock without the leap would have shown it. Raises UsageError.
    """
    try:
        wanted = datetime.strptime(clock, "%H:%M").time()
    except ValueError as error:
        raise UsageError(f"{clock!r} is no time of day", hint="write it as HH:MM, such as 07:30") from error
    today = datetime.fromtimestamp(now, zone).date()
    found: list[float] = []
    for days in (-1, 0, 1, 2):
        local = datetime.combine(today + timedelta(days=days), wanted, tzinfo=zone)
        first = local.timestamp()
        found.append(first)
        shown = datetime.fromtimestamp(first, zone).replace(fold=0)
        if shown == local:  # not skipped: the second reading of a repeated hour is one too
            found.append(local.replace(fold=1).timestamp())
    return min(when for when in found if when > now)


def steady_now() -> float:
    """Seconds on a clock that runs through sleep and that setting the time does not move."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    else:  # noqa: RET505 - or mypy takes the rest for dead code on Linux
        return time.monotonic()


def boot_id() -> str:
    """Names this boot, within which `steady_now` counts; empty where the system does not tell."""
    if sys.platform == "linux":
        with suppress(OSError):
            return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return ""


def _check_length(seconds: int) -> None:
    if not 0 < seconds <= MAX_SECONDS:
        raise UsageError(f"{seconds} seconds is no length for a timer", hint="from a second to a year")


def _pending(connection: sqlite3.Connection) -> list[Alarm]:
    rows = connection.execute(f"SELECT {_COLUMNS} FROM alarm WHERE state = 'pending'").fetchall()
    return [_alarm(row) for row in rows]


def _end(connection: sqlite3.Connection, number: int, state: Literal["fired", "cancelled"]) -> None:
    connection.execute(
        "UPDATE alarm SET state = ?, ended = ? WHERE id = ? AND state = 'pending'",
        (state, time.time(), number),
    )


def _touch(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))


def _alarm(row: tuple[Any, ...]) -> Alarm:
    import json

    number, kind, label, made, due, steady_due, boot, tty, session = row
    return Alarm(number, kind, label, made, due, steady_due, boot, tty, json.loads(session))
