"""Makes the virtual environment of this checkout, part by part.

    bin/setup [text] [report] [voice] [train] [test] [speakers]

Idempotent and safe to interrupt: a part counts as set up only when its mark is written, after pip has
finished. Safe to start twice: the second waits for the first. Progress goes to stderr.
Standard library alone; runs with the system's Python.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PARTS = {
    "text": ["--no-deps"],
    "report": [],
    "voice": [],
    "train": [],
    "test": [],
    "speakers": ["--no-deps"],
}
FIRST = {"train": "torch==2.13.0"}
"""Installed by itself before the rest, so that pip does not look for another build of it."""
MODELS = {"voice": "whisper-tiny.en"}
"""Fetched with the packages of a part, which is of little use without it."""


def say(message: str) -> None:
    """A line of progress."""
    print(f"whispera: {message}", file=sys.stderr, flush=True)


def _acquire(file: IO[str]) -> bool:
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Holds the set-up lock of the checkout; waits for another set-up to finish."""
    with (ROOT / ".setup.lock").open("a") as file:
        told = False
        while not _acquire(file):
            if not told:
                say("another set-up is running here; waiting for it")
                told = True
            time.sleep(0.3)
        yield


def python() -> Path:
    """The interpreter of the environment."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_ready(part: str) -> bool:
    """Whether a part is set up from the requirements as they are now."""
    mark = VENV / f".ready-{part}"
    wanted = ROOT / "requirements" / f"{part}.txt"
    return mark.is_file() and mark.read_text() == wanted.read_text() and python().exists()


def pip(*arguments: str) -> None:
    """Run pip in the environment; its output is progress."""
    quiet = ["--disable-pip-version-check", "--no-warn-script-location"]
    command = [str(python()), "-m", "pip", "install", *quiet, *arguments]
    if not sys.stderr.isatty():
        command.append("--quiet")
    done = subprocess.run(command, stdout=sys.stderr, stderr=sys.stderr, check=False)
    if done.returncode:
        say("the packages could not be installed; what is there so far is kept")
        print("hint: check the network and run the same command again", file=sys.stderr)
        raise SystemExit(1)


def set_up(part: str) -> None:
    """Install one part and mark it."""
    if is_ready(part):
        (VENV / f".ready-{part}").touch()
        return
    requirements = ROOT / "requirements" / f"{part}.txt"
    count = sum(1 for line in requirements.read_text().splitlines() if line and not line.startswith("#"))
    if (
        not python().exists()
        or subprocess.run([python(), "-m", "pip", "--version"], capture_output=True).returncode
    ):
        say(f"making a virtual environment in {VENV}")
        venv.create(VENV, with_pip=True, clear=VENV.exists() and not python().exists())
    say(f"installing {count} packages for '{part}' (once; this needs the network)")
    started = time.monotonic()
    if part in FIRST:
        pip(FIRST[part])
    pip(*PARTS[part], "-r", str(requirements))
    mark = VENV / f".ready-{part}"
    beside = mark.with_suffix(".tmp")
    beside.write_text(requirements.read_text())
    beside.replace(mark)
    if part in MODELS:
        fetch(MODELS[part])
    say(f"'{part}' is set up ({time.monotonic() - started:.0f} s)")


def fetch(model: str) -> None:
    """Get a model; without it the part is set up all the same, and the command that needs it says so."""
    command = [str(python()), "-m", "whispera", "models", "get", model]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    if subprocess.run(command, stdout=sys.stderr, env=environment, check=False).returncode:
        say(f"the model {model} could not be fetched; later: bin/whispera models get {model}")


def main(arguments: list[str]) -> int:
    """Exit code of setting up the named parts, `text` where none is named."""
    parts = arguments or ["text"]
    for part in parts:
        if part not in PARTS:
            print(f"usage: bin/setup [{'] ['.join(PARTS)}]", file=sys.stderr)
            return 2
    try:
        with locked():
            for part in parts:
                set_up(part)
    except KeyboardInterrupt:
        say("interrupted; run the same command again to go on")
        return 130
    except (OSError, subprocess.SubprocessError) as error:
        say(f"set-up failed: {error}")
        print("hint: needs a writable checkout and 250 MB of disk; python3-venv on Debian", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
