"""Where things are: configuration, models, adapters, state and caches.

Workspace: `--workspace`, else `WHISPERA_HOME`, else the checkout the program runs from. An installed wheel
reads what it carries inside and writes into the user's data directory, which is made on the first write. The
current directory is never looked at. Standard library alone; imported on the hot path.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from whispera.errors import UsageError

PACKAGE = Path(__file__).resolve().parent
SHIPPED = "shipped"
"""Beside the modules of an installed wheel: the config/ and adapters/ it carries."""
DEFAULT_BASE = "nano"
"""The embedded base, which is asked where none is named."""
DOMAINS = "domains"
"""Folder of config/, of an overlay, of adapters/ and of the state: one folder a domain."""


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
    domain: str = ""
    """Name of the domain, a folder of config/domains; empty for the desktop."""

    @property
    def own(self) -> Path:
        """Holds what is written: train.jsonl, adapters/ and models/."""
        return self.data or self.root

    @property
    def shared(self) -> Path:
        """The shipped configuration of the desktop, whose models, recipes and words all domains have."""
        return self.root / "config"

    @property
    def config(self) -> Path:
        """The shipped configuration: of the domain, there or not, or of the desktop."""
        return self._of_domain(self.shared)

    @property
    def local(self) -> Path:
        """The user's overlay, laid over the shipped configuration."""
        return self._of_domain(self.data / "config" if self.data else self.root / "config" / "local")

    @property
    def settings(self) -> tuple[tuple[Path, bool], ...]:
        """The files of settings, later ones laid over earlier, each with whether it is the user's."""
        desktop = replace(self, domain="")
        places = [desktop, self] if self.domain else [self]
        return tuple(
            (folder / "settings.yaml", own)
            for place in places
            for folder, own in ((place.config, False), (place.local, True))
        )

    @property
    def dataset(self) -> Path:
        """The training data that `regen` writes."""
        return self.own / (f"train-{self.domain}.jsonl" if self.domain else "train.jsonl")

    @property
    def evaluation(self) -> Path:
        """The files that are measured on, there or not."""
        return self._of_domain(self.root / "eval")

    @property
    def command(self) -> str:
        """What `whispera` is typed as here, for hints."""
        return command_in(self.domain)

    @property
    def adapters(self) -> Path:
        """Adapters tuned here, one directory a base."""
        return self._of_domain(self.own / "adapters")

    @property
    def shipped_adapters(self) -> Path:
        """The adapters that came with the configuration; the same directory where it may be written."""
        return self._of_domain(self.root / "adapters")

    def recipe(self, name: str) -> Path:
        """The file of a recipe: the domain's own where it has one, else the shared one.

        An adapter of a domain is tuned by the shared recipe named `domain`.
        """
        own = self.config / "recipes" / f"{name}.yaml"
        if own.is_file():
            return own
        return self.shared / "recipes" / f"{'domain' if self.domain and name == 'adapter' else name}.yaml"

    def domains(self) -> list[str]:
        """The names of the domains there are besides the desktop, shipped and of the user's."""
        desktop = replace(self, domain="")
        folders = (desktop.config / DOMAINS, desktop.local / DOMAINS)
        return sorted({path.parent.name for folder in folders for path in folder.glob("*/domain.yaml")})

    def in_domain(self, name: str) -> Workspace:
        """This workspace with another domain, empty for the desktop; raises UsageError where there is none.

        History, alarms and runs of training of a domain are apart from those of the desktop.
        """
        if not name:
            return self
        there = self.domains()
        if name not in there:
            raise UsageError(
                f"there is no domain named '{name}'",
                hint=f"there are {', '.join(there)}" if there else "docs/domains.md tells how one is made",
            )
        return replace(self, domain=name, state=self.state / DOMAINS / name)

    def _of_domain(self, folder: Path) -> Path:
        """The domain's part of a folder."""
        return folder / DOMAINS / self.domain if self.domain else folder

    @property
    def models(self) -> Path:
        """The embedded model, inside the package."""
        return PACKAGE / "models"


def command_in(domain: str) -> str:
    """What `whispera` is typed as for the actions of a domain, empty for the desktop."""
    return f"whispera --domain {domain}" if domain else "whispera"


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


def find(explicit: str | None = None, *, domain: str = "") -> Workspace:
    """The workspace of this run; raises UsageError when a named one holds no config/ or no such domain."""
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
    found = Workspace(root=root, state=state / "whispera", cache=cache / "whispera", data=data)
    return found.in_domain(domain)


def _data_dir() -> Path:
    if sys.platform == "darwin":
        return _user_dir("XDG_DATA_HOME", "Library", "Application Support")
    if os.name == "nt":
        return _user_dir("LOCALAPPDATA", "AppData", "Local")
    return _user_dir("XDG_DATA_HOME", ".local", "share")
