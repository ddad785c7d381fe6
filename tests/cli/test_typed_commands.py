"""What `./w TEXT` prints and how it exits."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command_line import make_session
from tests.cli.conftest import Whispera
from whispera.cli import typed
from whispera.domain.outcome import Outcome
from whispera.pipeline.fakes import FakeRunner
from whispera.pipeline.session import Session
from whispera.workspace import find

PROGRAM = Path(__file__).parent / "command_line.py"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["open", "chrome"], "open chrome"),
        (["open chrome", "--dry-run"], "open chrome"),
        (["--", "--help"], "--help"),
        (["calculate", "-5", "+", "3"], "calculate -5 + 3"),
        (["-"], "-"),
        ([""], ""),
    ],
)
def test_plain_words_are_the_command(arguments: list[str], text: str) -> None:
    found = typed.read_arguments(arguments)
    assert found is not None
    assert found.text == text


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-x", "hi"], ["--json"], ["--workspace", "/x", "hi"]])
def test_anything_else_is_left_to_click(arguments: list[str]) -> None:
    assert typed.read_arguments(arguments) is None


def test_what_was_done_is_told_in_one_line(whispera: Whispera, runner: FakeRunner) -> None:
    done = whispera("run", "open", "chrome")
    assert (done.code, done.out, done.err) == (0, "opened chrome\n", "")
    assert [command.kind for command in runner.commands] == ["app"]


def test_the_output_of_a_program_is_the_answer(whispera: Whispera) -> None:
    assert whispera("run", "git status").out == "## main\n"


def test_a_dry_run_shows_the_program_and_runs_nothing(whispera: Whispera, runner: FakeRunner) -> None:
    done = whispera("run", "--dry-run", "set volume to 30")
    assert done.out == "would run: pactl set-sink-volume @DEFAULT_SINK@ 30%\n"
    assert runner.commands == []
    assert runner.probes == []
    assert whispera("history").out == ""


def test_json_is_one_object(whispera: Whispera) -> None:
    data = whispera("run", "--json", "set volume to 30").json
    assert data["text"] == "set volume to 30"
    assert data["intent"] == {"action": "set_volume", "level": 30}
    assert data["accepted"] is True
    assert 0.9 < data["confidence"] <= 1
    assert data["ms"] > 0
    assert data["outcome"]["status"] == "done"
    assert data["outcome"]["argv"][0] == "pactl"


def test_words_not_understood_exit_3(whispera: Whispera) -> None:
    done = whispera("run", "how are you")
    assert (done.code, done.out) == (3, "")
    assert done.err == "whispera: That is not a command for this computer.\n"
    assert whispera("run", "--json", "how are you").json["outcome"]["status"] == "rejected"


def test_an_unsure_reading_is_offered(runner: FakeRunner, whispera: Whispera, quick: None) -> None:
    unsure = make_session(find(), runner=runner, confidence=0.3)
    done = whispera("run", "mute", at=unsure)
    assert done.code == 3
    assert "Did you mean" in done.err
    assert runner.commands == []


def test_what_is_not_here_exits_4_with_the_way_out(whispera: Whispera) -> None:
    done = whispera("run", "open quibblebox")
    assert (done.code, done.out) == (4, "")
    assert done.err.startswith("whispera: no app called quibblebox here\n")


def test_a_program_that_fails_exits_1(whispera: Whispera, quick: None) -> None:
    failing = FakeRunner(outcomes={"git": Outcome("failed", "git: not a repository", 1)})
    done = whispera("run", "git status", at=make_session(find(), runner=failing))
    assert (done.code, done.err) == (1, "whispera: git: not a repository\n")


def test_confirmation_without_anybody_there_exits_5(whispera: Whispera, runner: FakeRunner) -> None:
    done = whispera("run", "restart")
    assert done.code == 5
    assert "hint: add --yes" in done.err
    assert runner.commands == []
    assert whispera("run", "restart", "--yes").code == 0


def test_a_missing_value_without_anybody_there_exits_5(whispera: Whispera) -> None:
    assert whispera("run", "set a timer").code == 5


@pytest.mark.parametrize(
    ("reply", "code"), [("y\n", 0), ("Yes.\n", 0), ("n\n", 5), ("\n", 5), ("", 5), ("maybe\n", 5)]
)
def test_a_terminal_is_asked_for_confirmation(
    reply: str, code: int, session: Session, runner: FakeRunner, terminal: TypeAt
) -> None:
    terminal(reply)
    assert typed.main(["restart"], open_session=lambda: session) == code
    assert len(runner.commands) == (code == 0)


@pytest.mark.parametrize(
    ("replies", "code"),
    [
        ("ten minutes\n", 0),
        ("for ten minutes please\n", 0),
        ("soon\n10 min\n", 0),
        ("soon\nlater\n", 5),
        ("", 5),
    ],
)
def test_a_terminal_is_asked_for_a_missing_value(
    replies: str, code: int, session: Session, terminal: TypeAt, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal(replies)
    assert typed.main(["set a timer"], open_session=lambda: session) == code
    assert ("Timer set for ten minutes." in capsys.readouterr().out) == (code == 0)


class TypeAt:
    """Somebody at a terminal who types these lines."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch

    def __call__(self, lines: str) -> None:
        stdin = io.TextIOWrapper(io.BytesIO(lines.encode()))
        for stream in (stdin, sys.stderr):
            self._monkeypatch.setattr(stream, "isatty", lambda: True)
        self._monkeypatch.setattr(sys, "stdin", stdin)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> TypeAt:
    return TypeAt(monkeypatch)


ODD = {
    "empty": "",
    "spaces": "  \t ",
    "emoji": "\U0001f389\U0001f389",
    "control": "open \x1b[31mchrome\x07",
    "surrogate": "open \udcff\udcfe",
    "half a pair": "open \ud83d",
    "long": "open chrome " * 900,
    "one long word": "x" * 10_000,
    "chinese": "打开浏览器",
    "arabic": "افتح المتصفح",
    "right to left mark": "\u202emorhc nepo",
    "combining": "o\u0301\u0302\u0303" * 50,
    "quotes": "\"'`$(reboot)`'\"",
    "wire": '{"action":"restart"}',
    "tag": "<desktop><barista>",
    "dots": "...!?",
    "newlines": "\n\n\n",
    "many words": "a " * 200,
    "c1": "open \x9bchrome",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD.keys())
def test_odd_words_are_answered_and_run_nothing(text: str, whispera: Whispera, runner: FakeRunner) -> None:
    for options in ([], ["--json"], ["--dry-run"]):
        done = whispera("run", *options, "--", text)
        assert done.code == 3
        assert done.err or json.loads(done.out)["accepted"] is False
        assert "\x1b" not in done.err + done.out
    assert runner.commands == []


@pytest.mark.parametrize("raw", [b"open \xff\xfe", b"\xed\xa0\x80", b"", b"\xf0\x9f\x8e\x89", b"x" * 10_000])
@pytest.mark.parametrize("locale", ["C.UTF-8", "C", "POSIX"])
def test_odd_bytes_of_a_shell_exit_3(raw: bytes, locale: str) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-E", b"whispera/hot.py", b"--dry-run", raw],
        cwd=PROGRAM.parents[2],
        env={**os.environ, "LC_ALL": locale},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert b"Traceback" not in done.stderr
    assert done.stderr.startswith(b"whispera: ")
    if not (b"model" in done.stderr and done.returncode == 1):  # without the embedded model it is told so
        assert done.returncode == 3


def test_a_wrong_option_is_a_usage_error(whispera: Whispera) -> None:
    done = whispera("run", "--bogus", "hi", program="w")
    assert done.code == 2
    assert "hint: w --help" in done.err


def test_a_sequence_stops_at_the_step_that_fails(whispera: Whispera, runner: FakeRunner) -> None:
    done = whispera("run", "mute and open quibblebox")
    assert done.code == 4
    assert "step 2 of 2, open app quibblebox, failed: no app called quibblebox here" in done.err
    assert [command.argv[0] for command in runner.commands] == ["pactl"]


def test_interruption_exits_130(session: Session, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted() -> Session:
        raise KeyboardInterrupt

    assert typed.main(["mute"], open_session=interrupted) == 130
    assert capsys.readouterr().err == "whispera: interrupted\n"


def test_a_fault_of_ours_is_told_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> Session:
        raise ZeroDivisionError("by zero")

    assert typed.main(["mute"], open_session=broken) == 1
    assert "ZeroDivisionError: by zero" in capsys.readouterr().err


def program(*words: str, **environ: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(PROGRAM), *words],
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_at_once_both_run_and_both_are_remembered(whispera: Whispera) -> None:
    both = [program("mute"), program("set volume to 30")]
    outputs = [one.communicate(timeout=60) for one in both]
    assert [one.returncode for one in both] == [0, 0], outputs
    said = {entry["utterance"] for entry in whispera("history", "list", "--json").json_lines}
    assert said == {"mute", "set volume to 30"}


def test_a_state_directory_that_is_none_does_not_stop_a_command(own_workspace: Path) -> None:
    own_workspace.mkdir()
    (own_workspace / "state").write_text("in the way")
    one = program("mute")
    out, err = one.communicate(timeout=60)
    assert (one.returncode, out) == (0, "muted the sound\n")
    assert err.count("\n") == 1
    assert "not in the history" in err


def test_a_cache_that_cannot_be_written_does_not_stop_a_command(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    one = program("mute", XDG_CACHE_HOME=str(tmp_path / "file"))
    out, err = one.communicate(timeout=60)
    assert (one.returncode, out, err) == (0, "muted the sound\n", "")


def test_a_reader_who_has_gone_is_no_fault() -> None:
    with program("what time is it") as one:
        assert one.stdout is not None and one.stderr is not None
        one.stdout.close()
        err = one.stderr.read()
    assert (one.returncode, err) == (0, "")
