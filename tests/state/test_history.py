from __future__ import annotations

import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from whispera.domain.intent import Intent
from whispera.domain.outcome import Outcome, Parse, Rejection
from whispera.errors import StateError, UsageError
from whispera.pipeline import database
from whispera.pipeline.history import History, session_id

MUTE = Intent("mute")
UNMUTE = Intent("unmute")
REPO = Path(__file__).parents[2]

WRITER = """
import sys
from pathlib import Path
from whispera.domain.intent import Intent
from whispera.domain.outcome import Outcome, Parse
from whispera.pipeline.history import History
history = History(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    parse = Parse(f"{sys.argv[3]} {number}", "", Intent("mute"), None, 1.0, 1.0)
    if history.record(parse, Outcome("done", "ok"), session="s") is None:
        sys.exit(1)
    print(number, flush=True)
"""


def parse_of(intent: Intent | None, *, text: str = "words", rejection: Rejection | None = None) -> Parse:
    return Parse(text, "{}", intent, rejection, 0.9, 12.5)


def record(
    history: History, intent: Intent, *, undo: Intent | None = None, session: str = "a", now: float = 0
) -> int:
    number = history.record(
        parse_of(intent), Outcome("done", "ok", undo=undo), session=session, now=now or time.time()
    )
    assert number is not None
    return number


def writer(state: Path, count: int, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(state), str(count), name],
        stdout=subprocess.PIPE,
        text=True,
        cwd=REPO,
    )


def test_history_keeps_every_field(state: Path) -> None:
    history = History(state)
    steps = Intent("sequence", {"steps": (Intent("copy"), Intent("set_volume", {"level": 30}))})
    outcome = Outcome("done", "Done.", undo=UNMUTE)
    number = history.record(
        parse_of(steps, text="Größe “x”"), outcome, session="tty:1", before="40", now=12.5
    )
    entry = History(state).entry(number or 0)
    assert (entry.utterance, entry.intent, entry.undo, entry.before) == ("Größe “x”", steps, UNMUTE, "40")
    assert (entry.time, entry.session, entry.confidence, entry.ms) == (12.5, "tty:1", 0.9, 12.5)
    assert (entry.status, entry.message, entry.exported, entry.undone) == ("done", "Done.", False, False)


def test_history_records_a_rejection(state: Path) -> None:
    history = History(state)
    history.record(parse_of(None, rejection=Rejection("none", "Not a command.")), None, session="a")
    entry = history.recent(1)[0]
    assert (entry.status, entry.message, entry.intent) == ("rejected", "Not a command.", None)


def test_history_is_private(state: Path) -> None:
    state.mkdir(parents=True, mode=0o755)
    record(History(state), MUTE)
    assert state.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in state.iterdir()} == {0o600}


def test_reading_makes_no_file(state: Path) -> None:
    history = History(state)
    assert history.recent(5) == []
    assert history.last_done("a") is None
    assert history.forget() == 0
    assert not state.exists()


def test_recent_is_newest_first_and_of_one_session(state: Path) -> None:
    history = History(state)
    numbers = [record(history, MUTE, session=name) for name in "abab"]
    assert [entry.id for entry in history.recent(3)] == numbers[:0:-1]
    assert [entry.id for entry in history.recent(9, session="a")] == [numbers[2], numbers[0]]


def test_last_done_passes_over_failures_and_excluded_actions(state: Path) -> None:
    history = History(state)
    wanted = record(history, MUTE)
    record(history, Intent("repeat_last"))
    history.record(parse_of(UNMUTE), Outcome("failed", "no"), session="a")
    record(history, UNMUTE, session="b")
    found = history.last_done("a", besides=("repeat_last", "undo"))
    assert found is not None
    assert found.id == wanted


def test_last_undoable_walks_back(state: Path) -> None:
    history = History(state)
    first = record(history, MUTE, undo=UNMUTE)
    second = record(history, UNMUTE, undo=MUTE)
    record(history, Intent("copy"))
    for expected in (second, first):
        found = history.last_undoable("a", since=0)
        assert found is not None
        assert found.id == expected
        assert history.claim_undo(expected)
        assert not history.claim_undo(expected)
        record(history, Intent("undo"), undo=MUTE)
    assert history.last_undoable("a", since=0) is None
    history.release_undo(first)
    assert history.last_undoable("a", since=0) is not None
    assert history.last_undoable("a", since=time.time() + 1) is None


def test_correct_and_export(state: Path) -> None:
    history = History(state)
    first, second = record(history, MUTE), record(history, MUTE)
    history.correct(first, UNMUTE)
    assert [entry.correction for entry in history.corrections()] == [UNMUTE]
    out = io.StringIO()
    assert history.export(out) == 2
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["id"] for line in lines] == [first, second]
    assert lines[0]["correction"] == {"action": "unmute"}
    assert history.export(io.StringIO(), new=True) == 0
    history.correct(second, UNMUTE)
    assert history.export(io.StringIO(), new=True) == 1
    with pytest.raises(UsageError, match="no entry 99"):
        history.correct(99, MUTE)


def test_forgotten_words_leave_the_disk(state: Path) -> None:
    history = History(state)
    number = history.record(parse_of(MUTE, text="xylophone"), Outcome("done", ""), session="a")
    record(history, MUTE)
    assert history.forget(number) == 1
    assert not any(b"xylophone" in path.read_bytes() for path in state.iterdir())
    assert history.forget() == 1
    assert history.recent(9) == []
    with pytest.raises(UsageError):
        history.forget(7)


def test_oldest_entries_go_and_corrections_stay(state: Path) -> None:
    history = History(state, keep=150)
    first = record(history, MUTE)
    history.correct(first, UNMUTE)
    for _ in range(399):
        record(history, MUTE)
    kept = [entry.id for entry in history.recent(1000)]
    assert kept == [*range(400, 250, -1), first]


def test_two_processes_write_at_once(state: Path) -> None:
    running = [writer(state, 100, name) for name in ("left", "right")]
    for process in running:
        process.communicate(timeout=20)
        assert process.returncode == 0
    texts = {entry.utterance for entry in History(state).recent(500)}
    assert texts == {f"{name} {number}" for name in ("left", "right") for number in range(100)}


def test_kill_in_the_middle_of_writing_loses_nothing_recorded(state: Path) -> None:
    process = writer(state, 100_000, "w")
    assert process.stdout is not None
    for _ in range(50):
        process.stdout.readline()
    os.kill(process.pid, signal.SIGKILL)
    rest, _ = process.communicate()
    acknowledged = 50 + rest.count("\n")
    texts = {entry.utterance for entry in History(state).recent(200_000)}
    assert {f"w {number}" for number in range(acknowledged)} <= texts
    assert not list(state.glob("*.broken-*"))


def test_corrupt_file_is_kept_and_a_new_one_begun(state: Path, caplog: pytest.LogCaptureFixture) -> None:
    state.mkdir(parents=True)
    (state / "history.db").write_bytes(b"this is no database at all" * 100)
    record(History(state), MUTE)
    assert len(History(state).recent(9)) == 1
    [broken] = state.glob("history.db.broken-*")
    assert broken.read_bytes().startswith(b"this is no database")
    assert len(caplog.messages) == 1
    assert "damaged" in caplog.messages[0]


def test_damage_found_while_writing_is_set_aside(state: Path) -> None:
    history = History(state)
    for _ in range(300):
        record(history, MUTE)
    history.close()
    content = bytearray((state / "history.db").read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    (state / "history.db").write_bytes(content)
    record(history, MUTE)
    assert len(list(state.glob("history.db.broken-*"))) == 1
    assert len(history.recent(9)) == 1


def test_two_processes_set_a_corrupt_file_aside_once(state: Path) -> None:
    state.mkdir(parents=True)
    (state / "history.db").write_bytes(b"rubbish" * 1000)
    running = [writer(state, 20, name) for name in ("left", "right", "third")]
    for process in running:
        process.communicate(timeout=20)
        assert process.returncode == 0
    assert len(list(state.glob("history.db.broken-*"))) == 1
    assert len(History(state).recent(500)) == 60


def test_unwritable_state_warns_once_and_goes_on(state: Path, caplog: pytest.LogCaptureFixture) -> None:
    state.parent.mkdir()
    state.write_text("a file where the directory should be")
    history = History(state)
    for _ in range(2):
        assert history.record(parse_of(MUTE), Outcome("done", "ok"), session="a") is None
    assert len(caplog.messages) == 1
    assert history.recent(3) == []


def test_warning_reaches_stderr_in_one_line(state: Path) -> None:
    state.parent.mkdir()
    state.write_text("")
    process = subprocess.run(
        [sys.executable, "-c", WRITER, str(state), "1", "w"], capture_output=True, text=True, cwd=REPO
    )
    assert process.stderr.count("\n") == 1
    assert "not in the history" in process.stderr


def test_full_disk_warns_and_goes_on(state: Path) -> None:
    record(History(state), MUTE)
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))\n" + WRITER
    process = subprocess.run(
        [sys.executable, "-c", limited, str(state), "500", "w"], capture_output=True, text=True, cwd=REPO
    )
    assert process.returncode == 1
    assert process.stderr.count("\n") == 1
    assert History(state).recent(1000)
    assert not list(state.glob("*.broken-*"))


def test_newer_schema_is_left_alone(state: Path) -> None:
    record(History(state), MUTE)
    with sqlite3.connect(state / "history.db") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StateError, match="newer Whispera"):
        History(state).recent(1)
    assert not list(state.glob("*.broken-*"))


def test_migration_keeps_rows(tmp_path: Path) -> None:
    path = tmp_path / "s" / "x.db"
    old = database.Database(path, migrations=("CREATE TABLE t (a)",), durable=True)
    old.write("INSERT INTO t VALUES (1)")
    old.close()
    new = database.Database(
        path, migrations=("CREATE TABLE t (a)", "ALTER TABLE t ADD COLUMN b DEFAULT 7"), durable=True
    )
    assert new.rows("SELECT a, b FROM t") == [(1, 7)]


def test_failed_transaction_leaves_no_trace(tmp_path: Path) -> None:
    store = database.Database(tmp_path / "s" / "x.db", migrations=("CREATE TABLE t (a)",), durable=True)
    with pytest.raises(RuntimeError), store.transaction() as connection:
        connection.execute("INSERT INTO t VALUES (1)")
        raise RuntimeError
    assert store.rows("SELECT * FROM t") == []


def test_session_is_shared_by_runs_of_one_shell() -> None:
    code = "from whispera.pipeline.history import session_id; print(session_id())"
    outputs = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPO).stdout
        for _ in range(2)
    }
    assert len(outputs) == 1
    assert session_id().endswith(f":{os.getsid(0)}")


def test_importing_history_does_not_import_sqlite() -> None:
    code = "import sys, whispera.pipeline.history; print({'sqlite3', 'logging'} & set(sys.modules))"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPO).stdout
    assert output.strip() == "set()"
