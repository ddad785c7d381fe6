"""A sound server of its own, PulseAudio without a card; for tests and for benchmarks."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

READY_S = 15.0
SPEAKER = "module-null-sink sink_name=speaker"
"""An output that goes nowhere, and whose monitor is a microphone that hears it."""


class NoSoundServerError(Exception):
    """It cannot run on this machine."""


@contextmanager
def sound_server(runtime: Path, *modules: str) -> Iterator[str]:
    """The address of a server with these modules, until the end of the block.

    `runtime`: its directory, with a path short enough for a socket. Raises NoSoundServerError where it
    ends by itself, TimeoutError where it is not ready in time.
    """
    socket = runtime / "pulse"
    loaded = (*modules, f"module-native-protocol-unix socket={socket} auth-anonymous=1")
    own = {"HOME": str(runtime), "XDG_RUNTIME_DIR": str(runtime), "PULSE_RUNTIME_PATH": str(runtime)}
    server = subprocess.Popen(
        [
            *("pulseaudio", "-n", "--daemonize=no", "--system=no", "--disable-shm=yes"),
            *("--exit-idle-time=-1", "--use-pid-file=no"),
            *(word for module in loaded for word in ("-L", module)),
        ],
        env={**os.environ, **own},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + READY_S
        while not socket.exists():
            if server.poll() is not None:
                raise NoSoundServerError("pulseaudio does not start here")
            if time.monotonic() > deadline:
                raise TimeoutError("pulseaudio is not ready in time")
            time.sleep(0.05)
        yield f"unix:{socket}"
    finally:
        server.terminate()
        server.wait()
