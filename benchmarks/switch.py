"""Milliseconds to switch a running base from one adapter to another, in memory and from the disk.

The adapter is that of the domain barista, and the base alone the other; the base stays loaded. The first pass
after a switch is taken beside a later one, since a graph that is given other inputs might make itself ready
for them. Warm-up: one switch.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from measure import ROOT, SPREAD_HEADS, arguments, show, spread, table
from models import base_folder

from whispera import workspace
from whispera.engines import adapter
from whispera.engines.load import free_threads
from whispera.engines.onnx import OnnxEngine


def main() -> None:
    options = arguments(__doc__, add_options)
    base = base_folder(None)
    place = workspace.find(str(ROOT)).in_domain("barista")
    folder = options.adapter or adapter.present(place.adapters, base.name)
    if folder is None:
        raise SystemExit(f"there is no adapter in {place.adapters}; name one with --adapter")
    engine = OnnxEngine(base, threads=options.threads or free_threads())
    base_hash = adapter.base_card(base).base_hash
    times: dict[str, list[float]] = defaultdict(list)

    def take(name: str, step: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        found = step()
        times[name].append((time.perf_counter() - started) * 1e3)
        return found

    def first_pass() -> None:
        engine.extend(engine.start(), [1, 2, 3, 4, 5, 6, 7, 8], [1, 2])

    for _ in range(options.rounds + 1):
        tensors, _ = take(
            "read from the disk",
            lambda: adapter.load(folder, layers=engine.layers, base_hash=base_hash, catalog_hash=""),
        )
        take("switch to it", lambda tensors=tensors: engine.use(tensors))
        take("first pass with it", first_pass)
        take("later pass with it", first_pass)
        take("switch to the base alone", lambda: engine.use(None))
        take("first pass without", first_pass)
        take("later pass without", first_pass)
    spreads = {name: spread(values[1:]) for name, values in times.items()}
    megabytes = sum(one.nbytes for one in tensors.values()) / 1e6
    figures = {"adapter_mb": megabytes, **{name: asdict(one) for name, one in spreads.items()}}
    text = table(["", *SPREAD_HEADS], [[name, *one.cells("ms")] for name, one in spreads.items()])
    show(options, figures, f"{text}\n\nThe adapter has {megabytes:.1f} MB in memory, {folder.name}.")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--adapter", type=Path, help="folder of an adapter for nano (that of barista)")
    parser.add_argument("--rounds", type=int, default=50, help="switches (50)")
    parser.add_argument("--threads", type=int, help="threads of the model (as the program chooses)")


if __name__ == "__main__":
    main()
