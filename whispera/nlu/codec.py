"""The one codec: prompt and wire intent as text, as pieces, and as tokens.

    prompt   <tag>[previous wire intents, newest last] utterance
    wire     {"action":"set_timer","duration":" an hour and a half","label":" roast"}

Tokens are made piece by piece (a unit of the utterance, an action name, a slot name, the JSON between
them), never over a joined string, so that training and serving agree by construction and a copied word
has the tokens it has in the prompt. The wire names spans of what was said; canonical values are made
from them by `whispera.values`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from whispera.domain.intent import SEQUENCE
from whispera.domain.labelled import Copied, Labelled, Span, Target
from whispera.nlu.normalise import Utterance, normalise

OPEN = '{"action":"'
NEXT_SLOT = '","'
VALUE = '":"'
END = '"}'
STEPS = '","steps":[{"action":"'
NEXT_STEP = '"},{"action":"'
END_STEPS = '"}]}'
MARKS = (OPEN, NEXT_SLOT, VALUE, END, STEPS, NEXT_STEP, END_STEPS)
"""The JSON between names and values; single tokens in a vocabulary of our own."""


_DECODER = json.JSONDecoder()


class Tokenizer(Protocol):
    """What the codec needs of a tokenizer."""

    def encode(self, piece: str) -> Sequence[int]:
        """Token ids of one piece, without special tokens."""
        ...


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled utterance as text."""

    prompt: str
    wire: str


def tag_piece(tag: str) -> str:
    """The token that names a domain, such as `<desktop>`."""
    return f"<{tag}>"


def prompt_pieces(utterance: Utterance, *, tag: str, previous: Sequence[str] = ()) -> list[str]:
    """The pieces of a prompt; joined they are its text."""
    pieces = [tag_piece(tag)]
    for wire in previous:
        pieces.extend(pieces_of_wire(wire))
    pieces.extend(unit.piece for unit in utterance.units)
    return pieces


def _step_pieces(data: Mapping[str, Any]) -> list[str]:
    pieces = [data["action"]]
    for name, value in data.items():
        if name != "action":
            pieces.extend([NEXT_SLOT, name, VALUE])
            pieces.extend(unit.piece for unit in normalise(value).units)
    return pieces


def pieces_of_wire(wire: str) -> list[str]:
    """The pieces of a wire intent given as JSON text; raises ValueError where it is not one."""
    data = json.loads(wire)
    if data["action"] != SEQUENCE:
        return [OPEN, *_step_pieces(data), END]
    pieces = [OPEN, SEQUENCE]
    for index, step in enumerate(data["steps"]):
        pieces.extend([NEXT_STEP if index else STEPS, *_step_pieces(step)])
    return [*pieces, END_STEPS]


def _locate(utterance: Utterance, span: Span) -> tuple[int, int]:
    """First and last unit of a character span; raises ValueError where it does not end at units."""
    inside = [i for i, unit in enumerate(utterance.units) if unit.start < span.end and unit.end > span.start]
    while inside and not utterance.ends_span(inside[-1]):
        inside.pop()
    while inside and not utterance.units[inside[0]].is_word:
        inside.pop(0)
    if not inside:
        raise ValueError(f"no words at {span.start}-{span.end} of {utterance.raw!r}")
    first, last = utterance.units[inside[0]], utterance.units[inside[-1]]
    if first.start < span.start or last.end > span.end:
        raise ValueError(f"{utterance.raw[span.start : span.end]!r} cuts a word of {utterance.raw!r}")
    return inside[0], inside[-1]


def _target_pieces(utterance: Utterance, target: Target) -> list[str]:
    pieces = [target.action]
    for name, value in target.slots:
        pieces.extend([NEXT_SLOT, name, VALUE])
        if isinstance(value, Span):
            first, last = _locate(utterance, value)
            pieces.extend(unit.piece for unit in utterance.units[first : last + 1])
        elif isinstance(value, Copied):
            pieces.extend(unit.piece for unit in normalise(value.words).units)
        else:
            pieces.append(" " + value)
    return pieces


def wire_pieces(utterance: Utterance, steps: Sequence[Target]) -> list[str]:
    """The pieces of the wire intent of a labelled utterance; raises ValueError where a span cuts a word."""
    if len(steps) == 1:
        return [OPEN, *_target_pieces(utterance, steps[0]), END]
    pieces = [OPEN, SEQUENCE]
    for index, step in enumerate(steps):
        pieces.extend([NEXT_STEP if index else STEPS, *_target_pieces(utterance, step)])
    return [*pieces, END_STEPS]


def encode(labelled: Labelled) -> Example:
    """Prompt and wire intent of a labelled utterance; raises ValueError where a span cuts a word."""
    utterance = normalise(labelled.text)
    prompt = "".join(prompt_pieces(utterance, tag=labelled.tag, previous=labelled.previous))
    return Example(prompt, "".join(wire_pieces(utterance, labelled.steps)))


def split_prompt(prompt: str, *, tag: str) -> tuple[tuple[str, ...], str]:
    """The previous wire intents and the utterance of a prompt as text; raises ValueError for another tag."""
    mark = tag_piece(tag)
    if not prompt.startswith(mark):
        raise ValueError(f"the prompt does not start with {mark}: {prompt!r}")
    rest = prompt.removeprefix(mark)
    previous: list[str] = []
    while rest.startswith("{"):  # words have a space before them
        _, end = _DECODER.raw_decode(rest)
        previous.append(rest[:end])
        rest = rest[end:]
    return tuple(previous), rest


def tokens(pieces: Sequence[str], tokenizer: Tokenizer) -> list[int]:
    """The token ids of pieces, one after another."""
    ids: list[int] = []
    for piece in pieces:
        ids.extend(tokenizer.encode(piece))
    return ids
