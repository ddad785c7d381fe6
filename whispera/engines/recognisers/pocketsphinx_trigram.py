"""A trigram language model of sentences, with Witten-Bell smoothing, as an ARPA file.

Small and exact enough for a few hundred thousand words of generated sentences; a general estimator it is not.
Source: Witten and Bell 1991; the file format is that of Doug Paul's (ARPA) backed-off models.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import TypeAlias

START, END = "<s>", "</s>"
NEVER = -99.0

Gram: TypeAlias = tuple[str, ...]


class Counts:
    """How often words follow one another."""

    def __init__(self) -> None:
        self.one: Counter[Gram] = Counter()
        self.two: Counter[Gram] = Counter()
        self.three: Counter[Gram] = Counter()

    @property
    def vocabulary(self) -> set[str]:
        """The words counted."""
        return {word for (word,) in self.one if word != END}

    def add(self, words: Sequence[str]) -> None:
        """Count a sentence."""
        if not words:
            return
        said = (START, *words, END)
        for at in range(1, len(said)):
            self.one[said[at : at + 1]] += 1
            self.two[said[at - 1 : at + 1]] += 1
            if at > 1:
                self.three[said[at - 2 : at + 1]] += 1


class _Level:
    """Witten-Bell estimates of one order over those of the order below."""

    def __init__(self, counts: Counter[Gram]) -> None:
        self.counts = counts
        self.total: dict[Gram, int] = defaultdict(int)
        self.kinds: dict[Gram, int] = defaultdict(int)
        for gram, count in counts.items():
            self.total[gram[:-1]] += count
            self.kinds[gram[:-1]] += 1

    def backoff(self, history: Gram) -> float:
        """The share of probability left to the order below."""
        return self.kinds[history] / (self.total[history] + self.kinds[history])

    def mixed(self, gram: Gram, below: float) -> float:
        """The probability of the last word after the others."""
        history = gram[:-1]
        left = self.backoff(history)
        return (1 - left) * self.counts[gram] / self.total[history] + left * below


def arpa(counts: Counts, *, penalty: float = 0.0) -> str:
    """The model as text; `penalty` is taken from the logarithm (base 10) of every back-off."""
    one = counts.one
    total = sum(one.values())
    first = {gram: count / total for gram, count in one.items()}
    second, third = _Level(counts.two), _Level(counts.three)
    two = {gram: second.mixed(gram, first[gram[1:]]) for gram in counts.two}
    three = {gram: third.mixed(gram, two[gram[1:]]) for gram in counts.three}
    lines = [
        "\\data\\",
        f"ngram 1={len(first) + 1}",
        f"ngram 2={len(two)}",
        f"ngram 3={len(three)}",
        "",
        "\\1-grams:",
    ]
    lines.append(f"{NEVER} {START} {_left(penalty, second, (START,))}")
    lines += [f"{_log(first[gram])} {gram[0]} {_left(penalty, second, gram)}" for gram in sorted(first)]
    lines += ["", "\\2-grams:"]
    lines += [f"{_log(two[gram])} {' '.join(gram)} {_left(penalty, third, gram)}" for gram in sorted(two)]
    lines += ["", "\\3-grams:"]
    lines += [f"{_log(three[gram])} {' '.join(gram)}" for gram in sorted(three)]
    return "\n".join([*lines, "", "\\end\\", ""])


def _left(penalty: float, level: _Level, history: Gram) -> float:
    """The logarithm of the back-off weight; interpolated Witten-Bell needs no renormalising."""
    if history not in level.total:
        return -penalty
    return round(_log(level.backoff(history)) - penalty, 4)


def _log(share: float) -> float:
    return round(math.log10(share), 4) if share > 0 else NEVER
