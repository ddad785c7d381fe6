"""`whispera base prepare`: a model that came from elsewhere as the folder of a base, made once.

A source is the GGUF file of a Llama model, a Hugging Face folder of a Qwen2 one, or a base of ours that is to
be stored in fewer bits. The folder appears whole or not at all, under the name that its adapters go by.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import AddedToken

from whispera import whole
from whispera.engines.adapter import CARD, PROMPT_VERSION, base_card, file_hash
from whispera.errors import ModelError, UsageError
from whispera.nlu.domains import DESKTOP
from whispera.training import checkpoint, export, seed
from whispera.training.blocks import Bits

_CONTROL = 3
"""Type of a token of a GGUF vocabulary that only a template writes."""
_CARRIED = ("catalog_hash", "actions", "temperature")
"""What the card of a base says that stays true in fewer bits."""


@dataclass(frozen=True, slots=True)
class PreparePlan:
    """What becomes a base, and where."""

    name: str
    source: Path
    """A GGUF file or a folder that holds one, a Hugging Face folder, or the folder of a base."""
    out: Path
    """The folder to write; its name is that of the base and of its adapter."""
    bits: Bits = 8
    """Of the linear layers; the embedding has eight in any case."""
    licence: str = ""
    tags: Sequence[str] = (DESKTOP,)


def weights_of(source: Path) -> Path:
    """The file that a source is told apart by; raises ModelError where there is none."""
    if source.is_file():
        return source
    found = sorted(source.glob("*.gguf")) or [
        path for path in (source / checkpoint.WEIGHTS, source / checkpoint.INDEX) if path.is_file()
    ]
    if len(found) != 1 and not (len(found) == 2 and found[0].name == checkpoint.WEIGHTS):
        raise ModelError(
            f"{source} holds no model" if not found else f"{source} holds several models",
            hint=f"name a GGUF file, or a folder with config.json, {checkpoint.WEIGHTS} and tokenizer.json",
        )
    return found[0]


def source_hash(source: Path) -> str:
    """SHA-256 of the weights of a source; of the hashes of all parts where it comes in several."""
    weights = weights_of(source)
    if weights.name != checkpoint.INDEX:
        return file_hash(weights)
    digest = hashlib.sha256()
    for part in sorted(weights.parent.glob("model-*.safetensors")):
        digest.update(f"{part.name} {file_hash(part)}\n".encode())
    return digest.hexdigest()


def prepare(plan: PreparePlan, *, say: Callable[[str], None]) -> dict[str, Any]:
    """The card of the base written to `plan.out`; what stood there before is replaced.

    Raises ModelError where the source is broken or nothing that the engine can run, and UsageError where
    `plan.out` holds something that is no base.
    """
    check_out(plan.out)
    started = time.monotonic()
    card: dict[str, Any] = {
        "name": plan.out.name,
        "kind": "base",
        "base_hash": "",
        "catalog_hash": "",
        "prompt_version": PROMPT_VERSION,
        "actions": {},
        "temperature": 1.0,
        "bits": plan.bits,
        "model": plan.name,
        "licence": plan.licence,
        "source": {"file": weights_of(plan.source).name, "sha256": source_hash(plan.source)},
    }
    say(f"reading {plan.name} from {plan.source}")
    try:
        model, tokenizer_json, chat = _read(plan, card)
        count = sum(parameter.numel() for parameter in model.parameters())
        say(f"writing {count / 1e6:.0f} million weights in {plan.bits} bits")
        with whole.folder_beside(plan.out) as half:
            export.write(model, tokenizer_json, half, bits=plan.bits)
            if chat:
                checkpoint.write_chat(chat, half)
            card["base_hash"] = file_hash(half / "model.safetensors")
            (half / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise ModelError(
            f"{plan.out} cannot be written: {error.strerror or error}",
            hint="check its owner and the free space",
        ) from error
    say(f"{plan.name} is ready after {time.monotonic() - started:.0f} s: {plan.out}")
    return card


def check_out(out: Path) -> None:
    """Raise UsageError where a folder holds something else than a base, which must not be replaced."""
    if out.is_symlink() or (out.exists() and not (out.is_dir() and _is_base(out))):
        if out.is_dir() and not any(out.iterdir()):
            return
        raise UsageError(f"{out} is no base and is left as it is", hint="name a new folder with --out")


def _is_base(folder: Path) -> bool:
    return (folder / CARD).is_file() and base_card(folder).data.get("kind") == "base"


def _read(plan: PreparePlan, card: dict[str, Any]) -> tuple[Any, str, dict[str, str]]:
    """Model, tokenizer.json and what the source says of conversations."""
    weights = weights_of(plan.source)
    if weights.suffix == ".gguf":
        return _from_gguf(weights, plan.tags)
    if _is_base(plan.source):
        theirs = base_card(plan.source)
        card.update({key: theirs.data[key] for key in _CARRIED if key in theirs.data})
        card["prompt_version"] = theirs.data.get("prompt_version", PROMPT_VERSION)
        text = (plan.source / "tokenizer.json").read_text(encoding="utf-8")
        return export.dequantise(plan.source), text, checkpoint.chat_of(plan.source)
    read = checkpoint.read(plan.source, tags=plan.tags)
    return read.model, seed.tokenizer_json(read.tokenizer), dict(read.chat)


def _from_gguf(path: Path, tags: Sequence[str]) -> tuple[Any, str, dict[str, str]]:
    source = seed.read_source(path)
    fields = source.reader.fields
    architecture = fields["general.architecture"].contents()
    if architecture != "llama":
        raise ModelError(
            f"{path.name} is a model of the architecture {architecture}, which is not read from GGUF",
            hint="use its Hugging Face folder, if it is a Qwen2 model",
        )
    kept = list(range(len(source.tokens)))
    tokenizer = seed.pruned_tokenizer(source, kept, tags=tags)
    types = fields["tokenizer.ggml.token_type"].contents() if "tokenizer.ggml.token_type" in fields else []
    tokenizer.add_special_tokens(
        [
            AddedToken(token, normalized=False, special=True)
            for token, kind in zip(source.tokens, types, strict=False)
            if kind == _CONTROL
        ]
    )
    model = seed.seed_model(source, kept, tokenizer, layers=int(source.number("llama.block_count")))
    context = int(source.number("llama.context_length"))
    model.config.max_position_embeddings = min(checkpoint.POSITIONS, context)
    chat: dict[str, str] = {}
    if "tokenizer.chat_template" in fields:
        chat["chat_template"] = fields["tokenizer.chat_template"].contents()
    if "tokenizer.ggml.eos_token_id" in fields:
        chat["eos_token"] = source.tokens[int(source.number("tokenizer.ggml.eos_token_id"))]
    return model, seed.tokenizer_json(tokenizer), chat
