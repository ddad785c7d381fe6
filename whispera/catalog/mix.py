"""The training mix, `config/recipes/mix.yaml`: every share and rate of the generator.

The names stand here in the order in which the generator draws; that of a file counts for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from whispera.errors import UsageError

GROUPS: Mapping[str, tuple[str, ...]] = {
    "shares": ("command", "none", "near_miss", "sequence", "decoy", "dialogue"),
    "decoys": ("cut", "negated", "addressed", "reported", "question", "taken_back", "corrected"),
    "dialogues": (
        *("another", "instead", "enum", "answers", "pairs", "more", "less", "back"),
        *("command", "sequence", "assistant", "none", "near_miss", "decoy", "chat", "stray", "first"),
    ),
    "noise": (
        *("prefix", "suffix", "variant", "restart", "hesitation"),
        *("typing", "recogniser", "casing", "closing", "apostrophe"),
    ),
    "steps": ("2", "3", "4"),
}
"""Key of the file to the keys below it."""
RATES = ("noise",)
"""The groups that are no shares: all of their numbers may be 0."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What the mix consists of; shares are relative, rates are probabilities, all from 0 to 1."""

    shares: Mapping[str, float]
    """Of the utterances."""
    decoys: Mapping[str, float]
    dialogues: Mapping[str, float]
    """Kinds of utterances after a command; the first eight lean on it."""
    noise: Mapping[str, float]
    """Rates per utterance."""
    steps: Mapping[int, float]
    """Length of a sequence to its share."""
    written_sequences: float
    """Share of the sequences that are whole lines of compound.yaml."""
    one_before: float
    """Share of the utterances after commands that come after one; the others after two."""
    leant_over: float
    """Share of those after two that lean on the older one, where followups.yaml allows it."""
    after_sequences: float
    """Share of the commands before that are sequences."""
    stretched: float
    """Share of free values that get a word in front or behind which no list has there."""
    invented: float
    """Share of made-up values where a filler list does not say."""


KEYS = tuple(field.name for field in fields(Recipe))
NAMES = tuple(f"{key}.{name}" if name else key for key in KEYS for name in GROUPS.get(key, ("",)))
"""Every number of the mix, dotted."""
BRIEFLY = tuple(f"{key}.({'|'.join(GROUPS[key])})" if key in GROUPS else key for key in KEYS)
"""The same for people, a group in one."""


def numbers(recipe: Recipe) -> dict[str, float]:
    """The numbers of a recipe by dotted name, in order."""
    found: dict[str, float] = {}
    for key in KEYS:
        value = getattr(recipe, key)
        if key in GROUPS:
            found.update((f"{key}.{name}", number) for name, number in value.items())
        else:
            found[key] = value
    return found


def of_numbers(found: Mapping[str, float]) -> Recipe:
    """The recipe of all `NAMES` with their numbers."""
    fields_of: dict[str, Any] = {
        key: {name: found[f"{key}.{name}"] for name in GROUPS[key]} if key in GROUPS else found[key]
        for key in KEYS
    }
    fields_of["steps"] = {int(length): share for length, share in fields_of["steps"].items()}
    return Recipe(**fields_of)


def without_share(found: Mapping[str, float]) -> str:
    """The first group of shares that are all 0, so that nothing could be drawn; else empty."""
    for group, names in GROUPS.items():
        if group not in RATES and not any(found[f"{group}.{name}"] for name in names):
            return group
    return ""


def override(recipe: Recipe, settings: Sequence[str]) -> Recipe:
    """The recipe with some numbers replaced, each written NAME=NUMBER; raises UsageError."""
    found = numbers(recipe)
    for setting in settings:
        name, _, written = setting.partition("=")
        if name not in found:
            raise UsageError(f"the mix has no '{name}'", hint=f"its numbers are {', '.join(BRIEFLY)}")
        try:
            found[name] = float(written)
        except ValueError as error:
            raise UsageError(f"'{written}' is no number", hint=f"write {name}=NUMBER") from error
        if not 0 <= found[name] <= 1:
            raise UsageError(f"{name} must be from 0 to 1, and is {written}")
    empty = without_share(found)
    if empty:
        raise UsageError(f"all shares of {empty} are 0", hint="one of them must be more")
    return of_numbers(found)
