"""Human utterances of other domains as labelled examples: their own labels, ours, or none.

Reads `utterances.jsonl` (HWU64, Snips 2017, SLURP devel; see NOTICE) from a folder that is never part of
the project. What becomes what is declared in config/corpora.yaml.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from whispera import values
from whispera.domain.intent import NONE
from whispera.domain.labelled import Labelled, Span, Target
from whispera.errors import UsageError
from whispera.nlu.grammar import GrammarAction, GrammarSlot
from whispera.nlu.normalise import normalise

FILE = "utterances.jsonl"


@dataclass(frozen=True, slots=True)
class Utterance:
    """One line of the corpora."""

    source: str
    text: str
    intent: str
    slots: tuple[tuple[str, Span], ...]
    """Slot name and where its words stand."""


@dataclass(slots=True)
class Corpora:
    """The corpora as training material."""

    foreign: list[Labelled] = field(default_factory=list)
    """Utterances under their own tag and label set."""
    mapped: list[Labelled] = field(default_factory=list)
    """Utterances that are desktop commands."""
    negatives: list[Labelled] = field(default_factory=list)
    """Utterances that are no desktop command."""
    examples: list[Labelled] = field(default_factory=list)
    """Desktop utterances of other sources, which every pass sees once."""
    label_sets: dict[str, list[GrammarAction]] = field(default_factory=dict)
    """Tag to its actions with all their slots."""


def _locate(text: str, slots: Sequence[Sequence[str]]) -> tuple[tuple[str, Span], ...] | None:
    folded = text.lower()
    found: list[tuple[str, Span]] = []
    taken = 0
    for name, words in slots:
        pattern = re.compile(rf"(?<!\w){re.escape(words.lower())}(?!\w)")
        match = pattern.search(folded, taken) or pattern.search(folded)
        if match is None or any(s.start < match.end() and match.start() < s.end for _, s in found):
            return None
        found.append((name, Span(*match.span())))
        taken = match.end()
    return tuple(found)


def read(folder: Path) -> list[Utterance]:
    """The utterances in a folder whose slots can be located; raises UsageError where the file is absent."""
    path = folder / FILE
    if not path.is_file():
        raise UsageError(
            f"no {FILE} in {folder}", hint="name the folder that holds the corpora: --corpora DIR"
        )
    utterances: list[Utterance] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        data = json.loads(line)
        slots = _locate(data["text"], data["slots"])
        if slots is not None and len(data["text"]) < 160:
            utterances.append(Utterance(data["source"], data["text"], data["intent"], slots))
    return utterances


def _join(text: str, first: Span, second: Span) -> Span | None:
    """One span over two that stand side by side but for a few small words."""
    between = text[first.end : second.start]
    if second.start < first.end or not re.fullmatch(r"\s*(,|by|from|in the|this|at)?\s*", between.lower()):
        return None
    return Span(first.start, second.end)


def _longest(text: str, slot_type: str) -> Span | None:
    utterance = normalise(text)
    count = len(utterance.units)
    for length in range(count, 1, -1):
        for first in range(count - length + 1):
            last = first + length - 1
            if utterance.units[first].is_word and values.fits(slot_type, utterance.slice(first, last)):
                return Span(utterance.units[first].start, utterance.units[last].end)
    return None


def _map(rule: Mapping[str, Any], utterance: Utterance) -> Labelled | None:
    folded = utterance.text.lower()
    if "if" in rule and not re.search(rule["if"], folded):
        return None
    if "unless" in rule and re.search(rule["unless"], folded):
        return None
    slots = dict(utterance.slots)
    if len(slots) != len(utterance.slots):
        return None
    if "longest" in rule:
        span = _longest(utterance.text, rule["longest"])
        return None if span is None else _labelled(utterance, rule["action"], ((rule["longest"], span),))
    wanted: Mapping[str, str | None] = rule.get("slots", {})
    if set(slots) - set(wanted) or any(ours and name not in slots for name, ours in wanted.items()):
        return None
    joined = rule.get("join")
    if joined and all(name in slots for name in joined):
        span = _join(utterance.text, slots[joined[0]], slots[joined[1]])
        if span is None:
            return None
        slots[joined[0]] = span
    elif joined and not all(name in slots or wanted[name] is None for name in joined):
        return None
    filled = tuple((ours, slots[name]) for name, ours in wanted.items() if ours)
    return _labelled(utterance, rule["action"], filled)


def _labelled(
    utterance: Utterance, action: str, slots: tuple[tuple[str, Span | str], ...], tag: str = "desktop"
) -> Labelled:
    return Labelled(
        utterance.text,
        (Target(action, slots),),
        tag=tag,
        origin="corpus",
        source=f"{utterance.source}:{utterance.intent}",
    )


def load(folder: Path, rules: Path) -> Corpora:
    """The corpora of a folder, sorted by the rules of config/corpora.yaml."""
    with rules.open(encoding="utf-8") as file:
        config = yaml.safe_load(file)
    corpora = Corpora()
    names: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    utterances = read(folder)
    for utterance in utterances:
        names[utterance.source][utterance.intent].update(name for name, _ in utterance.slots)
    for source, tag in config["tags"].items():
        corpora.label_sets[tag] = [
            GrammarAction(intent, tuple(GrammarSlot(name, "text", True) for name in sorted(slots)))
            for intent, slots in sorted(names[source].items())
        ]
    negatives = set(config["negatives"])
    for utterance in utterances:
        slots = sorted(utterance.slots, key=lambda slot: slot[0])
        if len({name for name, _ in slots}) == len(slots):
            corpora.foreign.append(
                _labelled(utterance, utterance.intent, tuple(slots), config["tags"][utterance.source])
            )
        for rule in config["mapped"].get(utterance.intent, []):
            ours = _map(rule, utterance)
            if ours is not None:
                corpora.mapped.append(ours)
                break
        if utterance.intent in negatives:
            corpora.negatives.append(_labelled(utterance, NONE, ()))
    return corpora
