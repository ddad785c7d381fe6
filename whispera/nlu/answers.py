"""What a few words answer: yes, no or stop. No model is asked, so that a yes is always the same.

Whoever contradicts himself said no.
"""

from __future__ import annotations

import re
from typing import Literal

Reading = Literal["yes", "no", "stop", ""]
"""Empty for words that are none of these, and nothing else."""

YES = (
    "yes", "yeah", "yep", "yup", "yes i do", "yes i am", "i do", "sure", "sure thing", "for sure", "ok",
    "okay", "okey", "go", "go ahead", "go on", "go for it", "do it", "do that", "do so", "please do",
    "confirm", "confirmed", "i confirm", "of course", "absolutely", "definitely", "certainly", "proceed",
    "by all means",
    "affirmative", "i am sure", "i'm sure", "that's right", "that is right", "continue", "sounds good",
    "y", "yea", "aye",
)  # fmt: skip
NO = (
    "no", "nope", "nah", "no way", "don't", "dont", "do not", "don't do it", "don't do that", "do not do it",
    "do not do that", "not now", "not that", "no thanks", "no thank you", "rather not", "better not",
    "i'd rather not", "i would rather not", "negative", "leave it", "leave that", "wrong", "that's wrong",
    "of course not", "absolutely not", "definitely not", "certainly not", "please don't", "i don't", "n",
)  # fmt: skip
STOP = (
    "stop", "stop it", "stop that", "stop this", "stop now", "stop talking", "stop everything", "cancel",
    "cancel it", "cancel that", "cancel this", "abort", "abort that", "halt", "never mind", "nevermind",
    "forget it", "forget that", "forget about it", "scratch that", "quit it", "be quiet", "shut up", "enough",
    "that's enough", "wait stop",
)  # fmt: skip
_FILLERS = ("please", "um", "uh", "er", "erm", "ah", "oh", "well", "hey", "wait", "now", "thanks",
            "thank you", "then", "just", "and", "right", "whispera", "computer")  # fmt: skip

_MEANINGS: tuple[tuple[Reading, tuple[str, ...]], ...] = (
    ("", _FILLERS),
    ("yes", YES),
    ("no", NO),
    ("stop", STOP),
)
_PHRASES = {tuple(phrase.split()): meaning for meaning, phrases in _MEANINGS for phrase in phrases}
_LONGEST = max(map(len, _PHRASES))


def reading(words: str) -> Reading:
    """What the words answer, where they answer and do nothing else."""
    tokens = re.findall(r"[a-z']+|[^\sa-z'.,;:!?\"-]+", words.lower().replace("’", "'"))
    found: set[Reading] = set()
    at = 0
    while at < len(tokens):
        for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
            meant = _PHRASES.get(tuple(tokens[at : at + length]))
            if meant is not None:
                found.add(meant)
                at += length
                break
        else:
            return ""
    decisive: tuple[Reading, ...] = ("stop", "no", "yes")
    return next((one for one in decisive if one in found), "")


def is_stop(words: str) -> bool:
    """Whether the words ask for nothing but that something ends: "no, stop", "cancel that"."""
    return reading(words) == "stop"
