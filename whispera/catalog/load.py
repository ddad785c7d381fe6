"""The way into the catalog. The reading itself is `reading.py`, imported when asked for (it needs YAML)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from whispera.workspace import DOMAINS

if TYPE_CHECKING:
    from whispera.catalog.catalog import Catalog


SHARED_WORDS = ("lists", "forms", "noise", "misheard")
"""Files of slots/ that the domains have in common with the desktop."""
MIX = Path("recipes", "mix.yaml")
"""The training mix, in a configuration directory or an overlay."""


def is_domain(directory: Path | None) -> bool:
    """Whether a configuration directory or an overlay is that of a domain, and not of the desktop."""
    return directory is not None and directory.parent.name == DOMAINS


def shared_files(config_dir: Path, overlay: Path | None) -> list[Path]:
    """The files of the desktop's configuration and of its overlay that a domain is laid over."""
    found: list[Path] = []
    for directory in (config_dir, overlay):
        if directory is not None and is_domain(directory):
            above = directory.parents[1]
            found.append(above / "settings.yaml")
            found.append(above / MIX)
            found.extend(above / "slots" / f"{name}.yaml" for name in SHARED_WORDS)
    return found


def load(config_dir: Path | str, *, overlay: Path | str | None = None) -> Catalog:
    """The catalog of a configuration directory, with an overlay directory laid over it if there is one.

    Raises ConfigError for one mistake and ConfigErrors for several, each with file, line, key and hint.
    A directory in a folder named `domains` is that of a domain: word lists, spoken forms, noise, settings and
    the mix of the configuration above it come first. A domain may also be in the overlay alone.
    What is merely unfinished (no examples, no command for a platform) is left to `check`.
    """
    from whispera.catalog.reading import read_catalog

    return read_catalog(Path(config_dir), overlay=Path(overlay) if overlay is not None else None)
