"""`whispera train --conversations`: a LoRA adapter over a frozen base learns to answer as shown.

The file holds one `{"messages": [...]}` a line: questions and answers in turn, a system message before them
or not. They are written in the template of the base (`nlu.chat`); the loss is the likelihood of the tokens
the assistant says, over the whole vocabulary, and of nothing else.

An adapter keeps what must stay the same for its numbers to mean anything: base, vocabulary, template,
sequence length, batch and dtype. A run that goes on from it, or from an interrupted one, with another is
refused.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch.nn import functional

from whispera.engines import adapter as adapters
from whispera.engines.adapter import CONVERSATION, Card, file_hash
from whispera.engines.chat import ChatTokenizer, differences, vocabulary_of
from whispera.errors import AdapterError, TrainingError
from whispera.nlu.chat import START, Template, template, template_of
from whispera.training import checkpoint, keep, lora
from whispera.training import recipe as recipes
from whispera.training.conversations import (
    Spoken,
    SpokenBatch,
    collate,
    common_system,
    encode_all,
    keep_out,
    read,
)
from whispera.training.grouping import grouped
from whispera.training.interrupted import Interrupted
from whispera.training.loop import Progress, Schedule, Score, Trainable, fit

STATE = "conversation.pt"
"""The state of an interrupted run, in `ConversationPlan.work`."""
RECIPE = "conversation"
FILE = f"config/recipes/{RECIPE}.yaml"


@dataclass(frozen=True, slots=True)
class ConversationRecipe:
    """The settings of config/recipes/conversation.yaml."""

    seed: int
    rank: int
    alpha: int
    template: Literal["auto", "chatml", "plain"]
    sequence_length: int
    batch: int
    dtype: Literal["bfloat16", "float32"]
    passes: int
    learning_rate: float
    kept_out: float
    evaluations: int


def read_recipe(path: Path) -> ConversationRecipe:
    """The recipe in a file; raises ConfigError for unknown, missing or ill-typed keys."""
    return recipes.read(path, ConversationRecipe, may_be_zero=["seed", "kept_out", "learning_rate"])


@dataclass(frozen=True, slots=True)
class Talking:
    """The task of a run: the likelihood of what the assistant says."""

    trainable: Trainable
    learnt: Sequence[Spoken]
    measured: Sequence[Spoken]
    recipe: ConversationRecipe

    def batches(self, epoch: int, rng: np.random.Generator) -> Iterator[SpokenBatch]:  # noqa: ARG002
        """One shuffled pass."""
        for group in grouped([len(one.ids) for one in self.learnt], tokens=self.recipe.batch, rng=rng):
            yield collate([self.learnt[index] for index in group])

    def size(self, batch: SpokenBatch) -> int:
        """How many conversations a batch holds."""
        return len(batch.ids)

    def logits(self, batch: SpokenBatch) -> torch.Tensor:
        """Logits (said, vocabulary) of what is learnt, float32."""
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.recipe.dtype == "bfloat16"):
            hidden = self.trainable.get_base_hidden(batch.ids)
            return self.trainable.project(hidden[batch.rows, batch.positions]).float()

    def loss(self, batch: SpokenBatch) -> torch.Tensor:
        """The mean negative log-likelihood of a token."""
        return functional.cross_entropy(self.logits(batch), batch.labels)

    @torch.no_grad()
    def score(self) -> Score:
        """Share of the tokens kept out that come first (as `action` and `exact`), and their mean loss."""
        self.trainable.model.eval()
        loss = right = count = 0.0
        for one in self.measured:
            batch = collate([one])
            logits = self.logits(batch)
            loss += float(functional.cross_entropy(logits, batch.labels, reduction="sum"))
            right += float((logits.argmax(-1) == batch.labels).sum())
            count += len(batch.labels)
        self.trainable.model.train()
        return Score(right / count, right / count, loss / count)


@dataclass(frozen=True, slots=True)
class ConversationPlan:
    """What one run learns from and where it writes."""

    base: Path
    """Folder of the base."""
    adapters: Path
    """Folder of adapters; the result goes into `adapters/<base name>-<name>`."""
    data: Path
    """The conversations."""
    name: str
    """Of the adapter."""
    work: Path
    """Folder for the state of an interrupted run."""
    start: Path | None = None
    """Folder of an adapter to go on from."""
    template: str = ""
    """Instead of the recipe's."""
    resume: bool = False
    threads: int = 2


@dataclass(frozen=True, slots=True)
class ConversationReport:
    """What a run did, for the report at its end."""

    name: str
    template: str
    conversations: int
    """Learnt from."""
    kept_out: int
    """Only measured on; where it is 0 the figures are of those learnt from."""
    tokens: int
    """That the assistant says, of those learnt from."""
    before: Score
    after: Score
    seconds: float
    moved: float
    folder: str

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return asdict(self)


def must_match(
    recipe: ConversationRecipe, plan: ConversationPlan, tokenizer: ChatTokenizer
) -> tuple[Template, dict[str, Any]]:
    """The template, and the settings an adapter is bound to; raises ModelError, TrainingError.

    Of a base that cannot take them: one that lacks the template's tokens or has another, reads fewer tokens
    than the sequence length, or whose vocabulary is not the one of its weights.
    """
    config = json.loads((plan.base / "config.json").read_text(encoding="utf-8"))
    reads, rows = int(config["max_position_embeddings"]), int(config["vocab_size"])
    if recipe.sequence_length > reads:
        raise TrainingError(
            f"the sequence length is {recipe.sequence_length}, and {plan.base.name} reads {reads} tokens",
            hint=f"set sequence_length in {FILE} to {reads} or less",
        )
    if tokenizer.size > rows:
        raise TrainingError(
            f"the vocabulary of {plan.base.name} has {tokenizer.size} tokens, and its weights {rows}",
            hint="prepare the base again",
        )
    name = plan.template or recipe.template
    written = template(template_of(tokenizer) if name == "auto" else name, tokenizer)
    theirs = checkpoint.chat_of(plan.base).get("chat_template", "")
    if written.name == "chatml" and theirs and START not in theirs:
        raise TrainingError(
            f"{plan.base.name} has a chat template of its own, and it is not ChatML",
            hint="take the plain one: --template plain",
        )
    return written, {
        **vocabulary_of(tokenizer, plan.base),
        "template": written.name,
        "sequence_length": recipe.sequence_length,
        "batch": recipe.batch,
        "dtype": recipe.dtype,
    }


def check_start(card: Card, bound: dict[str, Any], base_hash: str) -> None:
    """Raise AdapterError where an adapter must not be gone on from."""
    wanted = {"kind": CONVERSATION, "base_hash": base_hash, **bound}
    differs = differences(wanted, {key: card.data.get(key) for key in wanted})
    if differs:
        raise AdapterError(
            f"the adapter {card.data.get('name')} cannot be tuned on so: {differs}",
            hint=f"set that back ({FILE}, --template, --base), or take another --name",
        )


def run(
    recipe: ConversationRecipe,
    plan: ConversationPlan,
    *,
    report: Callable[[Progress, int], None],
    say: Callable[[str], None],
) -> ConversationReport:
    """Tune an adapter to talk; raises TrainingError, with the old one in place, when it must not be kept.

    On KeyboardInterrupt the state is saved in `plan.work` and the interrupt goes on.
    """
    started = time.monotonic()
    torch.set_num_threads(plan.threads)
    torch.manual_seed(recipe.seed)
    base_hash = lora.check_base(plan.base).base_hash
    tokenizer = ChatTokenizer.read(plan.base / "tokenizer.json")
    written, bound = must_match(recipe, plan, tokenizer)
    conversations = read(plan.data)
    spoken = encode_all(conversations, written, limit=recipe.sequence_length, file=plan.data)
    if plan.start is not None:
        check_start(adapters.read_card(plan.start), bound, base_hash)
    model = lora.wrap(plan.base, recipe)
    if plan.start is not None:
        lora.read_weights(model, plan.start, recipe)
    out = keep_out(len(spoken), share=recipe.kept_out, seed=recipe.seed)
    learnt = [one for index, one in enumerate(spoken) if index not in out]
    measured = [one for index, one in enumerate(spoken) if index in out] or learnt
    say(
        f"base {plan.base.name}, template {written.name}, "
        f"{f'warm from {plan.start.name}' if plan.start else 'a fresh adapter'}; "
        f"{len(learnt)} conversations, {len(out)} kept out"
    )
    trainable = Trainable(model)
    task = Talking(trainable, learnt, measured, recipe)
    before = task.score()
    start = keep.lora_state(model)
    total = recipe.passes * len(learnt)
    data_hash = file_hash(plan.data)
    interrupted = Interrupted(
        plan.work / STATE,
        [plan.name, base_hash, bound, asdict(recipe), data_hash],
        again="whispera train --conversations FILE",
    )
    fit(
        trainable,
        task,
        Schedule(
            examples=total,
            learning_rate=recipe.learning_rate,
            warmup_share=0.08,
            evaluate_every=max(1, total // recipe.evaluations),
            seed=recipe.seed,
        ),
        report=lambda p: report(p, total),
        checkpoint=interrupted.write,
        resume=interrupted.taken_up(plan.resume, total, "conversations", say=say),
    )
    after = task.score()
    moved = keep.moved(model, start)
    interrupted.forget()
    guard(before, after, moved)
    folder = plan.adapters / f"{plan.base.name}-{plan.name}"
    data = {
        "name": folder.name,
        "kind": CONVERSATION,
        "base": plan.base.name,
        "base_hash": base_hash,
        **bound,
        "system": common_system(conversations),
        "recipe": asdict(recipe),
        "data_hash": data_hash,
        "conversations": len(learnt),
        "kept_out": {"conversations": len(out), "before": asdict(before), "after": asdict(after)},
        "date": time.strftime("%Y-%m-%d"),
    }
    keep.put(model, folder, data)
    return ConversationReport(
        plan.name,
        written.name,
        len(learnt),
        len(out),
        sum(len(one.positions) for one in learnt),
        before,
        after,
        time.monotonic() - started,
        moved,
        folder.name,
    )


def guard(before: Score, after: Score, moved: float) -> None:
    """Raise TrainingError where a run moved nothing, broke, or expects what was kept out less than before."""
    keep.check_moved(moved, after.loss, recipe=RECIPE)
    if after.loss >= before.loss:
        raise TrainingError(
            "the answers kept out are less expected than before, perplexity "
            f"{math.exp(before.loss):.1f} to {math.exp(after.loss):.1f}; {keep.STAYS}",
            hint=f"fewer passes or a lower learning_rate in {FILE}, or more conversations",
        )
