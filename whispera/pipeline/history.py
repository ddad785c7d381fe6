"""What was said and what became of it, in `<state>/history.db`.

A command must run whatever state the disk is in: `History.record` never raises, it warns in one line and
goes on. Reading and correcting do raise, StateError or UsageError, since they were asked for by name.
Each record is committed before `record` returns: a kill loses nothing that was recorded, a power cut at
most the last few. Audio is kept beside it, by `recordings.py`, where the settings want it.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from whispera.domain.intent import Intent
from whispera.domain.outcome import Outcome, Parse
from whispera.errors import StateError, UsageError
from whispera.pipeline.database import Database, warn

FILE = "history.db"
MESSAGE_CHARACTERS = 2000
"""Longer messages, such as the output of a command, are cut."""
PRUNE_EVERY = 100
REJECTED = "rejected"
"""Status of an utterance that was not understood and never reached the runner."""
UNDO = "undo"
"""The action that takes the last command back; it is never itself taken back."""
REPEAT = "repeat_last"
"""The action that does the last command again."""

_MIGRATIONS = (
    """CREATE TABLE command (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        time REAL NOT NULL,
        session TEXT NOT NULL,
        utterance TEXT NOT NULL,
        wire TEXT NOT NULL,
        action TEXT NOT NULL,
        intent TEXT,
        confidence REAL NOT NULL,
        status TEXT NOT NULL,
        message TEXT NOT NULL,
        ms REAL NOT NULL,
        undo TEXT,
        before TEXT NOT NULL,
        correction TEXT,
        exported INTEGER NOT NULL DEFAULT 0,
        undone INTEGER NOT NULL DEFAULT 0
    )""",
    "ALTER TABLE command ADD COLUMN previous TEXT",
    "ALTER TABLE command ADD COLUMN carried TEXT",
    "CREATE INDEX command_of_session ON command (session, time) WHERE carried IS NOT NULL",
    "ALTER TABLE command ADD COLUMN reviewed TEXT",
    "ALTER TABLE command ADD COLUMN audio TEXT",
)
_COLUMNS = (
    "id, time, session, utterance, wire, intent, confidence, status, message, ms, undo, before, correction, "
    "exported, undone, previous, audio"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One recorded utterance."""

    id: int
    time: float
    """When it was recorded, unix seconds."""
    session: str
    utterance: str
    wire: str
    intent: Intent | None
    confidence: float
    status: str
    """An Outcome's status, or `rejected`."""
    message: str
    ms: float
    """Milliseconds from text to intent."""
    undo: Intent | None
    """What takes it back."""
    before: str
    """The state probed before it ran, empty where none was."""
    correction: Intent | None
    """What it should have been, as the user said later."""
    exported: bool
    undone: bool
    """Taken back already."""
    previous: tuple[Intent, ...] = ()
    """What it was read after, newest last: wire intents, whose values are words."""
    audio: str = ""
    """Name of its recording in `<state>/audio`, empty where none was kept."""

    def as_json(self) -> dict[str, Any]:
        """A JSON object with every field."""
        return {
            "id": self.id,
            "time": self.time,
            "session": self.session,
            "utterance": self.utterance,
            "wire": self.wire,
            "intent": self.intent and self.intent.as_json(),
            "confidence": self.confidence,
            "status": self.status,
            "message": self.message,
            "ms": self.ms,
            "undo": self.undo and self.undo.as_json(),
            "before": self.before,
            "correction": self.correction and self.correction.as_json(),
            "exported": self.exported,
            "undone": self.undone,
            "previous": [one.as_json() for one in self.previous],
            "audio": self.audio,
        }


class History:
    """The history of one state directory; opened on first use, safe for several processes."""

    def __init__(self, state: Path, *, keep: int = 10_000) -> None:
        """`keep`: entries kept, the newest; corrected ones stay for good, training learns from them."""
        self.path = state / FILE
        self._keep = keep
        self._database = Database(self.path, migrations=_MIGRATIONS, durable=False)
        self._warned = False

    def record(
        self,
        parse: Parse,
        outcome: Outcome | None,
        *,
        session: str,
        before: str = "",
        carried: str | None = None,
        now: float | None = None,
    ) -> int | None:
        """The id of the new entry, or None (and one warning) where it could not be written.

        `carried`: the wire intent that later commands of the session may lean on; empty for one that only
        ends a question, None for an utterance that is no part of the conversation.
        """
        status, message = (outcome.status, outcome.message) if outcome else (REJECTED, "")
        if not outcome and parse.rejection:
            message = parse.rejection.message
        row = (
            time.time() if now is None else now,
            session,
            parse.text,
            parse.wire,
            parse.intent.action if parse.intent else "",
            _dump(parse.intent),
            parse.confidence,
            status,
            message[:MESSAGE_CHARACTERS],
            parse.ms,
            _dump(outcome.undo if outcome else None),
            before,
            json.dumps([one.as_json() for one in parse.previous], ensure_ascii=False)
            if parse.previous
            else None,
            carried,
        )
        try:
            cursor = self._database.write(
                "INSERT INTO command (time, session, utterance, wire, action, intent, confidence, status, "
                "message, ms, undo, before, previous, carried) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
            number = cursor.lastrowid or 0
            if number % PRUNE_EVERY == 0:
                self._database.write(
                    "DELETE FROM command WHERE id <= ? AND correction IS NULL", (number - self._keep,)
                )
        except StateError as error:
            if not self._warned:
                warn(f"this command is not in the history: {error.message}")
                self._warned = True
            return None
        return number

    def attach(self, number: int, audio: str) -> None:
        """Writes down the name of an entry's recording; raises StateError."""
        self._database.write("UPDATE command SET audio = ? WHERE id = ?", (audio, number))

    def with_audio(self) -> set[int]:
        """The ids of the entries that have a recording; raises StateError."""
        return {int(row[0]) for row in self._database.rows("SELECT id FROM command WHERE audio IS NOT NULL")}

    def recent(self, count: int, *, session: str | None = None) -> list[Entry]:
        """The newest entries, newest first, of one session or of all; raises StateError."""
        if not self._database.exists():
            return []
        if session is None:
            return self._entries("1 ORDER BY id DESC LIMIT ?", (count,))
        return self._entries("session = ? ORDER BY id DESC LIMIT ?", (session, count))

    def carried(self, session: str, *, since: float, until: float, count: int) -> list[tuple[str, str, str]]:
        """(wire intent, intent as JSON, status) of what was carried in a session, newest first.

        On the way of every command: none where nothing was written since, or the file cannot be read at once.
        """
        if not self._database.touched(since):
            return []
        return self._database.peek(
            "SELECT carried, intent, status FROM command WHERE carried IS NOT NULL AND session = ? "
            "AND time BETWEEN ? AND ? ORDER BY time DESC, id DESC LIMIT ?",
            (session, since, until, count),
        )

    def entry(self, number: int) -> Entry:
        """The entry of that id; raises UsageError where there is none."""
        found = self._entries("id = ?", (number,)) if self._database.exists() else []
        if not found:
            raise UsageError(
                f"the history has no entry {number}", hint="`whispera history` shows the numbers there are"
            )
        return found[0]

    def last_done(self, session: str, *, besides: Collection[str] = ()) -> Entry | None:
        """The last command of the session that was carried out, leaving out actions of `besides`."""
        if not self._database.exists():
            return None
        marks = ", ".join("?" * len(besides))
        found = self._entries(
            f"session = ? AND status = 'done' AND action NOT IN ({marks}) ORDER BY id DESC LIMIT 1",
            (session, *besides),
        )
        return found[0] if found else None

    def last_undoable(self, session: str, *, since: float) -> Entry | None:
        """The last command done after `since` (unix seconds) that can be taken back and was not yet."""
        if not self._database.exists():
            return None
        found = self._entries(
            "session = ? AND status = 'done' AND undo IS NOT NULL AND undone = 0 AND action != ? "
            "AND time >= ? ORDER BY id DESC LIMIT 1",
            (session, UNDO, since),
        )
        return found[0] if found else None

    def claim_undo(self, number: int) -> bool:
        """Marks an entry as taken back; False where somebody else was first."""
        return (
            self._database.write(
                "UPDATE command SET undone = 1 WHERE id = ? AND undone = 0", (number,)
            ).rowcount
            == 1
        )

    def release_undo(self, number: int) -> None:
        """Takes the mark of `claim_undo` away, for an undo that failed."""
        self._database.write("UPDATE command SET undone = 0 WHERE id = ?", (number,))

    def correct(self, number: int, intent: Intent) -> None:
        """Writes down what an entry should have been; raises UsageError for an unknown id."""
        self.entry(number)
        self._database.write(
            "UPDATE command SET correction = ?, exported = 0 WHERE id = ?", (_dump(intent), number)
        )

    def corrections(self) -> list[Entry]:
        """All corrected entries, oldest first, for the training mix."""
        if not self._database.exists():
            return []
        return self._entries("correction IS NOT NULL ORDER BY id")

    def review(self, numbers: Collection[int], decision: str) -> None:
        """Writes down what was decided about entries, in one step; they are not reviewed again."""
        marks = ", ".join("?" * len(numbers))
        self._database.write(f"UPDATE command SET reviewed = ? WHERE id IN ({marks})", (decision, *numbers))

    def reviewed(self) -> dict[int, str]:
        """Id to decision of every entry that was reviewed."""
        if not self._database.exists():
            return {}
        return dict(self._database.rows("SELECT id, reviewed FROM command WHERE reviewed IS NOT NULL"))

    def forget(self, number: int | None = None) -> int:
        """How many entries were erased (None: all), from the disk too; raises UsageError, StateError."""
        if not self._database.exists() and number is None:
            return 0
        if number is None:
            count = self._database.write("DELETE FROM command").rowcount
        else:
            self.entry(number)
            # the entries that leaned on it repeat its words
            self._database.write(
                "UPDATE command SET previous = NULL WHERE EXISTS (SELECT 1 FROM command AS erased "
                "WHERE erased.id = ? AND erased.session = command.session AND erased.carried <> '' "
                "AND instr(command.previous, erased.carried) > 0)",
                (number,),
            )
            count = self._database.write("DELETE FROM command WHERE id = ?", (number,)).rowcount
        from whispera.pipeline.recordings import erase

        erase(self.path.parent, None if number is None else (number,))
        # the write-ahead log still holds the erased words until it is emptied
        self._database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        return count

    def export(self, stream: IO[str], *, new: bool = False) -> int:
        """Writes entries as JSON lines, oldest first, and marks them; how many. `new`: unmarked ones only."""
        if not self._database.exists():
            return 0
        entries = self._entries("exported = 0 ORDER BY id" if new else "1 ORDER BY id")
        for entry in entries:
            stream.write(json.dumps(entry.as_json(), ensure_ascii=False) + "\n")
        stream.flush()
        if entries:
            self._database.write("UPDATE command SET exported = 1 WHERE id <= ?", (entries[-1].id,))
        return len(entries)

    def close(self) -> None:
        """Closes the file; the next use opens it again."""
        self._database.close()

    def _entries(self, where: str, values: tuple[object, ...] = ()) -> list[Entry]:
        rows = self._database.rows(f"SELECT {_COLUMNS} FROM command WHERE {where}", values)
        return [_entry(row) for row in rows]


def session_id() -> str:
    """The session this process belongs to: terminal and session leader, so that `undo` means one's own."""
    if sys.platform == "win32":
        return f"pid:{os.getppid()}"
    else:  # noqa: RET505 - or mypy takes the rest for dead code on Windows
        return f"{terminal() or 'none'}:{os.getsid(0)}"


def terminal() -> str:
    """The terminal this process was started on, such as `/dev/pts/3`; empty where there is none."""
    if sys.platform != "win32":
        for descriptor in (0, 1, 2):
            try:
                return os.ttyname(descriptor)
            except OSError:
                continue
    return ""


def _dump(intent: Intent | None) -> str | None:
    return None if intent is None else json.dumps(intent.as_json(), ensure_ascii=False)


def _load(text: str | None) -> Intent | None:
    if text is None:
        return None
    data: Mapping[str, Any] = json.loads(text)
    return Intent.from_json(data)


def _entry(row: tuple[Any, ...]) -> Entry:
    (number, when, session, utterance, wire, intent, confidence, status, message, ms, undo, before) = row[:12]
    correction, exported, undone, previous, audio = row[12:]
    return Entry(
        id=number,
        time=when,
        session=session,
        utterance=utterance,
        wire=wire,
        intent=_load(intent),
        confidence=confidence,
        status=status,
        message=message,
        ms=ms,
        undo=_load(undo),
        before=before,
        correction=_load(correction),
        exported=bool(exported),
        undone=bool(undone),
        previous=tuple(Intent.from_json(one) for one in json.loads(previous or "[]")),
        audio=audio or "",
    )
