"""Typing errors, one word at a time."""

from __future__ import annotations

import random
import re
from collections.abc import Collection

from generator.draft import Draft, Piece
from generator.lexicon import Swaps
from generator.wordlist import pairs

NEIGHBOURS = pairs(
    """
    a:qsz b:vgn c:xdv d:sfe e:wrd f:dgr g:fht h:gjy i:uok j:hkn k:jli l:ko m:nj n:bmh o:ipl p:ol q:wa
    r:etf s:adw t:ryg u:yij v:cbf w:qes x:zcs y:tuh z:xa
    """
)
"""Keys beside a key (QWERTY)."""

_WORD = re.compile(r"[A-Za-z']+")


def slip(word: str, rng: random.Random) -> str:
    """The word with one slip of the fingers; the first letter mostly stays."""
    first = 1 if len(word) > 3 and rng.random() < 0.88 else 0
    at = rng.randrange(first, len(word) - 1)
    how = rng.random()
    if how < 0.45:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if how < 0.65:
        return word[:at] + word[at + 1 :]
    if how < 0.80:
        return word[:at] + word[at] * 2 + word[at + 1 :]
    near = rng.choice(NEIGHBOURS.get(word[at].lower(), "e"))
    if how < 0.92:
        return word[:at] + near + word[at + 1 :]
    return word[: at + 1] + near + word[at + 1 :]


def mistype(draft: Draft, rng: random.Random, typos: Swaps, vocabulary: Collection[str]) -> Draft:
    """The draft with one to three words mistyped: seldom in a free value, never in a typed one."""
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
        wrong = rng.choice(known) if known and (len(word) < 3 or rng.random() < 0.6) else slip(word, rng)
        if wrong.lower() in vocabulary:
            continue  # another command word would be another command
        texts[number] = texts[number][:start] + wrong + texts[number][end:]
    pieces = tuple(
        Piece(text, piece.slot, piece.kind) for text, piece in zip(texts, draft.pieces, strict=True)
    )
    return Draft(pieces, draft.steps, draft.origin, draft.source)


def _may_slip(piece: Piece, word: str, typos: Swaps) -> bool:
    if piece.kind == "copy":
        return len(word) > 4
    return len(word) > 3 or word.lower() in typos.words
