"""Signs said by their names, as they would be typed: "test underscore fixtures" is "test_fixtures".

Nobody can hear a sign in the name of a file, a branch or a package, so it is said. Only what stands between
two words of a name becomes one: "press slash", "a dash of milk" and "npm install underscore" stay words. An
address that is wholly said ("example dot com slash docs") is left to `values.url`, which reads it so.
"""

from __future__ import annotations

from whispera.values.url import FILE_ENDINGS

_SIGNS: dict[tuple[str, ...], str] = {
    ("underscore",): "_", ("slash",): "/", ("forward", "slash"): "/", ("hyphen",): "-", ("dash",): "-",
    ("dot",): ".", ("equals", "equals"): "==", ("equal", "equal"): "==", ("double", "equals"): "==",
    ("plus", "plus"): "++",
}  # fmt: skip
"""How a sign is said, and the sign."""
_ENDS_NO_NAME = frozenset({
    "a", "an", "the", "this", "that", "all", "of", "and", "or", "by", "with", "to", "is", "as",
    "in", "on", "at", "for", "does", "what", "called", "named", "double", "single", "forward",
    "back", "press", "hit", "push", "type", "write", "say", "enter", "find", "search", "install",
    "add", "open", "npm", "pip", "key", "control", "ctrl", "shift", "alt", "option", "command",
    "cmd", "windows", "win",
})  # fmt: skip
_BEGINS_NO_NAME = frozenset({
    "a", "an", "the", "and", "or", "please", "then", "to", "for", "with", "by", "of", "in", "on",
    "at", "is", "now", "mean", "means", "meaning", "key", "keys", "sign", "signs", "mark", "marks",
    "symbol", "symbols", "character", "characters", "command", "commands",
})  # fmt: skip
_OF_ADDRESSES = frozenset({"colon", "tilde", "point", "localhost"})
"""Words that only addresses hold beside a slash."""


def with_signs(text: str) -> str:
    """The text with signs that were said between the parts of a name; doing it twice changes nothing."""
    words = text.split()
    in_address = _has_address([word.lower() for word in words])
    out: list[str] = []
    at = 0
    while at < len(words):
        joined, size = _joined(out[-1] if out else "", words[at : at + 3], in_address)
        if size:
            out[-1] = joined
        else:
            out.append(words[at])
        at += size or 1
    return " ".join(out)


def _has_address(words: list[str]) -> bool:
    """Whether an address is said among the words, dot by dot."""
    dots = (words[at + 1 : at + 2] for at, word in enumerate(words) if word == "dot")
    return not _OF_ADDRESSES.isdisjoint(words) or any(not (after and _is_ending(after[0])) for after in dots)


def _joined(before: str, words: list[str], in_address: bool) -> tuple[str, int]:
    """What stands before, joined by a sign to what stands behind, and how many words that takes; or 0."""
    said: tuple[str, ...] = next((key for key in (_key(words[:2]), _key(words[:1])) if key in _SIGNS), ())
    if (
        not said
        or not before
        or not before[-1].isalnum()
        or before.lower() in _ENDS_NO_NAME
        or _is_sign(before)
    ):
        return "", 0
    if said == ("plus", "plus"):
        return (f"{before}++", 2) if before[-1].isalpha() else ("", 0)
    behind = words[len(said)] if len(words) > len(said) else ""
    if not behind or not behind[0].isalnum() or behind.lower() in _BEGINS_NO_NAME or _is_sign(behind):
        return "", 0
    if said == ("dot",):
        fits = _is_ending(behind)
    elif said == ("dash",):  # a word as well: "a dash of milk"
        fits = not (in_address or before.isalpha() or before.isdigit())
    else:
        fits = not in_address and (_SIGNS[said] != "==" or behind[0].isdigit())
    return (f"{before}{_SIGNS[said]}{behind}", len(said) + 1) if fits else ("", 0)


def _is_sign(word: str) -> bool:
    return _key([word]) in _SIGNS


def _key(words: list[str]) -> tuple[str, ...]:
    return tuple(word.lower() for word in words)


def _is_ending(word: str) -> bool:
    """Whether a word ends the name of a file; a single letter may be anything."""
    bare = word.rstrip(",.;:!?").lower()
    return len(bare) > 1 and bare in FILE_ENDINGS
