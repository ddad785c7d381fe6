"""A real sound server: commands played into a microphone, which is unplugged and changes its rate."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.desktop.desk import require, wait_for
from whispera.audio.clip import SAMPLE_RATE_HZ
from whispera.audio.cue import Cues
from whispera.audio.microphone import PortMicrophone, find_microphone, list_microphones
from whispera.audio.speech import Voice
from whispera.errors import UsageError
from whispera.workspace import find

pytest.importorskip("faster_whisper")
pytestmark = [pytest.mark.usefixtures("sound"), pytest.mark.xdist_group("sound")]

ROOT = Path(__file__).resolve().parents[2]
MODEL = find().cache / "models" / "whisper-tiny.en"


def pactl(*words: str) -> str:
    return subprocess.run(["pactl", *words], check=True, capture_output=True, text=True).stdout.strip()


def plug(name: str, rate_hz: int = 44100) -> str:
    """Plugs a microphone in that hears nothing; the number that unplugs it."""
    options = [f"source_name={name}", f"rate={rate_hz}", f"description={name}", "max_latency_msec=20"]
    return pactl("load-module", "module-null-source", *options)


class Ear:
    """What a microphone tells."""

    def __init__(self) -> None:
        self.blocks: list[NDArray[np.float32]] = []
        self.troubles: list[str] = []

    def on_block(self, samples: NDArray[np.float32], lost: bool) -> None:
        self.blocks.append(samples)

    @property
    def samples(self) -> int:
        return sum(map(len, self.blocks))


@pytest.fixture
def listening(request: pytest.FixtureRequest) -> Iterator[Callable[[str], tuple[PortMicrophone, Ear]]]:
    """Opens microphones by their names, and waits for the first sound."""
    require("pactl")
    if not list(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
        pytest.skip("libasound2-plugins not installed; bin/test-system does it")
    opened: list[PortMicrophone] = []

    def open_one(name: str) -> tuple[PortMicrophone, Ear]:
        microphone, ear = PortMicrophone(name), Ear()
        opened.append(microphone)
        microphone.start(ear.on_block, ear.troubles.append)
        wait_for(lambda: ear.blocks, timeout_s=30)
        return microphone, ear

    yield open_one
    for microphone in opened:
        microphone.stop()


@pytest.fixture
def headset(sound: None) -> Iterator[str]:
    """A microphone that hears what the speaker plays."""
    number = pactl(
        "load-module", "module-remap-source", "source_name=usb-headset", "master=speaker.monitor",
        "source_properties=device.description=Headset",
    )  # fmt: skip
    # a sink that nobody plays to hands its sound on every two seconds only
    player = ["pacat", "--device=speaker", "--latency-msec=20", "/dev/zero"]
    silence = subprocess.Popen(player, stderr=subprocess.DEVNULL)
    yield "Headset"
    silence.kill()
    silence.wait()
    pactl("unload-module", number)


def spoken(folder: Path, text: str) -> Path:
    """A recording of a synthetic voice."""
    require("flite", "paplay")
    path = folder / "spoken.wav"
    subprocess.run(["flite", "-voice", "slt", "-t", text, "-o", str(path)], check=True)
    return path


def played(path: Path) -> None:
    subprocess.run(["paplay", "--device=speaker", str(path)], check=True, timeout=60)


def test_microphones_have_names(headset: str) -> None:
    there = {device.id: device for device in list_microphones()}
    assert set(there) == {"usb-headset", "speaker.monitor", "unused.monitor"}
    assert (there["usb-headset"].name, there["usb-headset"].is_monitor) == ("Headset", False)
    assert [device.id for device in there.values() if device.is_default] == ["speaker.monitor"]
    found = find_microphone("head")
    assert found is not None
    assert found.id == "usb-headset"
    with pytest.raises(UsageError, match="'Headset'"):
        find_microphone("webcam")


def test_what_is_played_is_heard_in_the_named_microphone_alone(
    listening: Callable[[str], tuple[PortMicrophone, Ear]], headset: str, tmp_path: Path
) -> None:
    _, named = listening("headset")
    _, other = listening("unused.monitor")
    played(spoken(tmp_path, "open the calendar"))
    time.sleep(0.5)
    assert np.abs(np.concatenate(named.blocks)).max() > 0.05
    assert np.abs(np.concatenate(other.blocks)).max() < 0.001
    assert Voice().probabilities(np.concatenate(named.blocks)).max() > 0.9


def test_a_microphone_unplugged_twenty_times_is_survived_and_told(
    listening: Callable[[str], tuple[PortMicrophone, Ear]],
) -> None:
    number = plug("plugged")
    microphone, ear = listening("plugged")
    memory: list[int] = []
    for turn in range(20):
        pactl("unload-module", number)
        wait_for(lambda: ear.troubles, timeout_s=20)
        assert ear.troubles[0] == "The microphone 'plugged' was unplugged."
        number = plug("plugged", rate_hz=(44100, 48000, 16000, 8000)[turn % 4])
        wait_for(lambda: ear.troubles[-1] == "", timeout_s=30)
        if turn in (4, 19):
            memory.append(resident())
        ear.blocks.clear()
        ear.troubles.clear()
    wait_for(lambda: ear.samples > SAMPLE_RATE_HZ // 4)
    began = time.monotonic()
    microphone.stop()
    assert time.monotonic() - began < 4
    assert memory[1] - memory[0] < 4 << 20
    pactl("unload-module", number)


def resident() -> int:
    """Bytes of memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_cue_in_the_recording_is_neither_speech_nor_left_in_it(
    listening: Callable[[str], tuple[PortMicrophone, Ear]], headset: str
) -> None:
    pactl("set-sink-volume", "speaker", "100%")
    _, ear = listening("headset")
    cues = Cues()
    time.sleep(0.5)
    ear.blocks.clear()
    cues.play("start")
    wait_for(lambda: ear.samples > 1.5 * SAMPLE_RATE_HZ)
    heard = np.concatenate(ear.blocks)
    cleaning = cues.cleaning()
    cleaned = np.concatenate([cleaning.feed(heard, time.monotonic()), cleaning.end()])
    cues.close()
    assert np.abs(heard).max() > 0.15
    assert Voice().probabilities(heard).max() < 0.35
    # a machine too busy to play it without gaps adds clicks
    assert np.sum(np.square(cleaned)) < 0.01 * np.sum(np.square(heard))


def listen(home: Path, *arguments: str) -> subprocess.Popen[str]:
    """`whispera listen` as a program, with the speech model of this machine."""
    if not (MODEL / "model.bin").is_file():
        pytest.skip("whispera models get whisper-tiny.en")
    cache = home / "cache"
    (cache / "whispera").mkdir(parents=True, exist_ok=True)
    if not (cache / "whispera" / "models").exists():
        (cache / "whispera" / "models").symlink_to(MODEL.parent)
    environ = {**os.environ, "XDG_CACHE_HOME": str(cache), "XDG_STATE_HOME": str(home / "state")}
    return subprocess.Popen(
        [sys.executable, "-m", "whispera", "listen", *arguments],
        # a shell that started the tests in the background has interrupts ignored
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        cwd=ROOT,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def records() -> bool:
    """Whether any program records through PortAudio."""
    return "ALSA plug-in" in pactl("list", "source-outputs")


def wait_until_it_listens() -> None:
    wait_for(records, timeout_s=60)
    time.sleep(1.5)


@pytest.mark.embedded_model
def test_a_command_that_is_played_is_understood(headset: str, home: Path) -> None:
    clip = spoken(home, "set the volume to thirty percent")
    program = listen(home, "--once", "--json", "--dry-run", "--microphone", "headset", "--seconds", "60")
    wait_until_it_listens()
    played(clip)
    out, err = program.communicate(timeout=120)
    assert program.returncode == 0, err
    told = json.loads(out)
    assert told["intent"] == {"action": "set_volume", "level": 30}
    assert told["outcome"]["status"] == "planned"
    # from the first word to the last, without the second of waiting before it
    assert 1.0 < told["seconds"] < 3.5


@pytest.mark.embedded_model
def test_the_cue_alone_is_no_command(headset: str, home: Path) -> None:
    pactl("set-sink-volume", "speaker", "100%")
    program = listen(home, "--once", "--json", "--microphone", "headset", "--seconds", "8")
    out, err = program.communicate(timeout=120)
    assert (program.returncode, json.loads(out)["reason"]) == (3, "no_speech"), err


@pytest.mark.embedded_model
def test_ctrl_c_ends_listening_and_leaves_nothing_behind(headset: str, home: Path) -> None:
    program = listen(home, "--microphone", "headset")
    wait_until_it_listens()
    program.send_signal(signal.SIGINT)
    assert program.wait(60) == 0
    wait_for(lambda: not records())
    left = subprocess.run(["pgrep", "-g", str(program.pid)], capture_output=True, text=True).stdout
    assert left == ""
    assert not list(home.rglob("*.flac"))
    program.communicate()


@pytest.mark.embedded_model
def test_what_is_killed_leaves_no_recording_process_behind(headset: str, home: Path) -> None:
    program = listen(home, "--microphone", "headset")
    wait_until_it_listens()
    program.kill()
    program.communicate()
    wait_for(lambda: not records())
