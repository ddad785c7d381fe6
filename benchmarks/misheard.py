"""What a real recogniser writes instead of what was said: makes config/slots/misheard.yaml.

    python benchmarks/misheard.py listen /tmp/heard.jsonl --size 5000
    python benchmarks/misheard.py table /tmp/heard.jsonl > config/slots/misheard.yaml

`listen` draws commands from the patterns, has synthetic voices speak them, some with noise, and Whisper write
them down without a word of what to expect; it goes on where it was stopped. `table` lines up what was said
with what was written and keeps the short stretches that differ and sound alike. Names and words of the
evaluation files are never spoken: the patterns do not know them.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path

import click
import numpy as np
from measure import ROOT
from speakers import say, there

from generator.generate import Mix
from generator.sources import read
from whispera.audio.clip import Clip
from whispera.audio.files import read_clip
from whispera.catalog.load import load
from whispera.engines.recognisers.whisper import WhisperRecogniser
from whispera.engines.store import folder_of, read_models
from whispera.workspace import find

SHARES = {"command": 0.9, "none": 0.05, "near_miss": 0.02, "sequence": 0.03, "decoy": 0.0, "dialogue": 0.0}
NOISY = 0.4
"""Share of the clips with white noise under them, at one of `RATIOS_DB`."""
RATIOS_DB = (10, 15, 20)
LONGEST = 3
"""Words of a stretch that was misheard."""
LEAST_ALIKE = 0.55
"""Share of the letters that must be the same for words to be taken for misheard ones."""
MOST_FOR_ONE = 6
_TELLING = """
    not no never up down on off in out left right top bottom start stop open close next previous back forward
    louder lower quieter higher softer brighter dimmer darker more less first last mute unmute lock unlock
    play pause copy paste cut undo redo enable disable show hide save delete
"""
TELLING = frozenset(_TELLING.split())
"""Words that tell one command from another: taken for one of these, a command is another one."""
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")
_PLAIN = re.compile(r"[\w\s',.?!-]+")


@click.group(help=__doc__)
def main() -> None:
    pass


@main.command()
@click.argument("out", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--size", default=5000, show_default=True)
@click.option("--seed", default=77, show_default=True)
def listen(out: Path, size: int, seed: int) -> None:
    """Write what was said and what was heard, one object a line."""
    workspace = find()
    folder = folder_of(read_models(workspace.config)["whisper-tiny.en"], workspace)
    recogniser = WhisperRecogniser(folder, beam=1, threads=1)
    done = len(out.read_text(encoding="utf-8").splitlines()) if out.is_file() else 0
    voices = there()
    rng = random.Random(seed)
    sentences = list(_sentences(size, seed))
    with out.open("a", encoding="utf-8") as file, click.progressbar(sentences, file=sys.stderr) as bar:
        for number, sentence in enumerate(bar):
            voice, ratio = (
                voices[number % len(voices)],
                rng.choice(RATIOS_DB) if rng.random() < NOISY else None,
            )
            if number < done:
                continue
            heard = recogniser.transcribe(_noisy(read_clip(say(sentence, voice)), ratio, seed=number)).text
            file.write(json.dumps({"voice": voice, "said": sentence, "heard": heard}) + "\n")
            file.flush()


def _sentences(size: int, seed: int) -> Iterator[str]:
    sources = read(load(ROOT / "config"))
    recipe = replace(sources.recipe, noise=dict.fromkeys(sources.recipe.noise, 0.0), shares=SHARES)
    for sample in Mix(replace(sources, recipe=recipe), seed=seed).make(size):
        if 2 <= len(sample.text.split()) <= 14 and _PLAIN.fullmatch(sample.text):
            yield sample.text


def _noisy(clip: Clip, ratio_db: int | None, *, seed: int) -> Clip:
    if ratio_db is None:
        return clip
    power = float(np.mean(clip.samples**2)) * 10 ** (-ratio_db / 10)
    noise = np.random.default_rng(seed).normal(0, power**0.5, len(clip.samples))
    return Clip((clip.samples + noise).astype(np.float32))


@main.command()
@click.argument("heard", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def table(heard: Path) -> None:
    """Print the table as YAML."""
    lines = [json.loads(line) for line in heard.read_text(encoding="utf-8").splitlines()]
    found = confusions((line["said"], line["heard"]) for line in lines)
    click.echo(
        f"# What Whisper tiny.en wrote for words of {len(lines):,} commands spoken by synthetic voices:"
    )
    click.echo("# made by benchmarks/misheard.py, which see.")
    click.echo("misheard:")
    for said in sorted(found):
        click.echo(f"  {json.dumps(said)}: {json.dumps(found[said])}")


def confusions(pairs: Iterable[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    """Words that were said to what was written for them, most frequent first."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for said, heard in pairs:
        for words, others in stretches(_WORD.findall(said.lower()), _WORD.findall(heard.lower())):
            counts[words][others] += 1
    return {
        words: [
            other for other, _ in sorted(others.items(), key=lambda one: (-one[1], one[0]))[:MOST_FOR_ONE]
        ]
        for words, others in counts.items()
    }


def stretches(said: Sequence[str], heard: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The short stretches that differ between what was said and what was heard, and sound alike.

    A sentence of which little was understood is left out: nothing lines up there.
    """
    heard = heard[: len(said) + 3]  # what a recogniser repeats without end
    matcher = SequenceMatcher(None, said, heard, autojunk=False)
    if matcher.ratio() < 0.5:
        return
    for kind, first, last, start, end in matcher.get_opcodes():
        if kind != "replace" or last - first > LONGEST or end - start > LONGEST:
            continue
        words, others = " ".join(said[first:last]), " ".join(heard[start:end])
        alike = SequenceMatcher(None, words.replace(" ", ""), others.replace(" ", "")).ratio()
        if alike >= LEAST_ALIKE and len(others) > 1 and not _means_more(words, others):
            yield words, others


def _means_more(said: str, heard: str) -> bool:
    """Whether what was heard says something that was not said."""
    new = set(heard.split()) - set(said.split())
    return bool(new & TELLING) or any(word.endswith("n't") or word.startswith("un") for word in new)


if __name__ == "__main__":
    main()
