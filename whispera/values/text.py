"""Free text: the words as spoken, trimmed, nothing added or removed inside."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_WORD = re.compile(r"\w")
_SENTENCES = (
    "call the plumber back", "buy oat milk and eggs", "the meeting moved to friday", "water the plants",
    "send Priya the draft", "best ramen near the station", "how to prune a lemon tree", "Dear all,",
    "parcel for number 12", "ask about the second invoice", "cheap flights to Lisbon in May",
    "don't forget the keys", "draft of chapter three", "quiet piano", "renew the passport by June",
)  # fmt: skip


def parse(words: str) -> str | None:
    """The words trimmed; None when nothing was said."""
    return words.strip() or None


def fits(words: str) -> bool:
    """Whether the words have something in them and no outer space."""
    return words == words.strip() and _WORD.search(words) is not None


def could_start(word: str) -> bool:
    """Whether the word may begin a text: any word may."""
    return bool(word)


def say(value: str) -> str:
    """The text itself."""
    return value


def sample(rng: random.Random) -> str:
    """A short text; real fillers come from the configuration."""
    return rng.choice(_SENTENCES)
