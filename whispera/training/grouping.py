"""Batches of examples of any kind: shuffled, and of about so many tokens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np


def grouped(lengths: Sequence[int], *, tokens: int, rng: np.random.Generator) -> Iterator[list[int]]:
    """One shuffled pass over examples of these lengths, as groups of their indices.

    A group's size times its longest example is at most `tokens`, but each has one example at least.
    """
    group: list[int] = []
    longest = 0
    for index in rng.permutation(len(lengths)).tolist():
        longest = max(longest, lengths[index])
        if group and longest * (len(group) + 1) > tokens:
            yield group
            group, longest = [], lengths[index]
        group.append(index)
    if group:
        yield group
