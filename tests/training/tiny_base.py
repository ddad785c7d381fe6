"""A base small enough to be made, tuned and asked within seconds: two layers, random weights, few actions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import Qwen2Config, Qwen2ForCausalLM

from whispera.catalog.catalog import Catalog, model_hash
from whispera.catalog.model import Action, SlotSpec
from whispera.domain.labelled import Labelled, Span, Target
from whispera.engines.adapter import PROMPT_VERSION, file_hash
from whispera.nlu import codec
from whispera.training import dataset, export
from whispera.training.lora import AdapterRecipe, TrainPlan

APPS = ("Chrome", "Word", "Ferret", "VS Code", "the mail", "Zed", "Blender", "Krita", "Slack")
LEVELS = ("20 percent", "half", "45", "a third", "70 %", "ninety", "5 percent", "60")

ACTIONS = (
    Action("open_app", "apps", "Opens.", slots=(SlotSpec("target", "name"),), patterns=("open {target}",)),
    Action(
        "set_volume", "sound", "Sets.", slots=(SlotSpec("level", "percent"),), patterns=("volume {level}",)
    ),
    Action(
        "scroll",
        "view",
        "Scrolls.",
        slots=(SlotSpec("direction", "direction", enum=("up", "down")),),
        patterns=("scroll {direction}",),
    ),
    Action("mute", "sound", "Mutes.", patterns=("mute", "be silent")),
    Action("cancel", "assistant", "Cancels.", patterns=("never mind",)),
)

RECIPE = AdapterRecipe(
    seed=3,
    rank=4,
    alpha=8,
    examples=1500,
    examples_new=1500,
    new_share=0.4,
    learning_rate=2e-2,
    learning_rate_first=2e-2,
    learning_rate_new=2e-2,
    tokens_per_batch=512,
    evaluations=3,
    patience=9,
    tolerance=0.05,
)


def catalog(actions: Sequence[Action] = ACTIONS) -> Catalog:
    """The small catalog."""
    return Catalog(actions={action.name: action for action in actions}, hash=model_hash(actions))


def _slot(template: str, words: str, action: str, slot: str) -> Labelled:
    start = template.index("{}")
    return Labelled(
        template.format(words),
        (Target(action, ((slot, Span(start, start + len(words))),)),),
        origin="pattern",
    )


def examples() -> list[Labelled]:
    """About a hundred utterances of every kind: plain, enum, sequence, none."""
    found: list[Labelled] = []
    for app in APPS:
        found += [
            _slot(t, app, "open_app", "target") for t in ("open {}", "please launch {}!", "Start up {} now")
        ]
    for level in LEVELS:
        found += [
            _slot(t, level, "set_volume", "level")
            for t in ("volume {}", "set the volume to {}", "sound at {} please")
        ]
    for word in ("up", "down"):
        found += [
            Labelled(t.format(word), (Target("scroll", (("direction", word),)),), origin="pattern")
            for t in ("scroll {}", "go {} a bit", "move {} please", "page {}")
        ]
    for action, texts in {
        "mute": ("mute", "be silent", "mute it please", "hush now", "silence!", "mute that"),
        "cancel": ("never mind", "cancel that", "forget it", "stop it", "oh, never mind"),
        "none": (
            "good morning",
            "I opened it already",
            "what a day",
            "the sound of rain",
            "nice one",
            "who's there?",
        ),
    }.items():
        found += [Labelled(text, (Target(action),), origin="pattern") for text in texts]
    for app in APPS[:6]:
        text = f"mute, then open {app}"
        span = Span(len(text) - len(app), len(text))
        found.append(
            Labelled(text, (Target("mute"), Target("open_app", (("target", span),))), origin="sequence")
        )
    return found


def write_dataset(path: Path, labelled: Iterable[Labelled]) -> Path:
    """train.jsonl as the generator writes it."""
    with path.open("w", encoding="utf-8") as file:
        for one in labelled:
            example = codec.encode(one)
            messages = [
                {"role": "user", "content": example.prompt},
                {"role": "assistant", "content": example.wire},
            ]
            file.write(json.dumps({"messages": messages}) + "\n")
    return path


def tokenizer(texts: Iterable[str], *, size: int = 400) -> Tokenizer:
    """A byte-level BPE trained on the spot, with the codec's marks and the tag as single tokens."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    made.train_from_iterator(texts, trainer)
    added = (*codec.MARKS, codec.tag_piece("desktop"))
    made.add_tokens([AddedToken(text, normalized=False, special=False) for text in added])
    return made


def model(vocabulary: int, *, seed: int = 0, tied: bool = True, positions: int = 256) -> Qwen2ForCausalLM:
    """Random weights; biases too, which Qwen2 initialises to zero."""
    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=vocabulary,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=positions,
        tie_word_embeddings=tied,
        use_sliding_window=False,
        initializer_range=0.08,
    )
    made = Qwen2ForCausalLM._from_config(config, attn_implementation="eager")
    for name, parameter in made.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.1)
    return made


def write_base(
    folder: Path,
    made: Catalog,
    texts: Iterable[str],
    *,
    trained_on: Sequence[Action] = ACTIONS,
    positions: int = 256,
) -> Path:
    """The folder of a base with its card; it says that it knows the actions `trained_on`."""
    pieces = tokenizer(texts)
    export.write(model(pieces.get_vocab_size(), positions=positions), pieces.to_str(), folder)
    card = {
        "name": folder.name,
        "kind": "base",
        "base_hash": file_hash(folder / "model.safetensors"),
        "catalog_hash": made.hash,
        "prompt_version": PROMPT_VERSION,
        "actions": dataset.digests(trained_on),
        "temperature": 1.0,
    }
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


def plan(base: Path, place: Path, **changes: object) -> TrainPlan:
    """A run over the small catalog in a folder of its own; half of its texts are held out too."""
    fields: dict[str, object] = {
        "catalog": catalog(),
        "base": base,
        "adapters": place / "adapters",
        "data": write_dataset(place / "train.jsonl", examples()),
        "heldout": examples()[::2],
        "work": place / "work",
        "threads": 1,
    }
    return TrainPlan(**(fields | changes))  # type: ignore[arg-type]
