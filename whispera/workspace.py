"""Where things are: configuration, models, adapters, state and caches.

Workspace: `--workspace`, else `WHISPERA_HOME`, else the checkout the program runs from. An installed wheel
reads what it carries inside and writes into the user's data directory, which is made on the first write. The
current directory is never looked at. Standard library alone; imported on the hot path.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from whispera.errors import UsageError

PACKAGE = Path(__file__).resolve().parent
SHIPPED = "shipped"
"""Beside the modules of an installed wheel: the config/ and adapters/ it carries."""


def _user_dir(variable: str, *default: str) -> Path:
    value = os.environ.get(variable, "")
    if value and Path(value).is_absolute():
        return Path(value)
    return Path("~", *default).expanduser()


@dataclass(frozen=True, slots=True)
class Workspace:
    """The directories one run works with."""

    root: Path
    """Holds config/ and adapters/; inside an installed wheel it is only read."""
    state: Path
    """History, timers and notes; made on first write, mode 0700."""
    cache: Path
    """Compiled catalogs; may be deleted at any time."""
    data: Path | None = None
    """The user's data directory, there or not, where the root is not to be written; else None."""

    @property
    def own(self) -> Path:
        """Holds what is written: train.jsonl, adapters/ and models/."""
        return self.data or self.root

    @property
    def config(self) -> Path:
        """The shipped configuration."""
        return self.root / "config"

    @property
    def local(self) -> Path:
        """The user's overlay, laid over the shipped configuration."""
        return self.data / "config" if self.data else self.root / "config" / "local"

    @property
    def adapters(self) -> Path:
        """Adapters tuned here, one directory a base."""
        return self.own / "adapters"

    @property
    def shipped_adapters(self) -> Path:
        """The adapters that came with the configuration; the same directory where it may be written."""
        return self.root / "adapters"

    @property
    def models(self) -> Path:
        """The embedded model, inside the package."""
        return PACKAGE / "models"


def restoring(path: Path) -> str:
    """How a broken or missing file of a model is had again, as a hint.

    `path`: the file or its folder. What came with Whispera comes back with it; a base that was fetched or
    prepared is made anew.
    """
    path = path.absolute()
    if not path.is_relative_to(PACKAGE):
        name = path.parent.name if path.suffix else path.name
        return f"make it anew: whispera models get {name}, or whispera base prepare {name}"
    if (PACKAGE / SHIPPED).is_dir():
        return "install Whispera again: pip install --force-reinstall --no-deps whispera"
    if (PACKAGE.parent / ".git").exists():
        return f"restore it: git checkout -- {path.relative_to(PACKAGE.parent).as_posix()}"
    return "unpack Whispera again: this file came with it"


def find(explicit: str | None = None) -> Workspace:
    """The workspace of this run; raises UsageError when a named one holds no config/."""
    root, data = PACKAGE.parent, None
    named = explicit or os.environ.get("WHISPERA_HOME", "")
    if named:
        root = Path(named).expanduser().absolute()
        if not (root / "config").is_dir():
            raise UsageError(
                f"{root} is no Whispera workspace: it has no config directory",
                hint="leave --workspace and WHISPERA_HOME away to use the shipped configuration",
            )
    elif (PACKAGE / SHIPPED).is_dir():
        root, data = PACKAGE / SHIPPED, _data_dir() / "whispera"
    if sys.platform == "darwin":
        state = _user_dir("XDG_STATE_HOME", "Library", "Application Support")
        cache = _user_dir("XDG_CACHE_HOME", "Library", "Caches")
    elif os.name == "nt":
        state = cache = _user_dir("LOCALAPPDATA", "AppData", "Local")
    else:
        state = _user_dir("XDG_STATE_HOME", ".local", "state")
        cache = _user_dir("XDG_CACHE_HOME", ".cache")
    return Workspace(root=root, state=state / "whispera", cache=cache / "whispera", data=data)


def _data_dir() -> Path:
    if sys.platform == "darwin":
        return _user_dir("XDG_DATA_HOME", "Library", "Application Support")
    if os.name == "nt":
        return _user_dir("LOCALAPPDATA", "AppData", "Local")
    return _user_dir("XDG_DATA_HOME", ".local", "share")
