"""`whispera train`: a LoRA adapter over a frozen base, from train.jsonl, guarded.

It starts warm from the present adapter and learns what `training.curriculum` says. A run whose weights did
not move, or after which held-out phrasings are understood worse, is refused and the old adapter stays; so
does one that is interrupted, which `--resume` takes up again.

Source: Hu et al., LoRA (2021), through peft.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import torch
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
from safetensors.torch import load_file

from whispera.catalog.catalog import Catalog
from whispera.domain.domain import DESKTOP
from whispera.domain.labelled import Labelled
from whispera.engines import adapter as adapters
from whispera.engines.adapter import PROMPT_VERSION, WEIGHTS, Card, file_hash
from whispera.engines.fused import PARTS
from whispera.engines.load import PieceTokenizer
from whispera.errors import AdapterError, TrainingError
from whispera.nlu.domains import domain_grammar
from whispera.nlu.grammar import Grammar
from whispera.training import export, keep
from whispera.training import recipe as recipes
from whispera.training.calibrate import inherited, temperature_of
from whispera.training.corrections import CARD_KEY, OwnExamples
from whispera.training.curriculum import Curriculum, Paired, curriculum
from whispera.training.interrupted import Interrupted
from whispera.training.loop import Progress, Schedule, Score, Trainable, score_of
from whispera.training.method import Method
from whispera.workspace import command_in, restoring


@dataclass(frozen=True, slots=True)
class AdapterRecipe:
    """The settings of config/recipes/adapter.yaml."""

    seed: int
    rank: int
    alpha: int
    examples: int
    examples_new: int
    new_share: float
    learning_rate: float
    learning_rate_first: float
    learning_rate_new: float
    tokens_per_batch: int
    evaluations: int
    patience: int
    tolerance: float


def read_recipe(path: Path) -> AdapterRecipe:
    """The recipe in a file; raises ConfigError for unknown, missing or ill-typed keys."""
    return recipes.read(path, AdapterRecipe, may_be_zero=[f.name for f in fields(AdapterRecipe)])


@dataclass(frozen=True, slots=True)
class TrainPlan:
    """What one run trains on and where it writes."""

    catalog: Catalog
    base: Path
    """Folder of the base."""
    adapters: Path
    """Folder of adapters; the result goes into `adapters/<base name>`."""
    data: Path
    """train.jsonl."""
    heldout: Sequence[Labelled]
    """The catalog's held-out examples."""
    work: Path
    """Folder for the state of an interrupted run."""
    resume: bool = False
    everything: bool = False
    """Go through the whole dataset although some actions are new."""
    own: OwnExamples = field(default_factory=OwnExamples)
    """The user's own examples."""
    start: Path | None = None
    """Folder of adapters to go on from; `adapters` where it is not named."""
    threads: int = 2
    method: Method = field(default_factory=Method)
    """The loop here or another trainer, an adapter or the whole base."""

    @property
    def command(self) -> str:
        """What `whispera` is typed as for these actions, for hints."""
        return command_in(self.catalog.domain.name)


@dataclass(frozen=True, slots=True)
class TrainReport:
    """What a run did, for the report at its end."""

    new_actions: tuple[str, ...]
    examples: int
    seconds: float
    before: Score
    """Held-out phrasings of the known actions, before."""
    after: Score
    new_before: Score | None
    """Held-out phrasings of the new actions, before; None without new actions."""
    new_after: Score | None
    temperature: float
    moved: float
    """Largest change of a LoRA weight."""
    folder: str
    paired: tuple[Paired, ...] = ()
    """Every held-out phrasing, for a comparison of the two adapters."""
    own: tuple[Paired, ...] = ()
    """Every one of the user's own examples."""
    own_new: int = 0
    """How many of them the adapter had not learnt before."""

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return asdict(self)


STATE = "train.pt"
"""The state of an interrupted run, in `TrainPlan.work`."""
MOST_KNOWN = 100_000
"""Runs of words of which it is remembered whether they can be a value."""
WATCHED = 300
"""About how many held-out phrasings of known actions are looked at in the course of a run."""
TARGETS = [part.rsplit(".", 1)[1] for parts in PARTS.values() for part in parts]


class LoraSize(Protocol):
    """The part of a recipe that says how large the adapter is."""

    @property
    def rank(self) -> int:
        """Inner width of every pair of matrices."""
        ...

    @property
    def alpha(self) -> float:
        """Their product is scaled by alpha / rank."""
        ...


def check_base(folder: Path) -> adapters.Card:
    """The card of a base; raises TrainingError where its weights are not those the card tells of."""
    card = adapters.base_card(folder)
    if card.base_hash != file_hash(folder / "model.safetensors"):
        raise TrainingError(
            f"the base in {folder} is not the one its card describes",
            hint=restoring(folder),
        )
    return card


def wrap(base: Path, recipe: LoraSize) -> Any:
    """The frozen model of a base under a fresh adapter, by peft."""
    model = export.dequantise(base)
    config = LoraConfig(
        r=recipe.rank, lora_alpha=recipe.alpha, target_modules=TARGETS, lora_dropout=0.0, bias="none"
    )
    with warnings.catch_warnings():  # peft 0.21 asks transformers 5 for an attribute by its old name
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
        return get_peft_model(model, config)


def warm(model: Any, plan: TrainPlan, recipe: LoraSize, base_hash: str) -> adapters.Card | None:
    """The card of the present adapter, its weights loaded; None where there is none that fits the base."""
    folder = adapters.present(plan.start or plan.adapters, plan.base.name)
    if folder is None:
        return None
    hint = adapters.again(plan.command)
    card = adapters.read_card(folder, hint=hint)
    if card.base_hash != base_hash or card.data.get("prompt_version") != PROMPT_VERSION:
        return None
    read_weights(model, folder, recipe, hint=hint)
    return card


def read_weights(model: Any, folder: Path, recipe: LoraSize, *, hint: str = "") -> None:
    """Load an adapter's weights into a wrapped model; raises AdapterError where its size is another.

    `hint`: as for `adapter.read_card`.
    """
    rank, alpha = adapters.read_rank(folder, hint=hint)
    if (rank, alpha) != (recipe.rank, recipe.alpha):
        raise AdapterError(
            f"the adapter in {folder} has rank {rank} and alpha {alpha:g}, "
            f"the recipe {recipe.rank} and {recipe.alpha}",
            hint="set rank and alpha of config/recipes/adapter.yaml back, or remove the adapter",
        )
    set_peft_model_state_dict(model, load_file(folder / WEIGHTS))


@dataclass(frozen=True, slots=True)
class Start:
    """What a run goes on from."""

    model: Any
    """A frozen base under an adapter."""
    base: Card
    adapter: Card | None
    """The card of the present adapter, whose weights the model has; None where they are fresh ones."""
    grammar: Grammar

    @property
    def card(self) -> Card:
        """What tells of the present state: the adapter, else the base."""
        return self.adapter or self.base

    @property
    def told(self) -> str:
        """In words."""
        return "warm from the present adapter" if self.adapter else "a fresh adapter"


def begin(plan: TrainPlan, *, size: LoraSize, seed: int) -> Start:
    """What a run goes on from, loaded; raises TrainingError, AdapterError where it is broken."""
    torch.set_num_threads(plan.threads)
    torch.manual_seed(seed)
    base = check_base(plan.base)
    model = wrap(plan.base, size)
    adapter = warm(model, plan, size, base.base_hash)
    grammar = domain_grammar(
        plan.catalog.actions.values(),
        tokenizer=PieceTokenizer.read(plan.base / "tokenizer.json"),
        tag=plan.catalog.domain.tag,
    )
    grammar.fits = lru_cache(MOST_KNOWN)(grammar.fits)  # the same words stand in many lines
    return Start(plan.method.ready(model), base, adapter, grammar)


def card_of(plan: TrainPlan, start: Start, facts: dict[str, Any]) -> dict[str, Any]:
    """The card of an adapter for commands, with what its kind of run says besides."""
    return {
        "name": plan.base.name,
        "kind": "adapter",
        "base": plan.base.name,
        "base_hash": start.base.base_hash,
        "catalog_hash": plan.catalog.hash,
        "prompt_version": PROMPT_VERSION,
        **facts,
        "date": time.strftime("%Y-%m-%d"),
    }


def run(
    recipe: AdapterRecipe,
    plan: TrainPlan,
    *,
    report: Callable[[Progress, int], None],
    say: Callable[[str], None],
) -> TrainReport:
    """Tune the adapter; raises TrainingError, with the old adapter in place, when it must not be kept.

    On KeyboardInterrupt the state is saved in `plan.work` and the interrupt goes on.
    """
    started = time.monotonic()
    start = begin(plan, size=recipe, seed=recipe.seed)
    learns = curriculum(recipe, plan, start, say=say)
    known, fresh, asked = learns.known, learns.fresh, learns.asked
    trainable = plan.method.trainable(start.model)
    for group in (known, fresh, asked):
        group.before = group.ask(trainable)
    weights, data_hash = keep.lora_state(start.model), file_hash(plan.data)
    interrupted = Interrupted(
        plan.work / STATE,
        [
            start.base.base_hash,
            asdict(recipe),
            data_hash,
            len(learns.encoded),
            sorted(learns.actions.items()),
            learns.own.digests,
        ],
        again=f"{plan.command} train",
        other="another dataset, base or recipe",
    )
    progress = _learn(recipe, plan, learns, trainable, interrupted, report=report, say=say)
    if plan.method.out is not None:
        trainable = Trainable(plan.method.as_served(start.model))
    before = score_of(known.before)
    known.after, part = known.ask(trainable), 1.0
    if plan.method.out is None:
        part, known.after = keep.largest_part(
            start.model,
            weights,
            known.after,
            ask=lambda: known.ask(trainable),
            enough=lambda found: keep.bears(before, score_of(found), tolerance=recipe.tolerance),
        )
    if part < 1:
        say(f"kept {part:.0%} of what was learnt: with all of it too many of the known actions are lost")
    fresh.after = fresh.ask(trainable)
    interrupted.forget()
    after, moved = score_of(known.after), keep.moved(start.model, weights)
    new_before, new_after = (score_of(one) if one else None for one in (fresh.before, fresh.after))
    keep.guard(
        tolerance=recipe.tolerance,
        before=before,
        after=after,
        new_before=new_before,
        new_after=new_after,
        moved=moved,
    )
    asked.after = asked.ask(trainable)
    result = TrainReport(
        new_actions=tuple(learns.new),
        examples=progress.seen,
        seconds=time.monotonic() - started,
        before=before,
        after=after,
        new_before=new_before,
        new_after=new_after,
        temperature=_temperature(plan, start, learns),
        moved=moved,
        folder=plan.base.name,
        paired=known.paired() + fresh.paired(),
        own=asked.paired(),
        own_new=len(learns.own_new),
    )
    facts = {
        "actions": learns.actions,
        "new_actions": learns.new,
        "examples": progress.seen,
        "part": part,
        CARD_KEY: learns.own.digests,
        "recipe": learns.recipe(recipe),
        "data_hash": data_hash,
        "heldout": known.as_json(),
        "temperature": result.temperature,
    }
    folder = plan.adapters / plan.base.name
    plan.method.put(trainable.model, folder, card_of(plan, start, facts), base=plan.base)
    return result


def _learn(
    recipe: AdapterRecipe,
    plan: TrainPlan,
    learns: Curriculum,
    trainable: Trainable,
    interrupted: Interrupted,
    *,
    report: Callable[[Progress, int], None],
    say: Callable[[str], None],
) -> Progress:
    """Go through the lines, from where an interrupted run stood where that is to be resumed."""
    total = len(learns.encoded)
    resumed = interrupted.taken_up(plan.resume, total, "examples", say=say)
    tag = plan.catalog.domain.tag
    learn = plan.method.learner(plan.base, recipe, learns.lines, work=plan.work, say=say, tag=tag)
    return learn(
        trainable,
        lambda _epoch: learns.encoded,
        learns.known.some(WATCHED) + learns.fresh.encoded,
        Schedule(
            examples=total,
            learning_rate=learns.learning_rate(recipe),
            tokens_per_batch=recipe.tokens_per_batch,
            warmup_share=0.08,
            evaluate_every=learns.evaluate_every(recipe),
            seed=recipe.seed,
        ),
        report=lambda p: report(p, total),
        checkpoint=interrupted.write,
        resume=resumed,
        patience=recipe.patience,
    )


def _temperature(plan: TrainPlan, start: Start, learns: Curriculum) -> float:
    """Of the new adapter: fitted where a domain is all new, else the one from before by how it changed."""
    if learns.first and plan.catalog.domain.tag != DESKTOP:
        return temperature_of(learns.known.after)
    return inherited(start.card.temperature, learns.known.before, learns.known.after)
