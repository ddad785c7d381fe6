"""Text as it is said: the words that a pattern, a name or a value come to when somebody reads it aloud.

Words here are small letters and apostrophes; numbers, signs and addresses are spelt out. The dictionary, the
grammar and the trigrams are made of such words, and both decodings give them.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from whispera.values import numbers

_FOLD = str.maketrans(dict.fromkeys("’‘‚ʼ´`", "'") | {"æ": "ae", "œ": "oe", "ø": "o", "ß": "ss", "ł": "l"})
_SIGNS = {
    "%": "percent", "&": "and", "+": "plus", "@": "at", "=": "equals", "*": "times", "×": "times",
    "÷": "divided by", "€": "euros", "$": "dollars", "£": "pounds", "#": "hash", "^": "to the power of",
}  # fmt: skip
_SPELT = {
    "pls": "please", "plz": "please", "vol": "volume", "approx": "about", "hrs": "hours", "hr": "hour",
    "mins": "minutes", "secs": "seconds", "vs": "versus", "app's": "app's", "mr": "mister", "mrs": "missus",
    "dr": "doctor", "st": "saint", "www": "w w w",
}  # fmt: skip
"""Written forms and what is said for them."""
_HALF_DAY = re.compile(r"(?<![a-z])([ap])\.? ?m\b\.?(?!')")
_DOT = re.compile(r"(?<=[a-z0-9])\.(?=[a-z0-9])")
_TOKEN = re.compile(
    r"[0-9]+(?:,[0-9]{3})*|[a-z](?:[a-z']*[a-z])?'?|'[a-z]+|[" + re.escape("".join(_SIGNS)) + "]"
)
_NOT_SAID = re.compile(r"[^a-z]+")
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


def spoken(text: str) -> tuple[str, ...]:
    """The words of a text as they are said; empty where it holds none.

    "Set it to 35%" gives set it to thirty five percent; "docs.google.com" gives docs dot google dot com.
    """
    return _spoken(text)


@lru_cache(maxsize=65536)
def _spoken(text: str) -> tuple[str, ...]:
    folded = unicodedata.normalize("NFKD", text.translate(_FOLD).lower().translate(_FOLD))
    plain = "".join(char for char in folded if not unicodedata.combining(char))
    plain = _HALF_DAY.sub(r" \1 m ", plain)
    plain = _DOT.sub(" dot ", plain)
    said: list[str] = []
    for token in _TOKEN.findall(plain):
        if token[0].isdigit():
            said += _number(token.replace(",", ""))
        elif token in _SIGNS:
            said += _SIGNS[token].split()
        else:
            word = token if token in ("o'", "'em", "'til", "'cause") else token.strip("'")
            said += _SPELT.get(word, word).split()
    return tuple(said)


def _number(digits: str) -> list[str]:
    """A number in words; digit by digit where it is long or starts with a zero."""
    if len(digits) > 4 or (len(digits) > 1 and digits[0] == "0"):
        return [_DIGITS[int(digit)] for digit in digits]
    return numbers.say_whole(int(digits)).replace("-", " ").split()


def letters(word: str) -> str:
    """The letters of a word alone."""
    return _NOT_SAID.sub("", word)
