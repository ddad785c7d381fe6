"""The way into the catalog. The reading itself is `reading.py`, imported when asked for (it needs YAML)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whispera.catalog.catalog import Catalog


def load(config_dir: Path | str, *, overlay: Path | str | None = None) -> Catalog:
    """The catalog of a configuration directory, with an overlay directory laid over it if there is one.

    Raises ConfigError for one mistake and ConfigErrors for several, each with file, line, key and hint.
    What is merely unfinished (no examples, no command for a platform) is left to `check`.
    """
    from whispera.catalog.reading import read_catalog

    return read_catalog(Path(config_dir), overlay=Path(overlay) if overlay is not None else None)
