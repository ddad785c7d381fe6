"""Whether a paraphrase that a language model wrote may become a pattern.

First what can be seen: it must be a pattern that the action can have, and new: no pattern makes it, of this
action or another, it is no near miss and no non-command, and it says nothing that evaluation is measured on.
Then the round trip: filled with values as training data is, and read by the tuned model and the validator. If
every filling comes back as it was meant, two judges agree; else a person decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from generator.alike import NEAR_WORDS, Alike, numbered
from generator.book import Book, Entry
from generator.cycle import rng_for
from generator.draft import finish
from generator.fillers import Fillers, plain
from generator.leaks import Measured
from generator.phrases import Phrases, fits, is_firm
from generator.sources import read
from whispera import patterns, values
from whispera.catalog.catalog import Catalog
from whispera.catalog.check_across import outline
from whispera.catalog.check_words import pattern_problems
from whispera.catalog.model import Action
from whispera.domain.intent import NONE, Intent, Value
from whispera.domain.labelled import Labelled, Span
from whispera.domain.outcome import Parse
from whispera.errors import PatternError
from whispera.patterns import Matched, Pattern
from whispera.pipeline.policy import describe

FILLINGS = 4
MOST_WORDS = 24
MOST_PATHS = 64
"""Ways to say a pattern; one with more is a list of words, not a sentence."""
_TRIES = 4
"""Drafts for each filling, before there are fewer of them."""
_SAMPLED = 6
"""Ways of saying a known pattern that a paraphrase is compared with."""

Kind = Literal["agreed", "undecided", "rejected"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a paraphrase."""

    kind: Kind
    why: str


class Judge:
    """Judges the paraphrases of one run; each is compared with those before it as well."""

    def __init__(
        self,
        catalog: Catalog,
        *,
        understand: Callable[[str], Parse],
        measured: Measured,
        fillings: int = FILLINGS,
        seed: int = 1,
    ) -> None:
        """`understand`: the tuned model with the validator, as commands go through it."""
        self._catalog = catalog
        self._understand = understand
        self._measured = measured
        self._fillings = fillings
        self._seed = seed
        self._sources = sources = read(catalog)
        fillers = Fillers(sources, sources.recipe, seed=f"{seed}/synth")
        self._book = Book(sources, fillers, seed=f"{seed}/synth")
        entries = [entry for found in self._book.entries.values() for entry in found]
        self._known = Phrases(((entry.pattern, entry) for entry in entries), sources.lists)
        self._nothing = Phrases(
            ((pattern, kind) for kind, lines in sources.none.items() for pattern in lines), sources.lists
        )
        self._outlines: dict[str, set[str]] = defaultdict(set)
        for entry in entries:
            self._outlines[outline(entry.template)].add(entry.action.name)
        self._shared = {outline(text) for text in catalog.shared}
        self._misses = {
            plain(line.text): str(line.steps[0]["action"]) if len(line.steps) == 1 else "sequence"
            for line in sources.near_misses
        }
        self._examples = {plain(line.text) for line in sources.held_out}
        self._said: dict[str, list[str]] = {}
        """Action to what is said for it already, slots as words."""

    def judge(self, action: str, say: str) -> Verdict:
        """The verdict on a paraphrase of an action of the catalog."""
        spec = self._catalog.actions[action]
        wrong = self._unfit(spec, say)
        if wrong:
            return Verdict("rejected", wrong)
        pattern = patterns.parse(say)
        samples = self._filled(spec, say, pattern)
        if not samples:
            return Verdict("rejected", "no values can be filled in")
        known = self._known_already(spec, say, samples) or self._held_out(spec, pattern, samples)
        if known:
            return Verdict("rejected", known)
        self.take(action, say)
        return self._round_trip(spec, samples)

    def take(self, action: str, say: str) -> None:
        """Count a paraphrase, which may be no pattern, as known from now on."""
        try:
            pattern = patterns.parse(say)
        except PatternError:
            return
        self._outlines[outline(say)].add(action)
        self._sentences(action).extend(self._without_values(pattern, 1))

    def _unfit(self, action: Action, say: str) -> str:
        """Why it can be no pattern of the action; empty where it can."""
        try:
            pattern = patterns.parse(say)
            ways = patterns.count(pattern, lists=self._catalog.lists)
        except PatternError as error:
            return f"no pattern: {error.message}"
        unknown = [slot.name for slot in patterns.slots(pattern) if action.slot(slot.name) is None]
        if unknown:
            return f"{action.name} has no slot '{unknown[0]}'"
        problems = pattern_problems(say, self._catalog, action)
        if problems:
            return problems[0][0]
        if ways > MOST_PATHS:
            return f"{ways} ways to say it: expected one sentence"
        words = outline(say).replace("{}", " ").split()
        if not words:
            return "nothing but a value"
        if len(say.split()) > MOST_WORDS:
            return f"longer than a command: more than {MOST_WORDS} words"
        return ""

    def _filled(self, action: Action, say: str, pattern: Pattern) -> list[Labelled]:
        """The paraphrase with values, several times if that makes a difference."""
        names = frozenset(slot.name for slot in patterns.slots(pattern))
        entry = Entry(action, say, pattern, imperative=False, joinable=False, slots=names)
        rng = rng_for(self._seed, "synth", action.name, say)
        found: dict[str, Labelled] = {}
        for _ in range(self._fillings * _TRIES):
            labelled = finish(self._book.draft(entry, rng))
            if labelled is not None:
                found.setdefault(labelled.text, labelled)
            if len(found) == self._fillings:
                break
        return list(found.values())

    def _known_already(self, action: Action, say: str, samples: list[Labelled]) -> str:
        """What says it already, here or elsewhere; empty where nothing does."""
        shape = outline(say)
        owners = self._outlines.get(shape, set())
        if action.name in owners:
            return "there already"
        if owners and shape not in self._shared:
            return f"a pattern of {min(owners)}"
        sayings: list[str] = []
        for sample in samples:
            miss = self._misses.get(plain(sample.text))
            if miss is not None and miss != action.name:
                return f"a near miss, which is {miss}"
            if self._nothing.find(sample.text):
                return "a sentence that is no command"
            own, other = self._who_says(action, sample)
            if other is not None and shape not in self._shared:
                return f"{other.template!r} of {other.action.name} says it"
            sayings += [own.template] if own is not None else []
        if len(sayings) == len(samples):
            return f"{sayings[0]!r} says it already"
        for words in self._without_values(patterns.parse(say), 1):
            if len(numbered(words.split())) >= NEAR_WORDS:
                said = self._sentences(action.name)
                near = next(Alike(said).find(words), None)
                if near is not None:
                    return f"nearly {said[near[0]]!r}"
        return ""

    def _who_says(self, action: Action, sample: Labelled) -> tuple[Entry | None, Entry | None]:
        """The pattern of the action that says a sample, and one of another that can mean nothing else."""
        own: Entry | None = None
        for entry, reading in self._known.find(sample.text):
            if not fits(entry.action, reading, self._catalog.enums):
                continue
            if entry.action.name == action.name:
                if _values(sample) == _read_values(reading, action):
                    own = entry
            elif is_firm(entry.action, reading):
                return own, entry
        return own, None

    def _held_out(self, action: Action, pattern: Pattern, samples: list[Labelled]) -> str:
        """What evaluation is measured on and this would teach; empty where it teaches nothing of it."""
        for example in self._sources.held_out:
            if example.source == action.name and self._says(action, pattern, example.text):
                return "a held-out example says it"
        for line in self._measured.lines:
            if action.name in line.action.split("||") and self._says(action, pattern, line.text):
                return f"the evaluation line {line} says it"
        for sample in samples:
            if plain(sample.text) in self._examples:
                return "a held-out example says it"
            equal, near = self._measured.equal(sample.text), self._measured.near(sample.text)
            if equal is not None:
                return f"the evaluation line {equal} says it"
            if near is not None:
                return f"the evaluation line {near.line} says nearly that"
        return ""

    def _says(self, action: Action, pattern: Pattern, text: str) -> bool:
        readings = patterns.match(pattern, text.rstrip(" .!?"), lists=self._catalog.lists)
        return any(fits(action, reading, self._catalog.enums) for reading in readings)

    def _round_trip(self, action: Action, samples: list[Labelled]) -> Verdict:
        """Whether the model reads every filling as it was meant."""
        least = 1.0
        for sample in samples:
            read_as = self._understand(sample.text)
            if read_as.intent != _meant(sample, action):
                found = describe(read_as.intent) if read_as.intent is not None else NONE
                return Verdict("undecided", f"{sample.text!r} is understood as: {found}")
            least = min(least, read_as.confidence)
        times = f"{len(samples)} times of {len(samples)}" if len(samples) > 1 else "once"
        return Verdict("agreed", f"understood {times}, at least {least:.0%} sure")

    def _sentences(self, action: str) -> list[str]:
        said = self._said.get(action)
        if said is None:
            said = self._said[action] = [
                words
                for entry in self._book.entries.get(action, ())
                for words in self._without_values(entry.pattern, _SAMPLED)
            ]
        return said

    def _without_values(self, pattern: Pattern, count: int) -> Iterator[str]:
        """Some ways to say a pattern, with a word for each slot."""
        rng = rng_for("said")
        found: dict[str, None] = {}
        for _ in range(count):
            sampled = patterns.sample(
                pattern, rng=rng, lists=self._catalog.lists, fill=lambda name, _: f"slot{name}"
            )
            found[plain(sampled.text)] = None
        yield from found


def _values(sample: Labelled) -> dict[str, str]:
    """The words that were said for each slot of a plain command."""
    return {
        name: sample.text[value.start : value.end]
        for name, value in sample.steps[0].slots
        if isinstance(value, Span)
    }


def _read_values(reading: Matched, action: Action) -> dict[str, str]:
    """The same of a text that was matched."""
    specs = ((action.slot(name), value) for name, value in reading.slots)
    return {spec.name: value.words for spec, value in specs if spec and value.span and not spec.enum}


def _meant(sample: Labelled, action: Action) -> Intent:
    """The canonical intent of a plain command."""
    slots: dict[str, Value] = {}
    for name, value in sample.steps[0].slots:
        spec = action.slot(name)
        assert spec is not None
        if isinstance(value, Span):
            meant = values.parse(spec.type, sample.text[value.start : value.end])
            slots[name] = sample.text[value.start : value.end] if meant is None else meant
        else:
            slots[name] = str(value)
    return Intent(action.name, slots)
