"""Questions asked by voice: a yes or no before a command, a value that was not said.

An answer is a recording like any other, made after the question was put. Nobody answering, an answer that is
not clearly yes, and a yes the recogniser is not sure of are all a no in the end: what is destructive never
runs on a guess. Another command in place of an answer is a no as well, and is carried out afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

from whispera.catalog.model import Action
from whispera.catalog.settings import Settings
from whispera.domain.intent import CANCEL
from whispera.domain.outcome import Parse, Rejection
from whispera.domain.transcript import Transcript
from whispera.nlu.answers import Reading, reading
from whispera.nlu.transcript import normalised
from whispera.pipeline import policy
from whispera.pipeline.hearing import Heard

CERTAIN = 0.5
"""The share of the recogniser's belief that must be behind a yes, and behind the words of a command."""
UNBIDDEN = 0.95
"""The least confidence of what an open microphone hears.

As if one in twenty of the sentences that it hears were a command: after a press of a key nearly all are, and
then half is enough. Odds of a reading times 1 to 19 are even at this.
"""
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


def share(transcript: Transcript, agrees: Callable[[str], bool]) -> float:
    """How much of the recogniser's belief is in words of a kind, 0 to 1."""
    hypotheses = transcript.hypotheses
    if not hypotheses:
        return 0.0
    best = max(one.score for one in hypotheses)
    weights = [math.exp(max(one.score - best, -700.0)) for one in hypotheses]
    return sum(w for w, one in zip(weights, hypotheses, strict=True) if agrees(one.text)) / sum(weights)


def careful(heard: Heard, actions: Mapping[str, Action], settings: Settings) -> Parse:
    """The reading of a recording, less certain where the recogniser was.

    One that is not very sure is not acted on with an open microphone: nobody may have spoken to us.
    A disruptive command in words that the recogniser mostly disbelieves is to be confirmed. A destructive one
    is confirmed in any case, and a harmless one may be tried.
    """
    parse = heard.parse
    if not parse.accepted or parse.intent is None:
        return parse
    if settings.voice.mode == "open" and parse.confidence < UNBIDDEN:
        return replace(parse, rejection=Rejection("low_confidence", policy.NOT_SURE))
    said = normalised(parse.text).casefold()
    behind = share(heard.transcript, lambda words: normalised(words).casefold() == said)
    if behind >= CERTAIN and heard.transcript.clarity == "clear":
        return parse
    known = [actions.get(step.action) for step in policy.steps_of(parse.intent)]
    if not any(action is not None and action.risk == "disruptive" for action in known):
        return parse
    return replace(parse, confidence=min(parse.confidence, policy.confirmed_at_most(settings)))
