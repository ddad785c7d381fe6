"""The words noise is made of: config/slots/noise.yaml and misheard.yaml, made ready for drawing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DRESS = ("openers", "requests", "gerunds", "closers", "before", "after", "hesitations")
"""Lists that politeness, context and hesitation are drawn from."""

LISTS = (
    *DRESS,
    *("value_closers", "people", "corrections", "taken_back", "false_starts"),
    *("heard_before", "heard_after", "heard_between"),
)
"""Lists of noise.yaml that lines are drawn from."""


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
    before_for: Mapping[str, tuple[str, ...]]
    """Action group to clauses that fit in front of its commands."""
    after_for: Mapping[str, tuple[str, ...]]
    """Action group to clauses that fit behind its commands."""
    homophones: Swaps
    """What a recogniser writes instead, apart or together: what sounds alike, what one was seen to write."""
    unheard: Swaps
    """Small words that a recogniser does not hear; nothing stands for them."""
    confused: Swaps
    """What a recogniser takes small words for."""
    typos: Swaps
    """Slips of whole words."""
    phone: Swaps
    """How thumbs write."""
    variants: Swaps
    """British and American, full and short forms, either way."""
    contracted: Swaps
    """Those of them that are contractions."""


def lexicon(noise: Mapping[str, Any]) -> Lexicon:
    """The lexicon of a noise.yaml."""
    lists = {name: tuple(map(str, noise.get(name) or ())) for name in LISTS}
    spoken_to_us = {line.strip(" ,.!?").lower() for line in (*lists["closers"], *lists["openers"])}
    lists["people"] = tuple(name for name in lists["people"] if name.lower() not in spoken_to_us)
    contractions = dict(noise.get("contractions") or {})
    spellings = dict(noise.get("spellings") or {})
    return Lexicon(
        lists,
        _by_group(noise.get("before_for") or {}),
        _by_group(noise.get("after_for") or {}),
        _swaps(_merged(noise.get("homophones") or {}, noise.get("misheard") or {})),
        _swaps(dict.fromkeys(noise.get("unheard") or (), ())),
        _swaps(noise.get("confused") or {}),
        _swaps(noise.get("typos") or {}),
        _swaps(noise.get("phone") or {}),
        _either_way(spellings, contractions),
        _either_way({full: short for full, short in contractions.items() if "'" in str(short)}),
    )


def _either_way(*tables: Mapping[str, Any]) -> Swaps:
    """Swaps of one for the other and the other for the one."""
    swaps: dict[str, list[str]] = {}
    for table in tables:
        for one, other in table.items():
            swaps.setdefault(str(one).lower(), []).append(str(other))
            swaps.setdefault(str(other).lower(), []).append(str(one))
    return _swaps(swaps)


def _by_group(clauses: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    """The clauses of `sound_media: [...]` under `sound` and under `media`."""
    found: dict[str, tuple[str, ...]] = {}
    for groups, lines in clauses.items():
        for group in str(groups).split("_"):
            found[group] = (*found.get(group, ()), *map(str, lines))
    return found


def _merged(*tables: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    """All tables in one; what stands for a word in several of them is drawn from all."""
    merged: dict[str, tuple[str, ...]] = {}
    for table in tables:
        for word, others in table.items():
            found = (others,) if isinstance(others, str) else tuple(map(str, others))
            key = str(word).lower()
            merged[key] = (*merged.get(key, ()), *found)
    return merged


def _swaps(table: Mapping[str, Any]) -> Swaps:
    """The swaps of a table of words and what may stand for them."""
    if not table:
        return Swaps()
    words = {
        str(word).lower(): (others,) if isinstance(others, str) else tuple(map(str, others))
        for word, others in table.items()
    }
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    choices = "|".join(map(re.escape, longest_first))
    return Swaps(words, re.compile(rf"(?<![\w'-])(?:{choices})(?![\w'-])", re.IGNORECASE))
