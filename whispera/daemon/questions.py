"""Questions asked by voice: a yes or no before a command, a value that was not said.

An answer is a recording like any other, made after the question was put. Nobody answering, an answer that is
not clearly yes, and a yes the recogniser is not sure of are all a no in the end: what is destructive never
runs on a guess. Another command in place of an answer is a no as well, and is carried out afterwards.
"""

from __future__ import annotations

from typing import Protocol

from whispera.domain.intent import CANCEL
from whispera.domain.transcript import Transcript
from whispera.nlu.answers import Reading, reading
from whispera.pipeline.certainty import CERTAIN, share
from whispera.pipeline.hearing import Heard

_UNCLEAR = "Please say yes or no."
_TRIES = 2


class Exchange(Protocol):
    """Puts a question to the user."""

    def __call__(self, question: str, *, for_value: bool) -> Heard | None:
        """What was answered, None for no answer in time; waits for it.

        `for_value`: the answer is a value of the command that asks, not a yes or no.
        """


class VoiceAsker:
    """An `Asker` for one command that was spoken."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self.instead: Heard | None = None
        """The command that was said in place of an answer."""

    def confirm(self, question: str) -> bool:
        """Whether the answer is clearly a yes."""
        asked = question
        for _ in range(_TRIES):
            heard = self._exchange(asked, for_value=False)
            if heard is None:
                return False
            answer = answer_of(heard.transcript)
            if answer in ("no", "stop"):
                return False
            if answer == "yes":
                if is_certainly_yes(heard.transcript):
                    return True
                asked = f"Was that a yes? {question}"
                continue
            if heard.parse.accepted and heard.parse.intent is not None:
                if heard.parse.intent.action != CANCEL:
                    self.instead = heard
                return False
            asked = f"{_UNCLEAR} {question}"
        return False

    def ask(self, question: str) -> str | None:
        """The words of the answer, None where there is none or it was a no."""
        heard = self._exchange(question, for_value=True)
        if heard is None or answer_of(heard.transcript) in ("no", "stop"):
            return None
        return heard.parse.text or heard.transcript.text or None


def answer_of(transcript: Transcript) -> Reading:
    """What the most probable words of a recording answer."""
    return reading(transcript.text)


def is_certainly_yes(transcript: Transcript) -> bool:
    """Whether a yes was heard well enough to act on."""
    agreeing = share(transcript, lambda words: reading(words) == "yes")
    return transcript.clarity == "clear" and agreeing >= CERTAIN
