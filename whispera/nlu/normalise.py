"""The utterance as the model reads it, and the way back to what was typed.

The model reads lower-case text without quotes, brackets and closing punctuation, cut into units: words,
and the punctuation between them. A span of the wire intent starts and ends at units, so the value handed
on is a slice of what was typed: "Photoshop" keeps its case.

Text made here holds no double quote, no backslash and no control character, so a wire intent needs no
JSON escapes and a copied word has the same tokens as the spoken one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

MAX_CHARS = 600
"""Longer utterances are not commands; they are refused before the model is asked."""
MAX_UNITS = 96

_QUOTES = str.maketrans(dict.fromkeys("’‘‚ʼ´`", "'") | dict.fromkeys("“”„«»", '"'))
_CHUNK = re.compile(r"\S+")
_ALL_QUOTES = "\"'“”„«»‘’‚ʼ´`"
_OPENING = _ALL_QUOTES + "([{<*_~¿¡"
_CLOSING = _ALL_QUOTES + ".,;:!?…)]}>*~"
_SEPARATORS = {",", ";", ":", "?", "!", ".", "…"}
_OPERATORS = set("+-*/^%=&×÷x<>")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+")
_INNER_BREAK = re.compile(r"\.{2,}|…|(?<=[^\W\d_])[\"“”„«»]*([,;!?])[\"“”„«»]*(?=[^\W\d_])|—|–(?=[^\W\d_])")
_POSSESSIVE = re.compile(r"(?<=\w)['’]s$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unit:
    """A word or a punctuation mark of an utterance."""

    start: int
    """First character in the text as typed."""
    end: int
    """One past the last character."""
    text: str
    """As the model reads it."""
    glued: bool
    """Written without a space before it."""

    @property
    def piece(self) -> str:
        """The text the tokenizer sees, with its leading space."""
        return self.text if self.glued else " " + self.text

    @property
    def is_word(self) -> bool:
        """Whether a span may start here; punctuation and a possessive 's never start one."""
        return not self.glued


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said, cut into units."""

    raw: str
    units: tuple[Unit, ...]

    @property
    def text(self) -> str:
        """The normalised text with a leading space, as it stands in the prompt."""
        return "".join(unit.piece for unit in self.units)

    def slice(self, first: int, last: int) -> str:
        """What was typed from unit `first` up to and including unit `last`."""
        return self.raw[self.units[first].start : self.units[last].end]

    def ends_span(self, index: int) -> bool:
        """Whether a span may end with this unit: a word, or a possessive 's."""
        unit = self.units[index]
        return not unit.glued or unit.text == "'s"


def _is_unseen(character: str) -> bool:
    """Whether it is left out of what the model reads: control, format, unassigned."""
    return unicodedata.category(character)[0] == "C"


def _clean(text: str) -> str:
    folded = unicodedata.normalize("NFC", text).translate(_QUOTES).lower()
    if folded.isprintable():  # so nothing in it is unseen
        return folded.replace("\\", "/").replace('"', "")
    return "".join("/" if c == "\\" else c for c in folded if c != '"' and not _is_unseen(c))


def _strip(raw: str, start: int, end: int) -> tuple[int, int]:
    """The inner bounds of a chunk without the punctuation around it."""
    while start < end and (raw[start] in _OPENING or _is_unseen(raw[start])):
        following = raw[start + 1 : start + 2]
        if raw[start] in "'’‘" and following.isdigit():
            break
        if raw[start] == "(" and ")" in raw[start:end] and not raw[start:end].endswith(")"):
            break
        start += 1
    while end > start and (raw[end - 1] in _CLOSING or _is_unseen(raw[end - 1])):
        last = raw[end - 1]
        opener = _PAIRS.get(last)
        if opener and opener in raw[start : end - 1]:
            break
        if last == "." and _DOTTED.fullmatch(raw[start:end]) and end - start > 2:
            break
        if last in "*>" and end - start == 1:
            break
        end -= 1
    return start, end


def _word_units(raw: str, start: int, end: int) -> list[Unit]:
    """The units of a stripped chunk: split at inner breaks and before a possessive 's."""
    units: list[Unit] = []
    position = start
    for found in [*_INNER_BREAK.finditer(raw, start, end), None]:
        stop = found.start() if found else end
        if stop > position:
            tail = _POSSESSIVE.search(raw[position:stop])
            cut = position + tail.start() if tail else stop
            text = _clean(raw[position:cut])
            if text:
                units.append(Unit(position, cut, text, glued=False))
                if tail:
                    units.append(Unit(cut, stop, "'s", glued=True))
        if found:
            if units:
                mark = found.group(1) or found.group()
                units.append(
                    Unit(found.start(), found.end(), "," if mark[0] in "—–" else mark[0], glued=True)
                )
            position = found.end()
    return units


def normalise(raw: str) -> Utterance:
    """The utterance of a text as typed or transcribed; any text, never an error."""
    units: list[Unit] = []
    seen = raw if raw.isprintable() else "".join(" " if _is_unseen(c) else c for c in raw)
    for chunk in _CHUNK.finditer(seen):
        if chunk.group().isalnum() and chunk.group().isascii():  # nearly every word: nothing to strip or cut
            units.append(Unit(chunk.start(), chunk.end(), chunk.group().lower(), glued=False))
            continue
        start, end = _strip(raw, chunk.start(), chunk.end())
        if start == end:
            body = chunk.group()
            if body in _OPERATORS:
                units.append(Unit(chunk.start(), chunk.end(), body, glued=False))
            elif body in {"-", "–", "—"} and units:
                units.append(Unit(chunk.start(), chunk.end(), ",", glued=True))
            elif body[0] in _SEPARATORS and units and not units[-1].glued:
                units.append(Unit(chunk.start(), chunk.start() + 1, body[0].replace("…", "."), glued=True))
            continue
        words = _word_units(raw, start, end)
        if not any(c.isalnum() for unit in words for c in unit.text):
            words = [unit for unit in words if unit.text in _OPERATORS]
        units.extend(words)
        for index in range(end, chunk.end()):
            mark = raw[index].replace("…", ".")
            if mark in _SEPARATORS and units:
                units.append(Unit(index, index + 1, mark, glued=True))
                break
    while units and units[-1].glued and units[-1].text != "'s":
        units.pop()
    return Utterance(raw, tuple(units))
