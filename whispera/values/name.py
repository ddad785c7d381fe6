"""Names of applications, files, folders and windows, without article and kind word."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_ARTICLES = ("the", "my", "our", "your")
_KINDS = ("app", "application", "program", "programme", "folder", "directory", "window", "file", "document")
_EDGES = frozenset({"please", "and", "then", "for", "to", "of", "called", "named"})
_WORD = re.compile(r"\w")
_NAMES = (
    "firefox", "photo editor", "visual studio code", "quibblebox", "Downloads", "tax 2023", "notes.txt",
    "calculator", "holiday pictures", "terminal", "inkscape", "budget_final.xlsx", "system monitor",
)  # fmt: skip


def parse(words: str) -> str | None:
    """The name without leading "the"/"my" and trailing "app"/"folder"/"window"; None when nothing was said.

    Stripping stops before nothing is left: "the window" is `window`, "my app" is `app`, "the" is `the`.
    """
    parts = words.split()
    while len(parts) > 1 and parts[0].lower() in _ARTICLES:
        del parts[0]
    if len(parts) > 1 and parts[-1].lower() in _KINDS:
        del parts[-1]
    return " ".join(parts) or None


def fits(words: str) -> bool:
    """Whether the words are a name already: nothing to strip, no joining word at the end."""
    return (
        parse(words) == words
        and words.lower() not in _ARTICLES
        and _WORD.search(words) is not None
        and (" " not in words or words.rpartition(" ")[2].lower() not in _EDGES)
    )


def could_start(word: str) -> bool:
    """Whether the word may begin a name: any but an article."""
    return bool(word) and word.lower() not in _ARTICLES


def say(value: str) -> str:
    """The name itself."""
    return value


def sample(rng: random.Random) -> str:
    """A name; real fillers come from the configuration."""
    return rng.choice(_NAMES)
