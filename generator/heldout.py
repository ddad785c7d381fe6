"""What training never sees: the examples of the action files, and values that are held out."""

from __future__ import annotations

import logging
from dataclasses import replace

from generator.draft import finish
from generator.generate import Mix
from generator.locate import draft_of
from generator.sources import Sources, read
from whispera.catalog.catalog import Catalog
from whispera.domain.labelled import Labelled

log = logging.getLogger(__name__)

PER_ACTION = 2
"""Samples per action that takes a held-out filler value."""


def heldout(catalog: Catalog, *, seed: int) -> list[Labelled]:
    """Evaluation samples for early stopping: all held-out examples, then patterns with held-out values.

    Examples whose words for a value cannot be found are left out with a warning; see `unlocated`.
    """
    sources = read(catalog)
    samples, problems = located(sources)
    for source, text, reason in problems:
        log.warning("%s: the example %r is left out: %s", source, text, reason)
    return samples + held_values(sources, seed=seed)


def located(sources: Sources) -> tuple[list[Labelled], list[tuple[str, str, str]]]:
    """The examples as labelled utterances, and source, text and reason of those that cannot be."""
    samples: list[Labelled] = []
    problems: list[tuple[str, str, str]] = []
    for line in sources.held_out:
        draft, reason = draft_of(line, sources, origin="example")
        labelled = finish(draft, tag=sources.tag) if draft is not None else None
        if labelled is None:
            problems.append((line.source, line.text, reason or "a value cuts through a word"))
        else:
            samples.append(replace(labelled, source=line.source))
    return samples, problems


def held_values(
    sources: Sources, *, seed: int, each: int = PER_ACTION, split: str = "heldout"
) -> list[Labelled]:
    """Plain commands with held-out values, without noise; `each` of an action that takes one.

    With the split "train" the values are those of training, for comparison.
    """
    mix = Mix(sources, seed=seed, split=split)
    held = {fill.type for fill in sources.fillers.values() if fill.held_out}
    samples: list[Labelled] = []
    for name, action in sources.actions.items():
        if name not in mix.book.entries or not any(spec.type in held for spec in action.slots):
            continue
        rng = mix.rng(name)
        made = 0
        for _ in range(each * 10):
            draft = mix.book.draft(mix.book.next(name), rng)
            labelled = finish(draft, tag=sources.tag)
            if labelled is not None and any(piece.kind == "copy" for piece in draft.pieces):
                samples.append(
                    replace(labelled, origin="training value" if split == "train" else "held-out value")
                )
                made += 1
            if made == each:
                break
    return samples
