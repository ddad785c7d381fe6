"""Adding an action of five patterns: how long it takes, how well it is understood, what the others lose.

Each action of benchmarks/new_actions is added by itself to a copy of the configuration, as a user would do
it: one file into config/local, `whispera regen`, `whispera train`. Understanding is measured on the phrasings
of held_out.txt, which no pattern makes, and on eval/desktop.txt before and after. Goals: at most 60 s on two
cores, at least 90 % of the held-out phrasings exact, at most 0.5 points lost by the others.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from measure import PYTHON, ROOT, arguments, show, succeed, table, user
from models import base_folder

ACTIONS = Path(__file__).with_name("new_actions")
DESKTOP = ROOT / "eval" / "desktop.txt"
GOAL_S, GOAL_SHARE, GOAL_LOSS = 60.0, 0.90, 0.005


def main() -> None:
    options = arguments(__doc__, add_options)
    base = base_folder(options.base)
    names = options.action or sorted(path.stem for path in ACTIONS.glob("*.yaml"))
    figures: dict[str, Any] = {"goals": {"seconds": GOAL_S, "share": GOAL_SHARE, "loss": GOAL_LOSS}}
    rows = []
    with user() as env:
        before = share_of(measure(ROOT, base, DESKTOP, env))
        figures["others_before"] = before
        for name in names:
            place = workspace(Path(env["HOME"]) / name, name)
            added = add(place, base, name, env, threads=options.threads)
            figures[name] = added
            loss = [before[kind] - added["others"][kind] for kind in ("action", "exact")]
            good = (
                added["seconds"] <= GOAL_S
                and added["held_out"]["exact"] >= GOAL_SHARE
                and max(loss) <= GOAL_LOSS
            )
            rows.append([
                name,
                f"{added['regen_s']:.1f} s",
                f"{added['train_s']:.1f} s",
                f"{added['cpu_s']:.1f} s",
                *(f"{added['held_out'][kind]:.1%}" for kind in ("action", "exact")),
                *(f"{-100 * points:+.1f}" for points in loss),
                "yes" if good else "no",
            ])  # fmt: skip
    heads = [
        "action",
        "regen",
        "train",
        "processor",
        "held out: action",
        "exact",
        "others: action",
        "exact",
        "goals met",
    ]
    known = f"{before['action']:.1%} action, {before['exact']:.1%} exact"
    text = (
        f"{table(heads, rows)}\n\nThe others before, on {DESKTOP.name}: {known}. Changes of them in points."
    )
    show(options, figures, text)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base", type=Path, help="folder of the model (the embedded one)")
    parser.add_argument("--threads", type=int, default=2, help="processor threads of the training (2)")
    parser.add_argument("action", nargs="*", help="actions of benchmarks/new_actions (all)")


def workspace(place: Path, name: str) -> Path:
    """A copy of the configuration and the adapters with the new action in its overlay."""
    shutil.copytree(ROOT / "config", place / "config", ignore=shutil.ignore_patterns("local"))
    shutil.copytree(ROOT / "eval", place / "eval")  # regen keeps its lines out
    if (ROOT / "adapters").is_dir():
        shutil.copytree(ROOT / "adapters", place / "adapters")
    source = ACTIONS / f"{name}.yaml"
    text = source.read_text(encoding="utf-8")
    found = re.search(r"^group: (\w+)$", text, re.MULTILINE)
    assert found is not None
    target = place / "config" / "local" / "actions" / found[1] / source.name
    target.parent.mkdir(parents=True)
    target.write_text(text, encoding="utf-8")
    return place


def add(place: Path, base: Path, name: str, env: Mapping[str, str], *, threads: int) -> dict[str, Any]:
    """What adding the action of a workspace took and gave."""
    program = [PYTHON, "-m", "whispera", "--workspace", str(place)]
    regen = succeed([*program, "regen"], env=env)
    words = ["train", "--base", str(base), "--threads", str(threads), "--json"]
    train = succeed([*program, *words], env=env)
    held_out = place / "held_out.txt"
    lines = (ACTIONS / "held_out.txt").read_text(encoding="utf-8").splitlines()
    held_out.write_text("".join(f"{line}\n" for line in lines if f"| {name}" in line), encoding="utf-8")
    return {
        "regen_s": round(regen.seconds, 1),
        "train_s": round(train.seconds, 1),
        "seconds": round(regen.seconds + train.seconds, 1),
        "cpu_s": round(regen.cpu_s + train.cpu_s, 1),
        "peak_mb": round(train.peak_mb),
        "held_out": share_of(measure(place, base, held_out, env)),
        "others": share_of(measure(place, base, DESKTOP, env)),
        "run": json.loads(train.out),
    }


def measure(place: Path, base: Path, file: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """The figures of `whispera eval` in a workspace."""
    command = [
        PYTHON,
        "-m",
        "whispera",
        "--workspace",
        str(place),
        "eval",
        str(file),
        "--base",
        str(base),
        "--json",
    ]
    figures: dict[str, Any] = json.loads(succeed(command, env=env).out)
    return figures


def share_of(figures: Mapping[str, Any]) -> dict[str, float]:
    """How much of a file was understood, 0 to 1: the action, and the whole intent."""
    return {kind: figures[kind]["right"] / figures[kind]["total"] for kind in ("action", "exact")}


if __name__ == "__main__":
    main()
