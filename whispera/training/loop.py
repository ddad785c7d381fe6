"""The training loop, one for the base and for adapters: a task in, better weights out.

bf16 autocast with manual attention on CPU (fp32 is several times slower there); cosine schedule; an average
of the weights over the last part of the run. What is learnt is a `Task`: here the decisions of the grammar
walk, elsewhere pairs (`training.dpo`) and conversations (`training.talking`).
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from whispera.memory import give_back
from whispera.training import memory
from whispera.training.encode import Batch, Encoded, batches, collate


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how fast to learn."""

    examples: int
    """Examples to see in all, repetitions counted."""
    learning_rate: float
    tokens_per_batch: int = 2048
    warmup_share: float = 0.04
    floor_share: float = 0.02
    """Final learning rate as a share of the peak."""
    weight_decay: float = 0.01
    average_from: float = 0.8
    """Progress from which on the weights are averaged."""
    average_decay: float = 0.96
    evaluate_every: int = 20_000
    """Examples between two evaluations on held-out phrasings."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """Accuracy over held-out examples, each decision taken with the right ones before it."""

    action: float
    """Share with every decision of the action right."""
    exact: float
    """Share with every decision right: what constrained greedy decoding gets exactly."""
    loss: float
    """Mean negative log-likelihood of a decision."""


@dataclass(slots=True)
class Progress:
    """Where a run is; handed to the reporter after each step."""

    seen: int = 0
    loss: float = 0.0
    rate: float = 0.0
    """Examples a second."""
    score: Score | None = None
    """The latest in the course of the run; the averaged weights at its end are for the caller to measure."""
    best: Score | None = None


def decision_logits(model: Trainable, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits (decisions, tokens), -inf where not allowed, and labels (decisions,), as columns of them.

    The tokens are those allowed at any decision of the batch, in ascending order.
    """

    def there(array: NDArray[Any]) -> torch.Tensor:
        return torch.from_numpy(array).to(model.device)

    tokens, columns = np.unique(batch.mask_tokens, return_inverse=True)
    logits = model.project(model.decided(batch), there(tokens)).float()
    mask = torch.full_like(logits, -math.inf)
    mask[there(batch.mask_rows), there(columns)] = 0.0
    return logits + mask, there(np.searchsorted(tokens, batch.labels))


class Trainable:
    """A Hugging Face causal model, bare or wrapped by peft, as the loop sees it."""

    def __init__(self, model: Any) -> None:
        memory.bound_kernels()
        self.model = model
        self.device: torch.device = next(model.parameters()).device
        """Where the model is, and where batches are sent."""
        inner = model.get_base_model() if hasattr(model, "get_base_model") else model
        self._body = inner.model
        self._head = inner.lm_head

    def get_base_hidden(self, ids: torch.Tensor) -> torch.Tensor:
        """Final hidden states (batch, length, width)."""
        hidden: torch.Tensor = self._body(input_ids=ids, use_cache=False).last_hidden_state
        return hidden

    def decided(self, batch: Batch) -> torch.Tensor:
        """The final hidden state before each decision, (decisions, width)."""
        ids, rows, positions = (
            torch.from_numpy(array).to(self.device) for array in (batch.ids, batch.rows, batch.positions)
        )
        return self.get_base_hidden(ids)[rows, positions]

    def project(self, hidden: torch.Tensor, tokens: torch.Tensor | None = None) -> torch.Tensor:
        """Logits (..., tokens) of hidden states, in the order of `tokens`; all where none are named."""
        if tokens is not None:
            return functional.linear(hidden, self._head.weight[tokens])
        logits: torch.Tensor = self._head(hidden)
        return logits

    def parameters(self) -> list[torch.nn.Parameter]:
        """The parameters being learnt."""
        return [p for p in self.model.parameters() if p.requires_grad]


@dataclass(frozen=True, slots=True)
class Answered:
    """What a model answers to one example, each decision taken with the right ones before it."""

    logits: tuple[NDArray[np.float32], ...]
    """Of the allowed tokens at each decision."""
    right_action: bool
    right: bool
    loss: float
    """Sum of the negative log-likelihoods of the decisions."""


@torch.no_grad()
def answers(trainable: Trainable, examples: Sequence[Encoded], *, batch_size: int = 128) -> list[Answered]:
    """The model's answers to examples, in their order; leaves the model in training mode."""
    trainable.model.eval()
    found: list[Answered | None] = [None] * len(examples)
    order = sorted(range(len(examples)), key=lambda i: examples[i].length)
    for start in range(0, len(order), batch_size):
        places = order[start : start + batch_size]
        batch = collate([examples[i] for i in places])
        with torch.autocast(trainable.device.type, dtype=torch.bfloat16):
            logits, labels = decision_logits(trainable, batch)
        losses = functional.cross_entropy(logits, labels, reduction="none").cpu().numpy()
        hits = (logits.argmax(-1) == labels).cpu().numpy()
        rows = logits.cpu().numpy()
        offset = 0
        for place in places:
            example = examples[place]
            stop = offset + len(example.positions)
            mine = hits[offset:stop]
            found[place] = Answered(
                tuple(row[row > -math.inf] for row in rows[offset:stop]),
                bool(mine[: example.action_decisions].all()),
                bool(mine.all()),
                float(losses[offset:stop].sum()),
            )
            offset = stop
    trainable.model.train()
    return [one for one in found if one is not None]


def score_of(answered: Sequence[Answered]) -> Score:
    """The accuracy and the mean loss of answers."""
    count = max(1, len(answered))
    decisions = sum(len(one.logits) for one in answered)
    return Score(
        sum(one.right_action for one in answered) / count,
        sum(one.right for one in answered) / count,
        sum(one.loss for one in answered) / max(1, decisions),
    )


def evaluate(trainable: Trainable, examples: Sequence[Encoded]) -> Score:
    """Accuracy and loss over examples; leaves the model in training mode."""
    return score_of(answers(trainable, examples))


def _rate_at(schedule: Schedule, progress: float) -> float:
    if progress < schedule.warmup_share:
        return schedule.learning_rate * progress / schedule.warmup_share
    done = (progress - schedule.warmup_share) / (1 - schedule.warmup_share)
    floor = schedule.floor_share
    return schedule.learning_rate * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


Material = TypeVar("Material")


class Task(Protocol[Material]):
    """What a run learns from and how far it has come; `Material` is what one step takes."""

    def batches(self, epoch: int, rng: np.random.Generator) -> Iterator[Material]:
        """One shuffled pass."""
        ...

    def size(self, batch: Material) -> int:
        """How many examples a batch holds."""
        ...

    def loss(self, batch: Material) -> torch.Tensor:
        """The loss of a batch, a scalar with its gradient."""
        ...

    def score(self) -> Score:
        """How well what is held out is answered; leaves the model in training mode."""
        ...


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decisions of the grammar walk, each a softmax over the tokens allowed there."""

    trainable: Trainable
    data: Callable[[int], Sequence[Encoded]]
    """The examples of each pass."""
    heldout: Sequence[Encoded]
    tokens_per_batch: int

    def batches(self, epoch: int, rng: np.random.Generator) -> Iterator[Batch]:
        """One shuffled pass."""
        return batches(self.data(epoch), tokens=self.tokens_per_batch, rng=rng)

    def size(self, batch: Batch) -> int:
        """How many examples a batch holds."""
        return len(batch.ids)

    def loss(self, batch: Batch) -> torch.Tensor:
        """The weighted mean negative log-likelihood of the right decisions."""
        with torch.autocast(self.trainable.device.type, dtype=torch.bfloat16):
            logits, labels = decision_logits(self.trainable, batch)
        weights = torch.from_numpy(batch.weights).to(logits.device)
        losses = functional.cross_entropy(logits, labels, reduction="none")
        return (losses * weights).sum() / weights.sum()

    def score(self) -> Score:
        """Accuracy and loss over the held-out examples."""
        return evaluate(self.trainable, self.heldout)


def _stream(task: Task[Material], schedule: Schedule) -> Iterator[Material]:
    rng = np.random.default_rng(schedule.seed)
    epoch = 0
    while True:
        yield from task.batches(epoch, rng)
        epoch += 1


def train(
    trainable: Trainable,
    data: Callable[[int], Sequence[Encoded]],
    heldout: Sequence[Encoded],
    schedule: Schedule,
    *,
    report: Callable[[Progress], None],
    checkpoint: Callable[[dict[str, Any]], None] | None = None,
    resume: dict[str, Any] | None = None,
    patience: int = 0,
) -> Progress:
    """The progress at the end; the model then holds the averaged weights.

    `data(epoch)` gives the examples of each pass; the rest is as in `fit`.
    """
    task = Decisions(trainable, data, heldout, schedule.tokens_per_batch)
    return fit(
        trainable, task, schedule, report=report, checkpoint=checkpoint, resume=resume, patience=patience
    )


def fit(
    trainable: Trainable,
    task: Task[Material],
    schedule: Schedule,
    *,
    report: Callable[[Progress], None],
    checkpoint: Callable[[dict[str, Any]], None] | None = None,
    resume: dict[str, Any] | None = None,
    patience: int = 0,
) -> Progress:
    """The progress at the end; the model then holds the averaged weights.

    With `patience` > 0 a run stops after that many evaluations without a better loss on what is held out.
    `checkpoint` is handed the state of the run at each evaluation and when it is interrupted; `resume` takes
    such a state up again.
    """
    torch.manual_seed(schedule.seed)
    parameters = trainable.parameters()
    optimizer = torch.optim.AdamW(
        parameters,
        lr=schedule.learning_rate,
        betas=(0.9, 0.98),
        weight_decay=schedule.weight_decay,
        fused=True,
    )
    give_back()  # what loading and asking took
    trainable.model.train()
    average: list[torch.Tensor] | None = None
    progress = Progress()
    stale = 0
    next_evaluation = schedule.evaluate_every
    started = time.monotonic()
    smoothed: float | None = None
    if resume is not None:
        torch._foreach_copy_([p.data for p in parameters], resume["parameters"])
        optimizer.load_state_dict(resume["optimizer"])
        average = resume["average"]
        progress.seen = resume["seen"]
        next_evaluation += progress.seen
    begun = progress.seen
    passed = 0

    def state() -> dict[str, Any]:
        return {
            "parameters": [p.detach() for p in parameters],
            "optimizer": optimizer.state_dict(),
            "average": average,
            "seen": progress.seen,
        }

    try:
        for step, batch in enumerate(_stream(task, schedule)):
            if passed < begun:  # what an interrupted run has learnt from already
                passed += task.size(batch)
                continue
            share = progress.seen / schedule.examples
            for group in optimizer.param_groups:
                group["lr"] = _rate_at(schedule, share)
            loss = task.loss(batch)
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            if step % memory.STEPS == memory.STEPS - 1:
                give_back()
            progress.seen += task.size(batch)
            value = float(loss.detach())
            smoothed = value if smoothed is None else 0.97 * smoothed + 0.03 * value
            progress.loss = smoothed
            progress.rate = (progress.seen - begun) / (time.monotonic() - started)
            if share >= schedule.average_from and step % 4 == 0:
                if average is None:
                    average = [p.detach().clone() for p in parameters]
                else:
                    torch._foreach_lerp_(
                        average, [p.detach() for p in parameters], 1 - schedule.average_decay
                    )
            finished = progress.seen >= schedule.examples
            if progress.seen >= next_evaluation and not finished:
                next_evaluation += schedule.evaluate_every
                progress.score = task.score()
                better = progress.best is None or progress.score.loss < progress.best.loss
                progress.best = progress.score if better else progress.best
                stale = 0 if better else stale + 1
                if checkpoint is not None:
                    checkpoint(state())
                finished = bool(patience) and stale >= patience
            report(progress)
            if finished:
                break
    except KeyboardInterrupt:
        if checkpoint is not None:
            checkpoint(state())
        raise
    if average is not None:
        torch._foreach_copy_([p.data for p in parameters], average)
    return progress
