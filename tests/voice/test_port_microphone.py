"""A microphone whose device is stuck, busy, of any rate, or gone: the recording process is played here."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from whispera.audio import capture, microphone, pulse
from whispera.audio.microphone import PortMicrophone

ROOT = Path(__file__).resolve().parents[2]
HEAD = """
import json, math, os, struct, sys, time
def packet(kind, data, flag=0):
    os.write(1, struct.pack("<BBxxI", kind, flag, len(data)) + data)
def say(**words):
    packet(2, json.dumps(words).encode())
def tone(rate, channels, blocks, flag=0):
    say(rate_hz=rate, channels=channels, device="played")
    for block in range(blocks):
        at = [(block * rate // 50 + i) / rate for i in range(rate // 50)]
        values = [round(16000 * math.sin(2 * math.pi * 440 * t)) for t in at for _ in range(channels)]
        packet(1, struct.pack(f"<{len(values)}h", *values), flag and block == 1)
def until_closed():
    while os.read(0, 100): pass
"""


class Ear:
    """What a microphone told."""

    def __init__(self) -> None:
        self.blocks: list[NDArray[np.float32]] = []
        self.lost: list[bool] = []
        self.troubles: list[str] = []

    def on_block(self, samples: NDArray[np.float32], lost: bool) -> None:
        self.blocks.append(samples)
        self.lost.append(lost)

    @property
    def samples(self) -> int:
        return sum(map(len, self.blocks))


@pytest.fixture(autouse=True)
def no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sound server of this machine has a say."""
    monkeypatch.setenv("PULSE_SERVER", "unix:/nowhere")
    monkeypatch.setattr(pulse, "sources", lambda: None)
    monkeypatch.setattr(microphone, "FIRST_WAIT_S", 0.05)
    monkeypatch.setattr(microphone, "LONGEST_WAIT_S", 0.1)


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Has a script take the place of the recording process."""

    def put(script: str) -> None:
        monkeypatch.setattr(microphone, "capture_argv", lambda *_: [sys.executable, "-c", HEAD + script])

    return put


def wait_for(condition: Callable[[], object], timeout_s: float = 20) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.01)


@pytest.mark.parametrize(("rate_hz", "channels"), [(16000, 1), (48000, 2), (44100, 1), (8000, 1)])
def test_whatever_the_device_gives_16_khz_mono_comes_out(
    play: Callable[[str], None], rate_hz: int, channels: int
) -> None:
    play(f"tone({rate_hz}, {channels}, 50)\nuntil_closed()")
    ear = Ear()
    one = PortMicrophone()
    one.start(ear.on_block, ear.troubles.append)
    wait_for(lambda: ear.samples > 15500)
    one.stop()
    heard = np.concatenate(ear.blocks)
    assert heard.dtype == np.float32
    assert ear.samples <= 16000
    at = np.arange(len(heard)) / 16000
    expected = 16000 / 32768 * np.sin(2 * np.pi * 440 * at)
    assert np.abs(heard - expected)[200:-200].max() < 0.01
    assert ear.troubles == []


def test_lost_samples_are_told_and_counted(play: Callable[[str], None]) -> None:
    play("tone(16000, 1, 5, flag=1)\nuntil_closed()")
    ear = Ear()
    one = PortMicrophone()
    one.start(ear.on_block, ear.troubles.append)
    wait_for(lambda: len(ear.blocks) == 5)
    one.stop()
    assert ear.lost == [False, True, False, False, False]
    assert one.overflows == 1


def test_a_device_that_goes_is_told_and_opened_again(play: Callable[[str], None], tmp_path: Path) -> None:
    flag = tmp_path / "gone"
    play(
        f"first = not os.path.exists({str(flag)!r})\nopen({str(flag)!r}, 'w')\n"
        "tone(48000 if first else 16000, 1, 5)\n"
        "if first: say(fault='gone', text='')\nelse: until_closed()"
    )
    ear = Ear()
    one = PortMicrophone()
    one.start(ear.on_block, ear.troubles.append)
    wait_for(lambda: len(ear.troubles) == 2)
    one.stop()
    assert ear.troubles == ["The microphone was unplugged.", ""]
    assert one.openings == 2


def test_a_busy_device_is_told_once_and_tried_again(play: Callable[[str], None]) -> None:
    play("say(fault='busy', text='Device unavailable')")
    ear = Ear()
    one = PortMicrophone()
    one.start(ear.on_block, ear.troubles.append)
    wait_for(lambda: one.openings > 3)
    one.stop()
    assert ear.troubles == ["The microphone is in use by another program (close that program)"]


def test_a_process_that_crashes_is_survived(play: Callable[[str], None]) -> None:
    play("tone(16000, 1, 1)\nos.kill(os.getpid(), 9)")
    ear = Ear()
    one = PortMicrophone()
    one.start(ear.on_block, ear.troubles.append)
    wait_for(lambda: ear.troubles.count("") >= 2)
    one.stop()
    assert set(ear.troubles) == {"", "The microphone was unplugged."}


def test_a_stuck_device_is_told_and_neither_it_nor_stop_hangs(
    play: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microphone, "STALL_S", 0.3)
    monkeypatch.setattr(microphone, "STOP_S", 0.2)
    play("tone(16000, 1, 1)\nwhile True: time.sleep(1)")
    ear = Ear()
    one = PortMicrophone()
    one.start(ear.on_block, ear.troubles.append)
    wait_for(lambda: one.openings > 1)
    began = time.monotonic()
    one.stop()
    assert time.monotonic() - began < 2
    assert ear.troubles[0] == "The microphone gives no sound any more."


def test_stop_leaves_no_thread_and_no_callback_behind(play: Callable[[str], None]) -> None:
    play("say(rate_hz=16000, channels=1, device='')\nwhile True: packet(1, bytes(640)); time.sleep(0.005)")
    before = threading.active_count()
    ear = Ear()
    one = PortMicrophone()
    for _ in range(3):
        one.start(ear.on_block, ear.troubles.append)
        count = ear.samples
        wait_for(lambda count=count: ear.samples > count + 1000)
        one.stop()
        count = ear.samples
        time.sleep(0.05)
        assert ear.samples == count
        assert not one.running
    one.stop()
    assert threading.active_count() <= before


def test_a_listener_that_fails_does_not_end_the_microphone(
    play: Callable[[str], None], caplog: pytest.LogCaptureFixture
) -> None:
    play("tone(16000, 1, 5)\nuntil_closed()")
    heard: list[int] = []

    def fail(samples: NDArray[np.float32], lost: bool) -> None:
        heard.append(len(samples))
        raise KeyError("it")

    one = PortMicrophone()
    one.start(fail, lambda text: None)
    wait_for(lambda: len(heard) == 5)
    one.stop()
    assert "a block of sound was not taken" in caplog.text


def test_a_microphone_that_is_on_is_not_started_twice(play: Callable[[str], None]) -> None:
    play("until_closed()")
    one = PortMicrophone()
    one.start(lambda samples, lost: None, lambda text: None)
    with pytest.raises(RuntimeError, match="on already"):
        one.start(lambda samples, lost: None, lambda text: None)
    one.stop()


def test_what_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(microphone, "capture_argv", lambda *_: ["/nowhere/python"])
    troubles: list[str] = []
    one = PortMicrophone()
    one.start(lambda samples, lost: None, troubles.append)
    wait_for(lambda: troubles)
    one.stop()
    assert troubles[0].startswith("The recording process did not start: ")


def test_a_sound_system_that_ends_the_process_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real PortAudio, which aborts where ALSA has no configuration."""
    monkeypatch.setenv("ALSA_CONFIG_PATH", "/nowhere")
    troubles: list[str] = []
    one = PortMicrophone()
    one.start(lambda samples, lost: None, troubles.append)
    wait_for(lambda: troubles)
    one.stop()
    told = ("The microphone cannot be opened: ", "The microphone is not there: ", "Recording needs ")
    assert troubles[0].startswith(told)


def test_the_recording_process_imports_little() -> None:
    text = Path(capture.__file__).read_text()
    assert "import numpy" not in text
