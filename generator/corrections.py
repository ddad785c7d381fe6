"""What `whispera correct` wrote down, as training data: the user's own words, plain and dressed anew."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from generator.cycle import Cycle, rng_for
from generator.draft import Draft, finish
from generator.generate import Mix
from generator.locate import draft_of
from generator.sources import Written, read
from whispera.catalog.catalog import Catalog
from whispera.domain.intent import SEQUENCE
from whispera.domain.labelled import Labelled
from whispera.errors import ConfigError
from whispera.nlu.codec import encode

COPIES = 24
"""Samples made of each correction besides the words themselves."""


def read_corrections(path: Path) -> list[Written]:
    """The corrections in a file, none where there is no file; raises ConfigError naming a broken line."""
    if not path.is_file():
        return []
    lines: list[Written] = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not text.strip():
            continue
        try:
            data = json.loads(text)
            lines.append(correction(str(data["text"]), data["intent"], source=f"{path.name}:{number}"))
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"not a correction ({error!r})",
                file=path,
                line=number,
                hint='mend or remove the line; one is {"text": ..., "intent": {"action": ...}}',
            ) from error
    return lines


def correction(text: str, intent: Mapping[str, Any], *, source: str) -> Written:
    """A text with the canonical intent it should have had, as JSON; raises KeyError without an action."""
    steps = intent["steps"] if intent["action"] == SEQUENCE else [intent]
    return Written(text, tuple(steps), source)


def corrections(lines: Sequence[Written], catalog: Catalog, *, seed: int) -> list[Labelled]:
    """Samples of every correction whose words still carry its values; the same for the same arguments."""
    if not lines:
        return []
    sources = read(catalog)
    mix = Mix(sources, seed=seed, split="corrections")
    samples: list[Labelled] = []
    drafts: list[Draft] = []
    for line in lines:
        draft, _ = draft_of(line, sources, origin="correction")
        labelled = finish(draft) if draft is not None else None
        if draft is None or labelled is None:
            continue
        encode(labelled)
        samples.append(labelled)
        drafts.append(draft)
    if drafts:
        cycle = Cycle(drafts, rng_for(seed, "corrections"))
        samples += mix.section("correction", lambda _: cycle.next(), COPIES * len(drafts))
    return samples
