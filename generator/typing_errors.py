"""Typing errors: slips of the fingers, spaces left out, and how thumbs write."""

from __future__ import annotations

import random
import re
from collections.abc import Collection
from dataclasses import replace

from generator.draft import Draft, Piece
from generator.lexicon import Lexicon, Swaps
from generator.wordlist import pairs

NEIGHBOURS = pairs(
    """
    a:qsz b:vgn c:xdv d:sfe e:wrd f:dgr g:fht h:gjy i:uok j:hkn k:jli l:ko m:nj n:bmh o:ipl p:ol q:wa
    r:etf s:adw t:ryg u:yij v:cbf w:qes x:zcs y:tuh z:xa
    """
)
"""Keys beside a key (QWERTY)."""

_WORD = re.compile(r"[A-Za-z']+")
_GAP = re.compile(r"(?<=[A-Za-z]{2}) (?=[A-Za-z]{2})")

PHONE = 0.15
"""Share of mistyped texts that are written with the thumbs ("can u turn it up pls")."""
SPACE = 0.15
"""Share with a space left out, or struck a letter too late ("closetab", "clos etab")."""


def slip(word: str, rng: random.Random) -> str:
    """The word with one slip of the fingers; the first letter mostly stays."""
    first = 1 if len(word) > 3 and rng.random() < 0.88 else 0
    at = rng.randrange(first, len(word) - 1)
    how = rng.random()
    if how < 0.34:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if how < 0.60:
        return word[:at] + word[at + 1 :]
    if how < 0.72:
        return word[:at] + word[at] * 2 + word[at + 1 :]
    near = rng.choice(NEIGHBOURS.get(word[at].lower(), "e"))
    if how < 0.92:
        return word[:at] + near + word[at + 1 :]
    return word[: at + 1] + near + word[at + 1 :]


def mistype(draft: Draft, rng: random.Random, lexicon: Lexicon, vocabulary: Collection[str]) -> Draft:
    """The draft as mistyped: a slip in one to three words, a space left out, or a text message.

    Seldom in a free value, never in a typed one; a value is never glued to its neighbours.
    """
    how = rng.random()
    if how < PHONE and lexicon.phone.words:
        written = thumbed(draft, rng, lexicon.phone)
        if written.text != draft.text:
            return written
    elif how < PHONE + SPACE:
        return _misspaced(draft, rng)
    return _slipped(draft, rng, lexicon.typos, vocabulary)


def thumbed(draft: Draft, rng: random.Random, phone: Swaps) -> Draft:
    """The draft as in a text message: most of its small words short, without apostrophes."""

    def short(found: re.Match[str]) -> str:
        return rng.choice(phone.words[found.group().lower()]) if rng.random() < 0.75 else found.group()

    texts: list[str] = []
    for number, piece in enumerate(draft.pieces):
        text = piece.text
        if piece.kind == "plain":
            text = phone.pattern.sub(short, text)
            following = draft.pieces[number + 1].kind if number + 1 < len(draft.pieces) else "plain"
            if following == "typed" and text.rstrip().endswith(("2", "4")):
                text = piece.text  # "volume 2 50" would be two numbers
        texts.append(text.replace("'", "") if piece.kind != "typed" else text)
    return _with(draft, texts)


def _misspaced(draft: Draft, rng: random.Random) -> Draft:
    """The draft with a space missing, or moved by a letter; the ones beside a value stay."""
    places = [
        (number, gap.start())
        for number, piece in enumerate(draft.pieces)
        if piece.kind == "plain" or (piece.kind == "copy" and rng.random() < 0.15)
        for gap in _GAP.finditer(piece.text)
    ]
    if not places:
        return draft
    number, at = rng.choice(places)
    texts = [piece.text for piece in draft.pieces]
    text = texts[number]
    left, right = text[:at], text[at + 1 :]
    how = rng.random()
    if how < 0.70:
        texts[number] = left + right
    elif how < 0.85:
        texts[number] = f"{left[:-1]} {left[-1]}{right}"
    else:
        texts[number] = f"{left}{right[0]} {right[1:]}"
    return _with(draft, texts)


def _slipped(draft: Draft, rng: random.Random, typos: Swaps, vocabulary: Collection[str]) -> Draft:
    """The draft with one to three words mistyped."""
    places = [
        (number, found.start(), found.end())
        for number, piece in enumerate(draft.pieces)
        if piece.kind != "typed"
        for found in _WORD.finditer(piece.text)
        if _may_slip(piece, found.group(), typos)
    ]
    plain = [place for place in places if draft.pieces[place[0]].kind == "plain"]
    pool = plain if plain and rng.random() < 0.85 else places
    if not pool:
        return draft
    count = min(len(pool), rng.choices((1, 2, 3), (0.62, 0.28, 0.10))[0])
    texts = [piece.text for piece in draft.pieces]
    for number, start, end in sorted(rng.sample(pool, count), reverse=True):
        word = texts[number][start:end]
        known = typos.words.get(word.lower())
        wrong = rng.choice(known) if known and (len(word) < 4 or rng.random() < 0.5) else slip(word, rng)
        if wrong.lower() in vocabulary:
            continue  # another command word would be another command
        texts[number] = texts[number][:start] + wrong + texts[number][end:]
    return _with(draft, texts)


def _with(draft: Draft, texts: list[str]) -> Draft:
    """The draft with other texts in its pieces."""
    pieces = tuple(replace(piece, text=text) for piece, text in zip(draft.pieces, texts, strict=True))
    return replace(draft, pieces=pieces)


def _may_slip(piece: Piece, word: str, typos: Swaps) -> bool:
    if piece.kind == "copy":
        return len(word) > 4
    return len(word) > 3 or word.lower() in typos.words
