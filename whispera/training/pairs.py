"""Pairs of answers as tensors: tokens, batches, log-probabilities, and how well they are told apart."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from whispera.nlu.grammar import Grammar
from whispera.training.encode import Batch, Encoded, collate
from whispera.training.loop import Trainable, answers, decision_logits
from whispera.training.preferences import Pair, plain


@dataclass(frozen=True, slots=True)
class EncodedPair:
    """One pair ready for batching."""

    chosen: Encoded
    rejected: Encoded
    reference: float
    """log p_ref(chosen) - log p_ref(rejected), in nats."""
    weight: float

    @property
    def length(self) -> int:
        """Tokens of the longer answer with its prompt."""
        return max(len(self.chosen.ids), len(self.rejected.ids))


@dataclass(frozen=True, slots=True)
class PairBatch:
    """Some pairs: the first half of the rows are the right answers, the second the wrong ones."""

    batch: Batch
    count: int
    """How many pairs."""
    reference: torch.Tensor
    """(count,)"""
    weights: torch.Tensor
    """(count,)"""


@dataclass(frozen=True, slots=True)
class PairScore:
    """How well pairs are told apart."""

    pairs: int
    accuracy: float
    """Share of pairs whose right answer is the more probable one."""
    margin: float
    """Mean of log p(chosen) - log p(rejected), in nats."""


def log_probabilities(trainable: Trainable, batch: Batch) -> torch.Tensor:
    """The log-probability of every row's answer, (rows,): the sum over its decisions."""
    logits, labels = decision_logits(trainable, batch)
    right = functional.log_softmax(logits, dim=-1).gather(1, labels[:, None])[:, 0]
    rows = torch.from_numpy(batch.rows).to(right.device)
    return torch.zeros(len(batch.ids), device=right.device).index_add(0, rows, right)


def pair_batch(pairs: Sequence[EncodedPair]) -> PairBatch:
    """The batch of some pairs."""
    return PairBatch(
        collate([*(pair.chosen for pair in pairs), *(pair.rejected for pair in pairs)]),
        len(pairs),
        torch.tensor([pair.reference for pair in pairs]),
        torch.tensor([pair.weight for pair in pairs]),
    )


def encode_pairs(pairs: Sequence[Pair], grammar: Grammar) -> list[tuple[Pair, Encoded, Encoded]]:
    """The pairs whose answers differ and can both be said, with tokens and decisions."""
    found: list[tuple[Pair, Encoded, Encoded]] = []
    for pair in pairs:
        try:
            chosen, rejected = pair.encoded(grammar)
        except ValueError:
            continue
        if len(chosen.positions) and len(rejected.positions) and chosen.ids.tolist() != rejected.ids.tolist():
            found.append((pair, chosen, rejected))
    return found


def keep_out(pairs: Sequence[Pair], *, share: float, seed: int) -> frozenset[str]:
    """The sentences whose pairs are only measured on: a seeded share, and no correction."""
    texts = sorted(
        {plain(pair.text) for pair in pairs} - {plain(p.text) for p in pairs if p.kind == "correction"}
    )
    random.Random(f"kept out {seed}").shuffle(texts)
    return frozenset(texts[: int(len(texts) * share)])


def score_pairs(trainable: Trainable, pairs: Sequence[EncodedPair]) -> PairScore:
    """How well the model tells pairs apart; leaves it in training mode."""
    margins = margins_of(trainable, [(pair.chosen, pair.rejected) for pair in pairs])
    count = max(1, len(margins))
    return PairScore(len(margins), sum(one > 0 for one in margins) / count, sum(margins) / count)


def margins_of(trainable: Trainable, pairs: Sequence[tuple[Encoded, Encoded]]) -> list[float]:
    """log p(chosen) - log p(rejected) of each pair, in nats."""
    right = answers(trainable, [chosen for chosen, _ in pairs])
    wrong = answers(trainable, [rejected for _, rejected in pairs])
    return [b.loss - a.loss for a, b in zip(right, wrong, strict=True)]
