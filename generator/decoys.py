"""Sentences made from commands that are no longer that command: the hard negatives.

Each maker takes the plain instructions of the catalog ("close the {target} window") and builds what people
say around them: to somebody else, about themselves, as a question, taken back, corrected, cut off.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import replace

from generator.book import Book, Entry
from generator.cycle import Cycle, rng_for
from generator.draft import Draft, Piece, Step
from generator.fillers import plain
from generator.grammar import OTHER_VERBS, PAST, past
from generator.invent import FIRST
from generator.noise import Dresser
from whispera.domain.intent import CANCEL, NONE

HANGING = frozenset(
    "to the a an my for at called named of on in with about by from into over that saying and some up's this "
    "and's another your is it's i'm as say says reading titled or".split()
)
"""Words no finished command ends in."""

NEGATED = (
    "don't {x}", "do not {x}", "please don't {x}", "don't {x} yet", "don't you dare {x}", "whatever you do, don't {x}",
    "no need to {x}", "you don't have to {x}", "please do not {x} yet", "never {x} without asking me",
    "don't {x}, I'm still using it", "you mustn't {x}", "we shouldn't {x} just yet", "don't {x} until I say so",
    "I never said to {x}", "wait, don't {x}", "I don't want you to {x}", "not yet, don't {x}",
)  # fmt: skip
ADDRESSED = (
    "{p}, {x}", "{p}, would you {x}", "{p}, can you {x}", "{p}, could you {x} please", "{x}, {p}", "{p}, please {x}",
    "can you {x}, {p}", "could you {x} for me, {p}", "{p} can you {x}", "hey {p}, {x}", "tell {p} to {x}", "ask {p} to {x}",
    "{p}, don't forget to {x}", "hey {p}, did you {x}", "{p} wants to {x}", "let {p} {x}", "{p}, I think you should {x}",
    "would you mind helping {p} {x}", "{p}, it's your turn to {x}", "ask {p} if he can {x}", "{p} you need to {x}",
    "no {p}, you {x} first", "if you {x}, {p}, I can see it too", "{p} please {x} when you get a chance",
)  # fmt: skip
REPORTED = (
    "she told me to {x}", "he said to {x}", "they asked me to {x} but I didn't", "he told us to {x} and wait",
    "I was told to {x}", "my sister keeps telling me to {x}", "the teacher said we should {x}", "the manual says to {x}",
    "I forgot to {x} again", "you have to {x} first, he said", "I wish I could {x}", "he wanted to {x} but it broke",
    "I used to {x} all the time", "she asked if she could {x}", "the man on the phone made me {x} twice",
    "I'm not allowed to {x} at work", "they always {x} when I'm not looking", "I was about to {x} when it crashed",
    "we had to {x} every morning at my old job", "apparently you're supposed to {x}", "I remember when you had to {x}",
    "I tried to {x} yesterday", "the trick is to {x} twice", "it took me an hour to {x}", "I hate having to {x}",
    "my dad doesn't know how to {x}", "it's funny how people always {x}", "step two is to {x}, it says here",
)  # fmt: skip
DONE = (
    "I already {x}", "I {x} already", "I {x} this morning", "he {x} and nobody noticed", "she {x} yesterday", "we {x} last week",
    "somebody {x} while I was out", "they {x} by accident", "I {x} and nothing happened", "my cat {x} again", "you {x} twice",
    "I thought I {x}", "he {x} in the middle of the call", "did you see that she {x}", "as soon as I {x} it crashed",
    "who {x}", "the last time I {x} it took ages", "I think Tom {x}", "I {x} but it still looks the same", "it {x} by itself",
    "after I {x} everything was gone", "I only {x} because you asked", "the intern {x} and then left",
)  # fmt: skip
QUESTIONS = (
    "how do I {x}", "how do you {x}", "how can I {x}", "what happens if I {x}", "why should I {x}", "is it safe to {x}",
    "when should I {x}", "should I {x}", "should I {x} after the update", "do I have to {x}", "is there a shortcut to {x}",
    "does it matter if I {x}", "is it a good idea to {x}", "why does it crash when I {x}", "who told you to {x}",
    "how long does it take to {x}", "what does it mean to {x}", "how often should I {x}", "why can't I {x}", "did you {x}",
    "do you know how to {x}", "will it break if I {x}", "where do I click to {x}", "was I supposed to {x}", "how does one {x}",
    "can anybody explain how to {x}", "why would anyone {x}", "is it possible to {x} on a phone", "did anyone {x}",
    "does it cost anything to {x}", "what's the point if I {x}", "what's the best way to {x} on a mac", "what's the key to {x}",
)  # fmt: skip
TAKEN_BACK = (
    "{x}, no wait, forget it", "{x}... never mind", "{x}, actually no, leave it", "{x}, no, cancel that", "{x} no stop",
    "{x}, oh forget it", "{x}, wait, no, don't", "{x}, scratch that", "{x} hmm no never mind", "{x}, on second thoughts, don't",
    "{x}, no no, leave it", "{x}, sorry, never mind", "{x}, uh, no, forget about it", "{x} actually don't bother",
    "{x}, nah, drop it", "{x}, stop, I changed my mind", "{x} no wait cancel", "{x}, ah, it doesn't matter", "{x}, no, ignore that",
    "can you {x}, actually never mind", "could you {x}, oh wait, no, don't do that", "{x}, hang on, no, scrap that",
)  # fmt: skip
CORRECTIONS = (
    ", no, ", ", no wait, ", ", I mean ", ", sorry, ", ", sorry, I meant ", ", or rather ", ", actually ", ", actually no, ",
    ", no no, ", " no ", " no wait ", " I mean ", ", er, no, ", ", scratch that, ", ", make that ", ", wait, no, ", "... no, ",
    ", oops, ", ", not that, ", " sorry ", " uh no ", ", nope, ", " wait no ",
)  # fmt: skip
ABOUT_TOOLS = (
    "what does {x} do", "what does {x} actually mean", "what is {x} for", "is {x} dangerous", "when would I use {x}",
    "can somebody explain {x} to me", "{x} never works for me", "I always mix up {x} and the other one", "why is {x} so slow",
    "is there an alternative to {x}", "I read an article about {x}", "{x} took forever yesterday", "what's wrong with {x}",
)  # fmt: skip


class Decoys:
    """Makes decoys of one kind or another."""

    def __init__(self, book: Book, dresser: Dresser, *, seed: str) -> None:
        self._book = book
        self._dresser = dresser
        by_action: dict[str, list[Entry]] = {}
        for entry in book.imperatives():
            by_action.setdefault(entry.action.name, []).append(entry)
        self._actions = Cycle(list(by_action), rng_for(seed, "decoy actions"))
        self._entries = {
            name: Cycle(found, rng_for(seed, "decoys", name)) for name, found in by_action.items()
        }
        cuttable = [
            entry
            for entries in book.entries.values()
            for entry in entries
            if any(not spec.may_be_absent for spec in entry.action.slots)
        ]
        self._cuttable = Cycle(cuttable, rng_for(seed, "cut")) if cuttable else None
        self._everything = Cycle(
            [entry for entries in book.entries.values() for entry in entries], rng_for(seed, "cut anywhere")
        )
        self._tools = [name for name in ("git", "docker", "packages")]
        self._lines: dict[tuple[str, ...], Cycle[str]] = {}
        self._seed = seed
        self.makers: Mapping[str, Callable[[random.Random], Draft | None]] = {
            "cut": self.cut,
            "negated": lambda rng: self._framed(NEGATED, NONE, "negated", rng),
            "addressed": self.addressed,
            "reported": self.reported,
            "question": self.question,
            "taken_back": lambda rng: self._framed(TAKEN_BACK, CANCEL, "taken back", rng),
            "corrected": self.corrected,
        }

    def _line(self, lines: tuple[str, ...]) -> str:
        cycle = self._lines.get(lines)
        if cycle is None:
            cycle = self._lines[lines] = Cycle(lines, rng_for(self._seed, *lines))
        return cycle.next()

    def _command(self, rng: random.Random) -> Draft:
        return self._book.draft(self._entries[self._actions.next()].next(), rng)

    def _framed(self, frames: tuple[str, ...], action: str, kind: str, rng: random.Random) -> Draft:
        """A command inside a frame, with what the whole then means."""
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
        name = rng.choice(FIRST) if rng.random() < 0.6 else self._dresser.say("people", rng)
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
            needed = {spec.name for spec in entry.action.slots if not spec.may_be_absent}
            said: list[str] = []
            for piece in draft.pieces:
                if piece.slot is not None and piece.slot[1] in needed:
                    break
                said.append(piece.text)
            else:
                return None  # an enum's words, which stand in no piece of their own
            text = "".join(said)
            source = entry.template
        else:
            draft = self._book.draft(self._everything.next(), rng)
            tokens = draft.text.split()
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

    def corrected(self, rng: random.Random) -> Draft | None:
        """A value said wrongly and put right, or one command given up for another."""
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
                other.before(wrong + self._line(CORRECTIONS)), origin="decoy: corrected", source=other.source
            )
        at = rng.choice(places)
        slot = draft.pieces[at].slot
        assert slot is not None
        action = self._book.sources.actions[draft.steps[0].action]
        spec = action.slot(slot[1])
        if spec is None or spec.name in ("text", "message", "subject"):
            return None
        wrong = self._book.fillers.words(action.name, spec, rng)
        if plain(wrong) == plain(draft.pieces[at].text):
            return None
        pieces = list(draft.pieces)
        pieces.insert(at, Piece(wrong + self._line(CORRECTIONS)))
        return replace(draft, pieces=tuple(pieces), origin="decoy: corrected")


def _stands_alone(tokens: list[str]) -> bool:
    """Whether cut-off words may pass for a whole command ("turn it up", "search"): then they are left out."""
    last, first = tokens[-1], tokens[0]
    if last in HANGING:
        return False
    asked = first in ("could", "can", "would", "will", "please", "i", "i'd", "i'm", "let's", "git", "docker", "pip")
    verb = last in PAST or last in OTHER_VERBS
    return not (asked and verb)


