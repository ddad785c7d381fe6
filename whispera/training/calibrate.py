"""Temperature scaling on held-out phrasings: the confidence that is served should be the accuracy.

Source: Guo et al., On Calibration of Modern Neural Networks (2017). One temperature for all decisions, chosen
to minimise the negative log-likelihood of whole answers being right.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from whispera.training.loop import Answered

GRID = [0.5 + 0.05 * i for i in range(51)]


def confidences(answered: Sequence[Answered], temperature: float) -> list[float]:
    """For each answer the product over its decisions of the highest probability at a temperature."""
    return [
        float(np.exp(-sum(np.log(np.exp((row - row.max()) / temperature).sum()) for row in one.logits)))
        for one in answered
    ]


def temperature_of(answered: Sequence[Answered]) -> float:
    """The temperature under which the confidence best predicts whether the answer is right."""
    if not answered:
        return 1.0
    rows = [row - row.max() for one in answered for row in one.logits]
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])[:-1]])
    flat = np.concatenate(rows)
    firsts = np.concatenate([[0], np.cumsum([len(one.logits) for one in answered])[:-1]])
    right = np.asarray([one.right for one in answered])

    def cost(temperature: float) -> float:
        highest = -np.log(np.add.reduceat(np.exp(flat / temperature), starts))
        p = np.clip(np.exp(np.add.reduceat(highest, firsts)), 1e-6, 1 - 1e-6)
        return float(-np.log(np.where(right, p, 1 - p)).sum())

    return round(float(min(GRID, key=cost)), 2)


def inherited(temperature: float, before: Sequence[Answered], after: Sequence[Answered]) -> float:
    """The temperature of a tuned model, from that of the model it was tuned from.

    Held-out examples are harder than what people mostly say, so the temperature that fits them is no good by
    itself; how training changed it says how much more, or less, sure of itself the model became.
    """
    scaled = temperature * temperature_of(after) / temperature_of(before)
    return min(GRID[-1], max(GRID[0], round(scaled, 2)))
