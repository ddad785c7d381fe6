"""The microphones of a PulseAudio server, or of PipeWire in its place, by `pactl`.

PortAudio reaches such a server as one device, "pulse"; which microphone that means is said in `PULSE_SOURCE`.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass

TIMEOUT_S = 3.0
VARIABLE = "PULSE_SOURCE"
"""Read by the server's library: the source that is recorded from."""


@dataclass(frozen=True, slots=True)
class Source:
    """Something the server records from."""

    index: int
    """Another one each time it is plugged in."""
    name: str
    description: str
    is_monitor: bool
    """It is what a speaker plays, not a microphone."""
    is_default: bool


def sources() -> list[Source] | None:
    """What the server records from; None where no server answers."""
    listed = _pactl("list", "sources")
    if listed is None:
        return None
    told = (_pactl("info") or "").splitlines()
    default = next((line.partition(": ")[2] for line in told if line.startswith("Default Source: ")), "")
    found = []
    for block in listed.split("\nSource #"):
        lines = block.strip().removeprefix("Source #").splitlines()
        fields = dict(line.strip().partition(": ")[::2] for line in lines[1:] if line.startswith("\t"))
        if not lines or not lines[0].strip().isdigit() or "Name" not in fields:
            continue
        monitored = fields.get("Monitor of Sink", "n/a") != "n/a"
        name = fields["Name"]
        description = fields.get("Description", name)
        found.append(Source(int(lines[0]), name, description, monitored, name == default))
    return found


def index_of(name: str) -> int | None:
    """The index of a source now; None where it is gone."""
    for line in (_pactl("list", "short", "sources") or "").splitlines():
        words = line.split("\t")
        if len(words) > 1 and words[1] == name and words[0].isdigit():
            return int(words[0])
    return None


def _pactl(*words: str) -> str | None:

    try:
        done = subprocess.run(
            ["pactl", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C"},
            timeout=TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
