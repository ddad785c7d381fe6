"""The largest resident memory of one typed command, and of a filter that reads many utterances.

The filter reads the evaluation file over and over; what it holds after the last line beyond what it held
after the first hundred is growth.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from measure import PYTHON, ROOT, arguments, show, succeed, table, user

COUNTS = (1, 100, 1000, 5000)


def main() -> None:
    options = arguments(__doc__, add_options)
    texts = [
        line.partition("|")[0].strip() for line in (ROOT / "eval" / "desktop.txt").read_text().splitlines()
    ]
    texts = [text for text in texts if text and not text.startswith("#")]
    peaks: dict[str, float] = {}
    with user() as env:
        env["PYTHONPATH"] = str(options.checkout)
        peaks["python, numpy and onnxruntime imported"] = succeed(
            [PYTHON, "-c", "import numpy, onnxruntime"], env=env
        ).peak_mb
        command = [str(options.checkout / "w"), "--dry-run", "open chrome"]
        for name in ("first run (compiles the catalog)", "typed command"):
            peaks[name] = succeed(command, env=env, cwd=options.checkout, codes=(0, 4)).peak_mb
        for count in COUNTS:
            lines = (texts * (count // len(texts) + 1))[:count]
            done = succeed(
                [PYTHON, "-m", "whispera", "parse", "-", "--json"],
                env=env,
                cwd=options.checkout,
                stdin="".join(f"{line}\n" for line in lines).encode(),
            )
            assert len(done.out.splitlines()) == count
            peaks[f"parse, {count} utterances"] = done.peak_mb
    growth = peaks[f"parse, {COUNTS[-1]} utterances"] - peaks[f"parse, {COUNTS[1]} utterances"]
    rows = [[name, f"{peak:.0f} MB"] for name, peak in peaks.items()]
    rows.append([f"growth from {COUNTS[1]} to {COUNTS[-1]}", f"{growth:+.1f} MB"])
    show(options, {"peak_mb": peaks, "growth_mb": growth}, table(["process", "peak memory"], rows))


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--checkout", type=Path, default=ROOT, help="whose program is run (this one)")


if __name__ == "__main__":
    main()
