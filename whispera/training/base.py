"""Making nano: the pruned lower layers of SmolLM2, tuned whole on commands and human utterances.

The mix is declared in config/recipes/base.yaml, that of its generated part in mix.yaml beside it. Generated
examples are handed in (`generate(seed, size)`), so that this package does not know the generator.
"""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer as Tokenizers

from whispera import whole
from whispera.catalog.catalog import Catalog
from whispera.catalog.mix import numbers
from whispera.domain.labelled import Labelled
from whispera.engines.adapter import PROMPT_VERSION, file_hash, read_card
from whispera.engines.load import PieceTokenizer
from whispera.errors import TrainingError
from whispera.nlu.codec import Tokenizer, tag_piece
from whispera.nlu.domains import DESKTOP, corpus_grammar, domain_grammar, grammar_actions
from whispera.nlu.grammar import Grammar, GrammarAction
from whispera.nlu.normalise import normalise
from whispera.training import export, seed
from whispera.training import recipe as recipes
from whispera.training.calibrate import temperature_of
from whispera.training.corpora import Corpora
from whispera.training.dataset import digests
from whispera.training.encode import Encoded, encode_all
from whispera.training.interrupted import Interrupted
from whispera.training.loop import Progress, Schedule, Score, Trainable, answers, score_of, train

Generate = Callable[[int, int], Iterable[Labelled]]
"""(seed, size) -> generated examples."""


@dataclass(frozen=True, slots=True)
class BaseRecipe:
    """The settings of config/recipes/base.yaml."""

    seed: int
    layers: int
    vocabulary: int
    passes: int
    generated: int
    foreign: int
    foreign_cap: int
    mapped: int
    negatives: int
    learning_rate: float
    tokens_per_batch: int


def read_recipe(path: Path) -> BaseRecipe:
    """The recipe in a file; raises ConfigError for unknown, missing or ill-typed keys."""
    return recipes.read(path, BaseRecipe, may_be_zero=["seed"])


def spoken_pieces(examples: Iterable[Labelled], actions: Iterable[GrammarAction]) -> Iterator[str]:
    """The pieces a vocabulary must serve: names of actions and slots, and the units of utterances."""
    for action in actions:
        for _ in range(1000):
            yield action.name
            yield from (slot.name for slot in action.slots)
            yield from (" " + word for slot in action.slots for word in slot.enum)
    for example in examples:
        yield from (unit.piece for unit in normalise(example.text).units)
        if example.tag != DESKTOP:
            for step in example.steps:
                yield step.action
                yield from (name for name, _ in step.slots)


def mix(
    recipe: BaseRecipe, corpora: Corpora, generate: Generate, *, epoch: int
) -> Iterator[tuple[Labelled, float]]:
    """The weighted examples of one pass, before shuffling."""
    rng = random.Random(f"mix {recipe.seed} {epoch}")
    for example in generate(recipe.seed * 1000 + epoch, recipe.generated):
        yield example, 1.0
    by_intent: dict[tuple[str, str], list[Labelled]] = defaultdict(list)
    for example in corpora.foreign:
        by_intent[example.tag, example.action].append(example)
    foreign = [
        example
        for _, group in sorted(by_intent.items())
        for example in rng.sample(group, min(len(group), recipe.foreign_cap))
    ]
    rng.shuffle(foreign)
    yield from ((example, 0.7) for example in foreign[: recipe.foreign])
    if corpora.mapped:
        yield from ((example, 1.0) for example in rng.choices(corpora.mapped, k=recipe.mapped))
    yield from ((example, 1.0) for example in corpora.examples)
    negatives: dict[str, list[Labelled]] = defaultdict(list)
    for example in corpora.negatives:
        negatives[example.source].append(example)
    groups = [group for _, group in sorted(negatives.items())]
    yield from ((rng.choice(rng.choice(groups)), 1.0) for _ in range(recipe.negatives if groups else 0))


def encode_mix(
    examples: Iterable[tuple[Labelled, float]],
    grammars: Mapping[str, Grammar],
    *,
    processes: int,
    tick: Callable[[int], None] = lambda _count: None,
) -> list[Encoded]:
    """The encoded examples; raises TrainingError when the grammar refuses more than one in twenty."""
    encoded: list[Encoded] = []
    refused: list[str] = []
    for good, bad in encode_all(examples, grammars, processes=processes):
        encoded.extend(good)
        refused.extend(bad)
        tick(len(good) + len(bad))
    if len(refused) * 20 > len(encoded):
        raise TrainingError(
            f"{len(refused)} of {len(encoded) + len(refused)} examples cannot be said in the grammar, "
            f"such as {'; '.join(refused[:3])}",
            hint="check the action files: whispera actions check",
        )
    return encoded


def foreign_grammars(corpora: Corpora, tokenizer: Tokenizer) -> dict[str, Grammar]:
    """The grammars of the corpora's label sets, by tag."""
    return {
        tag: corpus_grammar(actions, tokenizer=tokenizer, tag=tag)
        for tag, actions in corpora.label_sets.items()
    }


def tags_of(corpora: Corpora) -> list[str]:
    """Every tag the vocabulary gets a token for."""
    return [DESKTOP, *corpora.label_sets]


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """Everything a base build needs besides its recipe."""

    source: Path
    """The GGUF file of SmolLM2-135M-Instruct, or the folder of a base to go on from."""
    out: Path
    """Folder the finished base is written to."""
    work: Path
    """Folder for checkpoints of an unfinished build; it is resumed from there."""
    catalog: Catalog
    """Its mix is what `generate` draws by."""
    corpora: Corpora
    heldout: Sequence[Labelled]
    generate: Generate
    processes: int = 2
    threads: int = 2


SEED_MODEL = "SmolLM2-135M-Instruct (Apache-2.0), first layers, pruned vocabulary"


def _start(recipe: BaseRecipe, plan: BuildPlan) -> tuple[Any, Tokenizers, dict[str, Any]]:
    """The model to train, its tokenizer, and what the card says of where they come from."""
    if plan.source.is_dir():
        card = read_card(plan.source)
        tokenizer = Tokenizers.from_file(str(plan.source / "tokenizer.json"))
        missing = [tag for tag in tags_of(plan.corpora) if tokenizer.token_to_id(tag_piece(tag)) is None]
        if missing:
            raise TrainingError(
                f"the base in {plan.source} has no tokens for {', '.join(missing)}",
                hint="build from the GGUF file of SmolLM2 instead",
            )
        seen = card.data.get("examples_seen", 0) + card.data.get("examples_before", 0)
        origin = {"seed_model": SEED_MODEL, "went_on_from": card.base_hash, "examples_before": seen}
        return export.dequantise(plan.source), tokenizer, origin
    source = seed.read_source(plan.source)
    actions = grammar_actions(plan.catalog.actions.values())
    labels = [*actions, *(action for group in plan.corpora.label_sets.values() for action in group)]
    sampled = list(plan.generate(recipe.seed, min(20_000, recipe.generated)))
    kept = seed.prune(
        source, spoken_pieces([*sampled, *plan.corpora.foreign], labels), size=recipe.vocabulary
    )
    tokenizer = seed.pruned_tokenizer(source, kept, tags=tags_of(plan.corpora))
    model = seed.seed_model(source, kept, tokenizer, layers=recipe.layers)
    return model, tokenizer, {"seed_model": SEED_MODEL}


def build(
    recipe: BaseRecipe,
    plan: BuildPlan,
    *,
    report: Callable[[Progress, int], None],
    say: Callable[[str], None],
) -> Score:
    """The held-out score of the base written to `plan.out`; takes about an hour on two cores.

    Interrupted builds resume from the last checkpoint in `plan.work`. Raises TrainingError when the data
    does not fit the grammar, or the checkpoint is of another recipe.
    """
    drawn_by = numbers(plan.catalog.mix) if plan.catalog.mix else {}
    saved = plan.work / "checkpoint.pt"
    given = sorted(one.text for one in plan.corpora.examples)
    interrupted = Interrupted(
        saved, [asdict(recipe), drawn_by, given], again=f"delete {saved}, or give its --set and --examples"
    )
    resume = interrupted.read()
    torch.set_num_threads(plan.threads)
    model, hf_tokenizer, origin = _start(recipe, plan)
    say(f"vocabulary: {hf_tokenizer.get_vocab_size()} tokens")
    tokenizer = PieceTokenizer(hf_tokenizer)
    grammars = {DESKTOP: domain_grammar(plan.catalog.actions.values(), tokenizer=tokenizer)}
    grammars.update(foreign_grammars(plan.corpora, tokenizer))
    heldout = encode_mix(((example, 1.0) for example in plan.heldout), grammars, processes=1)
    trainable = Trainable(model)

    passes: dict[int, list[Encoded]] = {}

    def data(epoch: int) -> list[Encoded]:
        epoch = min(epoch, recipe.passes - 1)  # passes differ by a few examples; the last one fills up
        if epoch not in passes:
            passes.clear()
            say(f"pass {epoch + 1}: drawing and encoding the mix")
            passes[epoch] = encode_mix(
                mix(recipe, plan.corpora, plan.generate, epoch=epoch), grammars, processes=plan.processes
            )
        return passes[epoch]

    total = recipe.passes * len(data(0))
    schedule = Schedule(
        examples=total,
        learning_rate=recipe.learning_rate,
        tokens_per_batch=recipe.tokens_per_batch,
        seed=recipe.seed,
        evaluate_every=20_000,
    )
    if resume is not None:
        say(f"resuming at {resume['seen']} of {total} examples")
    progress = train(
        trainable,
        data,
        heldout,
        schedule,
        report=lambda p: report(p, total),
        checkpoint=interrupted.write,
        resume=resume,
    )
    answered = answers(trainable, heldout)
    score = score_of(answered)
    with whole.folder_beside(plan.out) as half:
        export.write(model, seed.tokenizer_json(hf_tokenizer), half)
        card = {
            "name": "nano",
            "kind": "base",
            "base_hash": file_hash(half / "model.safetensors"),
            "catalog_hash": plan.catalog.hash,
            "prompt_version": PROMPT_VERSION,
            "actions": digests(plan.catalog.actions.values()),
            "recipe": asdict(recipe),
            "mix": drawn_by,
            **({"examples_given": len(given)} if given else {}),
            **origin,
            "heldout": asdict(score),
            "examples_seen": progress.seen,
            "temperature": 1.0,
            "heldout_temperature": temperature_of(answered),
        }
        (half / "card.json").write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    interrupted.forget()
    return score
