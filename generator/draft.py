"""An utterance while it is being written: pieces of text, some of which are slot values.

Noise changes pieces, never offsets; the spans are counted once, at the end, by `finish`. So no step of
the generator can leave a span pointing at the wrong words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from whispera.domain.domain import DESKTOP
from whispera.domain.labelled import Copied, Labelled, Span, Target

Kind = Literal["plain", "copy", "typed"]

_SPACES = re.compile(r"\s+")
LEADING = ' ,;:!?"“”‘’'
TRAILING = ' .,;:!?"“”‘’'

_DOTTED = re.compile(r"(?:^|\s)(?:[^\W\d_]\.){2,}$")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; a slot's words when `slot` is set."""

    text: str
    slot: tuple[int, str] | None = None
    """Step number (from 0) and slot name."""
    kind: Kind = "plain"
    """`copy`: any words, copied as they stand; `typed`: words that must keep their value."""


@dataclass(frozen=True, slots=True)
class Step:
    """An action and its slots; None stands for the words of the piece of that name."""

    action: str
    slots: tuple[tuple[str, str | Copied | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """Pieces and what they mean."""

    pieces: tuple[Piece, ...]
    steps: tuple[Step, ...]
    origin: str = "pattern"
    source: str = ""
    previous: tuple[str, ...] = ()
    """Wire intents said before, newest last."""

    @property
    def text(self) -> str:
        """The words so far, spaces folded."""
        return fold("".join(piece.text for piece in self.pieces))

    @property
    def ends_in_text(self) -> bool:
        """Whether the last words are a slot that takes any words, so that nothing can follow unseen."""
        for piece in reversed(self.pieces):
            if piece.text.strip(TRAILING):
                return piece.kind == "copy"
        return False

    def before(self, text: str) -> Draft:
        """The draft with words put in front."""
        return replace(self, pieces=(Piece(text), *self.pieces))

    def after(self, text: str) -> Draft:
        """The draft with words put behind."""
        return replace(self, pieces=(*self.pieces, Piece(text)))

    def mapped(self, change: Callable[[Piece], str]) -> Draft:
        """The draft with every piece's text changed."""
        return replace(self, pieces=tuple(replace(piece, text=change(piece)) for piece in self.pieces))


def fold(text: str) -> str:
    """The text with runs of white space made one space, trimmed."""
    return _SPACES.sub(" ", text).strip()


def trim(words: str) -> str:
    """The words without closing punctuation; the dots of "p.m." stay."""
    while words and words[-1] in TRAILING and not _DOTTED.search(words):
        words = words[:-1]
    return words


def join(drafts: tuple[Draft, ...], texts: tuple[str, ...], order: tuple[int, ...]) -> Draft:
    """One draft of several: `texts` stand around the drafts said in `order` (one more text than drafts).

    `order` numbers the steps by time: the first draft said is step `order[0]`.
    """
    pieces: list[Piece] = []
    steps: dict[int, Step] = {}
    for said, draft in enumerate(drafts):
        when = order[said]
        steps[when] = draft.steps[0]
        pieces.append(Piece(texts[said]))
        pieces.extend(
            replace(piece, slot=(when, piece.slot[1])) if piece.slot else piece for piece in draft.pieces
        )
    pieces.append(Piece(texts[-1]))
    return Draft(tuple(pieces), tuple(steps[when] for when in sorted(steps)))


def finish(draft: Draft, *, tag: str = DESKTOP) -> Labelled | None:
    """The labelled utterance of a domain; None when noise made a slot empty or glued it to another word."""
    out = ""
    spans: dict[tuple[int, str], Span] = {}
    for piece in draft.pieces:
        words = _SPACES.sub(" ", piece.text)
        if (not out or out.endswith(" ")) and words.startswith(" "):
            words = words[1:]
        if piece.slot is not None:
            inner = words.lstrip(LEADING)
            start = len(out) + len(words) - len(inner)
            spans[piece.slot] = Span(start, start + len(trim(inner)))
        out += words
    out = out.rstrip()
    steps: list[Target] = []
    for number, step in enumerate(draft.steps):
        slots: list[tuple[str, Span | Copied | str]] = []
        for name, value in step.slots:
            if value is not None:
                slots.append((name, value))
                continue
            span = spans.get((number, name))
            if span is None or not bounded(out, span):
                return None
            slots.append((name, span))
        steps.append(Target(step.action, tuple(slots)))
    if not out:
        return None
    return Labelled(out, tuple(steps), tag, draft.previous, draft.origin, draft.source)


def bounded(text: str, span: Span) -> bool:
    """Whether the span holds words and neither end cuts through one."""
    if not 0 <= span.start < span.end <= len(text):
        return False
    if text[span.start].isspace() or text[span.end - 1].isspace():
        return False
    glued_left = span.start > 0 and text[span.start - 1].isalnum() and text[span.start].isalnum()
    glued_right = span.end < len(text) and text[span.end].isalnum() and text[span.end - 1].isalnum()
    return not glued_left and not glued_right
