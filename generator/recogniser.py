"""Text as a speech recogniser writes it: lower case, no punctuation, words that sound alike.

Besides: small words not heard, breath and noise taken for words, names run together or cut in two, numbers
in words or digits. A free value's words are taken as they were heard, since that is all there is to copy;
a value that must keep its meaning keeps it.
"""

from __future__ import annotations

import random
import re
from dataclasses import replace
from itertools import pairwise

from generator.draft import Draft, Piece
from generator.lexicon import Lexicon, Swaps
from generator.places import between_words, ends_in_dictation
from generator.respelling import respelled, spoken
from whispera import values

_STOPS = re.compile(r"[,;:?!\"“”()]|\.(?=\s|$)|\.\.\.|…|(?<=\s)[-–—](?=\s)|—")
_APOSTROPHE = re.compile(r"(?<=[a-z])['’](?=[a-z])")
_POSSESSIVE = re.compile(r"(?<=[a-z])['’]s(?!\w)")
_TWO_WORDS = re.compile(r"(?<=[a-z]{2}) (?=[a-z]{3})")
_COMPOUND = re.compile(r"(?<![\w-])([a-z]{2,})-(?=[a-z]{2})")
_NUMBER_AT_END = re.compile(r"\b(?:won|two|to|too|for|four|ate|eight|point|\d+)\s*$")

UNHEARD = 0.16
"""Share of texts in which a small word is not heard."""
CONFUSED = 0.22
"""Share in which a small word is taken for another."""
BETWEEN = 0.12
"""Share with a filled pause, or a word twice, between two words."""
ENDS = 0.10
"""Share with noise taken for words in front, and share with it behind."""


def dictate(draft: Draft, rng: random.Random, lexicon: Lexicon, *, clauses: bool = True) -> Draft:
    """The draft as recognised; `clauses` tells whether words may come and go without changing its meaning."""
    budget = rng.choices((0, 1, 2, 3), (0.40, 0.35, 0.18, 0.07))[0]
    drop_apostrophes = rng.random() < 0.35
    spell_out = rng.random() < 0.7
    contract = rng.random() < 0.2

    def hear(piece: Piece) -> str:
        nonlocal budget
        if piece.kind == "typed":
            return respelled(piece.text.strip(), rng).lower()
        if piece.kind == "copy":
            text = _heard_name(piece.text, rng, spell_out=spell_out)
        else:
            text = _COMPOUND.sub(r"\1 ", piece.text) if rng.random() < 0.6 else piece.text
            if contract:
                text, _ = _mishear(text, rng, lexicon.contracted, 2)
        text = _STOPS.sub(" ", text.lower() if rng.random() < 0.97 else text)
        if drop_apostrophes:
            text = _APOSTROPHE.sub("", text)
        if budget and (piece.kind == "plain" or rng.random() < 0.35):
            heard, used = _mishear(text, rng, lexicon.homophones, budget)
            if piece.kind == "plain" or _still_a_name(text, heard):
                text, budget = heard, budget - used
        return text

    heard = draft.mapped(hear)
    heard = replace(heard, pieces=_keep_numbers_apart(draft.pieces, heard.pieces))
    if clauses:
        heard = _small_words(heard, rng, lexicon)
        heard = _noise(heard, rng, lexicon)
    return heard


def _heard_name(name: str, rng: random.Random, *, spell_out: bool) -> str:
    """A name or any free words, as heard."""
    text = spoken(name, rng, spell_out=spell_out)
    if rng.random() < 0.4:
        text = _POSSESSIVE.sub("s" if rng.random() < 0.7 else "", text)
    gaps = [found.start() for found in _TWO_WORDS.finditer(text)]
    if gaps and len(text) < 30 and rng.random() < 0.08:
        at = rng.choice(gaps)
        joined = text[:at] + text[at + 1 :]
        if _still_a_name(text, joined):
            text = joined
    return text


def _still_a_name(before: str, after: str) -> bool:
    """Whether words that could be the name of something can be so still."""
    return bool(after.strip()) and (not values.fits("name", before) or values.fits("name", after))


def _keep_numbers_apart(said: tuple[Piece, ...], heard: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """The heard pieces; what now sounds like a number in front of a value is as it was said."""
    kept: list[Piece] = list(heard)
    for number, (before, after) in enumerate(pairwise(heard)):
        if before.kind == "plain" and after.kind == "typed" and _NUMBER_AT_END.search(before.text):
            kept[number] = replace(before, text=_STOPS.sub(" ", said[number].text.lower()))
    return tuple(kept)


def _small_words(draft: Draft, rng: random.Random, lexicon: Lexicon) -> Draft:
    """The draft with a small word lost or taken for another."""
    pieces = list(draft.pieces)
    if rng.random() < UNHEARD and lexicon.unheard.words:
        # "I want to" without "to" is told from nothing; a question or a refusal may hang on it
        harmless = draft.origin in ("pattern", "sequence")
        places = [
            (number, found.start(), found.end())
            for number, piece in enumerate(pieces)
            if piece.kind == "plain" and piece.slot is None
            for found in lexicon.unheard.pattern.finditer(piece.text)
            if found.group() in ("the", "a", "an") or (harmless and not _holds_value(pieces, number, found))
        ]
        if places:
            number, start, end = rng.choice(places)
            text = pieces[number].text
            pieces[number] = replace(pieces[number], text=text[:start] + " " + text[end:].lstrip())
    if rng.random() < CONFUSED:
        number = rng.randrange(len(pieces))
        piece = pieces[number]
        if piece.kind == "plain":
            text, _ = _mishear(piece.text, rng, lexicon.confused, 1)
            pieces[number] = replace(piece, text=text)
            pieces = list(_keep_numbers_apart(draft.pieces, tuple(pieces)))
    heard = replace(draft, pieces=tuple(pieces))
    return heard if heard.text else draft


def _holds_value(pieces: list[Piece], number: int, found: re.Match[str]) -> bool:
    """Whether the word stands right before a value: "up to ten" is not "up ten"."""
    last = not pieces[number].text[found.end() :].strip()
    return last and number + 1 < len(pieces) and pieces[number + 1].kind != "copy"


def _noise(draft: Draft, rng: random.Random, lexicon: Lexicon) -> Draft:
    """The draft with breath and noise taken for words."""
    lists = lexicon.lists
    if lists["heard_between"] and rng.random() < BETWEEN:
        places = between_words(draft)
        if places:
            number, at = rng.choice(places)
            text = draft.pieces[number].text
            said = text[:at].split()
            again = said[-1] if said and said[-1].isalpha() and rng.random() < 0.3 else ""
            pieces = list(draft.pieces)
            noise = again or rng.choice(lists["heard_between"])
            pieces[number] = replace(pieces[number], text=f"{text[:at]} {noise} {text[at + 1 :]}")
            draft = replace(draft, pieces=tuple(pieces))
    if lists["heard_before"] and rng.random() < ENDS:
        draft = draft.before(rng.choice(lists["heard_before"]) + " ")
    if lists["heard_after"] and rng.random() < ENDS and not ends_in_dictation(draft):
        draft = draft.after(" " + rng.choice(lists["heard_after"]))
    return draft


def _mishear(text: str, rng: random.Random, swaps: Swaps, budget: int) -> tuple[str, int]:
    """The text with up to `budget` words taken for others, and how many."""
    found = [match for match in swaps.pattern.finditer(text) if rng.random() < 0.5]
    if len(found) > budget:
        found = sorted(rng.sample(found, budget), key=lambda match: match.start())
    for match in reversed(found):
        heard = rng.choice(swaps.words[match.group().lower()])
        text = text[: match.start()] + heard + text[match.end() :]
    return text, len(found)
