"""Sums as people say and type them, written as `20/100*85`, `sqrt(144)`, `(3+4)*2`.

The canonical form has digits and `+ - * / ( ) % ^ sqrt( )` without spaces, operands in the order in which
they are computed ("subtract 7 from 20" is `20-7`); brackets are added only where the words group.
Computing the result is `arithmetic.py`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from whispera.values import numbers
from whispera.values.sum_grammar import Sum
from whispera.values.sum_words import Unreadable

if TYPE_CHECKING:
    import random

MAX_TOKENS = 120

_HAS_OPERATION = re.compile(r"[0-9)][-+*/%^]|sqrt")
_MONEY = frozenset({"$", "\u00a3", "\u20ac", "dollars", "dollar", "euros", "euro", "pounds", "bucks"})
_WORD_HYPHEN = re.compile(r"(?<=[a-z])-(?=[a-z])")
_STARTS = (
    numbers.NUMBER_WORDS
    | frozenset(numbers.PARTS)
    | {
        "(", "-", "+", "$", "\u00a3", "\u20ac", ".", "minus", "negative", "the", "square", "root", "sqrt",
        "cube", "open", "bracket", "left", "double", "twice", "triple", "quadruple", "sum", "product",
        "difference", "quotient", "remainder", "average", "mean", "add", "subtract", "multiply", "divide",
        "take", "total", "times", "point", "parenthesis", "paren", "deduct",
    }
)  # fmt: skip


def parse(words: str) -> str | None:
    """The sum in canonical form; None when the words are none. A number alone is none."""
    if len(words) > numbers.MAX_CHARS:
        return None
    text = numbers.fold(words)
    if not could_start(text):
        return None
    parts = numbers.tokens(_WORD_HYPHEN.sub(" ", text.replace("**", "^")))
    if len(parts) > 1 and parts[-1] == "=":
        del parts[-1]
    parts = [part for part in parts if part not in _MONEY]
    if not parts or len(parts) > MAX_TOKENS:
        return None
    made = _read(parts)
    if made is None and "and" in parts:
        # "the sum of two hundred and fifty": no second number unless "and" stands between two
        made = _read(["," if part == "and" else part for part in parts])
    return made


def _read(parts: list[str]) -> str | None:
    """The canonical text of the tokens; None when they are no sum."""
    try:
        made = Sum(parts).whole()
    except Unreadable:
        return None
    return made if _HAS_OPERATION.search(made) else None


def fits(words: str) -> bool:
    """Whether the words are the sum and nothing else."""
    return words == words.strip() and parse(words) is not None


def could_start(word: str) -> bool:
    """Whether a sum may begin with this word."""
    return numbers.begins(word, _STARTS)


_SAY = {
    "+": " plus ",
    "-": " minus ",
    "*": " times ",
    "/": " divided by ",
    "%": " mod ",
    "^": " to the power of ",
}


def say(value: str) -> str:
    """The sum in words around its digits: "7 minus 3"; brackets and roots stay signs."""
    said = re.sub(r"(?<=[0-9)])([-+*/%^])(?=[0-9s(])", lambda found: _SAY[found[1]], value)
    return said if parse(said) == value else value


def sample(rng: random.Random) -> str:
    """A sum as people say or type it: one operation mostly, two at times, shares, roots and powers."""
    # only training invents sums, so the hot path does not load this
    from whispera.values import sum_samples

    return sum_samples.sample(rng)
