"""Sentences made from commands that are no longer that command: the hard negatives.

Each maker takes the plain instructions of the catalog ("close the {target} window") and builds what people
say around them: to somebody else, about themselves, as a question, taken back, corrected, cut off.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import replace

from generator.book import Book, Entry
from generator.cycle import Cycle, rng_for
from generator.draft import Draft, Piece, Step, fold
from generator.fillers import plain
from generator.frames import (
    ABOUT_TOOLS,
    ADDRESSED,
    DONE,
    NEGATED,
    QUESTIONS,
    REPORTED,
)
from generator.grammar import OTHER_VERBS, PAST, past
from generator.lexicon import Lexicon
from generator.parts import FIRST
from generator.wordlist import words
from whispera.domain.intent import CANCEL, NONE

HANGING = frozenset(
    words("to the a an my for at by called named of with about from into and some your as titled or saying")
)
"""Words no finished command ends in."""


class Decoys:
    """Makes decoys of one kind or another."""

    def __init__(self, book: Book, lexicon: Lexicon, *, seed: str) -> None:
        self._book = book
        self._taken_back = lexicon.lists["taken_back"]
        self._corrections = lexicon.lists["corrections"]
        self._people = lexicon.lists["people"]
        by_action: dict[str, list[Entry]] = {}
        for entry in book.imperatives():
            by_action.setdefault(entry.action.name, []).append(entry)
        self._actions = Cycle(list(by_action), rng_for(seed, "decoy actions")) if by_action else None
        self._entries = {
            name: Cycle(found, rng_for(seed, "decoys", name)) for name, found in by_action.items()
        }
        cuttable = [
            entry
            for entries in book.entries.values()
            for entry in entries
            if entry.slots and entry.action.cut_off
        ]
        self._cuttable = Cycle(cuttable, rng_for(seed, "cut")) if cuttable else None
        everything = [entry for entries in book.entries.values() for entry in entries]
        self._everything = Cycle(everything, rng_for(seed, "cut anywhere")) if everything else None
        self._lines: dict[tuple[str, ...], Cycle[str]] = {}
        self._seed = seed
        makers: dict[str, Callable[[random.Random], Draft | None]] = {
            "cut": self.cut,
            "negated": lambda rng: self._framed(NEGATED, NONE, "negated", rng),
            "addressed": self.addressed,
            "reported": self.reported,
            "question": self.question,
            "taken_back": self.taken_back,
            "corrected": self.corrected,
        }
        self.makers = {kind: make if by_action or kind == "cut" else _none for kind, make in makers.items()}
        """Kind to its maker, which makes nothing where no action is a plain instruction."""

    def _line(self, lines: tuple[str, ...]) -> str:
        cycle = self._lines.get(lines)
        if cycle is None:
            cycle = self._lines[lines] = Cycle(lines, rng_for(self._seed, *lines))
        return cycle.next()

    def _command(self, rng: random.Random) -> Draft:
        assert self._actions is not None
        return self._book.draft(self._entries[self._actions.next()].next(), rng)

    def _framed(self, frames: tuple[str, ...], action: str, kind: str, rng: random.Random) -> Draft | None:
        """A command inside a frame, with what the whole then means."""
        if not frames:
            return None
        return self._inside(self._line(frames), self._command(rng).text, action, kind)

    def _inside(self, frame: str, text: str, action: str, kind: str) -> Draft:
        said = frame.replace("{x}", text)
        return Draft((Piece(said),), (Step(action),), f"decoy: {kind}", frame)

    def addressed(self, rng: random.Random) -> Draft | None:
        """A command to somebody else."""
        frame = self._line(ADDRESSED)
        command = self._command(rng)
        if command.ends_in_text and not frame.endswith("{x}"):
            return None
        name = rng.choice(self._people if self._people and rng.random() < 0.5 else FIRST)
        return self._inside(frame.replace("{p}", name), command.text, NONE, "addressed")

    def reported(self, rng: random.Random) -> Draft | None:
        """A command told, wished for, or already done."""
        text = self._command(rng).text
        done = past(text)
        if done is not None and rng.random() < 0.5:
            return self._inside(self._line(DONE), done, NONE, "reported")
        if text.split()[0] == "git":
            return self._inside(self._line(ABOUT_TOOLS), text, NONE, "reported")
        return self._inside(self._line(REPORTED), text, NONE, "reported")

    def question(self, rng: random.Random) -> Draft | None:
        """A question about a command."""
        text = self._command(rng).text
        frame = self._line(ABOUT_TOOLS if text.split()[0] == "git" else QUESTIONS)
        return self._inside(frame + rng.choice(("?", "?", "")), text, NONE, "question")

    def cut(self, rng: random.Random) -> Draft | None:
        """A command broken off before a value it needs, or before its last word."""
        if self._cuttable is not None and rng.random() < 0.6:
            entry = self._cuttable.next()
            draft = self._book.draft(entry, rng)
            said: list[str] = []
            missing = None
            for piece in draft.pieces:
                if piece.slot is not None:
                    missing = entry.action.slot(piece.slot[1])
                    break
                said.append(piece.text)
            if missing is None:
                return None  # its value is meant without words
            if missing.may_be_absent and plain("".join(said)).rpartition(" ")[2] not in HANGING:
                return None  # "set a timer" is a command, "set a timer for" is none
            text = "".join(said)
            source = entry.template
        elif self._everything is None:
            return None
        else:
            draft = self._book.draft(self._everything.next(), rng)
            spoken = itertools.takewhile(lambda piece: piece.kind != "copy", draft.pieces)
            tokens = "".join(piece.text for piece in spoken).split()
            stops = [i for i in range(2, len(tokens)) if plain(tokens[i - 1]) in HANGING]
            if not stops:
                return None
            text = " ".join(tokens[: rng.choice(stops)])
            source = draft.source
        text = text.rstrip(" ,:;\"'")
        tokens = plain(text).split()
        if len(tokens) < 2 or plain(text) in self._book.whole or _stands_alone(tokens):
            return None
        return Draft((Piece(text),), (Step(NONE),), "decoy: cut", source)

    def taken_back(self, rng: random.Random) -> Draft | None:
        """A command given up after it was said, or before its value was."""
        if not self._taken_back:
            return None
        draft = self._command(rng)
        said = draft.text
        if rng.random() < 0.3:
            broken = itertools.takewhile(lambda piece: piece.slot is None, draft.pieces)
            said = fold("".join(piece.text for piece in broken)) or said
        gap = rng.choice((", ", ", ", " ", " ", "... ", " - ", ". "))
        given_up = CANCEL if CANCEL in self._book.sources.actions else NONE
        return self._inside(f"{{x}}{gap}{self._line(self._taken_back)}", said, given_up, "taken back")

    def corrected(self, rng: random.Random) -> Draft | None:
        """A value said wrongly and put right, or one command given up for another."""
        if not self._corrections:
            return None
        draft = self._command(rng)
        places = [i for i, piece in enumerate(draft.pieces) if piece.slot is not None]
        if not places:
            other = self._command(rng)
            if other.steps[0].action == draft.steps[0].action or draft.text.split()[0] == "git":
                return None
            wrong = draft.text
            if rng.random() < 0.4:
                wrong = wrong.split()[0]
            return replace(
                other.before(wrong + self._correction(rng)),
                origin="decoy: corrected",
                source=other.source,
            )
        at = rng.choice(places)
        slot = draft.pieces[at].slot
        assert slot is not None
        action = self._book.sources.actions[draft.steps[0].action]
        spec = action.slot(slot[1])
        if spec is None or spec.name in ("text", "message", "subject"):
            return None
        if spec.is_span:
            wrong = self._book.fillers.words(action.name, spec, rng)
        else:
            wrong = self._book.fillers.enum(spec)[1]
        right = draft.pieces[at].text
        if plain(wrong) == plain(right):
            return None
        if draft.pieces[at].kind == "copy" and rng.random() < 0.2:
            wrong = _begun(right, rng) or wrong  # "fire, firefox"
        pieces = list(draft.pieces)
        pieces[at:at] = self._mended(pieces, at, wrong, rng)
        return replace(draft, pieces=tuple(pieces), origin="decoy: corrected")

    def _mended(self, pieces: list[Piece], at: int, wrong: str, rng: random.Random) -> list[Piece]:
        """What is said between the beginning of a command and its right value: the wrong one, and more.

        "set it to | thirty, no, | forty", "... thirty sorry to | forty", "play | jazz, no, play | soul".
        """
        before = "".join(piece.text for piece in pieces[:at])
        said = before.split()
        if wrong and rng.random() < 0.12:
            return [Piece(wrong + rng.choice((", no not ", " no not ", ", not ", "... not ")) + wrong + ", ")]
        again = ""
        if said and not any(piece.slot for piece in pieces[:at]):
            how = rng.random()
            if how < 0.15:
                again = said[-1] + " "
            elif how < 0.30:
                again = " ".join(said) + " "
            if not before.endswith(" "):
                again = ""
        return [Piece(wrong + self._correction(rng) + again)]

    def _correction(self, rng: random.Random) -> str:
        """What stands between the wrong words and the right ones, with or without commas."""
        gap = rng.choice((", ", ", ", ", ", " ", " ", " ", "... ", " - ", ". "))
        return gap + self._line(self._corrections) + rng.choice((", ", " ", " "))


def _begun(value: str, rng: random.Random) -> str:
    """The beginning of a value, broken off; nothing where it is too short."""
    said = value.split()
    if len(said) > 1:
        return " ".join(said[: rng.randint(1, len(said) - 1)])
    return value[: rng.randint(2, len(value) - 2)] if len(value) > 4 and value.isalpha() else ""


def _stands_alone(tokens: list[str]) -> bool:
    """Whether cut-off words may pass for a whole command ("turn it up", "search"): then they are left out."""
    last, first = tokens[-1], tokens[0]
    if last in HANGING:
        return False
    asked = first in ("could", "can", "would", "will", "please", "i", "git", "docker", "pip", "npm")
    verb = last in PAST or last in OTHER_VERBS
    return not (asked and verb)


def _none(rng: random.Random) -> None:
    """No decoy."""
