"""Several commands in one breath, joined the way compound.yaml says people join them."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable
from dataclasses import replace

from generator.book import Book, Entry
from generator.cycle import Cycle, rng_for
from generator.draft import Draft, Piece, Step, join
from generator.fillers import plain
from generator.grammar import starts_with_verb
from generator.locate import draft_of
from generator.sources import Sources
from generator.wordlist import lines
from whispera import patterns
from whispera.catalog.mix import Recipe

JOINS = lines(
    """
    {a} and {b}^4
    {a} then {b}^2
    {a} and then {b}^3
    {a}, {b}
    {a}, then {b}^2
    {a} and after that {b}
    first {a}, then {b}
    {a}, and {b}
    {b}, but first {a}
    before you {b}, {a}
    {a} and also {b}
    {a}, {b} and {c}^4
    {a}, {b}, and {c}^2
    {a}, then {b}, then {c}^2
    {a} and {b} and {c}
    {a}, {b}, {c}
    first {a}, then {b} and finally {c}
    {a}, then {b} and {c}
    {a} and {b}, then {c}
    {a}, {b}, {c} and {d}^2
    {a}, then {b}, {c} and {d}
    {a} and {b}, then {c} and {d}
    """
)
"""Used for lengths that compound.yaml has no joins for."""

TWO = 2

_WANTS_VERB = re.compile(r"\b(you|to|please) $")
_PLACE = re.compile(r"\{([a-d])\}")


class Sequences:
    """Makes compound commands."""

    def __init__(self, sources: Sources, book: Book, recipe: Recipe, *, seed: str) -> None:
        self._sources = sources
        self._book = book
        self._recipe = recipe
        steps = {
            name: [entry for entry in entries if entry.joinable] for name, entries in book.entries.items()
        }
        self.without_steps = tuple(name for name, entries in steps.items() if not entries)
        """Actions none of whose patterns is direct enough to be a step."""
        self._entries: dict[str, Cycle[Entry]] = {
            name: Cycle(entries, rng_for(seed, "steps", name)) for name, entries in steps.items() if entries
        }
        self._actions = Cycle(list(self._entries), rng_for(seed, "step actions")) if self._entries else None
        groups: dict[str, list[str]] = {}
        for name in self._entries:
            groups.setdefault(sources.actions[name].group, []).append(name)
        self._groups = groups
        self._joins: dict[int, Cycle[patterns.Pattern]] = {}
        for count in recipe.steps:
            fitting = _of_length(sources.joins, count) or _of_length(map(patterns.parse, JOINS), count)
            if fitting:
                weights = [max(1, round(one.weight)) for one in fitting]
                self._joins[count] = Cycle(fitting, rng_for(seed, "joins", count), weights)
        written: list[Draft] = []
        self.problems: list[tuple[str, str]] = []
        """Line and reason of the lines of compound.yaml that cannot be used."""
        for line in sources.sequences:
            draft, reason = draft_of(line, sources, origin="sequence")
            if draft is None:
                self.problems.append((line.text, reason))
            else:
                written.append(draft)
        self._written = Cycle(written, rng_for(seed, "written")) if written else None

    def make(self, rng: random.Random) -> Draft | None:
        """A compound command; None when the steps drawn do not go together."""
        if self._written is not None and rng.random() < self._recipe.written_sequences:
            return self._written.next()
        if len(self._entries) < TWO or self._actions is None:
            return None  # the same again and again is no sequence anybody says
        if rng.random() < 0.05:
            return self._shared(rng)
        lengths = list(self._recipe.steps)
        count = rng.choices(lengths, [self._recipe.steps[length] for length in lengths])[0]
        if count not in self._joins:
            return None
        names = self._names(count, rng)
        drafts = [self._book.draft(self._entries[name].next(), rng) for name in names]
        for _ in range(6):
            joined = self._joined(drafts, self._joins[count].next(), rng)
            if joined is not None:
                return joined
        return None

    def _names(self, count: int, rng: random.Random) -> list[str]:
        """Actions for the steps: half the time neighbours of one group, as people chain them."""
        assert self._actions is not None
        names = [self._actions.next()]
        near = self._groups[self._sources.actions[names[0]].group]
        while len(names) < count:
            name = rng.choice(near) if len(near) > 1 and rng.random() < 0.35 else self._actions.next()
            if name != names[-1] and (name not in names or rng.random() < 0.1):
                names.append(name)
        return names

    def _joined(self, drafts: list[Draft], template: patterns.Pattern, rng: random.Random) -> Draft | None:
        text = patterns.sample(
            template, rng=rng, lists=self._sources.lists, fill=lambda name, _: "{" + name + "}"
        ).text
        order = tuple("abcd".index(name) for name in _PLACE.findall(text))
        if sorted(order) != list(range(len(drafts))):
            return None
        texts = tuple(_PLACE.split(text)[::2])
        said = tuple(drafts[when] for when in order)
        if any(
            _WANTS_VERB.search(before) and not starts_with_verb(draft.text)
            for draft, before in zip(said, texts, strict=False)
        ):
            return None
        if any(
            draft.ends_in_text and not _may_run_on(draft, after)
            for draft, after in zip(said, texts[1:], strict=True)
        ):
            return None
        whole = join(said, texts, order)
        return replace(whole, origin="sequence", source=text)

    def _shared(self, rng: random.Random) -> Draft | None:
        """One verb for two names: "close Slack and Teams"."""
        known = [action for action in self._sources.actions.values() if action.shared_verb]
        if not known:
            return None
        action = rng.choice(known)
        spec = action.slots[0]
        names = [self._book.fillers.words(action.name, spec, rng) for _ in range(2)]
        if plain(names[0]) == plain(names[1]) or any(" and " in one for one in names):
            return None
        verb, between = action.shared_verb, rng.choice((" and ", " and ", " and also ", ", and "))
        pieces = (
            Piece(verb + " "),
            Piece(names[0], (0, spec.name), "copy"),
            Piece(between),
            Piece(names[1], (1, spec.name), "copy"),
        )
        step = Step(action.name, ((spec.name, None),))
        return Draft(pieces, (step, step), "sequence", f"{verb} {{a}} and {{b}}")


def _of_length(templates: Iterable[patterns.Pattern], count: int) -> list[patterns.Pattern]:
    """The templates that join that many steps."""
    return [one for one in templates if len({slot.name for slot in patterns.slots(one)}) == count]


def _may_run_on(draft: Draft, after: str) -> bool:
    """Whether words may follow a step that ends in free text: after a short value, or a clear break."""
    if not after.strip(" .!?"):
        return True
    words = draft.pieces[-1].text.split()
    if len(words) <= 2:
        return True
    return len(words) <= 5 and ("then" in after or "after" in after) and " and " not in draft.pieces[-1].text
