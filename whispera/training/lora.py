"""`whispera train`: a LoRA adapter over a frozen base, from train.jsonl, guarded.

Actions that are new or changed since the present adapter (or the base) was trained get a share of the run,
the rest replays what is known; without any, the run goes once through the dataset. It starts warm from the
present adapter. A run whose weights did not move, or after which held-out phrasings are understood worse,
is refused and the old adapter stays; so does one that is interrupted, which `--resume` takes up again.

Source: Hu et al., LoRA (2021), through peft.
"""

from __future__ import annotations

import json
import os
import shutil
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
from safetensors.torch import load_file

from whispera.catalog.catalog import Catalog
from whispera.domain.labelled import Labelled
from whispera.engines import adapter as adapters
from whispera.engines.adapter import CARD, PROMPT_VERSION, WEIGHTS, file_hash
from whispera.engines.fused import PARTS
from whispera.engines.load import PieceTokenizer
from whispera.errors import AdapterError, TrainingError
from whispera.nlu.domains import domain_grammar
from whispera.training import dataset, export
from whispera.training import recipe as recipes
from whispera.training.calibrate import GRID, temperature_of
from whispera.training.encode import Encoded, encode_example
from whispera.training.loop import Progress, Schedule, Score, Trainable, evaluate, train


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
    start: Path | None = None
    """Folder of adapters to go on from; `adapters` where it is not named."""
    threads: int = 2


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

    def as_json(self) -> dict[str, Any]:
        """The report as plain data."""
        return asdict(self)


STATE = "train.pt"
"""The state of an interrupted run, in `TrainPlan.work`."""
TARGETS = [part.rsplit(".", 1)[1] for parts in PARTS.values() for part in parts]


def _wrap(plan: TrainPlan, recipe: AdapterRecipe) -> Any:
    model = export.dequantise(plan.base)
    config = LoraConfig(
        r=recipe.rank, lora_alpha=recipe.alpha, target_modules=TARGETS, lora_dropout=0.0, bias="none"
    )
    with warnings.catch_warnings():  # peft 0.21 asks transformers 5 for an attribute by its old name
        warnings.filterwarnings("ignore", message=".*is_gradient_checkpointing", category=FutureWarning)
        return get_peft_model(model, config)


def _lora_state(model: Any) -> dict[str, torch.Tensor]:
    return {
        name.replace(".default.", "."): tensor.detach().clone()
        for name, tensor in model.state_dict().items()
        if ".lora_" in name
    }


def _warm(model: Any, plan: TrainPlan, recipe: AdapterRecipe, base_hash: str) -> adapters.Card | None:
    """The card of the present adapter, its weights loaded; None where there is none that fits the base."""
    folder = adapters.present(plan.start or plan.adapters, plan.base.name)
    if folder is None:
        return None
    card = adapters.read_card(folder)
    if card.base_hash != base_hash or card.data.get("prompt_version") != PROMPT_VERSION:
        return None
    rank, alpha = adapters.read_rank(folder)
    if (rank, alpha) != (recipe.rank, recipe.alpha):
        raise AdapterError(
            f"the adapter in {folder} has rank {rank} and alpha {alpha:g}, "
            f"the recipe {recipe.rank} and {recipe.alpha}",
            hint="set rank and alpha of config/recipes/adapter.yaml back, or remove the adapter",
        )
    set_peft_model_state_dict(model, load_file(folder / WEIGHTS))
    return card


def _encode_lines(lines: Sequence[dataset.Line], grammar: Any) -> list[Encoded]:
    encoded: list[Encoded] = []
    refused: list[str] = []
    for line in lines:
        try:
            encoded.append(dataset.encode_line(line, grammar))
        except ValueError as error:
            refused.append(str(error))
    if len(refused) * 20 > len(lines):
        raise TrainingError(
            f"{len(refused)} of {len(lines)} lines of the dataset do not fit the catalog, "
            f"such as {refused[0]}",
            hint="make it again: whispera regen",
        )
    return encoded


def _encode_heldout(
    examples: Sequence[Labelled], grammar: Any, new: Sequence[str]
) -> tuple[list[Encoded], list[Encoded]]:
    known: list[Encoded] = []
    fresh: list[Encoded] = []
    for example in examples:
        try:
            encoded = encode_example(example, grammar)
        except ValueError:
            continue
        (fresh if example.action in new else known).append(encoded)
    return known, fresh


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
    base_card = adapters.read_card(plan.base)
    base_hash = file_hash(plan.base / "model.safetensors")
    if base_card.base_hash != base_hash:
        raise TrainingError(
            f"the base in {plan.base} is not the one its card describes",
            hint="restore it: git checkout -- whispera/models",
        )
    model = _wrap(plan, recipe)
    card = _warm(model, plan, recipe, base_hash)
    trained_on = (card or base_card).data.get("actions", {})
    now = dataset.digests(plan.catalog.actions.values())
    new = [] if plan.everything else dataset.new_actions(now, trained_on)
    say(
        f"base {plan.base.name}, {'warm from the present adapter' if card else 'a fresh adapter'}; "
        + (f"new or changed: {', '.join(new)}" if new else "the whole dataset")
    )
    grammar = domain_grammar(
        plan.catalog.actions.values(), tokenizer=PieceTokenizer.read(plan.base / "tokenizer.json")
    )
    count = recipe.examples_new if new else recipe.examples
    drawn = dataset.draw(
        dataset.read(plan.data), new=new, known=now, count=count, share=recipe.new_share, seed=recipe.seed
    )
    encoded = _encode_lines(drawn.train, grammar)
    known_heldout, new_heldout = _encode_heldout(plan.heldout, grammar, new)
    if new and len(new_heldout) < 5:
        new_heldout.extend(_encode_lines(drawn.heldout_new, grammar))
    trainable = Trainable(model)
    before = evaluate(trainable, known_heldout)
    fitted_before = temperature_of(trainable, known_heldout)
    new_before = evaluate(trainable, new_heldout) if new_heldout else None
    start = _lora_state(model)
    schedule = Schedule(
        examples=len(encoded),
        learning_rate=recipe.learning_rate_new if new else recipe.learning_rate,
        tokens_per_batch=recipe.tokens_per_batch,
        warmup_share=0.08,
        evaluate_every=max(500, len(encoded) // recipe.evaluations),
        seed=recipe.seed,
    )
    saved = plan.work / STATE
    plan.work.mkdir(parents=True, exist_ok=True)
    key = [base_hash, recipe.seed, len(encoded), sorted(now.items())]

    def checkpoint(state: dict[str, Any]) -> None:
        torch.save({"key": json.dumps(key), **state}, saved.with_suffix(".tmp"))
        saved.with_suffix(".tmp").replace(saved)

    resumed: dict[str, Any] | None = None
    if plan.resume and saved.is_file():
        resumed = torch.load(saved, weights_only=True)
        if resumed.pop("key") != json.dumps(key):
            raise TrainingError(
                "the interrupted run was for another dataset, base or recipe",
                hint="start anew: whispera train",
            )
        say(f"resuming at {resumed['seen']} of {len(encoded)} examples")
    progress = train(
        trainable,
        lambda _epoch: encoded,
        known_heldout + new_heldout,
        schedule,
        report=lambda p: report(p, len(encoded)),
        checkpoint=checkpoint,
        resume=resumed,
        patience=recipe.patience,
    )
    after = evaluate(trainable, known_heldout)
    new_after = evaluate(trainable, new_heldout) if new_heldout else None
    end = _lora_state(model)
    moved = max(float((end[name] - start[name]).abs().max()) for name in end)
    saved.unlink(missing_ok=True)
    _guard(recipe, before=before, after=after, new_before=new_before, new_after=new_after, moved=moved)
    fitted = temperature_of(trainable, known_heldout)
    # the held-out examples are harder than what people mostly say, so the temperature that fits them is no
    # good by itself; how training changed it says how much more, or less, sure of itself the model became
    scaled = (card or base_card).temperature * fitted / fitted_before
    temperature = min(GRID[-1], max(GRID[0], round(scaled, 2)))
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
    )
    data = {
        "name": plan.base.name,
        "kind": "adapter",
        "base": plan.base.name,
        "base_hash": base_hash,
        "catalog_hash": plan.catalog.hash,
        "prompt_version": PROMPT_VERSION,
        "actions": now,
        "recipe": asdict(recipe),
        "data_hash": file_hash(plan.data),
        "heldout": {"examples": len(known_heldout), "before": asdict(before), "after": asdict(after)},
        "temperature": temperature,
        "date": time.strftime("%Y-%m-%d"),
    }
    _write(model, folder, data)
    return result


def _guard(
    recipe: AdapterRecipe,
    *,
    before: Score,
    after: Score,
    new_before: Score | None,
    new_after: Score | None,
    moved: float,
) -> None:
    stays = "the adapter you had stays as it was"
    if moved < 1e-6:
        raise TrainingError(
            f"the weights did not move; {stays}", hint="raise learning_rate in config/recipes/adapter.yaml"
        )
    if not after.loss < float("inf"):
        raise TrainingError(
            f"the loss is not a number; {stays}", hint="lower learning_rate in config/recipes/adapter.yaml"
        )
    if after.exact < before.exact - recipe.tolerance:
        raise TrainingError(
            "held-out phrasings of the known actions fell "
            f"from {before.exact:.1%} to {after.exact:.1%} exact; {stays}",
            hint="more examples (examples_new) or a lower learning_rate_new in config/recipes/adapter.yaml",
        )
    if new_before is not None and new_after is not None and new_after.exact < new_before.exact:
        raise TrainingError(
            "the new actions are understood worse than before "
            f"({new_before.exact:.1%} to {new_after.exact:.1%}); {stays}",
            hint="check the patterns of the new action: whispera actions show NAME",
        )


def _write(model: Any, folder: Path, card: dict[str, Any]) -> None:
    """Put the adapter in place whole: written beside, then swapped; the one before is kept as `.previous`."""
    beside = folder.with_name(folder.name + ".new")
    shutil.rmtree(beside, ignore_errors=True)
    model.save_pretrained(beside)
    (beside / "README.md").unlink(missing_ok=True)
    config_path = beside / "adapter_config.json"
    config = json.loads(config_path.read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = card["base"]
    config["target_modules"] = sorted(config["target_modules"])
    config_path.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    (beside / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    for path in beside.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    previous = folder.with_name(folder.name + adapters.PREVIOUS)
    shutil.rmtree(previous, ignore_errors=True)
    if folder.exists():
        folder.replace(previous)
    beside.replace(folder)
