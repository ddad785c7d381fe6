"""A conversation with a model: what was said is remembered, and answers come piece by piece.

Tokens are read once; a longer conversation than the model reads loses its oldest questions with their
answers, never the system message. Nothing is kept after the session.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import numpy as np

from whispera.engines.chat import Talker
from whispera.errors import UsageError
from whispera.nlu.sampling import Sampling, choose

HALF = "�"
"""What a character that is not whole yet decodes to."""


@dataclass(slots=True)
class _Turn:
    """A question with its answer, as tokens."""

    ids: list[int]


class Chat:
    """One session with one model."""

    def __init__(self, talker: Talker, sampling: Sampling, *, system: str | None = None) -> None:
        """`system`: the system message, instead of the one the model was tuned with."""
        self.talker = talker
        self._sampling = sampling
        self._rng = np.random.default_rng(sampling.seed)
        text = talker.system if system is None else system
        self._system = talker.template.system(text) if text else []
        self._turns: list[_Turn] = []
        self._state: Any = talker.engine.start()
        self._read: list[int] = []
        """What the state has read."""
        self.tokens = 0
        """Tokens of the last answer."""

    def say(self, text: str) -> Generator[str]:
        """The answer to a text, in pieces that joined are the answer.

        Raises UsageError where the text alone is longer than the model reads. An answer that is not taken to
        its end counts as said up to there.
        """
        talker = self.talker
        question = talker.template.question(text)
        self._make_room(len(question))
        turn = _Turn(question)
        self._turns.append(turn)
        answer: list[int] = []
        self.tokens = 0
        shown = ""
        try:
            while len(answer) < self._sampling.max_tokens:
                logits = self._logits()
                token = choose(logits, self._sampling, self._rng)
                if token == talker.template.stop:
                    break
                answer.append(token)
                turn.ids.append(token)
                self.tokens = len(answer)
                so_far = talker.tokenizer.text(answer)
                if not so_far.endswith(HALF):
                    yield so_far[len(shown) :] if shown else so_far.lstrip()
                    shown = so_far
            rest = talker.tokenizer.text(answer)[len(shown) :]
            if rest:
                yield rest
        finally:
            turn.ids += [talker.template.stop, *talker.template.after()]

    def _make_room(self, question: int) -> None:
        """Forget the oldest turns until a question and its answer can be read."""
        limit = self.talker.engine.limit
        needed = len(self._system) + question + self._sampling.max_tokens + 8
        if needed > limit:
            raise UsageError(
                f"that is too long: with the longest answer it has {needed} tokens, and {self.talker.base} "
                f"reads {limit}",
                hint="say it shorter, or take a lower --max-tokens",
            )
        while self._turns and needed + sum(len(turn.ids) for turn in self._turns) > limit:
            del self._turns[0]

    def _logits(self) -> Any:
        """The logits after everything said so far; reads only what is new."""
        said = [*self._system, *(token for turn in self._turns for token in turn.ids)]
        known = len(self._read)
        if said[:known] != self._read or known == len(said):
            self._state, known = self.talker.engine.start(), 0
        self._state, logits = self.talker.engine.extend_all(self._state, said[known:])
        self._read = said
        return logits
