"""`whispera regen`: writes train.jsonl from the action files, the same bytes every time."""

from __future__ import annotations

import gc
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import click

from whispera import workspace
from whispera.cli.parts import needs, needs_generator
from whispera.errors import UsageError, WhisperaError
from whispera.pipeline.examples import FILE as EXAMPLES

if TYPE_CHECKING:
    from whispera.catalog.catalog import Catalog


SIZE = 24_000
SIZE_OF_DOMAIN = 8_000


@click.command("regen")
@click.option(
    "--size",
    type=click.IntRange(min=1),
    help=f"Number of lines; {SIZE} where it is not named, {SIZE_OF_DOMAIN} of a domain.",
)
@click.option("--seed", default=1, show_default=True, help="Another seed draws other sentences.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write here instead of train.jsonl in the workspace.",
)
@click.option(
    "--stats", "with_stats", is_flag=True, help="Report the balance over actions, slots and values."
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw the balance over actions into a .png or .svg file.",
)
@click.option("--json", "as_json", is_flag=True, help="The report as JSON on stdout.")
@click.option("--check", is_flag=True, help="Write nothing; fail unless the file is what regen would write.")
@click.pass_context
def regen(
    ctx: click.Context,
    *,
    size: int | None,
    seed: int,
    out: Path | None,
    with_stats: bool,
    plot: Path | None,
    as_json: bool,
    check: bool,
) -> None:
    """Write the training data, train.jsonl, from the action files.

    The same configuration, evaluation files, seed and size give the same bytes on every machine. Held-out
    examples and what eval/ measures are kept out; where they are written down for training it fails.
    """
    if plot is not None and plot.suffix not in (".png", ".svg"):
        raise UsageError(f"cannot draw into {plot}", hint="name a .png or .svg file")
    if plot is not None:
        with needs("report"):
            import matplotlib  # noqa: F401
    with needs_generator("run regen"):
        from generator import corrections, generate, leaks, read_corrections, stats, write
        from generator.fillers import plain
    from whispera.catalog import load

    ctx.with_resource(_uncollected())
    place = ctx.find_object(workspace.Workspace) or workspace.find()
    path, usual = out or place.dataset, SIZE_OF_DOMAIN if place.domain else SIZE
    if out and not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}", hint="make it, or name another file with --out")
    catalog = load(place.config, overlay=place.local)
    measured = leaks.read_measured(place.evaluation, catalog)
    leaks.check_written(catalog, measured, own=lambda file: is_own(place, file))
    samples = list(generate(catalog, seed=seed, size=size or usual, avoid=measured.leak))
    leaks.check(samples, measured)
    lines = read_corrections(place.local / EXAMPLES)
    said = {plain(line.text) for line in lines}
    own = corrections(lines, catalog, seed=seed)
    own = [sample for sample in own if plain(sample.text) in said or measured.leak(sample) is None]
    known = {sample.text for sample in own}
    samples = [sample for sample in samples if sample.text not in known] + own
    if check:
        with tempfile.TemporaryDirectory() as folder:
            fresh = Path(folder) / "train.jsonl"
            write(fresh, samples, catalog=catalog)
            line = first_difference(path, fresh)
        if line:
            raise WhisperaError(
                f"{path}:{line} is not what regen writes"
                if path.is_file()
                else f"there is no {path} to be checked",
                hint=f"write it: {place.command} regen",
            )
        click.echo(f"{path} is what regen writes", err=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        count = write(path, samples, catalog=catalog, total=len(samples))
        click.echo(f"{count} lines in {path}", err=True)
    if not (plot or as_json or with_stats):
        return
    balance = stats.report(samples, catalog)
    if plot is not None:
        stats.plot(balance, plot)
        click.echo(f"balance drawn into {plot}", err=True)
    shared = leaks.overlap(samples, measured)
    if as_json:
        report = {**balance.as_json(), "evaluation": shared.as_json()}
        click.echo(json.dumps(report, ensure_ascii=False, indent=2))
    elif with_stats:
        click.echo(f"{balance.text()}\n\n{shared.text()}")


def check_data(place: workspace.Workspace, catalog: Catalog, path: Path) -> None:
    """Raises LeakError where a file of training data holds what evaluation is measured on.

    The user's own corrections may: they are learnt, whatever it does to the figures.
    """
    from generator import leaks, read_corrections
    from generator.fillers import plain

    measured = leaks.read_measured(place.evaluation, catalog)
    own = {plain(line.text) for line in read_corrections(place.local / EXAMPLES)}
    leaks.check_dataset(path, measured, own=own, tag=catalog.domain.tag)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Looks for no cycles among the many small things that are made: there are none to be freed."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def is_own(place: workspace.Workspace, file: str) -> bool:
    """Whether a file of the configuration, as it is shown to people, is the user's."""
    return (place.root / file).is_relative_to(place.local)


def first_difference(mine: Path, fresh: Path) -> int:
    """The first line, from 1, at which two files differ; 0 where they are the same, 1 without the first."""
    if not mine.is_file():
        return 1
    with mine.open("rb") as one, fresh.open("rb") as other:
        for number, (left, right) in enumerate(zip_longest(one, other), 1):
            if left != right:
                return number
    return 0
