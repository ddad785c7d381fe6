"""Drawing without favourites: everything is seen once before anything is seen twice."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


def rng_for(*keys: object) -> random.Random:
    """A generator seeded by the keys alone, the same in every process (`hash()` is not)."""
    digest = hashlib.sha256("\x1f".join(map(str, keys)).encode()).digest()
    return random.Random(int.from_bytes(digest[:8], "big"))


class Cycle(Generic[T]):
    """Items in shuffled rounds; an item of weight 3 comes three times a round.

    The first round holds every item once whatever its weight, so that all are covered early.
    """

    def __init__(self, items: Sequence[T], rng: random.Random, weights: Sequence[int] = ()) -> None:
        if not items:
            raise ValueError("a cycle needs at least one item")
        self._items = tuple(items)
        self._weights = tuple(weights) or (1,) * len(self._items)
        self._rng = rng
        self._round: list[T] = []
        self._started = False

    def __len__(self) -> int:
        return len(self._items)

    def next(self) -> T:
        """The next item."""
        if not self._round:
            if self._started:
                self._round = [
                    item
                    for item, weight in zip(self._items, self._weights, strict=True)
                    for _ in range(max(1, weight))
                ]
            else:
                self._round = list(self._items)
            self._started = True
            self._rng.shuffle(self._round)
        return self._round.pop()


def split_evenly(total: int, weights: Sequence[float]) -> list[int]:
    """`total` shared out by weight as whole numbers that add up (largest remainders first)."""
    whole = sum(weights)
    if whole <= 0:
        return [0] * len(weights)
    exact = [total * weight / whole for weight in weights]
    counts = [int(share) for share in exact]
    rest = sorted(range(len(weights)), key=lambda i: (counts[i] - exact[i], i))
    for i in rest[: total - sum(counts)]:
        counts[i] += 1
    return counts
