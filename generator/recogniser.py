"""Text as a speech recogniser writes it: lower case, no punctuation, words that sound alike."""

from __future__ import annotations

import random
import re

from generator.draft import Draft, Piece
from generator.lexicon import Lexicon, Swaps
from whispera import values

_STOPS = re.compile(r"[,;:?!\"“”()]|\.(?=\s|$)|\.\.\.|…")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_ACRONYM = re.compile(r"(?<!\w)[A-Z]{2,4}(?!\w)")
_DIGITS = re.compile(r"(?<![\w.,:/-])(\d{1,4})(?![\w.,:/%-])")
_APOSTROPHE = re.compile(r"(?<=[a-z])['’](?=[a-z])")


def dictate(draft: Draft, rng: random.Random, lexicon: Lexicon) -> Draft:
    """The draft as recognised; spelled-out digits and homophones only where no value hangs on them."""
    budget = rng.choices((0, 1, 2), (0.45, 0.40, 0.15))[0]
    drop_apostrophes = rng.random() < 0.35
    spell_out = rng.random() < 0.7

    def hear(piece: Piece) -> str:
        nonlocal budget
        if piece.kind == "typed":
            return piece.text.lower()
        text = spoken(piece.text, rng, spell_out=spell_out) if piece.kind == "copy" else piece.text
        text = _STOPS.sub(" ", text.lower() if rng.random() < 0.97 else text)
        if drop_apostrophes:
            text = _APOSTROPHE.sub("", text)
        if budget and (piece.kind == "plain" or rng.random() < 0.35):
            text, used = _mishear(text, rng, lexicon.homophones, budget)
            budget -= used
        return text

    return draft.mapped(hear)


def spoken(name: str, rng: random.Random, *, spell_out: bool) -> str:
    """A written name as it comes out when it is said: "q3-report.pdf" as "q3 report dot pdf"."""
    if _CAMEL.search(name) and rng.random() < 0.5:
        name = _CAMEL.sub(" ", name)
    name = _ACRONYM.sub(lambda found: " ".join(found.group()) if rng.random() < 0.4 else found.group(), name)
    if "_" in name:
        name = name.replace("_", rng.choice((" ", " ", " underscore ")))
    if "-" in name:
        name = re.sub(r"(?<=\w)-(?=\w)", rng.choice((" ", " ", " dash ", "-")), name)
    if "/" in name:
        name = re.sub(r"(?<=\w)/(?=\w)", rng.choice((" slash ", " ", "/")), name)
    if "@" in name:
        name = name.replace("@", rng.choice((" at ", "@")))
    if spell_out:
        name = re.sub(r"(?<=\w)\.(?=\w)", rng.choice((" dot ", " dot ", ".")), name)
        name = name.replace("++", " plus plus").replace("==", " ")
        name = _DIGITS.sub(lambda found: _number(found.group(1)), name)
    return name


def _number(digits: str) -> str:
    if digits.startswith("0"):
        return " ".join(values.say("count", int(digit)) if digit != "0" else "oh" for digit in digits)
    return values.say("count", int(digits))


def _mishear(text: str, rng: random.Random, swaps: Swaps, budget: int) -> tuple[str, int]:
    """The text with up to `budget` words taken for others, and how many."""
    found = [match for match in swaps.pattern.finditer(text) if rng.random() < 0.5][:budget]
    for match in reversed(found):
        heard = rng.choice(swaps.words[match.group().lower()])
        text = text[: match.start()] + heard + text[match.end() :]
    return text, len(found)
