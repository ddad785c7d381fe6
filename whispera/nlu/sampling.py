"""Choosing the next token of a free text: greedy, or by temperature within the most probable tokens.

Source: Holtzman et al., The Curious Case of Neural Text Degeneration (2020), for `top_p`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Sampling:
    """How freely to choose."""

    temperature: float = 0.0
    """Divides the logits; 0 takes the most probable token."""
    top_p: float = 1.0
    """Chosen among the most probable tokens that together have this probability; 0 to 1."""
    seed: int = 0
    max_tokens: int = 120
    """Longest answer."""


def choose(logits: NDArray[np.float32], sampling: Sampling, rng: np.random.Generator) -> int:
    """The next token, from logits (vocabulary,)."""
    if sampling.temperature <= 0:
        return int(logits.argmax())
    scaled = (logits.astype(np.float64) - float(logits.max())) / sampling.temperature
    probabilities = np.exp(scaled)
    probabilities /= probabilities.sum()
    order = np.argsort(-probabilities, kind="stable")
    sorted_ = probabilities[order]
    # the last one is the token with which the sum reaches top_p
    count = int(np.searchsorted(np.cumsum(sorted_), sampling.top_p)) + 1
    kept = sorted_[:count]
    return int(order[rng.choice(len(kept), p=kept / kept.sum())])
