"""What the benchmarks share: running programs, medians, tables, and where the figures were taken.

Import it before `whispera`: it puts the checkout on the path.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
PYTHON = str(ROOT / ".venv" / "bin" / "python")


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and spread of repeated measurements, in the unit they were taken in."""

    median: float
    low: float
    """10th percentile."""
    high: float
    """90th percentile."""
    worst: float
    count: int

    def cells(self, unit: str) -> list[str]:
        """For a row of a table with `SPREAD_HEADS`."""
        digits = 0 if self.median >= 100 else 1 if self.median >= 10 else 2
        values = (self.median, self.low, self.high, self.worst)
        return [*(f"{value:.{digits}f} {unit}" for value in values), str(self.count)]


SPREAD_HEADS = ("median", "p10", "p90", "max", "n")


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one value."""
    ordered = sorted(values)

    def at(share: float) -> float:
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    return Spread(statistics.median(ordered), at(0.1), at(0.9), ordered[-1], len(ordered))


@dataclass(frozen=True, slots=True)
class Ran:
    """A program that ended."""

    seconds: float
    cpu_s: float
    peak_mb: float
    """Largest resident set, in MB of a million bytes."""
    code: int
    out: str
    err: str


def run(argv: Sequence[str], *, env: Mapping[str, str], stdin: bytes = b"", cwd: Path = ROOT) -> Ran:
    """Runs a program to its end; nothing of its output is shown."""
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(stdin)
        given.seek(0)
        started = time.perf_counter()
        process = subprocess.Popen(argv, stdin=given, stdout=out, stderr=err, env=dict(env), cwd=cwd)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "replace"))
    unit = 1 if sys.platform == "darwin" else 1024
    return Ran(
        seconds,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * unit / 1e6,
        process.returncode,
        texts[0],
        texts[1],
    )


def succeed(
    argv: Sequence[str], *, env: Mapping[str, str], codes: Sequence[int] = (0,), **options: Any
) -> Ran:
    """As `run`; ends the benchmark, with what the program said, where it ends with another code."""
    done = run(argv, env=env, **options)
    if done.code not in codes:
        raise SystemExit(f"{' '.join(argv)} ended with {done.code}:\n{done.err}")
    return done


@contextmanager
def user() -> Iterator[dict[str, str]]:
    """The environment of a user of the benchmark's own, with an empty home and no desktop."""
    with tempfile.TemporaryDirectory(prefix="whispera-benchmark-") as home:
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
        # onnxruntime would write a telemetry database and try to send it; Whispera switches that off too
        yield {**kept, "HOME": home, "PYTHONPATH": str(ROOT), "ORT_DISABLE_TELEMETRY": "1"}


def arguments(doc: str | None, extend: Callable[[argparse.ArgumentParser], None]) -> argparse.Namespace:
    """The command line of a benchmark: its own options and --json."""
    parser = argparse.ArgumentParser(description=(doc or "").split("\n\n")[0])
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    extend(parser)
    return parser.parse_args()


def machine() -> dict[str, Any]:
    """Where the figures were taken."""
    commit = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    load = os.getloadavg()[0]
    return {
        "commit": commit,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load": round(load, 2),
    }


def processor() -> str:
    """The name of the processor, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown, aligned for the eye."""
    widths = [max(len(row[i]) for row in [heads, *rows]) for i in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(w) if i == 0 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = "|".join(["", *("-" * (w + 1) + (":" if i else "-") for i, w in enumerate(widths)), ""])
    return "\n".join([line(heads), rule, *map(line, rows)])


def show(options: argparse.Namespace, figures: Mapping[str, Any], text: str) -> None:
    """Prints the figures as JSON, or the text of them under where they were taken."""
    here = machine()
    if options.json:
        print(json.dumps({"machine": here, **figures}, indent=1))
        return
    print(f"{here['processor'] or here['system']}, {here['cores']} cores, load {here['load']}, ", end="")
    print(f"Python {here['python']}, commit {here['commit'] or 'unknown'}\n\n{text}")
