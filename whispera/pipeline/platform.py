"""What this machine is: its platform, whether it has a desktop, and which programs are on it.

Everything that depends on the machine asks a `Platform`, so that a test can hand in another one
(`fakes.fake_platform`). It does not say how anything is done there; that is the resolver's business.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from whispera.errors import NotPossible

PlatformName = Literal["x11", "wayland", "macos", "windows"]

_SYSTEM_DIRS = ("/bin", "/sbin", "/usr/bin", "/usr/sbin")


@dataclass(frozen=True, slots=True)
class Platform:
    """One machine, as seen by the pipeline."""

    name: PlatformName
    desktop: bool
    """Whether there is a display to show things on and to press keys in."""
    environ: Mapping[str, str]
    """The environment it was read from."""
    home: Path
    cwd: Path
    known: dict[str, str | None] = field(default_factory=dict, repr=False, compare=False)
    """Program to its path, or None where it was looked for in vain; filled by `which`."""
    searchable: bool = True
    """False for a machine made up for a test: only `known` programs exist there."""

    @property
    def linux(self) -> bool:
        """Whether it is Linux or another free desktop, under either display server."""
        return self.name in ("x11", "wayland")

    def which(self, program: str) -> str | None:
        """The absolute path of a program on PATH, or None; the current directory is never searched."""
        if program in self.known:
            return self.known[program]
        found = _which(program, self.environ, windows=self.name == "windows") if self.searchable else None
        self.known[program] = found
        return found

    def require_desktop(self, doing: str) -> None:
        """Raises NotPossible where there is no display; `doing` is a gerund ("pressing keys")."""
        if not self.desktop:
            raise NotPossible(
                f"{doing} needs a desktop, and there is none here",
                hint="run Whispera inside a graphical session (DISPLAY or WAYLAND_DISPLAY is not set)",
            )

    def in_system_dir(self, path: str) -> bool:
        """Whether a program belongs to the operating system and not to the user or an app."""
        if self.name == "windows":
            return path.lower().startswith(self.environ.get("SYSTEMROOT", "C:\\Windows").lower())
        program = Path(path)
        return str(program.parent) in _SYSTEM_DIRS or str(program.resolve().parent) in _SYSTEM_DIRS


def detect(environ: Mapping[str, str] | None = None) -> Platform:
    """The platform of this process; no program is run to find out."""
    env = dict(os.environ if environ is None else environ)
    home = Path(env["HOME"]) if env.get("HOME") else Path.home()
    cwd = _current_directory(home)
    if sys.platform == "darwin":
        return Platform("macos", True, env, home, cwd)
    if os.name == "nt":
        return Platform("windows", True, env, home, cwd)
    if env.get("WAYLAND_DISPLAY"):
        return Platform("wayland", True, env, home, cwd)
    if env.get("DISPLAY"):
        return Platform("x11", True, env, home, cwd)
    session: PlatformName = "wayland" if env.get("XDG_SESSION_TYPE") == "wayland" else "x11"
    return Platform(session, False, env, home, cwd)


def _current_directory(home: Path) -> Path:
    try:
        return Path.cwd()
    except OSError:  # the directory was removed under us
        return home


def _which(program: str, environ: Mapping[str, str], *, windows: bool) -> str | None:
    """Like shutil.which, without its imports and without the current directory."""
    if not program or "\0" in program:
        return None
    endings: tuple[str, ...] = ("",)
    if windows:
        endings = tuple(environ.get("PATHEXT", ".COM;.EXE;.BAT;.CMD").split(";"))
        if program.upper().endswith(tuple(ending.upper() for ending in endings if ending)):
            endings = ("",)
    named = Path(program)
    if named.name == program:
        listed = map(Path, environ.get("PATH", os.defpath).split(os.pathsep))
        directories = [directory for directory in listed if directory.is_absolute()]
    else:
        directories = [named.parent] if named.is_absolute() else []
    for directory in directories:
        for ending in endings:
            path = directory / (named.name + ending)
            try:
                mode = path.stat().st_mode
            except (OSError, ValueError):
                continue
            if stat.S_ISREG(mode) and os.access(path, os.X_OK):
                return str(path)
    return None
