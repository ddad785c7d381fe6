"""The engine of a base with its adapter, checked against the catalog; says which one runs.

No silent fallback: a missing model is an error, a wrong adapter is an error.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whispera.engines import adapter
from whispera.engines.onnx import OnnxEngine
from whispera.errors import AdapterError, ModelError
from whispera.workspace import restoring

if TYPE_CHECKING:
    from tokenizers import Tokenizer as HfTokenizer


def keep_no_cache(tokenizer: HfTokenizer) -> None:
    """Switch off the cache of a tokenizer: every thread that asked would keep it for good."""
    resize = getattr(tokenizer.model, "_resize_cache", None)
    if resize is not None:
        resize(0)


class PieceTokenizer:
    """A tokenizer of Hugging Face's library behind the codec's port; each piece is tokenised once."""

    def __init__(self, tokenizer: HfTokenizer) -> None:
        self._tokenizer = tokenizer
        self._known: dict[str, Sequence[int]] = {}

    @classmethod
    def read(cls, path: Path) -> PieceTokenizer:
        """The tokenizer in a file; raises ModelError where it is broken."""
        from tokenizers import Tokenizer

        try:
            tokenizer = Tokenizer.from_file(str(path))
        except Exception as error:
            raise ModelError(f"{path} is broken: {error}", hint=restoring(path)) from error
        tokenizer.encode_special_tokens = True  # "<|im_end|>" in an utterance is only what somebody typed
        keep_no_cache(tokenizer)
        return cls(tokenizer)

    def encode(self, piece: str) -> Sequence[int]:
        """Token ids of one piece."""
        ids = self._known.get(piece)
        if ids is None:
            ids = self._tokenizer.encode(piece, add_special_tokens=False).ids
            self._known[piece] = ids
        return ids


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to be asked."""

    name: str
    engine: Any
    """Behind `nlu.decode.Engine`."""
    tokenizer: PieceTokenizer
    temperature: float
    """Divides the logits; fitted on held-out phrasings after training."""
    adapter: str
    """The adapter's folder, empty when the base runs alone."""


def free_threads() -> int:
    """How many threads to decode with: at most two, never more than the cores this process may use."""
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:
        cores = os.cpu_count() or 1
    return max(1, min(2, cores))


def load(
    base: Path,
    adapters: Path,
    *,
    catalog_hash: str,
    use_adapter: bool = True,
    version: Path | None = None,
    threads: int | None = None,
    command: str = "whispera",
) -> Loaded:
    """The base in a folder with the adapter in `adapters/<name>`, if there is one.

    `version`: folder of another adapter than that one. `command`: as `Workspace.command`.
    Raises ModelError or AdapterError where a file is missing, broken, or of another base or catalog.
    """
    engine = OnnxEngine(base, threads=threads or free_threads())
    card = adapter.base_card(base)
    tokenizer = PieceTokenizer.read(base / "tokenizer.json")
    folder = version or (adapter.present(adapters, base.name) if use_adapter else None)
    if folder is not None:
        tensors, adapter_card = adapter.load(
            folder, layers=engine.layers, base_hash=card.base_hash, catalog_hash=catalog_hash, command=command
        )
        engine.use(tensors)
        return Loaded(
            base.name,
            engine,
            tokenizer,
            adapter_card.temperature,
            str(folder),
        )
    if not card.catalog_hash and catalog_hash:
        raise AdapterError(
            f"{base.name} is not tuned to the actions yet", hint=f"{command} train --base {base.name}"
        )
    if card.catalog_hash != catalog_hash:
        raise AdapterError(
            f"the model {base.name} does not know these actions yet", hint=adapter.retrain(command)
        )
    return Loaded(base.name, engine, tokenizer, card.temperature, "")
