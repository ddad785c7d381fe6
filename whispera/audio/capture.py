"""The process that records: PortAudio in a process of its own, its samples on a pipe.

`python -m whispera.audio.capture`. PortAudio knows only the devices there were when it started, can hang on
one that was pulled out, and prints what it thinks of a machine. Here it can be killed and started anew, and
recording does not wait while the parent loads a model. Ends when its stdin is closed, so a parent that dies
leaves nothing behind. Imports no numpy: it must start quickly.

What comes out is packets: `HEADER` (kind, flag, length) and so many bytes. Kind `AUDIO`: 16-bit samples,
channels interleaved, flag 1 where some were lost before them. Kind `WORDS`: a JSON object, `{"rate_hz",
"channels", "device"}` first, `{"fault", "text"}` as the last.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from struct import Struct
from threading import Lock
from typing import Any, NoReturn

from whispera.audio.clip import SAMPLE_RATE_HZ

HEADER = Struct("<BBxxI")
AUDIO, WORDS = 1, 2
BUFFER_S = 0.1
"""Asked of the system: what may wait there while this process is not run."""
SERVERS = ("pulse", "pipewire")
"""Devices that are sound servers: they convert well, and know which microphone is meant."""
PIPE_BYTES = 1 << 20
_HOSTS = ("Windows WASAPI", "Core Audio", "ALSA")
"""The way to the devices, where there are several: the first has their whole names."""
_FAULTS: Mapping[int, str] = {-9985: "busy", -9996: "gone"}
_WRONG_CHANNELS = -9998


def main(arguments: Sequence[str] | None = None) -> int:
    """Records until stdin is closed; with `--list` prints what there is as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--device", default="", help="name by PortAudio; the system's choice if empty")
    parser.add_argument("--server", action="store_true", help="the sound server, which knows the device")
    parser.add_argument("--block-ms", type=int, default=40)
    given = parser.parse_args(arguments)
    out = _Packets(os.dup(1))
    if not given.list:
        _widen(out.file)
    # what PortAudio and ALSA print is for nobody
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        import sounddevice
    except (ImportError, OSError) as error:
        missing = "portaudio" if isinstance(error, OSError) else "package"
        out.say(fault=missing, text=str(error))
        return 1
    try:
        if given.list:
            out.say(devices=list(_inputs(sounddevice)))
            return 0
        device = _device(sounddevice, given.device)
        if given.server and (device is None or device["name"] not in SERVERS):
            out.say(fault="unreachable", text="")
        elif device is None:
            out.say(
                fault="gone", text="there is no such device" if given.device else "there is no microphone"
            )
        else:
            _record(sounddevice, out, device, given.block_ms)
    except sounddevice.PortAudioError as error:
        code = error.args[1] if len(error.args) > 1 else 0
        out.say(fault=_FAULTS.get(code, "error"), text=str(error.args[0]).split(" [")[0])
    except Exception as error:  # whatever it is, the parent must hear of it
        out.say(fault="error", text=f"{type(error).__name__}: {error}")
    return 1


class _Packets:
    """The pipe to the parent; packets are whole whichever thread writes them."""

    def __init__(self, file: int) -> None:
        self.file = file
        self._lock = Lock()

    def say(self, **words: object) -> None:
        self.write(WORDS, 0, json.dumps(words).encode())

    def write(self, kind: int, flag: int, data: bytes) -> None:
        packet = memoryview(HEADER.pack(kind, flag, len(data)) + data)
        with self._lock:
            while packet:
                packet = packet[os.write(self.file, packet) :]


def _record(sounddevice: Any, out: _Packets, device: Mapping[str, Any], block_ms: int) -> NoReturn:
    rate_hz = SAMPLE_RATE_HZ if device["name"] in SERVERS else round(device["default_samplerate"])

    def on_block(data: Any, frames: int, time: Any, status: Any) -> None:  # noqa: ARG001
        out.write(AUDIO, int(status.input_overflow), bytes(data))

    def on_end() -> None:
        out.say(fault="gone", text="it stopped")
        os._exit(1)

    for channels in sorted({1, min(2, device["max_input_channels"]), device["max_input_channels"]}):
        try:
            stream = sounddevice.RawInputStream(
                device=device["index"],
                samplerate=rate_hz,
                channels=channels,
                dtype="int16",
                blocksize=rate_hz * block_ms // 1000,
                latency=BUFFER_S,
                callback=on_block,
                finished_callback=on_end,
            )
            break
        except sounddevice.PortAudioError as error:
            if error.args[1:2] != (_WRONG_CHANNELS,) or channels >= device["max_input_channels"]:
                raise
    out.say(rate_hz=round(stream.samplerate), channels=channels, device=device["name"])
    stream.start()
    while os.read(0, 1024):
        pass
    # without closing the stream: that is where PortAudio hangs
    os._exit(0)


def _device(sounddevice: Any, wanted: str) -> Mapping[str, Any] | None:
    """The device of that name, else the system's choice; a sound server where there is one."""
    inputs: list[Mapping[str, Any]] = [
        device for device in sounddevice.query_devices() if device["max_input_channels"] > 0
    ]
    if wanted:
        best = _host(sounddevice)
        found = [device for device in inputs if device["name"] == wanted]
        found.sort(key=lambda device: device["hostapi"] != best)
    else:
        default = sounddevice.default.device[0]
        found = [device for server in SERVERS for device in inputs if device["name"] == server]
        found += [device for device in inputs if device["index"] == default]
        found += inputs
    return found[0] if found else None


def _inputs(sounddevice: Any) -> Iterator[Mapping[str, Any]]:
    """The devices that record: `name`, `default`, `server`."""
    best = _host(sounddevice)
    chosen = _device(sounddevice, "")
    for device in sounddevice.query_devices():
        if device["max_input_channels"] > 0 and device["hostapi"] == best:
            is_default = chosen is not None and device["index"] == chosen["index"]
            yield {"name": device["name"], "default": is_default, "server": device["name"] in SERVERS}


def _host(sounddevice: Any) -> int:
    """The number of the way to the devices that is used."""
    hosts = [host["name"] for host in sounddevice.query_hostapis()]
    for name in _HOSTS:
        if name in hosts:
            return hosts.index(name)
    return int(sounddevice.default.hostapi)


def _widen(pipe: int) -> None:
    """Gives a parent that is busy more time before samples are lost; Linux only."""
    if sys.platform == "linux":
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


if __name__ == "__main__":
    sys.exit(main())
