"""Our own voice, what is seen, and the brake; programs here are small scripts, desktops are fake."""

from __future__ import annotations

import io
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from whispera.daemon.effects import State
from whispera.daemon.keys.pynput import MISSING
from whispera.daemon.screen import PASSES_MS, NotificationScreen, Screens, TerminalScreen, parted
from whispera.daemon.stoppable import STOPPED, StoppableRunner, speaks
from whispera.daemon.telling import Speech, SystemSpeaker, speakable, speech
from whispera.domain.intent import Intent
from whispera.domain.outcome import Command
from whispera.pipeline.fakes import fake_platform
from whispera.pipeline.platform import PlatformName, detect
from whispera.pipeline.runner import RealRunner


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 8
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# -- the voice


@pytest.mark.parametrize(
    ("platform", "tools", "argv"),
    [
        ("x11", ["espeak-ng", "spd-say"], ("espeak-ng", "--stdin")),
        ("wayland", ["spd-say"], ("spd-say", "--wait", "--pipe-mode")),
        ("macos", [], ("say", "-f", "-")),
        ("x11", [], None),
    ],
)
def test_each_platform_has_its_voice(
    platform: PlatformName, tools: list[str], argv: tuple[str, ...] | None
) -> None:
    found = speech(fake_platform(platform, tools=tools))
    assert (found.argv if found else None) == argv


def test_windows_reads_the_words_from_its_environment() -> None:
    found = speech(fake_platform("windows"))
    assert found is not None
    assert found.by_environment
    assert not any("{" in word for word in found.argv)


def test_what_is_said_is_short_and_on_one_line() -> None:
    assert speakable("set the volume\nto 30%\x1b[0m ") == "set the volume to 30% [0m"
    assert len(speakable("word " * 500)) <= 300


@pytest.fixture
def speaker(tmp_path: Path) -> SystemSpeaker:
    """Speaks into a file, and takes its time for what begins with "slowly"."""
    program = tmp_path / "espeak"
    program.write_text(
        f"#!{sys.executable}\n"
        "import sys, time, pathlib\n"
        f"out = pathlib.Path({str(tmp_path / 'said')!r})\n"
        "words = sys.stdin.read()\n"
        "if words.startswith('slowly'):\n"
        "    out.write_text('began')\n"
        "    time.sleep(30)\n"
        "out.write_text(' '.join([*sys.argv[1:], words]))\n"
    )
    program.chmod(0o755)
    speaker = SystemSpeaker(detect({"PATH": "/usr/bin", "HOME": str(tmp_path)}))
    speaker._speech = Speech((str(program), "--stdin"))
    return speaker


@pytest.mark.skipif(sys.platform == "win32", reason="a script")
def test_words_go_in_through_standard_input(speaker: SystemSpeaker, tmp_path: Path) -> None:
    ended = threading.Event()
    assert speaker.say("--version; rm -rf ~", on_end=ended.set)
    assert ended.wait(8)
    assert (tmp_path / "said").read_text() == "--stdin --version; rm -rf ~"


@pytest.mark.skipif(sys.platform == "win32", reason="a script")
def test_a_voice_that_is_hushed_ends_at_once(speaker: SystemSpeaker, tmp_path: Path) -> None:
    ended = threading.Event()
    speaker.say("slowly now", on_end=ended.set)
    wait_until((tmp_path / "said").exists)
    began = time.monotonic()
    speaker.hush()
    assert ended.wait(8)
    assert time.monotonic() - began < 5


def test_without_a_voice_nothing_is_said() -> None:
    assert not SystemSpeaker(fake_platform("x11")).say("hello", on_end=lambda: None)


# -- what is seen


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_line_of_a_terminal_is_rewritten_and_answers_stay() -> None:
    stream = Terminal()
    screen = Screens([TerminalScreen(stream)])
    screen.show("listening", "")
    screen.answer("opened chrome\n\x1b]0;evil\x07(a hint)", ok=True)
    screen.show("idle", "")
    screen.close()
    written = stream.getvalue()
    assert written == (
        "\r\x1b[K● listening ..."
        "\r\x1b[Kopened chrome\n]0;evil (a hint)\n● listening ..."
        "\r\x1b[K  ready"
        "\r\x1b[K"
    )


def test_what_is_no_terminal_gets_lines() -> None:
    stream = io.StringIO()
    screen = TerminalScreen(stream)
    screen.show("asking", "For how long?")
    screen.note("Nothing was said.")
    screen.close()
    assert stream.getvalue() == "? waiting for an answer: For how long?\nNothing was said.\n"


def test_a_closed_terminal_is_no_fault() -> None:
    stream = io.StringIO()
    screen = TerminalScreen(stream)
    stream.close()
    screen.show("idle", "")
    screen.note("hello")


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="states are not notified there")
def test_questions_answers_and_states_are_notified(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = tmp_path / "told"
    script = f"import sys; open({str(told)!r}, 'a').write('|'.join(sys.argv[1:]) + chr(10))"
    import json

    monkeypatch.setenv("WHISPERA_NOTIFIER", json.dumps([sys.executable, "-c", script]))
    screen = NotificationScreen()
    screen.show("listening", "")
    screen.show("recognising", "")
    screen.show("asking", "For how long?")
    screen.answer("done\nall of it", ok=True)
    screen.close()
    assert told.read_text().splitlines() == [
        "Listening ...|",
        "For how long?|waiting for an answer",
        "done|all of it",
    ]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="notify-send")
def test_what_is_seen_of_listening_stays_until_something_comes_in_its_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    program = tmp_path / "notify-send"
    program.write_text(
        f"#!{sys.executable}\nimport sys\n"
        f"print(*sys.argv[1:], sep='|', file=open({str(told)!r}, 'a'))\nprint(7)\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("whispera.daemon.screen.PASSING_S", 0.05)
    shown: list[tuple[str, bool]] = []

    def sees(title: str, *, stays: bool) -> None:
        shown.append((title, stays))
        wait_until(lambda: told.exists() and len(told.read_text().splitlines()) == len(shown))

    screen = NotificationScreen()
    screen.show("idle", "")  # nothing to take the place of
    screen.show("listening", "")
    sees("Listening ...", stays=True)
    screen.show("recognising", "")
    sees("Recognising ...", stays=True)
    screen.show("acting", "")
    sees("Working ...", stays=True)
    screen.answer("done", ok=True)
    sees("done", stays=False)
    screen.show("idle", "")  # the answer may be read
    screen.show("listening", "")
    sees("Listening ...", stays=True)
    screen.show("idle", "")  # nothing came of it
    sees("Ready", stays=False)
    screen.show("asking", "Go on?")
    sees("Go on?", stays=True)
    screen.close()
    sees("Whispera does not listen any more", stays=False)
    bubbles = [line.split("|") for line in told.read_text().splitlines()]
    assert [(argv[-2], "--expire-time=120000" in argv) for argv in bubbles] == shown


@pytest.mark.parametrize("then", [("idle",), ("recognising", "acting"), ()])
def test_nothing_that_stays_is_left_behind_at_the_end(
    monkeypatch: pytest.MonkeyPatch, then: tuple[State, ...]
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    bubbles: list[tuple[str, bool]] = []
    seen = NotificationScreen._notify

    def notify(screen: NotificationScreen, bubble: Any) -> None:
        seen(screen, bubble)
        bubbles.append((bubble.title, bubble.lasts_ms > PASSES_MS))

    monkeypatch.setattr(NotificationScreen, "_notify", notify)
    monkeypatch.setattr("whispera.daemon.screen.shutil.which", lambda _: None)
    screen = NotificationScreen()
    screen.show("listening", "")
    wait_until(lambda: bubbles)
    for state in then:
        screen.show(state, "")
    screen.close()
    assert bubbles == [("Listening ...", True), ("Whispera does not listen any more", False)]


class Interrupted:
    """Another thread gets its turn at the worst of times, once, if it may have it then."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=work)

    def __call__(self) -> None:
        if self._thread.ident is None:
            self._thread.start()
            self._thread.join(0.3)

    def join(self) -> None:
        self._thread.join(8)


def test_two_threads_leave_the_line_of_a_terminal_as_it_is() -> None:
    class Busy(Terminal):
        def write(self, text: str) -> int:
            if "done" in text:
                meanwhile()
            return super().write(text)

    stream = Busy()
    screen = TerminalScreen(stream)
    meanwhile = Interrupted(lambda: screen.show("listening", ""))
    screen.show("idle", "")
    screen.answer("done", ok=True)
    meanwhile.join()
    assert stream.getvalue().endswith("listening ...")


def test_two_threads_do_not_make_a_notification_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(NotificationScreen, "_run", lambda _: None)
    screen = NotificationScreen()
    meanwhile = Interrupted(lambda: screen.note("hello"))
    put: list[Any] = []

    class Busy:
        def put(self, bubble: Any) -> None:
            meanwhile()
            put.append(bubble)

    screen._queue = Busy()  # type: ignore[assignment]
    screen.show("listening", "")
    meanwhile.join()
    screen.show("idle", "")
    assert len(put) >= 2
    assert put[-1].lasts_ms <= PASSES_MS


@pytest.mark.parametrize(
    ("text", "title", "rest"),
    [
        ("Nothing was said.", "Nothing was said.", ""),
        (MISSING, "Hotkeys do not work", MISSING.partition(": ")[2]),
        (
            f"{'It was unplugged ' * 4}again. Wait; it is tried.",
            f"{'It was unplugged ' * 4}again.",
            "Wait; it is tried.",
        ),
        ("a" * 100, "a" * 100, ""),
    ],
)
def test_what_is_too_long_for_a_title_has_one_of_its_own(text: str, title: str, rest: str) -> None:
    assert parted(text) == (title, rest)


# -- the brake


def command(*argv: str) -> Command:
    return Command(Intent("say", {"text": "hello"}), "argv", argv)


@pytest.mark.real_commands
@pytest.mark.skipif(sys.platform == "win32", reason="sleep")
def test_a_program_that_runs_is_stopped_with_its_children() -> None:
    runner = StoppableRunner(RealRunner(detect()))
    done: list[object] = []
    began = time.monotonic()
    thread = threading.Thread(
        target=lambda: done.append(runner.run(command("sh", "-c", "sleep 19 & sleep 20")))
    )
    thread.start()
    time.sleep(0.3)
    runner.stop()
    thread.join(10)
    assert time.monotonic() - began < 8
    assert [(one.status, one.message) for one in done] == [("refused", STOPPED)]  # type: ignore[attr-defined]
    assert runner.run(command("true")).message == STOPPED
    runner.ready()
    assert runner.run(command("true")).status == "done"


@pytest.mark.real_commands
def test_a_program_that_speaks_is_told_of(tmp_path: Path) -> None:
    program = tmp_path / "espeak-ng"
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o755)
    told: list[bool] = []
    runner = StoppableRunner(RealRunner(detect()), on_speech=told.append)
    runner.run(command(str(program), "--", "hello"))
    runner.run(command("true"))
    assert told == [True, False]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (("spd-say", "-w", "--", "hello"), True),
        (("/usr/bin/espeak-ng", "--", "hello"), True),
        (("powershell", "-Command", "(New-Object System.Speech.Synthesis.SpeechSynthesizer).Speak()"), True),
        (("pactl", "get-sink-volume"), False),
        ((), False),
    ],
)
def test_programs_that_speak_are_known(argv: tuple[str, ...], expected: bool) -> None:
    assert speaks(command(*argv)) is expected
