"""Small conversations, and small bases to learn them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from tokenizers import AddedToken

from tests.training import tiny_base
from whispera.engines.adapter import PROMPT_VERSION, file_hash
from whispera.training import export, talking

ROOT = Path(__file__).parents[3]
QUIET = {"report": lambda *_: None, "say": lambda _: None}
RECIPE = talking.ConversationRecipe(
    seed=1,
    rank=8,
    alpha=16,
    template="auto",
    sequence_length=128,
    batch=256,
    dtype="bfloat16",
    passes=40,
    learning_rate=2e-2,
    kept_out=0.0,
    evaluations=1,
)
SYSTEM = "You are tiny."
TALKS = [
    [("user", "Who are you?"), ("assistant", "I am a tiny one.")],
    [("user", "What can you do?"), ("assistant", "I can say this.")],
    [
        ("user", "Who are you?"),
        ("assistant", "I am a tiny one."),
        ("user", "And then?"),
        ("assistant", "Nothing more."),
    ],
]


def conversation(talk: list[tuple[str, str]]) -> dict[str, object]:
    return {"messages": [{"role": role, "content": text} for role, text in [("system", SYSTEM), *talk]]}


def write(path: Path, talks: list[list[tuple[str, str]]] = TALKS) -> Path:
    path.write_text("".join(json.dumps(conversation(talk)) + "\n" for talk in talks), encoding="utf-8")
    return path


def write_base(folder: Path, *, marks: bool) -> Path:
    texts = [text for talk in TALKS for _, text in talk] + [SYSTEM, "user system assistant Q: A:"]
    pieces = tiny_base.tokenizer(texts * 3)
    if marks:
        pieces.add_tokens([AddedToken(one, special=True) for one in ("<|im_start|>", "<|im_end|>")])
    export.write(tiny_base.model(pieces.get_vocab_size()), pieces.to_str(), folder)
    card = {
        "name": folder.name,
        "kind": "base",
        "base_hash": file_hash(folder / "model.safetensors"),
        "catalog_hash": "",
        "prompt_version": PROMPT_VERSION,
        "temperature": 1.0,
    }
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    return folder


def plan(base: Path, place: Path, **changes: object) -> talking.ConversationPlan:
    place.mkdir(exist_ok=True)
    fields: dict[str, object] = {
        "base": base,
        "adapters": place / "adapters",
        "data": write(place / "talks.jsonl"),
        "name": "own",
        "work": place / "work",
        "threads": 1,
    }
    return talking.ConversationPlan(**(fields | changes))  # type: ignore[arg-type]


def own(place: Path) -> Path:
    return place / "adapters" / "talker-own"


def fingerprint(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def edit_card(folder: Path, **changes: object) -> None:
    path = folder / "card.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
