"""`whispera listen`, with a microphone, a recogniser and a machine that are not there."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from tests.cli.command_line import FakeOptions, make_session
from tests.voice.test_taker import Loudness, word
from whispera.__main__ import main
from whispera.audio import cue, devices, microphone, speech
from whispera.audio.clip import Clip
from whispera.audio.fake import FakeMicrophone
from whispera.cli import listen, state_line
from whispera.engines.recognisers.fake import FakeRecogniser, FakeStreamingRecogniser
from whispera.errors import ModelError, UsageError
from whispera.pipeline import alarm_start
from whispera.pipeline.fakes import FakeRunner
from whispera.pipeline.hearing import Hearing
from whispera.pipeline.session import Session
from whispera.workspace import find


class Talker(FakeMicrophone):
    """Somebody who says words, by their loudness, some of them, once it is on; much quicker than a person."""

    def __init__(self, *levels: float) -> None:
        super().__init__()
        self.levels = levels
        self._thread: threading.Thread | None = None

    def start(self, on_block: microphone.OnBlock, on_trouble: microphone.OnTrouble) -> None:
        super().start(on_block, on_trouble)
        self._thread = threading.Thread(target=self._talk)
        self._thread.start()

    def stop(self) -> None:
        super().stop()
        if self._thread is not None:
            self._thread.join()

    def _talk(self) -> None:
        time.sleep(0.05)
        for level in self.levels:
            if not self.running:
                return
            for samples in (np.zeros(8000, dtype=np.float32), word(1.0) * (2 * level)):
                self.hear(samples)
                time.sleep(0.02)
            while self.running and not self.quiet.wait(0.01):
                self.silence(0.1)
        while self.running:
            self.silence(0.02)
            time.sleep(0.002)

    quiet = threading.Event()


@dataclass
class Machine:
    """What the test gives and sees."""

    session: Session
    runner: FakeRunner
    microphone: Talker = field(default_factory=lambda: Talker(0.5))
    recogniser: FakeRecogniser = field(
        default_factory=lambda: FakeRecogniser(lambda clip: "set volume to 30" if len(clip.samples) else "")
    )
    names: list[str] = field(default_factory=list)
    cues: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache directory shared by the tests here: compiling the catalog takes half a second."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, compiled_once: Path) -> Iterator[Machine]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(compiled_once))
    monkeypatch.setattr(alarm_start, "_start_service", lambda _: None)
    runner = FakeRunner()
    one = Machine(make_session(find(), runner=runner), runner)
    set_voice(one, cue=False, pause_ms=300)

    def open_microphone(name: str) -> Talker:
        one.names.append(name)
        return one.microphone

    monkeypatch.setattr(microphone, "PortMicrophone", open_microphone)
    monkeypatch.setattr(microphone, "find_microphone", lambda name: None)
    monkeypatch.setattr(speech, "Voice", Loudness)
    monkeypatch.setattr(cue.Cues, "play", lambda _, name: one.cues.append(name))
    monkeypatch.setattr(listen, "leave", lambda code: None)
    monkeypatch.setattr(listen, "_hearing", lambda session, _: Hearing(one.recogniser, session))
    Talker.quiet.clear()
    yield one
    Talker.quiet.set()
    one.microphone.stop()


def set_voice(machine: Machine, *, audio: bool = False, **changes: object) -> None:
    settings = machine.session.catalog.settings
    voice = replace(settings.voice, **changes)  # type: ignore[arg-type]
    changed = replace(settings, voice=voice, history_audio=audio)
    machine.session.catalog = replace(machine.session.catalog, settings=changed)


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(machine: Machine, capsys: pytest.CaptureFixture[str]) -> Run:
    def listened(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(["listen", *arguments], options=FakeOptions(open=lambda _: machine.session))
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return listened


def test_a_spoken_command_is_carried_out_and_remembered(run: Run, machine: Machine) -> None:
    code, out, _ = run("--once")
    assert code == 0
    assert machine.runner.commands
    assert out
    (entry,) = machine.session.history.recent(5)
    assert (entry.utterance, entry.status, entry.audio) == ("set volume to 30", "done", "")
    assert not machine.microphone.running
    (clip,) = machine.recogniser.clips
    assert np.count_nonzero(clip.samples) == 16000


@pytest.mark.parametrize(
    ("mode", "confidence", "code"),
    [("open", 0.94, 3), ("open", 0.96, 0), ("hold", 0.94, 0), ("toggle", 0.94, 0)],
)
def test_an_open_microphone_is_acted_on_only_where_the_model_is_very_sure(
    run: Run, machine: Machine, mode: str, confidence: float, code: int
) -> None:
    machine.session = make_session(find(), runner=machine.runner, confidence=confidence)
    set_voice(machine, cue=False, pause_ms=300, mode=mode)
    told, _, err = run("--once")
    assert (told, bool(machine.runner.commands)) == (code, code == 0)
    assert ("I am not sure what you meant." in err) == (code == 3)


def test_without_a_key_nothing_says_that_one_command_after_another_is_coming(
    run: Run, machine: Machine
) -> None:
    machine.session = make_session(find(), runner=machine.runner, confidence=0.94)
    set_voice(machine, cue=False, pause_ms=300)
    Talker.quiet.set()
    machine.microphone = Talker(*[0.5] * 200)
    machine.recogniser = FakeRecogniser(said_once("set volume to 30"))
    assert run()[0] == 0
    assert not machine.runner.commands
    assert machine.session.history.recent(5) == []  # what others talk about is theirs


def said_once(*texts: str) -> Callable[[Clip], str]:
    """What is heard, one text after the other; then somebody presses Ctrl-C."""
    left = iter(texts)

    def hear(_: Clip) -> str:
        words = next(left, None)
        if words is None:
            raise KeyboardInterrupt
        return words

    return hear


@pytest.mark.parametrize("options", [("--once",), ("--once", "--transcript")])
def test_a_recogniser_that_can_hears_it_while_it_is_said(
    run: Run, machine: Machine, tmp_path: Path, options: tuple[str, ...]
) -> None:
    soundfile = pytest.importorskip("soundfile")
    followed = machine.recogniser = FakeStreamingRecogniser(lambda _: "set volume to 30")
    machine.microphone = Talker(0.5, 0.4)
    code, _, _ = run(*options, "--save", str(tmp_path / "said.wav"))
    assert code == 0
    assert machine.runner.commands
    assert followed.clips == []
    (clip,) = followed.followed
    samples, _ = soundfile.read(tmp_path / "said.wav")
    np.testing.assert_allclose(clip.samples, samples, atol=1e-4)
    assert np.count_nonzero(clip.samples) == 16000


def test_silence_is_no_command_for_one_that_hears_it_while_it_is_said(run: Run, machine: Machine) -> None:
    machine.recogniser = FakeStreamingRecogniser(lambda clip: "mute" if len(clip.samples) else "")
    machine.microphone = Talker()
    assert run("--once", "--seconds", "0.5")[0] == 3
    assert not machine.runner.commands


def test_a_dry_run_tells_as_json_and_does_nothing(run: Run, machine: Machine) -> None:
    code, out, _ = run("--once", "--json", "--dry-run")
    told = json.loads(out)
    assert (code, told["intent"]) == (0, {"action": "set_volume", "level": 30})
    assert (told["transcript"], told["outcome"]["status"]) == ("set volume to 30", "planned")
    assert told["seconds"] >= 1.0
    assert not machine.runner.commands
    assert machine.session.history.recent(5) == []


def test_silence_is_not_understood_and_not_remembered(run: Run, machine: Machine) -> None:
    machine.microphone = Talker()
    code, out, err = run("--once", "--seconds", "0.5")
    assert (code, out) == (3, "")
    assert err == "whispera: Nothing was said.\n"
    assert machine.session.history.recent(5) == []


def test_the_microphone_of_the_command_line_goes_before_that_of_the_settings(
    run: Run, machine: Machine
) -> None:
    set_voice(machine, cue=False, pause_ms=300, microphone="built-in")
    run("--once", "--dry-run")
    machine.microphone = Talker(0.5)
    run("--once", "--dry-run", "--microphone", "headset")
    assert machine.names == ["built-in", "headset"]


def test_an_unknown_microphone_is_told_before_anything_is_loaded(
    run: Run, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(name: str) -> None:
        raise UsageError(f"there is no microphone named '{name}'", hint="look")

    monkeypatch.setattr(microphone, "find_microphone", unknown)
    code, _, err = run("--once", "--microphone", "x")
    assert code == 2
    assert err == "whispera: there is no microphone named 'x'\nhint: look\n"


def test_a_recogniser_that_does_not_load_is_told_at_once(
    run: Run, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_: object) -> Hearing:
        raise ModelError("the speech model is not there", hint="whispera models get whisper-tiny.en")

    monkeypatch.setattr(listen, "_hearing", missing)
    machine.microphone = Talker()
    code, _, err = run("--once")
    assert code == 1
    assert "whispera models get whisper-tiny.en" in err
    assert not machine.microphone.running


def test_a_microphone_in_trouble_ends_it_with_the_reason(
    run: Run, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "TROUBLE_S", 0.2)
    machine.microphone = Talker()
    worker = threading.Timer(
        0.3, machine.microphone.trouble, ["The microphone is in use by another program."]
    )
    worker.start()
    code, _, err = run("--once")
    worker.join()
    assert code == 4
    assert err.startswith("whispera: The microphone is in use by another program\nhint: ")


def test_cues_say_when_listening_begins_and_ends(run: Run, machine: Machine) -> None:
    run("--once", "--dry-run")
    assert machine.cues == ["start", "stop"]


def test_the_recording_is_kept_on_request(run: Run, machine: Machine, tmp_path: Path) -> None:
    soundfile = pytest.importorskip("soundfile")
    code, _, _ = run("--once", "--dry-run", "--save", str(tmp_path / "said.wav"))
    samples, rate_hz = soundfile.read(tmp_path / "said.wav")
    assert (code, rate_hz) == (0, 16000)
    assert len(samples) == len(machine.recogniser.clips[0].samples)
    assert [path.name for path in tmp_path.glob("*said*")] == ["said.wav"]


@pytest.mark.parametrize("name", ["said.xyz", "nowhere/said.wav"])
def test_a_place_that_cannot_be_written_is_told(
    run: Run, machine: Machine, tmp_path: Path, name: str
) -> None:
    pytest.importorskip("soundfile")
    code, _, err = run("--once", "--dry-run", "--save", str(tmp_path / name))
    assert code == 2
    assert "hint:" in err


def test_the_settings_keep_recordings_beside_the_history(run: Run, machine: Machine) -> None:
    soundfile = pytest.importorskip("soundfile")
    set_voice(machine, audio=True, cue=False, pause_ms=300)
    run("--once")
    (entry,) = machine.session.history.recent(5)
    path = machine.session.workspace.state / "audio" / entry.audio
    assert soundfile.info(path).duration >= 1.0
    assert path.stat().st_mode & 0o077 == 0


def test_ctrl_c_ends_it_and_closes_the_microphone(
    run: Run, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine.microphone = Talker()

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(state_line.StateLine, "show", interrupt)
    assert run("--once")[0] == 130
    assert not machine.microphone.running
    assert run()[0] == 0


def test_without_once_one_command_follows_another(
    run: Run, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    Talker.quiet.set()
    machine.microphone = Talker(*[0.5] * 200)
    machine.recogniser = FakeRecogniser(said_once("set volume to 30", "mute"))
    code, out, _ = run("--json", "--dry-run")
    assert code == 0
    assert [json.loads(line)["intent"]["action"] for line in out.splitlines()] == ["set_volume", "mute"]


def test_words_so_far_are_shown_on_request(
    run: Run, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown: list[str] = []
    monkeypatch.setattr(
        state_line.StateLine, "show", lambda _, text, level=None: shown.append(text), raising=True
    )
    monkeypatch.setattr(listen, "PARTIAL_S", 0.3)
    machine.microphone = Talker(0.5)
    machine.microphone._talk = lambda: slowly(machine.microphone)  # type: ignore[method-assign]
    code, out, _ = run("--once", "--dry-run", "--transcript")
    assert code == 0
    assert out.startswith("set volume to 30\n")
    assert "listening  set volume to 30" in shown
    assert any(text.startswith("waiting") for text in shown)


def slowly(talker: Talker) -> None:
    time.sleep(0.1)
    for level in [0.0] * 3 + [0.5] * 10 + [0.0] * 20:
        talker.hear(word(0.1) * 2 * level)
        time.sleep(0.04)


def test_the_microphones_are_listed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [
        devices.Device("Blue Yeti", "usb-Blue", True, server_index=3),
        devices.Device("Monitor of Built-in", "pci.monitor", False, is_monitor=True),
    ]
    monkeypatch.setattr(microphone, "list_microphones", lambda: known)
    assert run("--microphones") == (0, "* Blue Yeti  (usb-Blue)\n  Monitor of Built-in  (pci.monitor)\n", "")
    code, out, _ = run("--microphones", "--json")
    first = json.loads(out.splitlines()[0])
    assert first == {"name": "Blue Yeti", "id": "usb-Blue", "default": True, "monitor": False}
    monkeypatch.setattr(microphone, "list_microphones", list)
    code, _, err = run("--microphones")
    assert code == 4
    assert "there is no microphone here" in err


class Terminal:
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.text = ""

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text
        return len(text)

    def flush(self) -> None: ...


def test_the_state_is_one_line_that_goes_away() -> None:
    line = state_line.StateLine(stream := Terminal())  # type: ignore[arg-type]
    line.show("listening", level=1.0)
    line.show("listening", level=1.0)
    line.show("a\nb\x1b[31m")
    line.clear()
    assert stream.text == "\r\x1b[K▁▂▃▄▅▆▇█ listening\r\x1b[Ka\ufffdb\ufffd[31m\r\x1b[K"


def test_where_there_is_no_terminal_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    line = state_line.StateLine(sys.stderr)
    line.show("listening", level=0.5)
    line.clear()
    assert capsys.readouterr().err == ""
