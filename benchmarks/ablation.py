"""What each part of the base's training mix and some of its choices are worth, in points.

Each row is a small `whispera base build` from the source model with some numbers of config/recipes/base.yaml
or mix.yaml replaced, measured on eval/desktop.txt, eval/dialogues.txt and the held-out examples of the action
files. Small builds are far from converged: differences tell what matters, not what a whole build reaches.
Nothing takes the place of what is left out of the numbers of base.yaml; the generator draws as many examples
in every row, since the shares of mix.yaml are relative.

`--examples FILE` and another `--source` make rows of other material than the mix, such as distillation.py and
minilm.py beside this make. The file of finished rows holds both names.

With `--out FILE` a row is written down as soon as it is finished, and not built again.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from measure import PYTHON, ROOT, arguments, machine, show, succeed, table, user

Settings = Mapping[str, float | str]

SMALL: Settings = {"passes": 1, "generated": 20000, "foreign": 2700, "mapped": 700, "negatives": 1200}
ROWS: Mapping[str, Settings] = {
    "the mix, small": {},
    "the same, other draws": {"seed": 10},
    "the same, yet others": {"seed": 11},
    "without foreign utterances": {"foreign": 0},
    "without mapped utterances": {"mapped": 0},
    "without human negatives": {"negatives": 0},
    "generated alone": {"foreign": 0, "mapped": 0, "negatives": 0},
    "without follow-ups": {"shares.dialogue": 0},
    "without near misses and decoys": dict.fromkeys(
        ("shares.near_miss", "shares.decoy", "dialogues.near_miss", "dialogues.decoy"), 0
    ),
    "without generated non-commands": {"shares.none": 0, "dialogues.none": 0},
    "without typing errors": {"noise.typing": 0},
    "without recogniser-like noise": {"noise.recogniser": 0},
    "without politeness and context": {"noise.prefix": 0, "noise.suffix": 0},
    "without self-corrections": {"decoys.corrected": 0, "noise.restart": 0},
    "4 layers": {"layers": 4},
    "8 layers": {"layers": 8},
    "twice as long": {"passes": 2},
    "batches of 2048 tokens": {"tokens_per_batch": 2048},
}
"""Row to what it changes."""


def main() -> None:
    options = arguments(__doc__, add_options)
    done = finished(options.out) if options.out else []
    rows, figures = [], {}
    with user() as env:
        for name in options.row or ROWS:
            settings = {**SMALL, **ROWS[name], **dict(options.set), **material(options)}
            found = figures_of(name, settings, done)
            if found is None:
                found = build(name, settings, options, env)
                if options.out:
                    append(options.out, {"row": name, "settings": settings, **machine(), "figures": found})
            figures[name] = found
            rows.append([name, *(f"{found[key]:.1f}" for key in HEADS[1:])])
            print(table(HEADS, [rows[-1]]), file=sys.stderr, flush=True)
    show(options, figures, table(HEADS, rows))


def material(options: argparse.Namespace) -> dict[str, str]:
    """The names of the files that a row is built from, where they are not those of every row."""
    found = {} if options.source.stem.startswith(SEED) else {"source": options.source.name}
    return found | ({"examples": options.examples.name} if options.examples else {})


SEED = "SmolLM2-135M"
"""What the name of the file begins with that nano is made from."""
BEGINNING = b'{"row": '
"""Of each line of a file of finished rows."""
HEADS = [
    "row",
    "desktop action",
    "desktop exact",
    "not commands",
    "dialogues exact",
    "held out exact",
    "minutes",
]
"""Shares in per cent; "not commands" is the share of those of eval/desktop.txt that are acted on."""


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--corpora", type=Path, default=ROOT.parent / "shared" / "corpora")
    parser.add_argument("--source", type=Path, required=True, help="GGUF file of SmolLM2-135M-Instruct")
    parser.add_argument("--examples", type=Path, help="examples to learn as well, as `base build` takes them")
    parser.add_argument(
        "--out", type=Path, help="file of finished rows, JSON lines; these are not built again"
    )
    parser.add_argument(
        "--set", type=setting, action="append", default=[], metavar="KEY=NUMBER", help="a number of every row"
    )
    parser.add_argument("row", type=row, nargs="*", help="rows to build (all)")


def row(name: str) -> str:
    if name not in ROWS:
        raise argparse.ArgumentTypeError(f"no row '{name}'; there are {', '.join(ROWS)}")
    return name


def setting(text: str) -> tuple[str, float]:
    key, _, value = text.partition("=")
    try:
        number = float(value)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not KEY=NUMBER") from error
    return key, int(number) if number.is_integer() else number


def finished(path: Path) -> list[dict[str, Any]]:
    """The rows of a file, which is made where there is none; a last one that was cut off is taken away."""
    try:
        path.open("a").close()
    except OSError as error:
        raise SystemExit(f"{path} cannot be written: {error.strerror}") from error
    text = path.read_bytes()
    whole, newline, rest = text.rpartition(b"\n")
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(whole.splitlines() if newline else [], 1):
        try:
            found = json.loads(line)
            rows.append({key: found[key] for key in ("row", "settings", "figures")})
        except (ValueError, KeyError, TypeError) as error:
            raise SystemExit(f"{path}:{number}: no row of this benchmark; name another file") from error
    if rest:
        if rest[: len(BEGINNING)] != BEGINNING[: len(rest)]:
            raise SystemExit(f"{path}: no file of this benchmark; name another")
        os.truncate(path, len(text) - len(rest))
    return rows


def figures_of(name: str, settings: Settings, done: list[dict[str, Any]]) -> dict[str, float] | None:
    """The figures of a row that is finished with these settings, of several the last; None without."""
    for one in reversed(done):
        if one["row"] == name and one["settings"] == settings:
            return {key: one["figures"][key] for key in HEADS[1:]}
    return None


def append(path: Path, entry: Mapping[str, Any]) -> None:
    """Writes a row down, on the disk when this returns."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(entry) + "\n")
        file.flush()
        os.fsync(file.fileno())


def build(
    name: str, settings: Settings, options: argparse.Namespace, env: dict[str, str]
) -> dict[str, float]:
    """The scores of one small build, in per cent, and how long it took."""
    out = Path(env["HOME"]) / name.replace(" ", "-") / "nano"
    out.parent.mkdir(parents=True)
    given = [f"--set={key}={value}" for key, value in settings.items() if not isinstance(value, str)]
    given += [f"--examples={options.examples}"] if options.examples else []
    command = [PYTHON, "-m", "whispera", "base", "build", "--json", "--out", str(out), *given]
    built = succeed(
        [*command, "--corpora", str(options.corpora), "--source", str(options.source)],
        env={**env, "XDG_STATE_HOME": str(out.parent / "state")},
    )

    def scores(*words: str) -> dict[str, Any]:
        asked = [PYTHON, "-m", "whispera", "eval", *words, "--base", str(out), "--no-adapter", "--json"]
        found: dict[str, Any] = json.loads(succeed(asked, env=env).out)
        return found

    desktop = scores(str(ROOT / "eval" / "desktop.txt"))
    dialogues = scores("--dialogues", str(ROOT / "eval" / "dialogues.txt"))
    return {
        "desktop action": 100 * desktop["action"]["right"] / desktop["action"]["total"],
        "desktop exact": 100 * desktop["exact"]["right"] / desktop["exact"]["total"],
        "not commands": 100 * desktop["false_activations"]["right"] / desktop["false_activations"]["total"],
        "dialogues exact": 100 * dialogues["exact"]["right"] / dialogues["exact"]["total"],
        "held out exact": 100 * json.loads(built.out)["heldout"]["exact"],
        "minutes": built.seconds / 60,
    }


if __name__ == "__main__":
    main()
