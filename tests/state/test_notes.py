from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from whispera.errors import StateError
from whispera.pipeline.notes import add_note, notes_file

REPO = Path(__file__).parents[2]
WRITER = """
import sys
from pathlib import Path
from whispera.pipeline.notes import add_note
for number in range(100):
    add_note(Path(sys.argv[1]), f"{sys.argv[2]} {number}", now=0)
"""


def test_note_is_a_line_with_its_time(tmp_path: Path) -> None:
    path = tmp_path / "new" / "notes.md"
    add_note(path, "  buy\nmilk ", now=1_700_000_000)
    add_note(path, "Grüße", now=1_700_000_000)
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [line[19:] for line in lines] == ["buy milk", "Grüße"]
    assert all(line.startswith("- 2023-11-1") for line in lines)


def test_note_does_not_join_an_unfinished_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("my own line")
    add_note(path, "second", now=0)
    assert len(path.read_text().splitlines()) == 2


def test_two_processes_lose_no_note(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), name], cwd=REPO)
        for name in ("left", "right")
    ]
    assert [process.wait(timeout=20) for process in running] == [0, 0]
    lines = path.read_text().splitlines()
    assert len(lines) == 200
    assert {line[19:] for line in lines} == {f"{name} {n}" for name in ("left", "right") for n in range(100)}


def test_note_follows_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real.md"
    real.write_text("")
    (tmp_path / "notes.md").symlink_to(real)
    add_note(tmp_path / "notes.md", "x", now=0)
    assert real.read_text().endswith(" x\n")


@pytest.mark.parametrize("blocked", ["directory", "parent"])
def test_note_that_cannot_be_written_is_an_error(tmp_path: Path, blocked: str) -> None:
    path = tmp_path / "notes.md"
    if blocked == "directory":
        path.mkdir()
    else:
        path.write_text("")
        path = path / "notes.md"
    with pytest.raises(StateError, match="not written") as caught:
        add_note(path, "x", now=0)
    assert "notes.file" in caught.value.hint


def test_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_text("a" * 99 + "\n")
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (104, 104))\n" + WRITER
    process = subprocess.run(
        [sys.executable, "-c", limited, str(path), "x"], cwd=REPO, capture_output=True, text=True
    )
    assert "StateError" in process.stderr
    assert path.read_text() == "a" * 99 + "\n"


def test_notes_file_is_where_the_user_keeps_documents(own_home: Path) -> None:
    documents = own_home / "Papiere"

    def find(setting: str = "") -> Path:
        return notes_file(setting=setting, home=own_home, documents=documents)

    assert find() == own_home / "notes.md"
    documents.mkdir()
    assert find() == documents / "notes.md"
    assert find("~/x.md") == own_home / "x.md"
    assert find("x.md") == own_home / "x.md"
    assert find("/there/x.md") == Path("/there/x.md")
