"""Non-commands that an action of somebody's own now answers, and that must not be taught as such any more.

The shipped sentences that are no command hold requests that nothing here does: "dim the kitchen lights",
"translate this into Dutch". Who adds an action for one of them means the opposite. Only requests and near
misses are looked at: chat with the same words in it stays what it is.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

from generator.fillers import plain
from generator.phrases import Phrases
from whispera.catalog.model import Action
from whispera.patterns import Lists, parse

THIN = 40
"""An action of fewer patterns is somebody's own and new: shipped ones have more."""
SELDOM = 0.001
"""A word in a smaller share of the other actions' patterns than this is not one of theirs."""
REQUESTS = ("unsupported",)
"""Kinds of non-commands that ask for something."""


class Superseded:
    """Tells requests that a new action answers."""

    def __init__(self, actions: Mapping[str, Action], lists: Lists) -> None:
        new = [action for action in actions.values() if len(action.patterns) < THIN]
        shipped = [pattern for action in actions.values() if action not in new for pattern in action.patterns]
        known = Counter(word for pattern in shipped for word in _words(pattern))
        self._own = {
            word
            for action in new
            for pattern in action.patterns
            for word in _words(pattern)
            if known[word] <= SELDOM * len(shipped)
        }
        """Words that new actions are told with, and others hardly ever."""
        self._patterns = Phrases(
            ((parse(pattern), action) for action in new for pattern in action.patterns), lists
        )

    def covers(self, text: str) -> bool:
        """Whether a request, told to be none, is one that a new action answers."""
        return not self._own.isdisjoint(plain(text).split()) or bool(self._patterns.find(text))


def _words(pattern: str) -> set[str]:
    """The words of a pattern, without those of slots and lists."""
    return set(plain(re.sub(r"\{[^}]*\}|<[^>]*>", " ", pattern)).split())
