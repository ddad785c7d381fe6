"""Sentences that have nearly all words in common, found among thousands."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

NEAR = 0.9
"""Share of words in common, by Dice, from which two sentences are nearly the same."""
NEAR_WORDS = 6
"""Shorter sentences are not compared: one word of them is more than a tenth."""

Words = frozenset[tuple[str, int]]


class Alike:
    """Finds the sentences that have nearly all words in common with another, whatever their order.

    An index over the rarest words of each: two sentences that share nine words of ten share one of these.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        """`texts`: words with spaces between, as they are to be compared."""
        self._sets = [numbered(text.split()) for text in texts]
        self._counts = Counter(word for words in self._sets for word in words)
        self._by_word: dict[tuple[str, int], list[int]] = defaultdict(list)
        for index, words in enumerate(self._sets):
            for word in self._rarest(words):
                self._by_word[word].append(index)

    def find(self, text: str) -> Iterator[tuple[int, float]]:
        """Index and share of each such sentence."""
        words = numbered(text.split())
        found = {index for word in self._rarest(words) for index in self._by_word.get(word, ())}
        for index in sorted(found):
            share = in_common(words, self._sets[index])
            if share >= NEAR:
                yield index, share

    def _rarest(self, words: Words) -> list[tuple[str, int]]:
        if len(words) < NEAR_WORDS:
            return []
        least = math.ceil(len(words) * NEAR / (2 - NEAR) - 1e-9)  # with a sentence of the best length
        ordered = sorted(words, key=lambda word: (self._counts[word], word))
        return ordered[: len(words) - least + 1]


def numbered(words: Iterable[str]) -> Words:
    """Words, the second "the" told from the first."""
    seen: Counter[str] = Counter()
    found: list[tuple[str, int]] = []
    for word in words:
        found.append((word, seen[word]))
        seen[word] += 1
    return frozenset(found)


def in_common(one: Words, other: Words) -> float:
    """The share of words that two sentences have in common, 0 to 1."""
    return 2 * len(one & other) / max(1, len(one) + len(other))
