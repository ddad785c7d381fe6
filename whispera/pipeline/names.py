"""Spoken names compared with written ones: folding, and close matches for "did you mean".

A close match is only ever a suggestion; nothing runs on one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

_CLOSE = 0.7
_MAX_CLOSE_CHARS = 80
"""Longer words are nobody's name, and comparing them takes quadratic time."""


def fold(name: str) -> str:
    """A name without case, accents, spaces and punctuation: "VS-Code" and "vs code" are `vscode`.

    Plus and hash signs stay ("notepad++", "C#"); a name of nothing but punctuation folds to "".
    """
    if not name.isascii():
        name = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return "".join(c for c in name.casefold() if c.isalnum() or c in "+#")


def close(name: str, known: Iterable[str], *, count: int = 3) -> list[str]:
    """The known names that resemble `name`, best first; at most `count`."""
    wanted = fold(name)
    if not wanted or len(wanted) > _MAX_CLOSE_CHARS:
        return []
    by_fold: dict[str, str] = {}
    for candidate in known:
        by_fold.setdefault(fold(candidate), candidate)
    by_fold.pop("", None)
    import difflib  # only needed once a name was not found

    found = difflib.get_close_matches(wanted, by_fold, n=count, cutoff=_CLOSE)
    if len(wanted) >= 4:
        found += [key for key in sorted(by_fold) if key.startswith(wanted) and key not in found]
    return [by_fold[key] for key in found[:count]]


def did_you_mean(names: Iterable[str]) -> str:
    """`did you mean a, b or c?`, or "" where there is nothing to offer."""
    listed = list(names)
    if not listed:
        return ""
    *most, last = listed
    return f"did you mean {', '.join(most)} or {last}?" if most else f"did you mean {last}?"
