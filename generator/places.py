"""Where in a draft words may be put without being taken for a part of a value."""

from __future__ import annotations

import re

from generator.draft import TRAILING, Draft

DICTATED = frozenset({"text", "message", "subject", "label"})
"""Slots that go on to the end of what is said, so that nothing can follow them unseen."""

_GAP = re.compile(r"(?<=[a-z']) (?=\w|$)")


def ends_in_dictation(draft: Draft) -> bool:
    """Whether the last words are dictated ones, which would take in whatever follows."""
    for piece in reversed(draft.pieces):
        if piece.text.strip(TRAILING):
            return piece.slot is not None and piece.slot[1] in DICTATED
    return False


def between_words(draft: Draft) -> list[tuple[int, int]]:
    """Piece and offset of every space between two words outside values, none before dictated ones."""
    places: list[tuple[int, int]] = []
    for number, piece in enumerate(draft.pieces):
        if piece.kind != "plain":
            continue
        following = draft.pieces[number + 1].slot if number + 1 < len(draft.pieces) else None
        end = len(piece.text)
        if following is not None and following[1] in DICTATED:
            end -= 1  # "note um the rent" might be a note of an "um"
        places.extend((number, gap.start()) for gap in _GAP.finditer(piece.text, 0, end))
    return places
