"""How much of what goes into the training data: every share and rate of the generator, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SHARES: Mapping[str, float] = {
    "command": 0.44,  # one action, from its patterns
    "none": 0.11,  # sentences that are no command (config/slots/none.yaml)
    "near_miss": 0.07,  # an action's `not` lines, to what they are
    "sequence": 0.10,  # two to four commands in one breath (config/compound.yaml)
    "decoy": 0.08,  # made from commands, and no longer one, or another one
    "dialogue": 0.20,  # after one or two other commands (config/followups.yaml)
}

DECOYS: Mapping[str, float] = {
    "cut": 0.18,  # "switch over to": broken off before its value
    "negated": 0.10,  # "don't close the tab"
    "addressed": 0.15,  # "Karen, would you close the tab"
    "reported": 0.16,  # "she told me to close the tab", "I closed the tab already"
    "question": 0.15,  # "how do I close a tab", "what does git stash do"
    "taken_back": 0.10,  # "close the tab, no wait, forget it": cancel
    "corrected": 0.16,  # "set it to ten, no, twenty": the corrected command
}

DIALOGUES: Mapping[str, float] = {
    "another": 0.140,  # leaning on the command before: "and slack too"
    "instead": 0.140,  # "no, make it ten"
    "enum": 0.050,  # "and the bluetooth", "back on"
    "answers": 0.040,  # "for how long?" - "ten minutes"
    "pairs": 0.150,  # "close it again"
    "more": 0.045,  # "a bit more"
    "less": 0.015,
    "back": 0.035,  # "too much", "other way"
    "command": 0.150,  # not leaning: any command after any other
    "sequence": 0.030,
    "assistant": 0.030,  # "do that again", "undo that", "never mind"
    "none": 0.130,
    "near_miss": 0.040,
    "decoy": 0.020,
    "chat": 0.060,  # "thanks", "that's better"
    "stray": 0.050,  # leaning words after a command they cannot lean on: none
    "first": 0.060,  # leaning words as the first: none, and the only kind here with nothing before it
}
"""Kinds of utterances after a command; the first eight lean on it."""

NOISE: Mapping[str, float] = {
    "prefix": 0.23,  # "could you", "hey", "I'm off to lunch, "
    "suffix": 0.16,  # "please", ", my boss is coming"
    "variant": 0.12,  # British or American, "do not" or "don't", wherever the words allow
    "restart": 0.02,  # "can you, can you open", "I want to, open"
    "hesitation": 0.07,  # "um", "uh", a word said twice
    "typing": 0.14,  # typing errors
    "recogniser": 0.32,  # as a speech recogniser writes: lower case, no punctuation, homophones
    "casing": 0.06,  # ALL CAPS, Title Case, lower case
    "closing": 0.30,  # a full stop, question or exclamation mark at the end
    "apostrophe": 0.05,  # "whats", "im"
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the mix consists of; shares are relative, rates are probabilities per sample."""

    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    decoys: Mapping[str, float] = field(default_factory=lambda: dict(DECOYS))
    dialogues: Mapping[str, float] = field(default_factory=lambda: dict(DIALOGUES))
    noise: Mapping[str, float] = field(default_factory=lambda: dict(NOISE))
    steps: Mapping[int, float] = field(default_factory=lambda: {2: 0.68, 3: 0.26, 4: 0.06})
    """Length of a sequence to its share."""
    written_sequences: float = 0.18
    """Share of the sequences that are whole lines of compound.yaml."""
    one_before: float = 0.70
    """Share of the utterances after commands that come after one; the others after two."""
    leant_over: float = 0.35
    """Share of those after two that lean on the older one, where followups.yaml allows it."""
    after_sequences: float = 0.06
    """Share of the commands before that are sequences."""
    stretched: float = 0.13
    """Share of free values that get a word in front or behind which no list has there."""
    invented: float = 0.35
    """Share of made-up values where a filler list does not say."""


DEFAULT = Recipe()
