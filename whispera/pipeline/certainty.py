"""How sure one must be of a spoken command before it is acted on.

Typed words are what was meant; heard ones may be others, and may not have been said to us at all. The daemon
and `whispera listen` ask here alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

from whispera.catalog.model import Action
from whispera.catalog.settings import Settings
from whispera.domain.outcome import Parse, Rejection
from whispera.domain.transcript import Transcript
from whispera.nlu.transcript import typed
from whispera.pipeline import policy
from whispera.pipeline.hearing import Heard

CERTAIN = 0.5
"""The share of the recogniser's belief that must be behind a yes, and behind the words of a command."""
UNBIDDEN = 0.95
"""The least confidence of what was said without anything that announced a command.

As if one in twenty of the sentences that an open microphone hears were a command: after a press of a key
nearly all are, and then half is enough. Odds of a reading times 1 to 19 are even at this.
"""


def careful(heard: Heard, actions: Mapping[str, Action], settings: Settings, *, bidden: bool) -> Parse:
    """The reading of a recording, less certain where the recogniser was.

    `bidden`: a key, or whoever began to listen for one command, says that a command is coming; what speech
    itself began may have been meant for others, and is acted on only where the model is very sure.
    A disruptive command in words that the recogniser mostly disbelieves is to be confirmed. A destructive one
    is confirmed in any case, and a harmless one may be tried.
    """
    parse = heard.parse
    if not parse.accepted or parse.intent is None:
        return parse
    if not bidden and parse.confidence < UNBIDDEN:
        return replace(parse, rejection=Rejection("low_confidence", policy.NOT_SURE))
    said = parse.text.casefold()
    behind = share(heard.transcript, lambda words: typed(words).casefold() == said)
    if behind >= CERTAIN and heard.transcript.clarity == "clear":
        return parse
    known = [actions.get(step.action) for step in policy.steps_of(parse.intent)]
    if not any(action is not None and action.risk == "disruptive" for action in known):
        return parse
    return replace(parse, confidence=min(parse.confidence, policy.confirmed_at_most(settings)))


def share(transcript: Transcript, agrees: Callable[[str], bool]) -> float:
    """How much of the recogniser's belief is in words of a kind, 0 to 1."""
    hypotheses = transcript.hypotheses
    if not hypotheses:
        return 0.0
    best = max(one.score for one in hypotheses)
    weights = [math.exp(max(one.score - best, -700.0)) for one in hypotheses]
    return sum(w for w, one in zip(weights, hypotheses, strict=True) if agrees(one.text)) / sum(weights)
