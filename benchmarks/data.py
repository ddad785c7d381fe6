"""How long `whispera regen` takes, and whether it writes the same bytes every time."""

from __future__ import annotations

import argparse
import hashlib
from dataclasses import asdict
from pathlib import Path

from measure import PYTHON, SPREAD_HEADS, arguments, show, spread, succeed, table, user


def main() -> None:
    options = arguments(__doc__, add_options)
    seconds: list[float] = []
    digests: set[str] = set()
    with user() as env:
        path = Path(env["HOME"]) / "train.jsonl"
        for _ in range(options.runs):
            command = [PYTHON, "-m", "whispera", "regen", "--size", str(options.size), "--out", str(path)]
            seconds.append(succeed(command, env=env).seconds)
            digests.add(hashlib.sha256(path.read_bytes()).hexdigest())
        lines = sum(1 for _ in path.open(encoding="utf-8"))
        size_mb = path.stat().st_size / 1e6
    taken = spread(seconds)
    figures = {
        "seconds": asdict(taken),
        "lines": lines,
        "mb": round(size_mb, 2),
        "lines_per_s": round(lines / taken.median),
        "identical": len(digests) == 1,
        "sha256": sorted(digests),
    }
    text = table(["whispera regen", *SPREAD_HEADS], [[f"{lines} lines, {size_mb:.1f} MB", *taken.cells("s")]])
    same = "the same bytes every time" if len(digests) == 1 else "DIFFERENT BYTES"
    show(options, figures, f"{text}\n\n{figures['lines_per_s']} lines a second, start included; {same}.")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", type=int, default=24_000, help="lines (24000)")
    parser.add_argument("--runs", type=int, default=3, help="runs, all counted (3)")


if __name__ == "__main__":
    main()
