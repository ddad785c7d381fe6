"""Examples for a prompt: lines of train.jsonl, the same for every utterance or those nearest to it."""

from __future__ import annotations

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from whispera.domain.intent import NONE, SEQUENCE
from whispera.nlu import codec
from whispera.nlu.domains import DESKTOP
from whispera.nlu.normalise import normalise

Draw = Literal["seeded", "nearest"]
LONGEST = 14
"""Words of the longest sentence that is taken as an example."""


@dataclass(frozen=True, slots=True)
class Shot:
    """An utterance with its wire intent."""

    text: str
    wire: str
    action: str


def shots_of(lines: Iterable[tuple[str, str, str]]) -> list[Shot]:
    """The lines (prompt, wire, action) that can stand alone: short, and said after nothing else."""
    found: list[Shot] = []
    for prompt, wire, action in lines:
        previous, text = codec.split_prompt(prompt, tag=DESKTOP)
        if not previous and len(text.split()) <= LONGEST:
            found.append(Shot(text.strip(), wire, action))
    return found


def seeded(shots: Sequence[Shot], count: int, *, seed: int) -> list[Shot]:
    """`count` examples, of different actions as far as there are so many; with no command and a sequence."""
    rng = random.Random(f"shots {seed}")
    groups: dict[str, list[Shot]] = defaultdict(list)
    for shot in shots:
        groups[shot.action].append(shot)
    order = sorted(set(groups) - {NONE, SEQUENCE})
    rng.shuffle(order)
    order = [name for name in (NONE, SEQUENCE) if name in groups][: max(0, count - 1)] + order
    chosen = [rng.choice(groups[order[place % len(order)]]) for place in range(count)] if order else []
    rng.shuffle(chosen)
    return chosen


class Nearest:
    """Finds the examples whose words are nearest to those of an utterance (cosine over tf-idf)."""

    def __init__(self, shots: Sequence[Shot]) -> None:
        self._shots = list({shot.text: shot for shot in shots}.values())
        bags = [Counter(_words(shot.text)) for shot in self._shots]
        documents = Counter(word for bag in bags for word in bag)
        self._idf = {word: math.log(len(bags) / n) + 0.1 for word, n in documents.items()}
        self._where: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for place, bag in enumerate(bags):
            length = math.sqrt(sum((n * self._idf[word]) ** 2 for word, n in bag.items()))
            for word, n in bag.items():
                self._where[word].append((place, n * self._idf[word] / length))

    def of(self, text: str, count: int) -> list[Shot]:
        """`count` examples, the nearest last."""
        scores: Counter[int] = Counter()
        for word, n in Counter(_words(text)).items():
            for place, weight in self._where.get(word, ()):
                scores[place] += n * self._idf[word] * weight  # type: ignore[assignment]
        nearest = sorted(scores, key=lambda place: (-scores[place], place))[:count]
        return [self._shots[place] for place in reversed(nearest)]


def _words(text: str) -> list[str]:
    return [unit.text for unit in normalise(text).units if unit.is_word]
