"""Conversations as training material: read, checked, and written as tokens whose answers are learnt."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from whispera.errors import ConfigError
from whispera.nlu.chat import Message, Template, check, render


@dataclass(frozen=True, slots=True)
class Conversation:
    """One line of the file."""

    messages: tuple[Message, ...]
    line: int


def read(path: Path) -> list[Conversation]:
    """The conversations in a file; raises ConfigError naming the first line that is none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot be read: {error}", file=path, hint="name a .jsonl file") from error
    found: list[Conversation] = []
    for number, text in enumerate(lines, 1):
        if not text.strip():
            continue
        try:
            messages = tuple(
                Message(one["role"], str(one["content"])) for one in json.loads(text)["messages"]
            )
            wrong = check(messages)
        except (ValueError, KeyError, TypeError) as error:
            wrong = repr(error)
        if wrong:
            raise ConfigError(
                f"not a conversation: {wrong}",
                file=path,
                line=number,
                hint='one is {"messages": [{"role": "user", "content": ...}, {"role": "assistant", ...}]}',
            )
        found.append(Conversation(messages, number))
    if not found:
        raise ConfigError("there is no conversation", file=path, hint="write one a line")
    return found


@dataclass(frozen=True, slots=True)
class Spoken:
    """A conversation as tokens."""

    ids: NDArray[np.int64]
    """(length,)"""
    positions: NDArray[np.int64]
    """Positions whose next token the assistant says, (said,)."""


def encode(conversation: Conversation, written: Template) -> Spoken:
    """The tokens of a conversation and which of them are learnt."""
    ids, said = render(conversation.messages, written)
    places = [index - 1 for index, learnt in enumerate(said) if learnt]
    return Spoken(np.asarray(ids, dtype=np.int64), np.asarray(places, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class SpokenBatch:
    """Padded conversations with what is learnt of them."""

    ids: torch.Tensor
    """(batch, length), padded on the right; causal attention never looks there."""
    rows: torch.Tensor
    """Conversation of each token learnt, (said,)."""
    positions: torch.Tensor
    """Position before it, (said,)."""
    labels: torch.Tensor
    """The token, (said,)."""


def collate(spoken: Sequence[Spoken]) -> SpokenBatch:
    """The batch of some conversations."""
    ids = np.zeros((len(spoken), max(len(one.ids) for one in spoken)), dtype=np.int64)
    for row, one in enumerate(spoken):
        ids[row, : len(one.ids)] = one.ids
    return SpokenBatch(
        torch.from_numpy(ids),
        torch.from_numpy(np.repeat(np.arange(len(spoken)), [len(one.positions) for one in spoken])),
        torch.from_numpy(np.concatenate([one.positions for one in spoken])),
        torch.from_numpy(np.concatenate([one.ids[one.positions + 1] for one in spoken])),
    )


def encode_all(
    conversations: Sequence[Conversation], written: Template, *, limit: int, file: Path
) -> list[Spoken]:
    """The conversations as tokens; raises ConfigError for one of more tokens than `limit`."""
    spoken: list[Spoken] = []
    for one in conversations:
        spoken.append(encode(one, written))
        if len(spoken[-1].ids) > limit:
            raise ConfigError(
                f"this conversation has {len(spoken[-1].ids)} tokens, and the sequence length is {limit}",
                file=file,
                line=one.line,
                hint="cut it in two, or raise sequence_length in the recipe",
            )
    return spoken


def keep_out(count: int, *, share: float, seed: int) -> frozenset[int]:
    """Which of so many conversations are only measured on."""
    order = list(range(count))
    random.Random(f"kept out {seed}").shuffle(order)
    return frozenset(order[: int(count * share)])


def common_system(conversations: Sequence[Conversation]) -> str:
    """The system message that all conversations have, empty where they differ or have none."""
    found = {one.messages[0].content if one.messages[0].role == "system" else "" for one in conversations}
    return found.pop() if len(found) == 1 else ""
