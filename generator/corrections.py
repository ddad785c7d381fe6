"""The user's own examples as training data: their words plain, dressed anew, and with other values.

Copies with other values teach what is said around a value, so that one correction mends its neighbours too:
who corrects "crank the tunes to thirty" means "crank the tunes to ninety" as well. What leans on a command
before keeps it; of the others some copies are said after commands that do not matter to them.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from generator.book import ARTICLE, ENDS_IN_ARTICLE
from generator.draft import Draft, Piece, finish
from generator.earlier import Earlier
from generator.generate import Maker, Mix
from generator.locate import draft_of
from generator.sources import Sources, Written, read
from whispera.catalog.catalog import Catalog
from whispera.catalog.model import Action
from whispera.domain.intent import SEQUENCE
from whispera.domain.labelled import Copied, Labelled
from whispera.nlu.codec import encode
from whispera.pipeline import examples

COPIES = 8
"""Samples made of an example besides the words themselves, for each unit of its weight."""
VARIED = 0.5
"""Share of the copies that have another value, where there is one to change."""
AFTER = 0.25
"""Share of the copies that are said after other commands, of an example that leans on none."""
ORIGIN = "correction"


@dataclass(frozen=True, slots=True)
class Correction(Written):
    """A hand-written line of the user's, with what it counts."""

    weight: float = examples.WEIGHTS["corrected"]
    digest: str = ""
    """Of the words and what they mean; see `pipeline.examples`."""


@dataclass(frozen=True, slots=True)
class Dressed:
    """An example and what is learnt from it."""

    line: Correction
    samples: tuple[Labelled, ...]
    """The words themselves, then copies."""


def read_corrections(path: Path) -> list[Correction]:
    """The examples in a file, none where there is no file; raises ConfigError naming a broken line."""
    return [
        Correction(
            one.text,
            _steps(one.intent.as_json()),
            f"{path.name}: {one.text}",
            tuple(json.dumps(said.as_json(), ensure_ascii=False) for said in one.previous),
            one.weight,
            one.digest,
        )
        for one in examples.read(path)
    ]


def correction(text: str, intent: Mapping[str, Any], *, source: str) -> Correction:
    """A text with the canonical intent it should have had, as JSON; raises KeyError without an action."""
    return Correction(text, _steps(intent), source)


def _steps(intent: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    return tuple(intent["steps"]) if intent["action"] == SEQUENCE else (intent,)


def corrections(lines: Sequence[Correction], catalog: Catalog, *, seed: int) -> list[Labelled]:
    """Samples of every example whose words still carry its values; the same for the same arguments."""
    found, _ = dressed(lines, catalog, seed=seed)
    return [sample for one in found for sample in one.samples]


def dressed(
    lines: Sequence[Correction], catalog: Catalog, *, seed: int
) -> tuple[list[Dressed], list[tuple[Correction, str]]]:
    """What is learnt from each example, and the examples that cannot be learnt with why.

    The copies of an example do not depend on the others.
    """
    if not lines:
        return [], []
    sources = read(catalog)
    mix = Mix(sources, seed=seed)
    copying = _Copying(mix)
    found: list[Dressed] = []
    problems: list[tuple[Correction, str]] = []
    for line in lines:
        try:
            draft, labelled = _labelled(line, sources)
        except ValueError as error:
            problems.append((line, str(error)))
            continue
        copies = mix.section(
            f"correction {line.text}", copying.maker(draft), max(1, round(COPIES * line.weight))
        )
        prompt = encode(labelled).prompt
        others = (copy for copy in copies if encode(copy).prompt != prompt)
        found.append(Dressed(line, (labelled, *others)))
    return found, problems


def plain(
    lines: Sequence[Correction], catalog: Catalog
) -> tuple[list[Labelled], list[tuple[Correction, str]]]:
    """The words of each example alone, and the examples that cannot be learnt with why."""
    sources = read(catalog)
    found: list[Labelled] = []
    problems: list[tuple[Correction, str]] = []
    for line in lines:
        try:
            found.append(_labelled(line, sources)[1])
        except ValueError as error:
            problems.append((line, str(error)))
    return found, problems


def _labelled(line: Correction, sources: Sources) -> tuple[Draft, Labelled]:
    """A line with where its values stand; raises ValueError where they do not, or cannot be answered so."""
    draft, reason = draft_of(line, sources, origin=ORIGIN)
    labelled = finish(draft, tag=sources.tag) if draft is not None else None
    if draft is None or labelled is None:
        raise ValueError(reason or "a value cuts through a word")
    encode(labelled)
    return draft, labelled


class _Copying:
    """Makes copies of drafts: other values, and other commands before."""

    def __init__(self, mix: Mix) -> None:
        self._mix = mix
        sources = mix.sources
        leant_on = {intent["action"] for rule in sources.followups.rules for intent in rule.after}

        def is_neutral(action: Action) -> bool:
            return not action.slots and action.name not in leant_on and action.group != "assistant"

        self._earlier = Earlier(mix.book, mix.sequences, mix.recipe, neutral=is_neutral, seed="corrections")

    def maker(self, draft: Draft) -> Maker:
        """A maker of copies for a section of the mix."""

        def make(rng: random.Random) -> Draft:
            made = self._varied(draft, rng) if rng.random() < VARIED else draft
            if not draft.previous and self._mix.sources.followups.source and rng.random() < AFTER:
                made = replace(made, previous=self._earlier.random_history(rng, neutral=True))
            return made

        return make

    def _varied(self, draft: Draft, rng: random.Random) -> Draft:
        """The draft with other words for its values: of the slots, and of words of an enum."""
        pieces: list[Piece] = []
        for piece in draft.pieces:
            if piece.slot is not None and piece.kind != "plain":
                piece = replace(piece, text=self._words(draft, piece, pieces, rng))
            pieces.append(piece)
        return self._other_copied(self._other_enum(replace(draft, pieces=tuple(pieces)), rng), rng)

    def _words(self, draft: Draft, piece: Piece, before: Sequence[Piece], rng: random.Random) -> str:
        assert piece.slot is not None
        number, name = piece.slot
        action = self._mix.sources.actions[draft.steps[number].action]
        spec = action.slot(name)
        assert spec is not None
        said = "".join(one.text for one in before).rstrip()
        last = said.rsplit(" ", 1)[-1].lower()
        try:
            words = self._mix.fillers.words(action.name, spec, rng, before=last)
        except ValueError:  # every value of its list is held out
            return piece.text
        return ARTICLE.sub("", words) if ENDS_IN_ARTICLE.search(said + " ") else words

    def _other_copied(self, draft: Draft, rng: random.Random) -> Draft:
        """The draft with another value in the command before that it copies."""
        for number, step in enumerate(draft.steps):
            for place, (name, value) in enumerate(step.slots):
                if not isinstance(value, Copied):
                    continue
                action = self._mix.sources.actions[step.action]
                spec = action.slot(name)
                assert spec is not None
                words = self._mix.fillers.words(action.name, spec, rng)
                steps, slots = list(draft.steps), list(step.slots)
                slots[place] = (name, Copied(words))
                steps[number] = replace(step, slots=tuple(slots))
                before = tuple(_with_value(wire, value.words, words) for wire in draft.previous)
                return replace(draft, steps=tuple(steps), previous=before)
        return draft

    def _other_enum(self, draft: Draft, rng: random.Random) -> Draft:
        """The draft with another word of one enum, where a word that means the present one stands alone."""
        for number, step in enumerate(draft.steps):
            action = self._mix.sources.actions.get(step.action)
            for place, (name, value) in enumerate(step.slots):
                spec = action.slot(name) if action is not None else None
                if spec is None or not spec.enum or not isinstance(value, str):
                    continue
                words = self._mix.sources.enums.get(spec.type, {})
                said = sorted(words.get(value, (value,)), key=len, reverse=True)
                found = re.compile(rf"(?i)\b(?:{'|'.join(map(re.escape, said))})\b")
                held = [i for i, piece in enumerate(draft.pieces) if found.search(piece.text)]
                if len(held) != 1 or draft.pieces[held[0]].kind != "plain":
                    continue
                if len(found.findall(draft.pieces[held[0]].text)) != 1:
                    continue
                other = rng.choice([one for one in spec.enum if one != value] or [value])
                as_named = found.search(draft.pieces[held[0]].text)
                plainly = as_named is not None and as_named.group().lower() == value
                word = other if plainly else rng.choice(list(words.get(other, (other,))))
                pieces, steps, slots = list(draft.pieces), list(draft.steps), list(step.slots)
                text = found.sub(lambda _, word=word: word, pieces[held[0]].text)  # type: ignore[misc]
                pieces[held[0]] = replace(pieces[held[0]], text=text)
                slots[place] = (name, other)
                steps[number] = replace(step, slots=tuple(slots))
                return replace(draft, pieces=tuple(pieces), steps=tuple(steps))
        return draft


def _with_value(wire: str, old: str, new: str) -> str:
    """A wire intent with other words for a value."""
    data = json.loads(wire)
    for step in data["steps"] if data["action"] == SEQUENCE else [data]:
        for name, words in step.items():
            if name != "action" and words.strip() == old:
                step[name] = f" {new}"
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
