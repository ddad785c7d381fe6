"""`whispera train`: a LoRA adapter over a frozen base, from train.jsonl, guarded.

Actions that are new or changed since the present adapter (or the base) was trained get a share of the run,
the rest replays what is known; without any, examples of the user's own that are new get a short run, and
without these it goes once through the dataset, as it does for a domain that is all new. It starts warm from
the present adapter. A run whose weights did not move, or after which held-out phrasings are understood worse,
is refused and the old adapter stays; so does one that is interrupted, which `--resume` takes up again.

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
from whispera.engines.adapter import PROMPT_VERSION, WEIGHTS, file_hash
from whispera.engines.fused import PARTS
from whispera.engines.load import PieceTokenizer
from whispera.errors import AdapterError, TrainingError
from whispera.nlu.domains import domain_grammar
from whispera.training import dataset, export, keep
from whispera.training import recipe as recipes
from whispera.training.calibrate import inherited, temperature_of
from whispera.training.corrections import CARD_KEY, CorrectionsRecipe, OwnExamples
from whispera.training.encode import Encoded, encode_example
from whispera.training.interrupted import Interrupted
from whispera.training.loop import Answered, Progress, Schedule, Score, Trainable, answers, score_of
from whispera.training.method import Method
from whispera.workspace import restoring


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


@dataclass(frozen=True, slots=True)
class Paired:
    """One held-out phrasing, before and after a run."""

    text: str
    action: str
    before: bool
    """Whether the whole intent was right before."""
    after: bool


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
FEW = 5
"""Fewer held-out phrasings of new actions than this are filled up with lines kept out of the dataset."""
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
    card = adapters.read_card(folder)
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
    card = adapters.read_card(folder)
    if card.base_hash != base_hash or card.data.get("prompt_version") != PROMPT_VERSION:
        return None
    read_weights(model, folder, recipe)
    return card


def read_weights(model: Any, folder: Path, recipe: LoraSize) -> None:
    """Load an adapter's weights into a wrapped model; raises AdapterError where its size is another."""
    rank, alpha = adapters.read_rank(folder)
    if (rank, alpha) != (recipe.rank, recipe.alpha):
        raise AdapterError(
            f"the adapter in {folder} has rank {rank} and alpha {alpha:g}, "
            f"the recipe {recipe.rank} and {recipe.alpha}",
            hint="set rank and alpha of config/recipes/adapter.yaml back, or remove the adapter",
        )
    set_peft_model_state_dict(model, load_file(folder / WEIGHTS))


def _encode_lines(lines: Sequence[dataset.Line], grammar: Any) -> list[Encoded]:
    encoded: list[Encoded] = []
    refused: list[str] = []
    known: dict[dataset.Line, Encoded] = {}  # lines of new actions are drawn several times
    for line in lines:
        try:
            if line not in known:
                known[line] = dataset.encode_line(line, grammar)
            encoded.append(known[line])
        except ValueError as error:
            refused.append(str(error))
    if len(refused) * 20 > len(lines):
        raise TrainingError(
            f"{len(refused)} of {len(lines)} lines of the dataset do not fit the catalog, "
            f"such as {refused[0]}",
            hint="make it again: whispera regen",
        )
    return encoded


@dataclass(slots=True)
class HeldOut:
    """Phrasings that training never sees."""

    encoded: list[Encoded]
    texts: list[tuple[str, str]]
    """Utterance and action of each."""

    def add(self, encoded: Encoded, text: str, action: str) -> None:
        """One more phrasing."""
        self.encoded.append(encoded)
        self.texts.append((text, action))

    def paired(self, before: Sequence[Answered], after: Sequence[Answered]) -> tuple[Paired, ...]:
        """Each phrasing with whether it was right before and after."""
        return tuple(
            Paired(text, action, was.right, now.right)
            for (text, action), was, now in zip(self.texts, before, after, strict=True)
        )


def encode_heldout(examples: Sequence[Labelled], grammar: Any, new: Sequence[str]) -> tuple[HeldOut, HeldOut]:
    """The held-out phrasings of known and of new actions."""
    known, fresh = HeldOut([], []), HeldOut([], [])
    for example in examples:
        try:
            encoded = encode_example(example, grammar)
        except ValueError:
            continue
        (fresh if example.action in new else known).add(encoded, example.text, example.action)
    return known, fresh


def _rate(recipe: AdapterRecipe, *, first: bool, new: bool, short: CorrectionsRecipe | None) -> float:
    """The learning rate: where no action is known yet, some are new, few are corrected, or all come again."""
    if first:
        return recipe.learning_rate_first
    if new:
        return recipe.learning_rate_new
    return (short or recipe).learning_rate


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
    torch.set_num_threads(plan.threads)
    torch.manual_seed(recipe.seed)
    base_card = check_base(plan.base)
    base_hash = base_card.base_hash
    model = wrap(plan.base, recipe)
    card = warm(model, plan, recipe, base_hash)
    model = plan.method.ready(model)
    tag = plan.catalog.domain.tag
    trained_on = (card or base_card).data.get("actions", {}) if card or tag == DESKTOP else {}
    now = dataset.digests(plan.catalog.actions.values())
    first = not trained_on
    new = [] if plan.everything else dataset.new_actions(now, trained_on)
    whole = not new or len(new) == len(now)
    grammar = domain_grammar(
        plan.catalog.actions.values(),
        tokenizer=PieceTokenizer.read(plan.base / "tokenizer.json"),
        tag=tag,
    )
    grammar.fits = lru_cache(MOST_KNOWN)(grammar.fits)  # the same words stand in many lines
    own, own_encoded = plan.own.fitting(grammar)
    own_new = own.new(card or base_card)
    short = bool(own_new) and not new and not plan.everything
    learns = f"new or changed: {', '.join(new)}"
    if whole:
        learns = "your examples" if short else "the whole dataset"
    say(
        f"base {plan.base.name}, {'warm from the present adapter' if card else 'a fresh adapter'}; {learns}"
        + (f"; {len(own_new)} new of your {len(own.all)} examples" if own_new else "")
    )
    count = recipe.examples if whole else recipe.examples_new
    lines = own.undisputed(dataset.read(plan.data))
    if short:
        drawn = own.draw(lines, own_new, seed=recipe.seed)
    else:
        drawn = dataset.draw(
            lines,
            new=[] if whole else new,
            known=now,
            count=count,
            share=recipe.new_share,
            seed=recipe.seed,
        )
        drawn = own.mixed_in(drawn, own_new, whole=whole, seed=recipe.seed)
    encoded = _encode_lines(drawn.train, grammar)
    known, fresh = encode_heldout(own.measurable(plan.heldout, tag=tag), grammar, [] if whole else new)
    asked = HeldOut(own_encoded, [(one.text, one.action) for one in own.all])
    if not whole and len(fresh.encoded) < FEW:
        for line, one in zip(drawn.heldout_new, _encode_lines(drawn.heldout_new, grammar), strict=False):
            fresh.add(one, line.prompt, line.action)
    trainable = plan.method.trainable(model)
    known_before, fresh_before = answers(trainable, known.encoded), answers(trainable, fresh.encoded)
    before, new_before = score_of(known_before), score_of(fresh_before) if fresh_before else None
    own_before = answers(trainable, asked.encoded)
    start = keep.lora_state(model)
    schedule = Schedule(
        examples=len(encoded),
        learning_rate=_rate(recipe, first=first, new=bool(new), short=own.recipe if short else None),
        tokens_per_batch=recipe.tokens_per_batch,
        warmup_share=0.08,
        evaluate_every=max(500, len(encoded) // (own.recipe if short else recipe).evaluations),
        seed=recipe.seed,
    )
    interrupted = Interrupted(
        plan.work / STATE,
        [base_hash, recipe.seed, len(encoded), sorted(now.items()), own.digests],
        again="whispera train",
        other="another dataset, base or recipe",
    )
    resumed = interrupted.read() if plan.resume else None
    if resumed is not None:
        say(f"resuming at {resumed['seen']} of {len(encoded)} examples")
    learn = plan.method.learner(plan.base, recipe, drawn.train, work=plan.work, say=say, tag=tag)
    progress = learn(
        trainable,
        lambda _epoch: encoded,
        known.encoded[:: max(1, len(known.encoded) // WATCHED)] + fresh.encoded,
        schedule,
        report=lambda p: report(p, len(encoded)),
        checkpoint=interrupted.write,
        resume=resumed,
        patience=recipe.patience,
    )
    if plan.method.out is not None:
        trainable = Trainable(plan.method.as_served(model))
    known_after, part = answers(trainable, known.encoded), 1.0
    if plan.method.out is None:
        part, known_after = keep.largest_part(
            model,
            start,
            known_after,
            ask=lambda: answers(trainable, known.encoded),
            least=before.exact - recipe.tolerance,
        )
    if part < 1:
        say(f"kept {part:.0%} of what was learnt: with all of it too many of the known actions are lost")
    end = keep.lora_state(model)
    fresh_after = answers(trainable, fresh.encoded)
    after, new_after = score_of(known_after), score_of(fresh_after) if fresh_after else None
    moved = max(float((end[name] - start[name]).abs().max()) for name in end)
    interrupted.forget()
    keep.guard(
        tolerance=recipe.tolerance,
        before=before,
        after=after,
        new_before=new_before,
        new_after=new_after,
        moved=moved,
    )
    if first and tag != DESKTOP:
        temperature = temperature_of(known_after)
    else:
        temperature = inherited((card or base_card).temperature, known_before, known_after)
    folder = plan.adapters / plan.base.name
    result = TrainReport(
        tuple(new),
        progress.seen,
        time.monotonic() - started,
        before,
        after,
        new_before,
        new_after,
        temperature,
        moved,
        folder.name,
        known.paired(known_before, known_after) + fresh.paired(fresh_before, fresh_after),
        asked.paired(own_before, answers(trainable, asked.encoded)),
        len(own_new),
    )
    data = {
        "name": plan.base.name,
        "kind": "adapter",
        "base": plan.base.name,
        "base_hash": base_hash,
        "catalog_hash": plan.catalog.hash,
        "prompt_version": PROMPT_VERSION,
        "actions": now,
        "new_actions": new,
        "examples": progress.seen,
        "part": part,
        CARD_KEY: own.digests,
        "recipe": asdict(recipe) | (asdict(own.recipe) if short else {}),
        "data_hash": file_hash(plan.data),
        "heldout": {"examples": len(known.encoded), "before": asdict(before), "after": asdict(after)},
        "temperature": temperature,
        "date": time.strftime("%Y-%m-%d"),
    }
    plan.method.put(trainable.model, folder, data, base=plan.base)
    return result
