"""Words to expect: what the catalog and this machine make likely, as a text that goes before a transcript.

Whisper takes it for what was said before and writes the same words again, in the same manner. A domain of few
words, whose slots are tables, gets nearly all of them, put together as they are said. One of many words gets
a few typical commands (`voice.prompt`) and installed applications with names of their own. Whatever is in the
text costs time for every recording, so the words that make up most values come first, and a budget ends it.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from whispera.catalog.compiled import CompiledCatalog
from whispera.catalog.model import Action

MOST_WORDS = 80
"""Of a prompt: some 140 tokens, of the 224 that Whisper has room for."""
ROUNDS = 12
"""Sentences of one action."""
MOST_NAMES = 6
"""Of installed applications; more cost more time than they are worth."""
MOST_NAME_WORDS = 2


def prompt_of(catalog: CompiledCatalog, names: Sequence[str]) -> str:
    """The prompt of a catalog and the names to expect; empty where none is worth its time.

    `names`: of applications, the likeliest first; those of the lookup tables are left out, since they are
    mended when they are misheard.
    """
    actions = list(catalog.actions.values())
    tabled = [action for action in actions if any(spec.words for spec in action.slots)]
    if len(tabled) * 2 > len(actions):
        return _within(sentence for action in tabled for sentence in _sentences(action))
    prompt = " ".join(catalog.settings.voice.prompt.split())
    strange = list(_strange(catalog, names))[:MOST_NAMES]
    return f"{', '.join(strange)}, {prompt}" if strange else prompt


def _strange(catalog: CompiledCatalog, names: Sequence[str]) -> Iterable[str]:
    """Names that no lookup table has, and that are short enough to be said."""
    apps = catalog.lookup.apps
    known = {
        word for name in apps for called in (name, *apps[name].also) for word in called.casefold().split()
    }
    for name in dict.fromkeys(names):
        words = name.casefold().split()
        if len(words) <= MOST_NAME_WORDS and not known.intersection(words):
            yield name


def _sentences(action: Action) -> Iterable[str]:
    """Values of an action's slots side by side, as in a command, until all their words were there."""
    columns = [_cover(list(dict.fromkeys(spec.words.values()))) for spec in action.slots if spec.words]
    for row in range(max(map(len, columns), default=0)):
        yield ", ".join(column[row] for column in columns if row < len(column)) + "."


def _cover(values: Sequence[str]) -> list[str]:
    """At most `ROUNDS` values with the usual words of all: those of many values, and of the first ones.

    The greedy way to cover a set: next is the value whose words, as far as they were not there yet, are worth
    most.
    """
    often = Counter(word for value in values for word in set(value.split()))
    first: dict[str, int] = {}
    for rank, value in enumerate(values):
        for word in value.split():
            first.setdefault(word, rank)
    usual = {word: math.log1p(count) / math.sqrt(1 + first[word]) for word, count in often.items()}
    left = dict.fromkeys(values)
    there: set[str] = set()
    found: list[str] = []

    def worth(value: str) -> float:
        words = value.split()
        return sum(usual[word] for word in set(words) - there) / len(words)

    while left and len(found) < ROUNDS:
        best = max(left, key=worth)
        if worth(best) <= 0:
            break
        found.append(best)
        there.update(best.split())
        del left[best]
    return found


def _within(sentences: Iterable[str]) -> str:
    """The first sentences of at most `MOST_WORDS` words."""
    found: list[str] = []
    for sentence in sentences:
        if sum(len(one.split()) for one in (*found, sentence)) > MOST_WORDS:
            break
        found.append(sentence)
    return " ".join(found)
