"""pocketsphinx on sampled commands, people's examples and foreign recordings: right, wrong, turned down.

Sampled are commands that hold no free words; the examples are those of the action files. Both are spoken by
synthetic voices. Every recording of --foreign that gives words is a false one. `after` is the time from the
last sample to the words, everything before it decoded while it came in.
"""

from __future__ import annotations

import argparse
import random
import resource
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import ROOT, arguments, show, spread, table
from speakers import say_all

from whispera import workspace
from whispera.audio.clip import Clip
from whispera.audio.files import read_clip
from whispera.catalog.catalog import Catalog
from whispera.catalog.compiled import compiled
from whispera.catalog.load import load
from whispera.engines.recognisers import Setting
from whispera.engines.recognisers.pocketsphinx import BLOCK, PocketsphinxRecogniser, open
from whispera.engines.recognisers.pocketsphinx_sentences import Sampler
from whispera.engines.recognisers.pocketsphinx_words import spoken

SEED = 4
VOICES = ("flite slt", "flite rms", "flite awb", "flite kal16")


@dataclass(frozen=True, slots=True)
class Share:
    """What became of some recordings."""

    count: int
    right: int
    wrong: int
    after_ms: tuple[float, ...]

    def row(self, name: str) -> list[str]:
        """For the table."""
        after = f"{spread(self.after_ms).median:.0f}" if self.after_ms else ""
        turned = self.count - self.right - self.wrong
        return [
            name,
            str(self.count),
            *(f"{one / self.count:.1%}" for one in (self.right, self.wrong, turned)),
            after,
        ]


def sampled(catalog: Catalog, count: int) -> list[str]:
    """Commands that hold no free words."""
    said = [" ".join(words) for words, closed in Sampler(catalog, seed=SEED).commands() if closed]
    return random.Random(SEED).sample(said, min(count, len(said)))


def examples(catalog: Catalog, count: int) -> list[str]:
    """People's words, from the action files."""
    said = [" ".join(spoken(one.say)) for action in catalog.actions.values() for one in action.examples]
    return random.Random(SEED).sample(said, min(count, len(said)))


def measured(recogniser: PocketsphinxRecogniser, clips: Sequence[Clip], texts: Sequence[str]) -> Share:
    """What it makes of recordings of texts; "" for one that is no command."""
    right = wrong = 0
    after: list[float] = []
    for clip, text in zip(clips, texts, strict=True):
        recogniser.begin()
        for at in range(0, len(clip.samples), BLOCK):
            recogniser.feed(clip.samples[at : at + BLOCK])
        heard = recogniser.end()
        after.append(heard.ms)
        right += bool(text) and heard.text == text
        wrong += bool(heard.text) and heard.text != text
    return Share(len(clips), right, wrong, tuple(after))


def main() -> None:
    options = arguments(__doc__, add_options)
    place = workspace.find(str(ROOT))
    catalog = load(place.config, overlay=place.local)
    recogniser = open(Setting(place, compiled(place.config, place.cache, place.local)))
    shares: dict[str, Share] = {}
    for kind, texts in (
        ("sampled", sampled(catalog, options.count)),
        ("examples", examples(catalog, options.count)),
    ):
        for voice in VOICES:
            shares[f"{kind}, {voice}"] = measured(recogniser, say_all(texts, voice), texts)
    if options.foreign:
        clips = [read_clip(path) for path in sorted(options.foreign.glob("*.wav"))[: options.most]]
        shares["foreign"] = measured(recogniser, clips, [""] * len(clips))
    figures: dict[str, Any] = {
        "shares": {name: [one.count, one.right, one.wrong] for name, one in shares.items()},
        "made_in_s": recogniser.models.card.seconds,
        "words": recogniser.models.card.words,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    rows = [one.row(name) for name, one in shares.items()]
    text = table(["spoken", "clips", "right", "wrong", "turned down", "after, ms"], rows)
    show(options, figures, text)


def add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--count", type=int, default=40, help="commands and examples, each spoken by every voice"
    )
    parser.add_argument(
        "--foreign", type=Path, help="folder of recordings that hold no command of the desktop"
    )
    parser.add_argument("--most", type=int, default=60, help="recordings of it")


if __name__ == "__main__":
    main()
