"""Labelled utterances as token ids with the decisions of the grammar walk.

Training sees what decoding will ask: at each position where more than one token is allowed there is one
decision, scored by a softmax over the allowed tokens alone. Forced tokens carry no loss, so no capacity
is spent on JSON, and the confidence learnt is the confidence served.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from whispera.domain.labelled import Labelled
from whispera.nlu import codec
from whispera.nlu.decode import trace_of
from whispera.nlu.grammar import Grammar
from whispera.nlu.normalise import Utterance, normalise


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example ready for batching."""

    ids: NDArray[np.int32]
    """Prompt and wire tokens, (length,)."""
    positions: NDArray[np.int32]
    """Positions whose next token is a decision, (decisions,)."""
    labels: NDArray[np.int32]
    """The right token at each, (decisions,)."""
    allowed: tuple[NDArray[np.int32], ...]
    """The tokens allowed at each."""
    action_decisions: int
    """How many of the first decisions choose the action."""
    weight: float = 1.0

    @property
    def length(self) -> int:
        """How many tokens are read: those after the last decision tell no other one anything."""
        return int(self.positions[-1]) + 1 if len(self.positions) else len(self.ids)


def encode_pieces(
    utterance: Utterance,
    wire: Sequence[str],
    grammar: Grammar,
    *,
    previous: Sequence[str] = (),
    weight: float = 1.0,
) -> Encoded:
    """The tokens and decisions of an utterance and its wire intent, said after other wire intents.

    Raises ValueError where they do not fit.
    """
    walk = grammar.walk(utterance, [trace_of(wire) for wire in previous])
    prompt = codec.prompt_pieces(utterance, tag=grammar.tag, previous=previous)
    ids = codec.tokens(prompt, grammar.tokenizer)
    positions: list[int] = []
    labels: list[int] = []
    allowed: list[NDArray[np.int32]] = []
    action_decisions = 0
    in_action = True
    for piece in wire:
        if piece in (codec.NEXT_SLOT, codec.END):
            in_action = False
        for token in grammar.tokenizer.encode(piece):
            options = walk.allowed()
            if token not in options:
                raise ValueError(
                    f"{utterance.raw!r}: the grammar does not allow {piece!r} in {''.join(wire)}"
                )
            if len(options) > 1:
                positions.append(len(ids) - 1)
                labels.append(token)
                allowed.append(np.asarray(options, dtype=np.int32))
                action_decisions += in_action
            walk.advance(token)
            ids.append(token)
        if piece == codec.STEPS:
            in_action = False
    if not walk.finished:
        raise ValueError(f"{utterance.raw!r}: {''.join(wire)} is not a whole intent")
    return Encoded(
        np.asarray(ids, dtype=np.int32),
        np.asarray(positions, dtype=np.int32),
        np.asarray(labels, dtype=np.int32),
        tuple(allowed),
        max(1, action_decisions),
        weight,
    )


def encode_example(labelled: Labelled, grammar: Grammar, *, weight: float = 1.0) -> Encoded:
    """The tokens and decisions of one example; raises ValueError where the grammar cannot say it."""
    utterance = normalise(labelled.text)
    wire = codec.wire_pieces(utterance, labelled.steps)
    return encode_pieces(utterance, wire, grammar, previous=labelled.previous, weight=weight)


_worker_grammars: Mapping[str, Grammar] = {}


def _start_worker(grammars: Mapping[str, Grammar]) -> None:
    global _worker_grammars
    _worker_grammars = grammars


def _encode_chunk(chunk: Sequence[tuple[Labelled, float]]) -> tuple[list[Encoded], list[str]]:
    encoded: list[Encoded] = []
    refused: list[str] = []
    for labelled, weight in chunk:
        try:
            encoded.append(encode_example(labelled, _worker_grammars[labelled.tag], weight=weight))
        except ValueError as error:
            refused.append(str(error))
    return encoded, refused


def _chunks(examples: Iterable[tuple[Labelled, float]], size: int) -> Iterator[list[tuple[Labelled, float]]]:
    chunk: list[tuple[Labelled, float]] = []
    for example in examples:
        chunk.append(example)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def encode_all(
    examples: Iterable[tuple[Labelled, float]], grammars: Mapping[str, Grammar], *, processes: int = 1
) -> Iterator[tuple[list[Encoded], list[str]]]:
    """Chunks of encoded examples and of the reasons for those refused, in order.

    With several processes the grammars are inherited by fork; the order and the result stay the same.
    """
    if processes <= 1:
        _start_worker(grammars)
        yield from map(_encode_chunk, _chunks(examples, 500))
        return
    with get_context("fork").Pool(processes, initializer=_start_worker, initargs=(grammars,)) as pool:
        yield from pool.imap(_encode_chunk, _chunks(examples, 500))


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded examples with their decisions flattened."""

    ids: NDArray[np.int64]
    """(batch, length), padded on the right with 0; causal attention never looks there."""
    lengths: NDArray[np.int64]
    """Tokens of each example, (batch,)."""
    rows: NDArray[np.int64]
    """Example of each decision, (decisions,)."""
    positions: NDArray[np.int64]
    """Position of each decision, (decisions,)."""
    labels: NDArray[np.int64]
    """Right token of each decision, (decisions,)."""
    mask_rows: NDArray[np.int64]
    """Decision index of each allowed token, (allowed,)."""
    mask_tokens: NDArray[np.int64]
    """Each allowed token, (allowed,)."""
    weights: NDArray[np.float32]
    """Weight of each decision, (decisions,)."""


def collate(examples: Sequence[Encoded]) -> Batch:
    """The batch of some examples."""
    lengths = np.asarray([e.length for e in examples], dtype=np.int64)
    ids = np.zeros((len(examples), int(lengths.max())), dtype=np.int64)
    for row, (example, length) in enumerate(zip(examples, lengths.tolist(), strict=True)):
        ids[row, :length] = example.ids[:length]
    allowed = [tokens for e in examples for tokens in e.allowed]
    return Batch(
        ids,
        lengths,
        np.repeat(np.arange(len(examples)), [len(e.positions) for e in examples]),
        np.concatenate([e.positions for e in examples]).astype(np.int64),
        np.concatenate([e.labels for e in examples]).astype(np.int64),
        np.repeat(np.arange(len(allowed)), [len(tokens) for tokens in allowed]),
        np.concatenate(allowed).astype(np.int64),
        np.repeat(
            np.asarray([e.weight for e in examples], dtype=np.float32), [len(e.positions) for e in examples]
        ),
    )


def batches(examples: Sequence[Encoded], *, tokens: int, rng: np.random.Generator) -> Iterator[Batch]:
    """One shuffled pass over the examples, in batches of about `tokens` tokens of similar length."""
    order = rng.permutation(len(examples))
    lengths = np.asarray([len(e.ids) for e in examples])
    noisy = lengths[order] + rng.uniform(0, 4, len(order))
    pool = max(1, tokens // max(1, int(lengths.mean()))) * 50
    groups: list[list[int]] = []
    for start in range(0, len(order), pool):
        part = order[start : start + pool][np.argsort(noisy[start : start + pool], kind="stable")]
        group: list[int] = []
        for index in part.tolist():
            longest = max(int(lengths[index]), max((int(lengths[g]) for g in group), default=0))
            if group and longest * (len(group) + 1) > tokens:
                groups.append(group)
                group = []
            group.append(index)
        if group:
            groups.append(group)
    for g in rng.permutation(len(groups)).tolist():
        yield collate([examples[i] for i in groups[g]])
