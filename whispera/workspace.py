"""Where things are: configuration, models, adapters, state and caches.

Workspace: `--workspace`, else `WHISPERA_HOME`, else the checkout the program runs from, else the user's
data directory. The current directory is never looked at. Standard library alone; imported on the hot path.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from whispera.errors import UsageError

PACKAGE = Path(__file__).resolve().parent


def _user_dir(variable: str, *default: str) -> Path:
    value = os.environ.get(variable, "")
    if value and os.path.isabs(value):
        return Path(value)
    return Path(os.path.expanduser("~"), *default)


@dataclass(frozen=True, slots=True)
class Workspace:
    """The directories one run works with."""

    root: Path
    """Holds config/, adapters/ and train.jsonl."""
    state: Path
    """History, timers and notes; made on first write, mode 0700."""
    cache: Path
    """Compiled catalogs; may be deleted at any time."""

    @property
    def config(self) -> Path:
        """The shipped configuration."""
        return self.root / "config"

    @property
    def local(self) -> Path:
        """The user's overlay, laid over the shipped configuration."""
        return self.root / "config" / "local"

    @property
    def adapters(self) -> Path:
        """Tuned adapters, one directory a base."""
        return self.root / "adapters"

    @property
    def models(self) -> Path:
        """The embedded model, inside the package."""
        return PACKAGE / "models"


def find(explicit: str | None = None) -> Workspace:
    """The workspace of this run; raises UsageError when a named one holds no config/."""
    root: Path
    named = explicit or os.environ.get("WHISPERA_HOME", "")
    if named:
        root = Path(named).expanduser().absolute()
        if not (root / "config").is_dir():
            raise UsageError(
                f"{root} is no Whispera workspace: it has no config directory",
                hint="leave --workspace and WHISPERA_HOME away to use the shipped configuration",
            )
    elif (PACKAGE.parent / "config" / "actions").is_dir():
        root = PACKAGE.parent
    else:
        root = PACKAGE / "shipped"
    if sys.platform == "darwin":
        state = _user_dir("XDG_STATE_HOME", "Library", "Application Support")
        cache = _user_dir("XDG_CACHE_HOME", "Library", "Caches")
    elif os.name == "nt":
        state = cache = _user_dir("LOCALAPPDATA", "AppData", "Local")
    else:
        state = _user_dir("XDG_STATE_HOME", ".local", "state")
        cache = _user_dir("XDG_CACHE_HOME", ".cache")
    return Workspace(root=root, state=state / "whispera", cache=cache / "whispera")
