"""`whispera train --dpo`: a LoRA adapter over a frozen base learns to prefer right answers to wrong ones.

Source: Rafailov et al., Direct Preference Optimization (2023), equation 7:

    loss = -log sigmoid(beta * (margin - margin_ref)),  margin = log p(chosen) - log p(rejected)

The log-probability of an answer is the sum over the decisions of the grammar walk, each a softmax over the
tokens allowed there, as in `training.loop`: a preference among what decoding can say. The reference is the
model with the adapter off; with `reference: start` in the recipe it is the model as the run finds it, which
is another one where an adapter is there already. The reference never changes, so it is asked once.

Beside the preference stands the likelihood of the right answer (`nll_weight`), as in Pang et al., Iterative
Reasoning Preference Optimization (2024): DPO alone may lower both answers if the wrong one falls more.

Where all that was learnt costs held-out phrasings more than `tolerance`, or those of them that are no command
more than `tolerance_none`, the largest part of it is kept that does not. A run is refused, and the adapter
from before stays, where no part will do or the pairs are told apart worse than before. New actions are not
learnt here: that is `whispera train`.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch.nn import functional

from whispera.domain.intent import NONE
from whispera.engines import adapter as adapters
from whispera.errors import AdapterError, TrainingError, UsageError
from whispera.nlu.decode import wire_of
from whispera.nlu.grammar import ChosenStep, Grammar
from whispera.training import keep, lora
from whispera.training import recipe as recipes
from whispera.training.calibrate import inherited
from whispera.training.corrections import CARD_KEY
from whispera.training.curriculum import HeldOut, Paired, heldout_of
from whispera.training.encode import Encoded
from whispera.training.grouping import grouped
from whispera.training.interrupted import Interrupted
from whispera.training.loop import Answered, Progress, Schedule, Score, Trainable, evaluate, fit, score_of
from whispera.training.pairs import (
    EncodedPair,
    PairBatch,
    PairScore,
    encode_pairs,
    keep_out,
    log_probabilities,
    margins_of,
    pair_batch,
    score_pairs,
)
from whispera.training.preferences import Pair, count_kinds, plain

STATE = "dpo.pt"
"""The state of an interrupted run, in `TrainPlan.work`."""
RECIPE = "dpo"
NOTHING = wire_of((ChosenStep(NONE),))
"""The wire intent of what is no command."""


@dataclass(frozen=True, slots=True)
class DpoRecipe:
    """The settings of config/recipes/dpo.yaml."""

    seed: int
    beta: float
    nll_weight: float
    reference: Literal["base", "start"]
    lines: int
    runner_up: float
    kept_out: float
    correction_weight: float
    none_weight: float
    passes: int
    learning_rate: float
    tokens_per_batch: int
    evaluations: int
    tolerance: float
    tolerance_none: float


def read_recipe(path: Path) -> DpoRecipe:
    """The recipe in a file; raises ConfigError for unknown, missing or ill-typed keys."""
    return recipes.read(
        path,
        DpoRecipe,
        may_be_zero=[
            "seed",
            "nll_weight",
            "lines",
            "kept_out",
            "learning_rate",
            "tolerance",
            "tolerance_none",
        ],
    )


def preference_loss(
    chosen: torch.Tensor, rejected: torch.Tensor, reference: torch.Tensor, *, beta: float
) -> torch.Tensor:
    """The DPO loss of each pair, from log-probabilities and the reference's margin; all (pairs,), in nats."""
    return -functional.logsigmoid(beta * ((chosen - rejected) - reference))


@dataclass(frozen=True, slots=True)
class Preferences:
    """The task of a run: the loss of pairs, watched by the accuracy on held-out phrasings."""

    trainable: Trainable
    pairs: Sequence[EncodedPair]
    heldout: Sequence[Encoded]
    recipe: DpoRecipe

    def batches(self, epoch: int, rng: np.random.Generator) -> Iterator[PairBatch]:  # noqa: ARG002
        """One shuffled pass, in batches of about `tokens_per_batch` tokens."""
        lengths = [2 * pair.length for pair in self.pairs]
        for group in grouped(lengths, tokens=self.recipe.tokens_per_batch, rng=rng):
            yield pair_batch([self.pairs[index] for index in group])

    def size(self, batch: PairBatch) -> int:
        """How many pairs a batch holds."""
        return batch.count

    def loss(self, batch: PairBatch) -> torch.Tensor:
        """The weighted mean of the preference and, by decision, of the likelihood of the right answer."""
        with torch.autocast(self.trainable.device.type, dtype=torch.bfloat16):
            found = log_probabilities(self.trainable, batch.batch)
        chosen, rejected = found[: batch.count], found[batch.count :]
        decisions = np.bincount(batch.batch.rows, minlength=2 * batch.count)[: batch.count]
        reference, weights, count = (
            one.to(found.device) for one in (batch.reference, batch.weights, torch.from_numpy(decisions))
        )
        losses = preference_loss(chosen, rejected, reference, beta=self.recipe.beta)
        losses = losses - self.recipe.nll_weight * chosen / count
        return (losses * weights).sum() / weights.sum()

    def score(self) -> Score:
        """Accuracy and loss over the held-out phrasings."""
        return evaluate(self.trainable, self.heldout)


@dataclass(frozen=True, slots=True)
class DpoReport:
    """What a run did, for the report at its end."""

    adapter: lora.TrainReport
    """Held-out phrasings before and after, and the adapter."""
    kinds: dict[str, int]
    """Pairs of each kind."""
    learnt_before: PairScore
    """The pairs learnt from, before."""
    learnt_after: PairScore
    kept_before: PairScore
    """The pairs kept out, before."""
    kept_after: PairScore

    def pairs_as_json(self) -> dict[str, Any]:
        """What became of the pairs, as plain data."""
        return {
            "kinds": self.kinds,
            "learnt": {"before": asdict(self.learnt_before), "after": asdict(self.learnt_after)},
            "kept_out": {"before": asdict(self.kept_before), "after": asdict(self.kept_after)},
        }

    def as_json(self) -> dict[str, Any]:
        """The report as plain data: that of an adapter, and the pairs."""
        return self.adapter.as_json() | {"preferences": self.pairs_as_json()}


def size_of(plan: lora.TrainPlan, fresh: lora.LoraSize) -> lora.LoraSize:
    """Rank and alpha of the present adapter, those of a fresh one where there is none."""
    folder = adapters.present(plan.start or plan.adapters, plan.base.name)
    return fresh if folder is None else _Size(*adapters.read_rank(folder))


@dataclass(frozen=True, slots=True)
class _Size:
    rank: int
    alpha: float


def run(
    recipe: DpoRecipe,
    plan: lora.TrainPlan,
    pairs: Sequence[Pair],
    *,
    fresh: lora.LoraSize,
    report: Callable[[Progress, int], None],
    say: Callable[[str], None],
) -> DpoReport:
    """Tune the adapter on pairs; raises TrainingError, with the old one in place, when it must not be kept.

    `fresh`: rank and alpha where there is no adapter yet. On KeyboardInterrupt the state is saved in
    `plan.work` and the interrupt goes on.
    """
    if plan.method.trainer != "torch" or plan.method.out is not None:
        raise UsageError("pairs are learnt by torch, in an adapter", hint="leave --trainer and --full away")
    started = time.monotonic()
    start = lora.begin(plan, size=size_of(plan, fresh), seed=recipe.seed)
    if start.card.catalog_hash != plan.catalog.hash:
        raise AdapterError("the model does not know these actions yet", hint=adapters.retrain(plan.command))
    encoded = encode_pairs(pairs, start.grammar)
    if not encoded:
        raise TrainingError(
            f"there is no pair to learn from; {keep.STAYS}",
            hint="correct what is misunderstood: whispera correct; or raise lines in config/recipes/dpo.yaml",
        )
    relative = "the model as it is" if recipe.reference == "start" else "the base alone"
    say(f"base {plan.base.name}, {start.told}; {len(encoded)} pairs, relative to {relative}")
    trainable = Trainable(start.model)
    learnt, kept = split(encoded, recipe, trainable)
    if not learnt:
        raise TrainingError(
            f"every pair is kept out to be measured on; {keep.STAYS}",
            hint="a lower kept_out in config/recipes/dpo.yaml",
        )
    known = _heldout(plan, start.grammar, {plain(pair.text) for pair in pairs})
    known.before = known.ask(trainable)
    learnt_before, kept_before = score_pairs(trainable, learnt), score_pairs(trainable, kept)
    weights = keep.lora_state(start.model)
    total = recipe.passes * len(learnt)
    interrupted = Interrupted(
        plan.work / STATE,
        [start.base.base_hash, plan.catalog.hash, asdict(recipe), [one.length for one in learnt]],
        again=f"{plan.command} train --dpo",
    )
    progress = fit(
        trainable,
        Preferences(trainable, learnt, known.some(lora.WATCHED), recipe),
        Schedule(
            examples=total,
            learning_rate=recipe.learning_rate,
            tokens_per_batch=recipe.tokens_per_batch,
            warmup_share=0.1,
            evaluate_every=max(100, total // recipe.evaluations),
            seed=recipe.seed,
        ),
        report=lambda p: report(p, total),
        checkpoint=interrupted.write,
        resume=interrupted.taken_up(plan.resume, total, "pairs", say=say),
    )

    def enough(found: Sequence[Answered]) -> bool:
        none = none_lost(known.paired(found))
        return not none.is_more_than(recipe.tolerance_none) and keep.bears(
            score_of(known.before), score_of(found), tolerance=recipe.tolerance
        )

    part, known.after = keep.largest_part(
        start.model, weights, known.ask(trainable), ask=lambda: known.ask(trainable), enough=enough
    )
    if part < 1:
        say(f"kept {part:.0%} of what was learnt: with all of it too much else is lost")
    interrupted.forget()
    tuned = lora.TrainReport(
        new_actions=(),
        examples=progress.seen,
        seconds=time.monotonic() - started,
        before=score_of(known.before),
        after=score_of(known.after),
        new_before=None,
        new_after=None,
        temperature=inherited(start.card.temperature, known.before, known.after),
        moved=keep.moved(start.model, weights),
        folder=plan.base.name,
        paired=known.paired(),
    )
    result = DpoReport(
        tuned,
        count_kinds(pair for pair, _, _ in encoded),
        learnt_before,
        score_pairs(trainable, learnt),
        kept_before,
        score_pairs(trainable, kept),
    )
    guard(result, recipe)
    facts = {
        "actions": start.card.data.get("actions", {}),
        CARD_KEY: start.card.data.get(CARD_KEY, []),
        "recipe": asdict(recipe),
        "preferences": result.pairs_as_json(),
        "heldout": known.as_json(),
        "temperature": tuned.temperature,
    }
    keep.put(start.model, plan.adapters / plan.base.name, lora.card_of(plan, start, facts))
    return result


@dataclass(frozen=True, slots=True)
class NoneLost:
    """Held-out sentences that are no command, and how many of them are told so."""

    total: int
    before: int
    after: int

    def is_more_than(self, share: float) -> bool:
        """Whether more than a share of them is lost."""
        return self.before - self.after > share * self.total


def none_lost(paired: Iterable[Paired]) -> NoneLost:
    """What a run costs in sentences that are no command."""
    none = [one for one in paired if one.action == NONE]
    return NoneLost(len(none), sum(one.before for one in none), sum(one.after for one in none))


def guard(report: DpoReport, recipe: DpoRecipe) -> None:
    """Raise TrainingError where held-out phrasings fell, all of them or those that are no command, or the
    pairs are told apart worse than before."""
    tuned = report.adapter
    keep.guard(
        tolerance=recipe.tolerance,
        before=tuned.before,
        after=tuned.after,
        new_before=None,
        new_after=None,
        moved=tuned.moved,
        recipe=RECIPE,
    )
    none = none_lost(tuned.paired)
    if none.is_more_than(recipe.tolerance_none):
        raise TrainingError(
            f"of {none.total} held-out sentences that are no command {none.after} are told so, "
            f"{none.before} before; {keep.STAYS}",
            hint="a lower learning_rate or a higher none_weight in config/recipes/dpo.yaml",
        )
    was, now = (
        (learnt.accuracy * learnt.pairs + kept.accuracy * kept.pairs) / (learnt.pairs + kept.pairs)
        for learnt, kept in (
            (report.learnt_before, report.kept_before),
            (report.learnt_after, report.kept_after),
        )
    )
    if now < was:
        raise TrainingError(
            f"the pairs are told apart worse than before, {was:.1%} to {now:.1%}; {keep.STAYS}",
            hint="a lower learning_rate or more passes in config/recipes/dpo.yaml",
        )


def split(
    encoded: Sequence[tuple[Pair, Encoded, Encoded]], recipe: DpoRecipe, trainable: Trainable
) -> tuple[list[EncodedPair], list[EncodedPair]]:
    """The pairs to learn from and those only measured on, with what the reference says of each."""
    off = trainable.model.disable_adapter() if recipe.reference == "base" else contextlib.nullcontext()
    with off:
        margins = margins_of(trainable, [(chosen, rejected) for _, chosen, rejected in encoded])
    out = keep_out([pair for pair, _, _ in encoded], share=recipe.kept_out, seed=recipe.seed)
    learnt: list[EncodedPair] = []
    kept: list[EncodedPair] = []
    for (pair, chosen, rejected), margin in zip(encoded, margins, strict=True):
        weight = recipe.correction_weight if pair.kind == "correction" else 1.0
        weight *= recipe.none_weight if pair.chosen == NOTHING else 1.0
        ready = EncodedPair(chosen, rejected, margin, weight)
        (kept if plain(pair.text) in out else learnt).append(ready)
    return learnt, kept


def _heldout(plan: lora.TrainPlan, grammar: Grammar, texts: Collection[str]) -> HeldOut:
    """The held-out phrasings but those that the user has corrected: they are learnt from."""
    examples = [example for example in plan.heldout if plain(example.text) not in texts]
    known, _ = heldout_of(examples, grammar, [])
    return known
