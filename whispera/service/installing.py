"""Putting a service in place, taking it away, and looking how it is; says what it did, step by step.

Doing it again changes nothing that is as it should be. The file appears whole or not at all.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from whispera import whole
from whispera.errors import NotPossible, WhisperaError
from whispera.pipeline.platform import Platform
from whispera.service.unit import Argv, Unit

TIMEOUT_S = 60.0
HINTS = {
    "systemd": "without systemd, have your desktop run `whispera daemon` at login",
    "launchd": "whispera daemon starts it for now",
    "task": "whispera daemon starts it for now",
}
GRAPHICAL = ("systemctl", "--user", "is-active", "--quiet", "graphical-session.target")


class Programs(Protocol):
    """Runs the platform's own tools."""

    def run(self, argv: Argv) -> tuple[int, str]:
        """Exit code, and what was printed; raises OSError where there is no such program."""


class RealPrograms:
    """The tools of this machine."""

    def run(self, argv: Argv) -> tuple[int, str]:
        """Exit code, and what was printed; raises OSError where there is no such program."""
        try:
            done = subprocess.run(
                list(argv),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=TIMEOUT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return 124, f"it did not end within {TIMEOUT_S:g} s"
        return done.returncode, done.stdout.decode("utf-8", "replace").strip()


@dataclass(frozen=True, slots=True)
class State:
    """How a service is."""

    installed: bool
    """Its file is there."""
    current: bool
    """It is the file that would be written now."""
    enabled: bool
    """It is started at login."""
    active: bool
    """It runs."""


def state_of(unit: Unit, programs: Programs) -> State:
    """How a service is; never raises."""
    data = _read(unit)
    return State(
        data is not None,
        data == unit.data,
        _succeeds(unit.is_enabled, programs),
        _succeeds(unit.is_active, programs),
    )


def install(
    unit: Unit, platform: Platform, programs: Programs, *, make_way: Callable[[], str] = lambda: ""
) -> Iterator[str]:
    """Puts the service in place and starts it; each step as a sentence when it is done.

    `make_way` ends a daemon that was started by hand, and says so. Raises NotPossible where the platform has
    no services, WhisperaError where a step fails.
    """
    _require(unit, platform, programs)
    before = state_of(unit, programs)
    if before.current:
        yield f"{unit.path} is as it should be"
    else:
        _write(unit)
        yield f"{'replaced' if before.installed else 'wrote'} {unit.path}"
    if not (before.current and before.enabled):
        if unit.kind == "launchd" and before.active:
            _do(unit.disable, unit, programs)
        _do(unit.enable, unit, programs)
        yield "it is started at every login from now on"
    if before.current and before.active:
        yield "it runs already"
        return
    if not before.active:
        told = make_way()
        if told:
            yield told
    _do(unit.start, unit, programs)
    yield "started it"
    if unit.kind == "systemd" and not _succeeds(GRAPHICAL, programs):
        yield (
            "your desktop does not tell systemd when it begins: have it run "
            f"`systemctl --user start {unit.name}` at login"
        )


def start_again(unit: Unit, programs: Programs) -> None:
    """Starts a service whose daemon was ended; raises WhisperaError where that fails."""
    _do(unit.again, unit, programs)


def remove(unit: Unit, platform: Platform, programs: Programs) -> Iterator[str]:
    """Ends the service and takes it away; each step as a sentence when it is done; raises as `install`."""
    _require(unit, platform, programs)
    before = state_of(unit, programs)
    if before.active or before.enabled:
        _do(unit.disable, unit, programs)
        yield "ended it, and it is not started any more"
    if before.installed:
        try:
            unit.path.unlink()
        except OSError as error:
            raise WhisperaError(f"{unit.path} cannot be deleted: {error.strerror}") from error
        yield f"deleted {unit.path}"
        _do(unit.forget, unit, programs)
    if before == State(False, False, False, False):
        yield "there is no service of Whispera"


def _require(unit: Unit, platform: Platform, programs: Programs) -> None:
    if platform.which(unit.program) is None:
        raise NotPossible(f"there is no {unit.program} here", hint=HINTS[unit.kind])
    if not _succeeds(unit.is_possible, programs):
        raise NotPossible(f"{unit.program} serves no session of this user", hint=HINTS[unit.kind])


def _do(commands: Sequence[Argv], unit: Unit, programs: Programs) -> None:
    for argv in commands:
        try:
            code, printed = programs.run(argv)
        except OSError as error:
            code, printed = 127, str(error)
        if code:
            last = printed.splitlines()[-1] if printed else f"exit code {code}"
            raise WhisperaError(f"`{' '.join(argv)}` failed: {last}", hint=HINTS[unit.kind])


def _succeeds(argv: Argv, programs: Programs) -> bool:
    try:
        return programs.run(argv)[0] == 0
    except OSError:
        return False


def _read(unit: Unit) -> bytes | None:
    try:
        return unit.path.read_bytes()
    except OSError:
        return None


def _write(unit: Unit) -> None:
    """Writes the file; raises WhisperaError."""
    try:
        unit.path.parent.mkdir(parents=True, exist_ok=True)
        whole.write(unit.path, unit.data, mode=0o644)
    except OSError as error:
        raise WhisperaError(
            f"{unit.path} cannot be written: {error.strerror}", hint="check permissions and free disk space"
        ) from error
