"""How alike words sound, from their letters alone: coarse, quick, and enough for "spot if i" and "Spotify".

English letters are folded to sounds - "ph" is f, a "k" before n is silent, double letters are one - and two
such codes are compared letter by letter, where sounds that are mistaken for each other cost less.
"""

from __future__ import annotations

import math
import re
import unicodedata
from functools import lru_cache

_RULES: tuple[tuple[str, str], ...] = (
    (r"^(?:kn|gn|pn)", "n"), (r"^wr", "r"), (r"^ps", "s"), (r"^x", "z"), (r"ch(?=[rl])", "k"),
    (r"^wh(?=o)", "h"), (r"tch", "C"), (r"sch", "sk"), (r"ch", "C"), (r"sh", "S"), (r"th", "T"),
    (r"ph", "f"), (r"wh", "w"),
    (r"dge?(?=[eiy]|$)", "J"), (r"igh", "i"), (r"ough", "o"), (r"augh", "o"), (r"gh(?=[aeiou])", "g"),
    (r"gh", ""),
    (r"(?:ti|si|ci)(?=on|al|ous)", "S"), (r"cc(?=[eiy])", "ks"), (r"ck", "k"), (r"c(?=[eiy])", "s"),
    (r"c", "k"),
    (r"q", "k"), (r"x", "ks"), (r"g(?=[eiy])", "J"), (r"j", "J"), (r"mb$", "m"), (r"(?<=[a-z])e$", ""),
    (r"(?:ee|ea|ie|ei|ey)", "i"), (r"y(?![aeiou])", "i"), (r"(?:oo|ou|ew|ue|ui|ow)", "u"),
    (r"(?:ai|ay)", "e"), (r"(?:au|aw|oa)", "o"),
)  # fmt: skip
"""Letters and what they sound like, applied to each word in this order; capitals are sounds of their own."""
_COMPILED = tuple((re.compile(pattern), sound) for pattern, sound in _RULES)
_VOWELS = frozenset("aeiou")
_ALIKE = {
    frozenset(pair)
    for pair in (
        "bp",
        "dt",
        "gk",
        "vf",
        "zs",
        "JC",
        "CS",
        "JS",
        "Jg",
        "sS",
        "mn",
        "Tt",
        "Td",
        "Tf",
        "zS",
        "wv",
    )
}
_DIGITS = {
    "0": "zero", "1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven",
    "8": "eight", "9": "nine",
}  # fmt: skip
_DOUBLE = re.compile(r"(.)\1+")
VOWEL, CONSONANT, ALIKE, WEAK = 0.4, 1.0, 0.4, 0.5
"""What a change costs: another vowel, another consonant, one easily mistaken, a vowel or h left out."""


@lru_cache(maxsize=8192)
def sound(words: str) -> str:
    """The sounds of some words, run together: "spot if i" and "Spotify" are the same."""
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", words.casefold()) if not unicodedata.combining(c)
    )
    found: list[str] = []
    for word in re.findall(r"[a-z]+|[0-9]", plain.replace("'", "")):
        code = _DIGITS.get(word, word)
        for pattern, heard in _COMPILED:
            code = pattern.sub(heard, code)
        found.append(code)
    return _DOUBLE.sub(r"\1", "".join(found))


def distance(one: str, other: str, *, most: float = 1.0) -> float:
    """How differently some words sound: 0 alike, 1 nothing in common; symmetric.

    `most`: what differs more may be answered with 1, which is quicker.
    """
    a, b = sound(one), sound(other)
    if not a or not b:
        return 0.0 if a == b else 1.0
    longest = max(len(a), len(b))
    return min(1.0, _edits(a, b, most * longest) / longest)


def apart(one: str, other: str) -> float:
    """What it costs to make the sounds of some words those of others: about 1 a consonant; symmetric."""
    return _edits(sound(one), sound(other), math.inf)


def _edits(a: str, b: str, most: float) -> float:
    """The least cost of making one code the other; infinite where it is over `most`."""
    above = [0.0]
    for letter in b:
        above.append(above[-1] + _left_out(letter))
    for mine in a:
        row = [above[0] + _left_out(mine)]
        for at, theirs in enumerate(b):
            row.append(
                min(
                    above[at] + _instead(mine, theirs),
                    above[at + 1] + _left_out(mine),
                    row[at] + _left_out(theirs),
                )
            )
        if min(row) > most:
            return math.inf
        above = row
    return above[-1]


def _left_out(letter: str) -> float:
    return WEAK if letter in _VOWELS or letter == "h" else CONSONANT


def _instead(mine: str, theirs: str) -> float:
    if mine == theirs:
        return 0.0
    if mine in _VOWELS and theirs in _VOWELS:
        return VOWEL
    return ALIKE if frozenset((mine, theirs)) in _ALIKE else CONSONANT
