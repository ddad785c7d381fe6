"""A typed command in a fresh process, against importing its libraries and doing nothing with them.

Runs `./w --dry-run "open chrome"` and `python -c "import numpy, onnxruntime"` of the same environment in
turns, so that both see the same machine. The files are warm: each is run first without being counted.
"""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from measure import PYTHON, ROOT, SPREAD_HEADS, Ran, arguments, show, spread, succeed, table, user

IMPORTS = [PYTHON, "-c", "import numpy, onnxruntime"]
UNDERSTOOD = (0, 4)
"""Done, or understood on a machine without this application."""


def main() -> None:
    options = arguments(__doc__, add_options)
    command = [str(options.checkout / "w"), "--dry-run", options.text]
    with user() as env:
        del env["PYTHONPATH"]
        pairs: list[tuple[Ran, Ran]] = []
        for number in range(options.warm_up + options.pairs):
            pair = (
                succeed(command, env=env, cwd=options.checkout, codes=UNDERSTOOD),
                succeed(IMPORTS, env=env),
            )
            if number >= options.warm_up:
                pairs.append(pair)
    rows = [(f'./w --dry-run "{options.text}"', 0), ("import numpy, onnxruntime", 1)]
    wall = [spread([pair[i].seconds * 1e3 for pair in pairs]) for _, i in rows]
    cpu = [spread([pair[i].cpu_s * 1e3 for pair in pairs]) for _, i in rows]
    ratio = spread([one.seconds / other.seconds for one, other in pairs])
    figures = {
        "command_ms": asdict(wall[0]),
        "imports_ms": asdict(wall[1]),
        "command_cpu_ms": asdict(cpu[0]),
        "imports_cpu_ms": asdict(cpu[1]),
        "ratio": asdict(ratio),
        "exit_code": pairs[-1][0].code,
        "warm_up": options.warm_up,
    }
    lines = [[name, *wall[i].cells("ms")] for name, i in rows]
    lines += [[f"{name} (CPU)", *cpu[i].cells("ms")] for name, i in rows]
    lines.append(["ratio of a pair", *ratio.cells("x")])
    text = table(["fresh process", *SPREAD_HEADS], lines)
    show(options, figures, f"{text}\n\nWarm-up: {options.warm_up} pairs. Exit code: {pairs[-1][0].code}.")


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--pairs", type=int, default=40, help="pairs that are counted (40)")
    parser.add_argument("--warm-up", type=int, default=5, help="pairs before them (5)")
    parser.add_argument("--text", default="open chrome", help="the command")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="whose w is run (this one)")


if __name__ == "__main__":
    main()
