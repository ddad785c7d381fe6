"""Labelled utterances from the catalog: the mix, section by section."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator

from generator.book import Book
from generator.cycle import Cycle, rng_for, split_evenly
from generator.decoys import Decoys
from generator.dialogues import Dialogues
from generator.draft import Draft, Piece, Step, finish
from generator.fillers import Fillers, plain
from generator.leaning import ORIGIN
from generator.lexicon import lexicon
from generator.locate import draft_of
from generator.noise import Dresser
from generator.sequences import Sequences
from generator.sources import Sources, read
from generator.superseded import REQUESTS, THIN, Superseded
from whispera import patterns
from whispera.catalog.catalog import Catalog
from whispera.catalog.model import TEXT_LIKE, Action
from whispera.domain.intent import NONE
from whispera.domain.labelled import Labelled, Span
from whispera.nlu.codec import encode

ATTEMPTS = 12
"""Tries at an utterance not seen yet, each with more noise, before a sample is given up."""

CLAUSES_AROUND_FOLLOW_UPS = 0.3
"""Share of the follow-ups that may have words around them as commands have them."""

Maker = Callable[[random.Random], Draft | None]
Avoid = Callable[[Labelled], object]
"""Whether a sample must not be given out, by something that is true or false."""


def generate(
    catalog: Catalog,
    *,
    seed: int,
    size: int,
    split: str = "train",
    avoid: Avoid | None = None,
) -> Iterator[Labelled]:
    """About `size` utterances, no two alike to the model, shuffled; the same for the same arguments.

    How much of what is in the catalog's mix.
    `split` other than "train" draws other samples, with the filler values that training never sees. For a
    sample that `avoid` tells another is drawn (`leaks.Measured.leak`).
    """
    yield from Mix(read(catalog), seed=seed, split=split, avoid=avoid).make(size)


class Mix:
    """One generation: the sections, what they draw from, and what has been said already."""

    def __init__(
        self,
        sources: Sources,
        *,
        seed: int,
        split: str = "train",
        avoid: Avoid | None = None,
    ) -> None:
        self.sources = sources
        self._avoid = avoid
        self.recipe = recipe = sources.recipe
        self._seed = f"{seed}/{split}"
        self._is_held_out = split != "train"
        self.fillers = Fillers(sources, recipe, seed=self._seed, held_out=self._is_held_out)
        self.book = Book(sources, self.fillers, seed=self._seed)
        self.fillers.quotes = tuple(
            entry.template for entry in self.book.imperatives() if "{" not in entry.template
        )
        words = lexicon(sources.noise)
        groups = {name: action.group for name, action in sources.actions.items()}
        self.dresser = Dresser(recipe, words, groups=groups, vocabulary=self.book.vocabulary)
        self.decoys = Decoys(self.book, words, seed=self._seed)
        self.sequences = Sequences(sources, self.book, recipe, seed=self._seed)
        self.problems: list[tuple[str, str, str]] = [*self.book.skipped]
        """Source, line and reason of every line that could not be used."""
        self.problems.extend(("compound", line, reason) for line, reason in self.sequences.problems)
        self._superseded = Superseded(sources.actions, sources.lists)
        self._held_out = {plain(line.text) for line in sources.held_out}
        self._seen: set[str] = set()

    def rng(self, section: str) -> random.Random:
        """The generator of a section."""
        return rng_for(self._seed, section)

    def make(self, size: int) -> Iterator[Labelled]:
        """The samples, shuffled."""
        shares = self.recipe.shares
        counts = dict(zip(shares, split_evenly(size, list(shares.values())), strict=True))
        samples: list[Labelled] = []
        samples += self.section("none", self._none(), counts["none"])
        samples += self.section("near miss", self._near_misses(), counts["near_miss"])
        samples += self.section("sequence", self.sequences.make, counts["sequence"])
        kinds = self.recipe.decoys
        for kind, count in zip(kinds, split_evenly(counts["decoy"], list(kinds.values())), strict=True):
            samples += self.section(kind, self.decoys.makers[kind], count)
        samples += self._dialogues(counts["dialogue"])
        if shares["command"]:
            samples += self._commands(size - len(samples))
        rng_for(self._seed, "order").shuffle(samples)
        yield from samples

    def _dialogues(self, size: int) -> list[Labelled]:
        """Utterances after other commands; none without `followups.yaml`."""
        others: dict[str, Maker | None] = {
            "none": self._none(key="after"),
            "near_miss": self._near_misses(key="after"),
            "sequence": self.sequences.make,
            "decoy": self._any_decoy(),
        }
        dialogues = Dialogues(
            self.sources.followups, self.book, self.sequences, self.recipe, others=others, seed=self._seed
        )
        kinds = {kind: share for kind, share in self.recipe.dialogues.items() if kind in dialogues.makers}
        samples: list[Labelled] = []
        for kind, count in zip(kinds, split_evenly(size, list(kinds.values())), strict=True):
            samples += self.section(f"dialogue {kind}", dialogues.makers[kind], count)
        return samples

    def _any_decoy(self) -> Maker:
        kinds, weights = zip(*self.recipe.decoys.items(), strict=True)
        return lambda rng: self.decoys.makers[rng.choices(kinds, weights)[0]](rng)

    def _commands(self, size: int) -> list[Labelled]:
        """Plain commands, shared out over the actions; what one cannot fill the others do."""
        names = [name for name in self.sources.actions if name in self.book.entries]
        weights = [_weight(self.sources.actions[name], len(self.book.entries[name])) for name in names]
        samples: list[Labelled] = []
        for name, count in zip(names, split_evenly(size, weights), strict=True):

            def maker(rng: random.Random, name: str = name) -> Draft:
                return self.book.draft(self.book.next(name), rng)

            samples += self.section(name, maker, count)
        return samples

    def _none(self, *, key: str = "") -> Maker | None:
        lines = [
            (kind, pattern)
            for kind, found in self.sources.none.items()
            for pattern in found
            if kind not in REQUESTS or not self._superseded.covers(patterns.unparse(pattern))
        ]
        if not lines:
            return None
        weights = [max(1, round(pattern.weight)) for _, pattern in lines]
        cycle = Cycle(lines, rng_for(self._seed, "none lines", *key.split()), weights)

        def maker(rng: random.Random) -> Draft:
            kind, pattern = cycle.next()
            text = patterns.sample(pattern, rng=rng, lists=self.sources.lists, fill=self.fillers.inner).text
            return Draft((Piece(text),), (Step(NONE),), f"none: {kind}", kind)

        return maker

    def _near_misses(self, *, key: str = "") -> Maker | None:
        drafts: list[Draft] = []
        for line in self.sources.near_misses:
            if line.steps[0]["action"] == NONE and self._superseded.covers(line.text):
                continue
            draft, reason = draft_of(line, self.sources, origin="near miss")
            if draft is None:
                self.problems.append((line.source, line.text, reason))
            else:
                drafts.append(draft)
        if not drafts:
            return None
        cycle = Cycle(drafts, rng_for(self._seed, "near miss lines", *key.split()))
        return lambda _: cycle.next()

    def section(self, name: str, maker: Maker | None, count: int) -> list[Labelled]:
        """Up to `count` new samples of a maker, each dressed anew."""
        samples: list[Labelled] = []
        if maker is None:
            return samples
        rng = self.rng(name)
        for _ in range(count):
            for attempt in range(ATTEMPTS):
                draft = maker(rng)
                if draft is None:
                    continue
                labelled = self._dressed(draft, rng, attempt)
                if labelled is not None:
                    samples.append(labelled)
                    break
        return samples

    def _dressed(self, draft: Draft, rng: random.Random, attempt: int) -> Labelled | None:
        bare = ("decoy: addressed", "decoy: taken", "decoy: cut", "none: half", "none: leaning")
        clauses = not draft.origin.startswith(bare)
        if clauses and draft.origin.startswith(ORIGIN):
            clauses = rng.random() < CLAUSES_AROUND_FOLLOW_UPS
        dressed = self.dresser.dress(draft, rng, extra=min(0.5, 0.06 * attempt), clauses=clauses)
        labelled = finish(dressed, tag=self.sources.tag)
        if labelled is None:
            return None
        try:
            prompt = encode(labelled).prompt
        except ValueError:  # noise has glued a value to its neighbour
            return None
        if prompt in self._seen or plain(labelled.text) in self._held_out or self._says_kept_out(labelled):
            return None
        if self._avoid is not None and self._avoid(labelled):
            return None
        self._seen.add(prompt)
        return labelled

    def _says_kept_out(self, labelled: Labelled) -> bool:
        """Whether noise has made a value one that is held out ("etsy.com" heard as "etsy dot com")."""
        return not self._is_held_out and any(
            plain(labelled.text[value.start : value.end]) in self.fillers.kept_out
            for step in labelled.steps
            for _, value in step.slots
            if isinstance(value, Span)
        )


THIN_WEIGHT = 7.0
"""A new action of few patterns needs many fillings and noises of what it has."""


def _weight(action: Action, entries: int) -> float:
    """How many samples an action gets, relative to one of 60 patterns without slots."""
    if entries < THIN:
        return THIN_WEIGHT
    free = sum(spec.type in TEXT_LIKE for spec in action.slots)
    return math.sqrt(entries / 60) * (1 + 0.35 * len(action.slots) + 0.35 * free)
