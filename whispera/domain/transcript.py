"""What a recogniser heard."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from whispera.domain.outcome import Rejection

Clarity = Literal["clear", "unclear", "guessed"]
"""How well words were heard; guessed: no more than a guess, as of another language or a voice far away."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One way to write down what was heard."""

    text: str
    score: float
    """Natural logarithm of its probability by the recogniser; to be compared within one recording only."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was heard in one recording."""

    hypotheses: tuple[Hypothesis, ...]
    """Most probable first; empty where nothing was said."""
    seconds: float
    """Of the recording."""
    ms: float
    """That recognising took."""
    rejection: Rejection | None = None
    """Why there is nothing to act on: silence, noise, music, words that are none."""
    clarity: Clarity = "clear"
    """How well the most probable words were heard."""

    @property
    def text(self) -> str:
        """The most probable words; empty where there are none."""
        return self.hypotheses[0].text if self.hypotheses else ""
