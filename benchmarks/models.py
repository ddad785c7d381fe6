"""The model a benchmark asks."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import measure

# as `w` does: the threads of the matrix library are never used and take long to start
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from whispera import workspace
from whispera.catalog.compiled import compiled
from whispera.engines.load import load
from whispera.pipeline.understand import Understander


def base_folder(base: Path | None) -> Path:
    """The folder that was named, else that of the embedded model; ends the program where there is none."""
    shipped = workspace.find(str(measure.ROOT)).models / workspace.DEFAULT_BASE
    folder = (base or shipped).expanduser().resolve()
    if not (folder / "card.json").is_file():
        raise SystemExit(f"there is no model in {folder}; name one with --base")
    return folder


def open_understander(base: Path | None, *, threads: int | None = None) -> Understander:
    """What understands text with the shipped configuration, and the shipped adapter where there is one."""
    place = workspace.find(str(measure.ROOT))
    with tempfile.TemporaryDirectory() as cache:
        catalog = compiled(place.config, Path(cache))
    model = load(base_folder(base), place.adapters, catalog_hash=catalog.hash, threads=threads)
    return Understander(catalog, model)
