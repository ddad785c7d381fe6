"""Temperature scaling on held-out phrasings: the confidence that is served should be the accuracy.

Source: Guo et al., On Calibration of Modern Neural Networks (2017). One temperature for all decisions, chosen
to minimise the negative log-likelihood of whole answers being right.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from whispera.training.encode import Encoded, collate
from whispera.training.loop import Trainable, decision_logits

GRID = [0.5 + 0.05 * i for i in range(51)]


@torch.no_grad()
def answers(trainable: Trainable, examples: Sequence[Encoded]) -> list[tuple[list[torch.Tensor], bool]]:
    """For each example the allowed logits of its decisions, and whether all of them are right."""
    trainable.model.eval()
    found: list[tuple[list[torch.Tensor], bool]] = []
    for start in range(0, len(examples), 64):
        part = examples[start : start + 64]
        with torch.autocast("cpu", dtype=torch.bfloat16):
            logits, labels = decision_logits(trainable, collate(part))
        offset = 0
        for example in part:
            n = len(example.positions)
            rows, wanted = logits[offset : offset + n], labels[offset : offset + n]
            offset += n
            allowed = [row[row > -math.inf] for row in rows]
            found.append((allowed, bool((rows.argmax(-1) == wanted).all())))
    trainable.model.train()
    return found


def confidence(logits: Sequence[torch.Tensor], temperature: float) -> float:
    """Product over decisions of the highest probability at a temperature."""
    product = 1.0
    for row in logits:
        product *= float(torch.softmax(row.float() / temperature, -1).max())
    return product


def temperature_of(trainable: Trainable, examples: Sequence[Encoded]) -> float:
    """The temperature under which the confidence best predicts whether the answer is right."""
    measured = answers(trainable, examples)

    def cost(temperature: float) -> float:
        total = 0.0
        for logits, right in measured:
            p = min(max(confidence(logits, temperature), 1e-6), 1 - 1e-6)
            total -= math.log(p if right else 1 - p)
        return total

    return round(float(min(GRID, key=cost)), 2) if measured else 1.0
