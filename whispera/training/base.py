"""Making nano: the pruned lower layers of SmolLM2, tuned whole on commands and human utterances.

The mix is declared in config/recipes/base.yaml. Generated examples are handed in (`generated(seed, size)`),
so that this package does not know the generator.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from whispera.domain.labelled import Labelled
from whispera.errors import ConfigError, TrainingError
from whispera.nlu import codec
from whispera.nlu.codec import Tokenizer
from whispera.nlu.domains import DESKTOP
from whispera.nlu.grammar import Grammar, GrammarAction
from whispera.nlu.normalise import normalise
from whispera.training.corpora import Corpora
from whispera.training.encode import Encoded, encode_all

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
    data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = {f.name: f.type for f in fields(BaseRecipe)}
    for key in set(known) ^ set(data):
        problem = "unknown key" if key in data else "missing key"
        raise ConfigError(problem, file=path, key=key, hint=f"the keys are {', '.join(known)}")
    for key, kind in known.items():
        if not isinstance(data[key], int | float) or data[key] <= 0 and key != "seed":
            raise ConfigError(f"expected a positive number ({kind})", file=path, key=key)
    return BaseRecipe(**data)


class CachedTokenizer:
    """A tokenizer of Hugging Face's library behind the codec's port, with each piece kept."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, tuple[int, ...]] = {}

    def encode(self, piece: str) -> Sequence[int]:
        """Token ids of one piece."""
        ids = self._known.get(piece)
        if ids is None:
            ids = tuple(self._tokenizer.encode(piece, add_special_tokens=False).ids)
            self._known[piece] = ids
        return ids


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
            f"{len(refused)} of {len(encoded) + len(refused)} examples cannot be said in the grammar, such as "
            + "; ".join(refused[:3]),
            hint="check the action files: whispera actions check",
        )
    return encoded


def foreign_grammars(corpora: Corpora, tokenizer: Tokenizer) -> dict[str, Grammar]:
    """The grammars of the corpora's label sets, by tag."""
    from whispera.nlu.domains import corpus_grammar

    return {
        tag: corpus_grammar(actions, tokenizer=tokenizer, tag=tag)
        for tag, actions in corpora.label_sets.items()
    }


def tags_of(corpora: Corpora) -> list[str]:
    """Every tag the vocabulary gets a token for."""
    return [DESKTOP, *corpora.label_sets]


__all__ = [
    "BaseRecipe", "CachedTokenizer", "Corpora", "codec", "encode_mix", "foreign_grammars", "mix", "read_recipe",
    "spoken_pieces", "tags_of",
]  # fmt: skip
