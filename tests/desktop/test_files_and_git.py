"""Notes, git and questions about this machine, carried out for real in a home of the test's own."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.desktop.desk import Desk, require

POWER_SUPPLY = Path("/sys/class/power_supply")


def test_notes_are_appended_as_they_were_said(desk: Desk, home: Path) -> None:
    desk.do("take_note", text="buy `milk` $(now); 100%")
    outcome = desk.do("take_note", text="--help 🦊 שלום")
    notes = (home / "Documents" / "notes.md").read_text(encoding="utf-8").splitlines()
    assert [line.split(maxsplit=3)[3] for line in notes] == ["buy `milk` $(now); 100%", "--help 🦊 שלום"]
    assert str(home / "Documents" / "notes.md") in outcome.message


@pytest.mark.parametrize(("expression", "answer"), [("2+2*10", "22"), ("20/100*85", "17"), ("1/0", "")])
def test_sums(desk: Desk, expression: str, answer: str) -> None:
    outcome = desk.do("calculate", expression=expression)
    if answer:
        assert (outcome.status, outcome.message.rstrip(".").split()[-1]) == ("done", answer)
    else:
        assert outcome.status == "failed"


def test_the_battery_is_told_as_it_is(desk: Desk) -> None:
    here = [path for path in POWER_SUPPLY.glob("*/type") if path.read_text().strip() == "Battery"]
    outcome = desk.do("battery_status")
    if here:
        assert re.search(r"The battery is at \d+ percent", outcome.message)
    else:
        assert (outcome.status, outcome.message) == ("failed", "This computer has no battery.")


def test_free_space_is_told_as_it_is(desk: Desk, home: Path) -> None:
    usage = shutil.disk_usage(home)
    said = re.search(r"\((\d+) percent\)", desk.do("disk_space").message)
    assert said is not None
    assert abs(int(said[1]) - 100 * usage.free / usage.total) <= 1


@pytest.fixture
def repository(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit on `main`, where the test stands."""
    require("git")
    (home / ".gitconfig").write_text(
        "[user]\nname = Desk\nemail = desk@example.org\n[init]\ndefaultBranch = main\n"
    )
    path = home / "project"
    path.mkdir()
    monkeypatch.chdir(path)
    git("init", "-q")
    (path / "a.txt").write_text("one\n")
    git("add", ".")
    git("commit", "-q", "-m", "First")
    return path


def git(*words: str) -> str:
    return subprocess.run(["git", *words], check=True, capture_output=True, text=True).stdout.strip()


def test_changes_are_shown_staged_and_committed(desk: Desk, repository: Path) -> None:
    (repository / "a.txt").write_text("two\n")
    (repository / "b; rm -rf ~.txt").write_text("new\n")
    status = desk.do("git_status").message
    assert "## main" in status
    assert " M a.txt" in status
    assert "+two" in desk.do("git_diff").message
    assert desk.do("git_add", path="b; rm -rf ~.txt").status == "done"
    assert git("diff", "--cached", "--name-only").splitlines() == ["b; rm -rf ~.txt"]
    assert desk.do("git_add").status == "done"
    assert desk.do("git_commit", message='say "$(hi)" & leave').status == "done"
    assert git("log", "-1", "--format=%s") == 'say "$(hi)" & leave'
    assert 'say "$(hi)" & leave' in desk.do("git_log").message.splitlines()[0]


def test_branches_are_made_changed_and_left_again(desk: Desk, repository: Path) -> None:
    made = desk.do("git_new_branch", branch="fix/login")
    assert (made.status, git("branch", "--show-current")) == ("done", "fix/login")
    assert desk.take_back(made).status == "done"
    assert git("branch", "--show-current") == "main"
    assert desk.do("git_checkout", branch="fix/login").status == "done"
    missing = desk.do("git_checkout", branch="nowhere")
    assert (missing.status, missing.exit_code) == ("failed", 1)
    assert "nowhere" in missing.message
    assert git("branch", "--show-current") == "fix/login"


def test_a_file_is_no_branch(desk: Desk, repository: Path) -> None:
    (repository / "a.txt").write_text("kept\n")
    assert desk.do("git_checkout", branch="a.txt").status == "failed"
    assert (repository / "a.txt").read_text() == "kept\n"


def test_changes_are_stashed(desk: Desk, repository: Path) -> None:
    (repository / "a.txt").write_text("two\n")
    assert desk.do("git_stash").status == "done"
    assert (repository / "a.txt").read_text() == "one\n"
    assert git("stash", "list")


def test_pushed_commits_arrive_and_pulled_ones_come(desk: Desk, repository: Path, home: Path) -> None:
    git("init", "-q", "--bare", str(home / "remote.git"))
    git("remote", "add", "origin", str(home / "remote.git"))
    git("push", "-q", "-u", "origin", "main")
    git("clone", "-q", str(home / "remote.git"), str(home / "other"))
    git("-C", str(home / "other"), "commit", "-q", "--allow-empty", "-m", "Theirs")
    git("-C", str(home / "other"), "push", "-q")
    assert desk.do("git_pull").status == "done"
    assert git("log", "-1", "--format=%s") == "Theirs"
    git("commit", "-q", "--allow-empty", "-m", "Ours")
    assert desk.do("git_push").status == "done"
    assert git("--git-dir", str(home / "remote.git"), "log", "-1", "--format=%s") == "Ours"


def test_outside_of_a_repository_git_says_so(desk: Desk, home: Path) -> None:
    require("git")
    outcome = desk.do("git_status")
    assert outcome.status == "failed"
    assert "not a git repository" in outcome.message
