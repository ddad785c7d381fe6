"""How much of what goes into the training data: every share and rate of the generator, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SHARES: Mapping[str, float] = {
    "command": 0.60,  # one action, from its patterns
    "none": 0.12,  # sentences that are no command (config/slots/none.yaml)
    "near_miss": 0.07,  # an action's `not` lines, to what they are
    "sequence": 0.12,  # two to four commands in one breath (config/compound.yaml)
    "decoy": 0.09,  # made from commands, and no longer one, or another one
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
    noise: Mapping[str, float] = field(default_factory=lambda: dict(NOISE))
    steps: Mapping[int, float] = field(default_factory=lambda: {2: 0.68, 3: 0.26, 4: 0.06})
    """Length of a sequence to its share."""
    written_sequences: float = 0.18
    """Share of the sequences that are whole lines of compound.yaml."""
    invented: float = 0.35
    """Share of made-up values where a filler list does not say."""


DEFAULT = Recipe()
