"""Signs said by their names, as they would be typed: "test underscore fixtures" is "test_fixtures".

Nobody can hear a sign in the name of a file, a branch or a package, so it is said. Only what stands between
two words of a name becomes one: "press slash", "a dash of milk" and "npm install underscore" stay words.
"""

from __future__ import annotations

from whispera.values.url import FILE_ENDINGS

_SIGNS: dict[tuple[str, ...], str] = {
    ("underscore",): "_", ("under", "score"): "_", ("slash",): "/", ("forward", "slash"): "/",
    ("hyphen",): "-", ("dash",): "-", ("dot",): ".", ("equals", "equals"): "==", ("equal", "equal"): "==",
    ("double", "equals"): "==",
}  # fmt: skip
"""How a sign is said, and the sign."""
_BEFORE = frozenset({
    "a", "an", "the", "this", "that", "of", "and", "or", "by", "with", "to", "is", "as", "in", "on",
    "at", "for", "called", "named", "press", "hit", "push", "type", "write", "say", "enter", "key",
    "control", "ctrl", "shift", "alt", "option", "command", "cmd", "windows", "win", "install",
    "add", "npm", "pip", "open", "forward", "back",
})  # fmt: skip
"""Words that end no part of a name."""
_BEHIND = frozenset({
    "a", "an", "the", "and", "or", "please", "then", "to", "for", "with", "by", "of", "in", "on",
    "at", "is", "now", "key", "sign", "symbol", "character", "command",
})  # fmt: skip
"""Words that begin none."""


def with_signs(text: str) -> str:
    """The text with signs that were said between the parts of a name; doing it twice changes nothing."""
    words = text.split()
    out: list[str] = []
    at = 0
    while at < len(words):
        if out and _key(words, at, 2) == ("plus", "plus") and out[-1][-1].isalpha():
            out[-1] += "++"
            at += 2
            continue
        size = _said(words, at)
        behind = at + size
        if size and out and behind < len(words) and not _said(words, behind):
            said = _key(words, at, size)
            if _joins(out[-1], said, words[behind]):
                out[-1] += _SIGNS[said] + words[behind]
                at = behind + 1
                continue
        out.append(words[at])
        at += 1
    return " ".join(out)


def _said(words: list[str], at: int) -> int:
    """How many words say a sign here; 0 where none is said."""
    return next((size for size in (2, 1) if _key(words, at, size) in _SIGNS), 0)


def _key(words: list[str], at: int, size: int) -> tuple[str, ...]:
    return tuple(word.lower() for word in words[at : at + size])


def _joins(before: str, said: tuple[str, ...], behind: str) -> bool:
    """Whether a sign joins what stands before and behind it to one name."""
    if before.lower() in _BEFORE or behind.lower() in _BEHIND:
        return False
    if not (before[-1].isalnum() or before[-1] == "+") or not behind[0].isalnum():
        return False
    if said == ("dash",):  # a word as well: "a dash of milk", "the hundred metre dash"
        return not before.isalpha() or (behind[0].isdigit() and not before[-1].isdigit())
    if said == ("dot",):
        return behind.rstrip(",.;:!?").lower() in FILE_ENDINGS
    return _SIGNS[said] != "==" or behind[0].isdigit()
