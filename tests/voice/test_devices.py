"""Which microphone a name means."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from whispera.audio import devices, pulse
from whispera.audio.devices import Device, choose, fault_of, find_microphone, list_microphones
from whispera.errors import ModelError, NotPossible, UsageError

INSIDE = Device("Built-in Audio Analog Stereo", "alsa_input.pci-0000_00_1f.3.analog-stereo", True)
MONITOR = Device(
    "Monitor of Built-in Audio Analog Stereo",
    "alsa_output.pci-0000_00_1f.3.analog-stereo.monitor",
    False,
    is_monitor=True,
)
BLUE = Device("Blue Yeti", "alsa_input.usb-Blue_Yeti-00", False)
OTHER_BLUE = Device("Blue Snowball", "alsa_input.usb-Blue_Snowball-00", False)
ALL = [INSIDE, MONITOR, BLUE, OTHER_BLUE]


@pytest.mark.parametrize(
    ("name", "device"),
    [
        ("yeti", BLUE),
        ("  BLUE   yeti ", BLUE),
        ("usb-Blue_Snowball", OTHER_BLUE),
        ("built-in", INSIDE),
        ("Built-in Audio Analog Stereo", INSIDE),
        ("monitor of", MONITOR),
        ("alsa_output.pci-0000_00_1f.3.analog-stereo.monitor", MONITOR),
    ],
)
def test_part_of_a_name_is_enough(name: str, device: Device) -> None:
    assert choose(ALL, name) is device


def test_a_whole_name_goes_before_a_part_of_one() -> None:
    short, long = Device("Headset", "a", False), Device("Headset Pro", "b", False)
    assert choose([long, short], "headset") is short


def test_an_ambiguous_name_names_the_candidates() -> None:
    with pytest.raises(UsageError) as raised:
        choose(ALL, "blue")
    assert raised.value.message == "2 microphones have 'blue' in their names: 'Blue Yeti', 'Blue Snowball'"
    assert raised.value.hint


def test_two_of_the_same_name_are_told_apart() -> None:
    twins = [Device("Webcam", "usb-1", False), Device("Webcam", "usb-2", False)]
    with pytest.raises(UsageError, match="'usb-1', 'usb-2'"):
        choose(twins, "webcam")
    assert choose(twins, "usb-2") is twins[1]


def test_an_unknown_name_names_what_there_is() -> None:
    with pytest.raises(UsageError) as raised:
        choose(ALL, "blue yetty")
    assert "'Built-in Audio Analog Stereo'" in raised.value.message
    assert raised.value.hint == "did you mean 'Blue Yeti'?"


LISTED = """\
Source #41
\tState: SUSPENDED
\tName: alsa_output.pci.monitor
\tDescription: Monitor of Built-in Audio
\tMonitor of Sink: alsa_output.pci
Source #43
\tState: RUNNING
\tName: alsa_input.usb-Blue
\tDescription: Blue Yeti: with a colon
\tMonitor of Sink: n/a
\tProperties:
\t\tdevice.description = "Name: no name"
"""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a `pactl` that tells of two sources, and nothing else on the way."""
    (tmp_path / "listed").write_text(LISTED)
    program = tmp_path / "pactl"
    program.write_text(
        f'#!/bin/sh\ncase "$*" in\n"list sources") /bin/cat {tmp_path}/listed ;;\n'
        'info) echo "Default Source: alsa_input.usb-Blue" ;;\n*) exit 1 ;;\nesac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


@pytest.mark.skipif(sys.platform == "win32", reason="pactl is of Linux")
def test_a_sound_server_tells_its_sources(server: Path) -> None:
    assert pulse.sources() == [
        pulse.Source(41, "alsa_output.pci.monitor", "Monitor of Built-in Audio", True, False),
        pulse.Source(43, "alsa_input.usb-Blue", "Blue Yeti: with a colon", False, True),
    ]
    assert [device.name for device in list_microphones()] == [
        "Monitor of Built-in Audio",
        "Blue Yeti: with a colon",
    ]
    found = find_microphone("yeti")
    assert found is not None
    assert (found.id, found.server_index) == ("alsa_input.usb-Blue", 43)
    assert find_microphone(" ") is None


@pytest.mark.skipif(sys.platform == "win32", reason="pactl is of Linux")
def test_a_server_without_sources_has_no_microphone(server: Path) -> None:
    (server / "listed").write_text("")
    with pytest.raises(NotPossible, match="there is no microphone here"):
        find_microphone("")


def test_without_a_server_portaudio_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "sources", lambda: None)
    told = [
        {"name": "sysdefault", "default": False, "server": False},
        {"name": "HDA Intel PCH: ALC295 Analog (hw:0,0)", "default": True, "server": False},
    ]
    monkeypatch.setattr(devices, "_by_portaudio", lambda: told)
    names = [device.name for device in list_microphones()]
    assert "HDA Intel PCH: ALC295 Analog (hw:0,0)" in names
    assert ("sysdefault" in names) == (sys.platform != "linux")


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("package", ModelError, "sounddevice"),
        ("portaudio", ModelError, "PortAudio"),
        ("unreachable", ModelError, "sound server"),
        ("busy", NotPossible, "'Blue' is in use by another program"),
        ("gone", NotPossible, "'Blue' is not there"),
        ("error", NotPossible, "'Blue' cannot be opened: odd"),
    ],
)
def test_every_fault_is_a_sentence_with_a_way_out(fault: str, kind: type[Exception], words: str) -> None:
    error = fault_of({"fault": fault, "text": "odd"}, "Blue")
    assert type(error) is kind
    assert words in error.message
    assert error.hint
