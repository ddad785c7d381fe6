"""How people dress a command up: politeness, context, hesitation, slips, recogniser text, casing.

Each step takes a draft and gives one back; the slots go with their pieces, so no step can lose a span.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from generator.draft import Draft, Piece
from generator.grammar import PAST, gerund, starts_with_verb
from generator.lexicon import DRESS, Lexicon
from generator.places import between_words, ends_in_dictation
from generator.recogniser import dictate
from generator.typing_errors import mistype
from whispera.catalog.mix import Recipe

_POLITE = re.compile(
    r"(?i)\b(please|pls|you|could|would|can|i|i'm|i'd|i've|thanks|ta|dear|love|mate|let's|we|sorry|um|uh|hey|ok|okay)\b"
)
_QUESTION = re.compile(
    r"(?i)^(what|what's|whats|how|why|when|where|where's|which|who|is|are|am|do|does|did|have|any|got|have)\b"
)
_APOSTROPHE = re.compile(r"(?<=[A-Za-z])['’](?=[a-z])")


class Dresser:
    """Puts noise on drafts."""

    def __init__(
        self, recipe: Recipe, lexicon: Lexicon, *, groups: Mapping[str, str], vocabulary: Collection[str]
    ) -> None:
        self._rates = recipe.noise
        self._lexicon = lexicon
        self._groups = groups
        self._dressy = all(lexicon.lists[name] for name in DRESS)
        self._vocabulary = frozenset(vocabulary)

    def dress(self, draft: Draft, rng: random.Random, *, extra: float = 0.0, clauses: bool = True) -> Draft:
        """The draft with some noise; `extra` is added to every rate but 0, for a text already seen."""

        def rate(name: str, more: float) -> float:
            return self._rates[name] + more if self._rates[name] else 0.0

        def chance(name: str) -> bool:
            return rng.random() < rate(name, extra)

        if chance("variant"):
            draft = self.vary(draft, rng)
        if clauses and self._dressy:
            if chance("prefix"):
                draft = self.lead_in(draft, rng)
            if chance("suffix"):
                draft = self.follow_up(draft, rng)
        if clauses and chance("restart"):
            draft = self.restart(draft, rng)
        if chance("hesitation") and self._dressy:
            draft = self.hesitate(draft, rng)
        kind = rng.random()
        recogniser, typing = rate("recogniser", extra / 2), rate("typing", extra)
        if kind < recogniser:
            return dictate(draft, rng, self._lexicon, clauses=clauses)
        if kind < recogniser + typing:
            draft = mistype(draft, rng, self._lexicon, self._vocabulary)
        if chance("apostrophe"):
            draft = draft.mapped(
                lambda piece: _APOSTROPHE.sub("", piece.text) if piece.kind != "typed" else piece.text
            )
        if rng.random() < self._rates["casing"]:
            draft = _recase(draft, rng)
        elif rng.random() < 0.5:
            draft = _capital(draft)
        if rng.random() < self._rates["closing"]:
            draft = _close(draft, rng)
        return draft

    def say(self, name: str, rng: random.Random) -> str:
        """One line of a noise list."""
        return rng.choice(self._lexicon.lists[name])

    def lead_in(self, draft: Draft, rng: random.Random) -> Draft:
        """Words in front: a request, the computer's name, what the speaker is up to."""
        text = draft.text
        first = text.split()[0].strip(",.?!").lower() if text else ""
        imperative = starts_with_verb(text)
        kind = rng.random()
        head = next((i for i, piece in enumerate(draft.pieces) if piece.text.strip()), 0)
        if imperative and kind < 0.55 and draft.pieces[head].kind == "plain" and not _POLITE.search(text):
            if first in PAST and rng.random() < 0.10:
                said = draft.pieces[head].text.lstrip()
                opening = Piece(f"{self.say('gerunds', rng)} {gerund(first)}{said[len(first) :]}")
                return replace(draft, pieces=(opening, *draft.pieces[head + 1 :]))
            return draft.before(self.say("requests", rng) + " ")
        if kind < 0.72:
            return draft.before(self.say("openers", rng) + rng.choice((" ", ", ")))
        if imperative and rng.random() < 0.35 and not _POLITE.search(text):
            draft = draft.before(self.say("requests", rng) + " ")
        clause = self._clause("before", self._lexicon.before_for, draft, rng)
        joint = " " if clause.endswith("but") else rng.choice((", ", ", ", ", ", " so ", " - ", ". ", "; "))
        draft = draft.before(clause + joint)
        return draft.before(self.say("openers", rng) + ", ") if rng.random() < 0.12 else draft

    def follow_up(self, draft: Draft, rng: random.Random) -> Draft:
        """Words behind: thanks, or why; nothing after dictated words, which would take them in."""
        text = draft.text
        if text.endswith("?") or _QUESTION.match(text) or ends_in_dictation(draft):
            return draft
        if draft.ends_in_text:
            closers = self._lexicon.lists["value_closers"]
            if not closers or _POLITE.search(text):
                return draft
            return draft.after(rng.choice((" ", " ", ", ")) + rng.choice(closers))
        if not _POLITE.search(text) and rng.random() < 0.6:
            return draft.after(rng.choice((" ", " ", ", ")) + self.say("closers", rng))
        if text.count(",") > 1:
            return draft
        return draft.after(
            rng.choice((", ", ", ", " - ")) + self._clause("after", self._lexicon.after_for, draft, rng)
        )

    def _clause(
        self, name: str, fitting: Mapping[str, Sequence[str]], draft: Draft, rng: random.Random
    ) -> str:
        """A clause that goes with the action, or with any."""
        lines = fitting.get(self._groups.get(draft.steps[0].action, ""), ())
        return rng.choice(lines) if lines and rng.random() < 0.4 else self.say(name, rng)

    def vary(self, draft: Draft, rng: random.Random) -> Draft:
        """British for American spelling, short for full forms, or the other way round."""
        swaps = self._lexicon.variants

        def other(found: re.Match[str]) -> str:
            word = found.group()
            chosen = rng.choice(swaps.words[word.lower()])
            return chosen.capitalize() if word[0].isupper() and len(word) > 1 else chosen

        return draft.mapped(
            lambda piece: swaps.pattern.sub(other, piece.text) if piece.kind == "plain" else piece.text
        )

    def hesitate(self, draft: Draft, rng: random.Random) -> Draft:
        """An "um" between two words, or a word said twice; not inside a value."""
        places = between_words(draft)
        if not places:
            return draft.before(self.say("hesitations", rng) + " ")
        number, at = rng.choice(places)
        text = draft.pieces[number].text
        if rng.random() < 0.2:
            word = text[:at].split()[-1]
            filler = f" {word} " if word.isalpha() else " um "
        else:
            filler = " " + self.say("hesitations", rng) + " "
            if rng.random() < 0.4:
                filler = rng.choice((",", ",", "...")) + filler.rstrip() + rng.choice((", ", ", ", "... "))
        pieces = list(draft.pieces)
        pieces[number] = replace(pieces[number], text=text[:at] + filler + text[at + 1 :])
        return replace(draft, pieces=tuple(pieces))

    def restart(self, draft: Draft, rng: random.Random) -> Draft:
        """A beginning broken off, then the whole: "can you, can you open", "I want to, open"."""
        first = draft.pieces[0]
        words = first.text.split() if first.kind == "plain" and first.slot is None else []
        starts = self._lexicon.lists["false_starts"]
        if words and (not starts or rng.random() < 0.45):
            most = len(words) if len(draft.pieces) > 1 else len(words) - 1
            if most < 1:
                return draft
            begun = " ".join(words[: rng.randint(1, min(4, most))]).rstrip(",.;:-")
        elif starts:
            begun = rng.choice(starts)
        else:
            return draft
        gap = rng.choice(
            (", ", ", ", " ", " ", "... ", " - ", ", um, ", " uh ", ", sorry, ", ", no, ", ", er, ")
        )
        return draft.before(begun + gap)


def _recase(draft: Draft, rng: random.Random) -> Draft:
    how = rng.choice((str.upper, str.lower, str.lower, str.title))
    if how is str.title:
        return draft.mapped(lambda piece: re.sub(r"(?<!['’\w])\w", lambda m: m.group().upper(), piece.text))
    return draft.mapped(lambda piece: how(piece.text))


def _capital(draft: Draft) -> Draft:
    """The draft with a capital at the start, unless a value stands there."""
    first = draft.pieces[0]
    if first.kind != "plain" or not first.text:
        return draft
    head = replace(first, text=first.text[0].upper() + first.text[1:])
    return replace(draft, pieces=(head, *draft.pieces[1:]))


def _close(draft: Draft, rng: random.Random) -> Draft:
    """A mark at the end, where there is none."""
    text = draft.text
    if not text or not (text[-1].isalnum() or text[-1] in "%'"):
        return draft
    asks = _QUESTION.match(text) or re.match(r"(?i)(could|can|would|will) (you|u)\b", text)
    return draft.after(rng.choice("?????." if asks else "....!"))
