"""A model that answers from a table, for tests and for trying the command line without one.

It goes through the same grammar and codec as a real one: what it is told to say is checked token by token,
and an answer that the grammar does not allow is an error, not a wish.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from whispera.domain.intent import NONE
from whispera.engines.load import Loaded
from whispera.nlu import codec
from whispera.nlu.normalise import normalise

NOTHING = f'{{"action":"{NONE}"}}'

Tokens = tuple[int, ...]
Answers = Mapping[str, str] | Mapping[tuple[str, ...], str] | Mapping[str | tuple[str, ...], str]
"""What is said to its wire intent: a text, whatever went before, or wire intents and the text after them."""


class CharacterTokenizer:
    """One token a character; no file needed."""

    def encode(self, piece: str) -> Sequence[int]:
        """The code points of a piece."""
        return [ord(c) for c in piece]


class FakeEngine:
    """Answers known texts with their wire intents and all others with `none`."""

    def __init__(self, answers: Answers, *, confidence: float = 0.99, tag: str = "desktop") -> None:
        """`answers`: text to wire intent; `confidence`: probability of the first choice, below 1."""
        self._confidence = confidence
        self._tag = tag
        self._answers: dict[tuple[str, ...], str] = {}
        for key, wire in answers.items():
            *before, text = (key,) if isinstance(key, str) else key
            self._answers[(*before, normalise(text).text)] = "".join(codec.pieces_of_wire(wire))

    def start(self) -> Tokens:
        """The state before any token: what was read so far."""
        return ()

    def extend(self, state: Tokens, ids: Sequence[int], allowed: Sequence[int]) -> tuple[Tokens, list[float]]:
        """The state after `ids`, and logits that choose the next token of the answer."""
        state = (*state, *ids)
        wire, said = self._answer("".join(map(chr, state)))
        if not wire.startswith(said):  # a branch that is no answer of ours: any way out will do
            return state, [0.0] * len(allowed)
        wanted = ord(wire[len(said)])
        if wanted not in allowed:
            raise ValueError(
                f"the grammar does not allow {wire[len(said) :]!r} here; mend the table of answers"
            )
        odds = 30.0
        if len(said) == len(codec.OPEN):  # the choice of the action
            odds = math.log(self._confidence * max(1, len(allowed) - 1) / (1 - self._confidence))
        return state, [odds if token == wanted else 0.0 for token in allowed]

    def _answer(self, read: str) -> tuple[str, str]:
        """The wire intent to give, and as much of it as was said."""
        previous, rest = codec.split_prompt(read, tag=self._tag)
        text, mark, said = rest.partition(codec.OPEN)
        wire = self._answers.get((*previous, text)) or self._answers.get((text,), NOTHING)
        return wire, mark + said


def fake_model(answers: Answers, *, confidence: float = 0.99) -> Loaded:
    """A loaded model that answers from a table; see `FakeEngine`."""
    tokenizer = CharacterTokenizer()
    return Loaded("fake", FakeEngine(answers, confidence=confidence), tokenizer, 1.0, "")  # type: ignore[arg-type]
