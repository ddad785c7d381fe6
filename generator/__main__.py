"""`python -m generator OUT`: writes train.jsonl from the shipped configuration."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from generator.export import write
from generator.generate import generate
from generator.leaks import read_measured
from generator.stats import report
from whispera import workspace
from whispera.catalog import load


@click.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seed", default=1, show_default=True)
@click.option("--size", default=24_000, show_default=True, help="Number of lines.")
@click.option("--stats", "with_stats", is_flag=True, help="Print a balance report on stderr.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON on stdout.")
def main(out: Path, seed: int, size: int, with_stats: bool, as_json: bool) -> None:
    """Write OUT, the training data of the shipped catalog."""
    place = workspace.find()
    catalog = load(place.config)
    measured = read_measured(place.root / "eval", catalog)
    samples = list(generate(catalog, seed=seed, size=size, avoid=measured.leak))
    count = write(out, samples, catalog=catalog, total=len(samples))
    print(f"{count} lines in {out}", file=sys.stderr)
    if with_stats or as_json:
        balance = report(samples, catalog)
        if as_json:
            print(json.dumps(balance.as_json(), ensure_ascii=False, indent=2))
        else:
            print(balance.text(), file=sys.stderr)


if __name__ == "__main__":
    main()
