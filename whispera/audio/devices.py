"""The microphones there are, and the one that a name means. Numbers are never used: they change."""

from __future__ import annotations

import difflib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whispera.audio import pulse
from whispera.audio.capture import HEADER
from whispera.errors import ModelError, NotPossible, UsageError, WhisperaError

LIST_TIMEOUT_S = 20.0
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Device:
    """A microphone."""

    name: str
    """For people; what it is chosen by."""
    id: str
    """The system's name for it: of PulseAudio's source, or of PortAudio's device."""
    is_default: bool
    """The system's choice."""
    is_monitor: bool = False
    """It hears what a speaker plays; chosen only if no other has the name."""
    server_index: int | None = None
    """Its number at the sound server, another one each time it is plugged in; None without a server."""


def list_microphones() -> list[Device]:
    """The microphones there are now, none where there is no sound system.

    Raises ModelError where what is needed to record is not installed.
    """
    return _devices(pulse.sources())


def find_microphone(name: str) -> Device | None:
    """The microphone that part of a name means, None (the system's choice) for an empty one.

    Raises UsageError where no microphone or several have it, NotPossible where there is none at all,
    ModelError as `list_microphones`.
    """
    served = pulse.sources()
    if not name.strip() and served:
        return None
    devices = _devices(served)
    if not devices:
        raise NotPossible("there is no microphone here", hint="plug one in; `whispera doctor` tells more")
    return choose(devices, name) if name.strip() else None


def check_access() -> None:
    """Raises ModelError where what records cannot get at the microphones that are listed."""
    by_portaudio = _by_portaudio()
    if pulse.sources() and not any(device["server"] for device in by_portaudio):
        raise fault_of({"fault": "unreachable"}, "")


def choose(devices: Sequence[Device], name: str) -> Device:
    """The one device whose name holds `name`, in any case; raises UsageError, naming what there is.

    A whole name goes before a part of one, a microphone before the monitor of a speaker.
    """
    wanted = " ".join(name.casefold().split())

    def names(device: Device) -> tuple[str, str]:
        return " ".join(device.name.casefold().split()), device.id.casefold()

    found = [device for device in devices if wanted in names(device)] or [
        device for device in devices if any(wanted in one for one in names(device))
    ]
    found = [device for device in found if not device.is_monitor] or found
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(
            f"{len(found)} microphones have '{name}' in their names: {_listed(found)}",
            hint="say more of the name you mean",
        )
    spoken = {device.name.casefold(): device.name for device in devices}
    close = difflib.get_close_matches(wanted, spoken, n=1)
    raise UsageError(
        f"there is no microphone named '{name}'; there are {_listed(devices)}",
        hint=f"did you mean '{spoken[close[0]]}'?" if close else "part of such a name is enough",
    )


def _listed(devices: Sequence[Device]) -> str:
    # of two with the same name, what tells them apart
    names = [device.name for device in devices]
    shown = [f"'{one.id if names.count(one.name) > 1 else one.name}'" for one in devices[:_SHOWN]]
    return ", ".join(shown) + (", ..." if len(devices) > _SHOWN else "")


def _devices(served: Sequence[pulse.Source] | None) -> list[Device]:
    if served is not None:
        return [
            Device(one.description, one.name, one.is_default, one.is_monitor, one.index) for one in served
        ]
    by_portaudio = _by_portaudio()
    # "default" and its like are other words for a device that has a name of its own
    real = [one for one in by_portaudio if "(hw:" in one["name"]] if sys.platform == "linux" else by_portaudio
    return [Device(one["name"], one["name"], one["default"]) for one in real or by_portaudio]


def capture_argv(*options: str) -> list[str]:
    """The command of the recording process."""
    return [sys.executable, "-P", "-m", "whispera.audio.capture", *options]


def capture_environ(source: str = "") -> dict[str, str]:
    """Its environment; `source`: that of a sound server to record from."""
    paths = [str(Path(__file__).resolve().parents[2]), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    return {**environ, pulse.VARIABLE: source} if source else environ


def fault_of(words: Mapping[str, Any], name: str) -> WhisperaError:
    """What a `fault` of the recording process means; `name` is the microphone's."""
    fault, text = words.get("fault"), words.get("text", "the sound system gave up")
    which = f"the microphone '{name}'" if name else "the microphone"
    if fault == "package":
        return ModelError(
            "recording needs the package 'sounddevice'",
            hint="bin/setup voice, or pip install 'whispera[voice]'",
        )
    if fault == "portaudio":
        return ModelError("recording needs PortAudio", hint="apt install libportaudio2")
    if fault == "unreachable":
        return ModelError(
            "PortAudio does not reach the sound server, which has the microphones",
            hint="apt install libasound2-plugins (PipeWire: pipewire-alsa)",
        )
    if fault == "busy":
        return NotPossible(f"{which} is in use by another program", hint="close that program")
    if fault == "gone":
        return NotPossible(
            f"{which} is not there: {text}", hint="plug it in; `whispera listen --microphones`"
        )
    return NotPossible(f"{which} cannot be opened: {text}", hint="whispera doctor")


def _by_portaudio() -> Sequence[Mapping[str, Any]]:
    try:
        done = subprocess.run(
            capture_argv("--list"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env=capture_environ(),
            timeout=LIST_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotPossible(
            f"the sound system did not answer within {LIST_TIMEOUT_S:.0f} s", hint="start it anew"
        ) from error
    words = json.loads(done.stdout[HEADER.size :] or "{}")
    if "devices" not in words:
        raise fault_of(words, "")
    devices: Sequence[Mapping[str, Any]] = words["devices"]
    return devices
