"""The words noise is made of: config/slots/noise.yaml, made ready for drawing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_LISTS = (
    "polite_prefix",
    "polite_suffix",
    "hesitations",
    "wake",
    "addressed_names",
    "corrections",
    "taken_back",
)


@dataclass(frozen=True, slots=True)
class Swaps:
    """Words and what may stand for them."""

    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pattern: re.Pattern[str] = re.compile(r"(?!)")
    """Finds them, longest first, as whole words."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Lists of noise; all may be empty, then that noise does not happen."""

    lists: Mapping[str, tuple[str, ...]]
    before: Mapping[str, tuple[str, ...]]
    """Action group (or `any`) to clauses that end where the command begins."""
    after: Mapping[str, tuple[str, ...]]
    """Action group (or `any`) to clauses that begin where the command ends."""
    homophones: Swaps
    """What a recogniser writes instead, apart or together."""
    variants: Swaps
    """British and American, full and short forms, either way."""


def lexicon(noise: Mapping[str, Any]) -> Lexicon:
    """The lexicon of a noise.yaml."""
    lists = {name: tuple(map(str, noise.get(name, ()))) for name in _LISTS}
    spoken_to_us = {line.strip(" ,.!?").lower() for line in (*lists["polite_suffix"], *lists["wake"])}
    lists["addressed_names"] = tuple(
        name for name in lists["addressed_names"] if name.lower() not in spoken_to_us
    )
    heard: dict[str, list[str]] = {}
    for table in ("homophones", "splits"):
        for said, written in (noise.get(table) or {}).items():
            heard.setdefault(str(said), []).extend([written] if isinstance(written, str) else written)
    variants: dict[str, list[str]] = {}
    for table in ("british", "contractions"):
        for one, other in (noise.get(table) or {}).items():
            variants.setdefault(str(one).lower(), []).append(str(other))
            variants.setdefault(str(other).lower(), []).append(str(one))
    groups = noise.get("context_groups") or {}
    return Lexicon(
        lists,
        _by_group(noise.get("context_before") or {}, groups),
        _by_group(noise.get("context_after") or {}, groups),
        _swaps(heard),
        _swaps(variants),
    )


def _by_group(clauses: Mapping[str, Any], groups: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    found = {"any": tuple(map(str, clauses.get("any", ())))}
    for kind, members in groups.items():
        for group in members:
            found[group] = (*found.get(group, ()), *map(str, clauses.get(kind, ())))
    return found


def _swaps(table: Mapping[str, list[str]]) -> Swaps:
    if not table:
        return Swaps()
    words = {word.lower(): tuple(map(str, others)) for word, others in table.items()}
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    choices = "|".join(map(re.escape, longest_first))
    return Swaps(words, re.compile(rf"(?<![\w'-])(?:{choices})(?![\w'-])", re.IGNORECASE))
