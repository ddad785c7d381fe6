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


class CharacterTokenizer:
    """One token a character; no file needed."""

    def encode(self, piece: str) -> Sequence[int]:
        """The code points of a piece."""
        return [ord(c) for c in piece]


class FakeEngine:
    """Answers known texts with their wire intents and all others with `none`."""

    def __init__(self, answers: Mapping[str, str], *, confidence: float = 0.99, tag: str = "desktop") -> None:
        """`answers`: text to wire intent; `confidence`: probability of the first choice, below 1."""
        self._tokenizer = CharacterTokenizer()
        self._confidence = confidence
        self._answers = {
            self._prompt(text, tag): tuple(codec.tokens(codec.pieces_of_wire(wire), self._tokenizer))
            for text, wire in answers.items()
        }
        self._nothing = tuple(codec.tokens(codec.pieces_of_wire(NOTHING), self._tokenizer))

    def _prompt(self, text: str, tag: str) -> Tokens:
        return tuple(codec.tokens(codec.prompt_pieces(normalise(text), tag=tag), self._tokenizer))

    def start(self) -> Tokens:
        """The state before any token: what was read so far."""
        return ()

    def extend(self, state: Tokens, ids: Sequence[int], allowed: Sequence[int]) -> tuple[Tokens, list[float]]:
        """The state after `ids`, and logits that choose the next token of the answer."""
        state = (*state, *ids)
        prompt, wire = self._answer(state)
        said = state[len(prompt) :]
        if wire[: len(said)] != said:  # a branch that is no answer of ours: any way out will do
            return state, [0.0] * len(allowed)
        wanted = wire[len(said)]
        if wanted not in allowed:
            rest = "".join(map(chr, wire[len(said) :]))
            raise ValueError(f"the grammar does not allow {rest!r} here; mend the table of answers")
        odds = 30.0
        if len(said) == len(codec.OPEN):  # the choice of the action
            odds = math.log(self._confidence * max(1, len(allowed) - 1) / (1 - self._confidence))
        return state, [odds if token == wanted else 0.0 for token in allowed]

    def _answer(self, state: Tokens) -> tuple[Tokens, Tokens]:
        for prompt, wire in self._answers.items():
            if state[: len(prompt)] == prompt and self._opens(state[len(prompt) :]):
                return prompt, wire
        mark = tuple(map(ord, codec.OPEN))
        for place in range(len(state)):
            if state[place : place + len(mark)] == mark:
                return state[:place], self._nothing
        raise ValueError("the fake model was asked before the wire intent began")

    @staticmethod
    def _opens(said: Tokens) -> bool:
        mark = tuple(map(ord, codec.OPEN))
        return said[: len(mark)] == mark


def fake_model(answers: Mapping[str, str], *, confidence: float = 0.99) -> Loaded:
    """A loaded model that answers from a table; see `FakeEngine`."""
    tokenizer = CharacterTokenizer()
    return Loaded("fake", FakeEngine(answers, confidence=confidence), tokenizer, 1.0, "")  # type: ignore[arg-type]
