"""A base to talk to, with an adapter tuned for conversations or none; what does not fit is refused.

An adapter for conversations is kept in `adapters/<base>-<name>/`; its card says with which template,
vocabulary and base it was tuned. Its tokens are those of `nlu.chat`, and commands never load it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from whispera.engines import adapter
from whispera.engines.adapter import CARD, CONVERSATION, Card, file_hash
from whispera.engines.load import PieceTokenizer, free_threads
from whispera.errors import AdapterError, UsageError
from whispera.nlu.chat import Template, template, template_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NONE = "none"
"""What is said for the base alone."""
TUNE = "whispera train --conversations FILE.jsonl --name NAME"


class ChatEngine(Protocol):
    """A language model that can say anything; states are values."""

    @property
    def limit(self) -> int:
        """Most tokens it reads at a time."""
        ...

    def start(self) -> Any:
        """The state before any token."""
        ...

    def extend_all(self, state: Any, ids: Sequence[int]) -> tuple[Any, NDArray[np.float32]]:
        """The state after `ids`, and the logits (vocabulary,) of what may come next."""
        ...


class ChatTokenizer(PieceTokenizer):
    """A tokenizer behind the templates' port: it knows marks, and reads none in what a person writes."""

    @classmethod
    def read(cls, path: Path) -> ChatTokenizer:
        """The tokenizer in a file; raises ModelError where it is broken."""
        made = super().read(path)
        assert isinstance(made, cls)
        made._tokenizer.encode_special_tokens = True  # as text, not as marks
        return made

    def mark(self, text: str) -> int | None:
        """The id of a mark, None where the vocabulary has none such."""
        found: int | None = self._tokenizer.token_to_id(text)
        return found

    def text(self, ids: Sequence[int]) -> str:
        """The text of tokens; ends with U+FFFD where a character is not whole yet."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=False))

    @property
    def size(self) -> int:
        """How many tokens there are."""
        return int(self._tokenizer.get_vocab_size())


@dataclass(frozen=True, slots=True)
class Talker:
    """A model ready to be talked to."""

    base: str
    adapter: str
    """The name of its adapter, empty where the base answers alone."""
    engine: ChatEngine
    tokenizer: ChatTokenizer
    template: Template
    system: str
    """The system message it was tuned with, empty where there was none."""


def names(folders: Sequence[Path], base: str) -> dict[str, Path]:
    """The adapters for conversations with a base, by name."""
    found: dict[str, Path] = {}
    for folder in folders:
        for card in sorted(folder.glob(f"{base}-*/{CARD}")):
            data = adapter.read_card(card.parent, hint=f"tune it again: {TUNE}").data
            if data.get("kind") == CONVERSATION and data.get("base") == base:
                found.setdefault(card.parent.name.removeprefix(f"{base}-"), card.parent)
    return found


def named(folders: Sequence[Path], base: str, name: str) -> Path:
    """The folder of an adapter of that name; raises UsageError."""
    there = names(folders, base)
    folder = there.get(name.removeprefix(f"{base}-"))
    if folder is not None:
        return folder
    if any((place / base / CARD).is_file() for place in folders) and name == base:
        raise UsageError(
            f"the adapter '{name}' is for commands, not for conversations", hint=f"tune one: {TUNE}"
        )
    raise UsageError(
        f"{base} has no adapter for conversations named '{name}'",
        hint=f"there are {', '.join([*there, NONE])}; one is made by: {TUNE}",
    )


def vocabulary_of(tokenizer: ChatTokenizer, base: Path) -> dict[str, Any]:
    """What of a base's vocabulary an adapter depends on."""
    return {"vocabulary": tokenizer.size, "tokenizer_hash": file_hash(base / "tokenizer.json")}


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Where two sets of settings differ, in words; empty where they do not."""
    return ", ".join(
        f"{key.replace('_', ' ')} {_short(found.get(key))} instead of {_short(value)}"
        for key, value in wanted.items()
        if found.get(key) != value
    )


def _short(value: Any) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 16 else f"{text[:12]}..."


def check(card: Card, base: Path, tokenizer: ChatTokenizer) -> None:
    """Raise AdapterError where an adapter is not for conversations with this very base."""
    if card.data.get("kind") != CONVERSATION:
        raise AdapterError("that adapter is for commands, not for conversations", hint=f"tune one: {TUNE}")
    wanted = {"base_hash": adapter.base_card(base).base_hash, **vocabulary_of(tokenizer, base)}
    differs = differences(card.data, wanted)
    if differs:
        raise AdapterError(
            f"the adapter {card.data.get('name')} was tuned on another base: {differs}",
            hint=f"tune it again: {TUNE}",
        )


def load(base: Path, folder: Path | None, *, threads: int | None = None) -> Talker:
    """A base with the adapter in a folder, or alone; raises ModelError where they do not fit."""
    from whispera.engines.onnx import OnnxEngine

    tokenizer = ChatTokenizer.read(base / "tokenizer.json")
    engine = OnnxEngine(base, threads=threads or free_threads())
    if folder is None:
        return Talker(base.name, "", engine, tokenizer, template(template_of(tokenizer), tokenizer), "")
    again = f"tune it again: {TUNE}"
    card = adapter.read_card(folder, hint=again)
    check(card, base, tokenizer)
    written = template(str(card.data.get("template")), tokenizer)
    rank, alpha = adapter.read_rank(folder, hint=again)
    tensors = adapter.read_tensors(folder / adapter.WEIGHTS, hint=again)
    engine.use(adapter.fuse(tensors, layers=engine.layers, scaling=alpha / rank, hint=again))
    name = folder.name.removeprefix(f"{base.name}-")
    return Talker(base.name, name, engine, tokenizer, written, str(card.data.get("system") or ""))
