"""Writing train.jsonl: encoded, checked for leaks, and put in place in one step."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from generator.corrections import ORIGIN
from generator.fillers import plain
from generator.sources import Sources, Written, read
from whispera import whole
from whispera.catalog.catalog import Catalog
from whispera.domain.labelled import Copied, Labelled
from whispera.errors import WhisperaError
from whispera.nlu.codec import Example, encode


class LeakError(WhisperaError):
    """Training data holds what evaluation is measured on."""


def write(path: Path | str, samples: Iterable[Labelled], *, catalog: Catalog, total: int = 0) -> int:
    """The number of lines written to `path`, a chat message pair each.

    Lines the model would read alike are written once. The file appears whole or not at all; raises
    LeakError when a sample is a held-out example or holds a held-out value. A progress bar goes to
    stderr when that is a terminal.
    """
    path = Path(path)
    count = 0
    with whole.beside(path, mode=0o644) as half, half.open("w", encoding="utf-8", newline="\n") as out:
        for example in encoded(leak_checked(_with_progress(samples, total), read(catalog))):
            out.write(line(example))
            count += 1
    return count


def line(example: Example) -> str:
    """One line of train.jsonl, newline included."""
    messages = [
        {"role": "user", "content": example.prompt},
        {"role": "assistant", "content": example.wire},
    ]
    return json.dumps({"messages": messages}, ensure_ascii=False, separators=(",", ":")) + "\n"


def encoded(samples: Iterable[Labelled]) -> Iterator[Example]:
    """The samples as prompt and wire intent, each prompt once."""
    seen: set[str] = set()
    for sample in samples:
        example = encode(sample)
        if example.prompt not in seen:
            seen.add(example.prompt)
            yield example


def leak_checked(samples: Iterable[Labelled], sources: Sources) -> Iterator[Labelled]:
    """The samples, unchanged; raises LeakError at the first that evaluation is measured on.

    What the user has corrected may be a held-out example: it is learnt all the same, and not measured on.
    """
    examples = {plain(line.text): line for line in sources.held_out}
    values = {plain(value): fill.name for fill in sources.fillers.values() for value in fill.held_out}
    for sample in samples:
        if sample.origin == ORIGIN:
            yield sample
            continue
        known: Written | None = examples.get(plain(sample.text))
        if known is not None:
            raise LeakError(
                f"training text {sample.text!r} is a held-out example of {known.source}",
                hint=f"take it out of the patterns ({sample.source!r}) or out of the examples",
            )
        for step in sample.steps:
            for name, value in step.slots:
                if isinstance(value, str):
                    continue
                words = value.words if isinstance(value, Copied) else sample.text[value.start : value.end]
                if plain(words) in values:
                    raise LeakError(
                        f"{step.action}.{name} is trained with {words!r}, held out by {values[plain(words)]}",
                        hint="hold out another value, or take it out of the other list",
                    )
        yield sample


def _with_progress(samples: Iterable[Labelled], total: int) -> Iterator[Labelled]:
    if not total or not sys.stderr.isatty():
        yield from samples
        return
    import click

    with click.progressbar(samples, length=total, label="Generating", file=sys.stderr) as bar:
        yield from bar
