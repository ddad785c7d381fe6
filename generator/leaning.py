"""Utterances that lean on the command before, made from followups.yaml and the slot types.

A generic phrasing with `{x}` becomes a pattern of the action before, with `{x}` its slot; a rule has patterns
of its own action. The slots that are not said are copied from the command before.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from generator.book import Book, Entry
from generator.cycle import Cycle, rng_for
from generator.draft import Draft, Step
from generator.earlier import Earlier, Said
from generator.phrases import FREE, Phrases, fits, is_firm
from whispera import patterns, values
from whispera.catalog.model import Action, SlotSpec
from whispera.catalog.vocabulary import Followups, Rule
from whispera.domain.labelled import Copied

Maker = Callable[[random.Random], Draft | None]
Place = tuple[Action, SlotSpec]
"""A slot of an action."""

ORIGIN = "follow-up: "
SHORT_WORDS = 3
"""The longest value that the short phrasings are meant for."""
TRIES = 12
WITH_VALUES = 3
"""How much oftener a rule comes that copies or says a value: these are what there is to learn."""

THINGS = ("text", "name", "url")
WITH_UNITS = 6
"""How much oftener a length or a time is said again than another value: it may be half said, and is."""
HALF_SAID = 0.7
"""Share of the values, of those that can, that leave their unit to the value before."""
_UNIT = re.compile(r"[\s-]*[^\W\d_]+\.?$")


class Leaning:
    """Makes follow-ups of one kind or another."""

    def __init__(self, followups: Followups, book: Book, earlier: Earlier, *, seed: str) -> None:
        self._ups = followups
        self._book = book
        self._earlier = earlier
        self._seed = seed
        self._commands = Phrases(
            ((entry.pattern, entry.action) for entries in book.entries.values() for entry in entries),
            book.sources.lists,
        )
        self._entries: dict[tuple[str, str], Entry] = {}
        self._templates: dict[tuple[str, ...], Cycle[str]] = {}
        self.dropped: dict[str, int] = {}
        """Phrasings that say something by themselves, and how often they were drawn."""
        actions = [action for action in book.sources.actions.values() if action.name in book.entries]
        another = [(one, one.slots[0]) for one in actions if one.slots and one.slots[0].type in THINGS]
        instead = [(one, spec) for one in actions for spec in _said_again(one)]
        enums = [(one, spec) for one in actions for spec in one.slots if spec.enum]
        asked = [(one, spec) for one in actions for spec in one.slots if spec.ask]
        self.makers: dict[str, Maker] = {}
        self._generic("another", another, self.another, bool(followups.another.say))
        self._generic("instead", instead, self.instead, bool(followups.instead.say), leaning=WITH_UNITS)
        self._generic("enum", enums, self.enum, bool(followups.enum))
        self._generic("answers", asked, self.answer, bool(followups.answers.say))
        for kind in dict.fromkeys(rule.kind for rule in followups.rules):
            rules = [one for one in followups.rules if one.kind == kind and self._known(one)]
            if rules:
                weights = [
                    WITH_VALUES if any(value[:1] in ("@", "{") for value in one.then.values()) else 1
                    for one in rules
                ]
                cycle = Cycle(rules, rng_for(seed, "rules", kind), weights)
                self.makers[kind] = lambda rng, cycle=cycle: self.ruled(cycle.next(), rng)  # type: ignore[misc]

    def _generic(
        self,
        kind: str,
        places: Sequence[Place],
        make: Callable[[Place, random.Random], Draft | None],
        given: bool,
        *,
        leaning: int = 1,
    ) -> None:
        """Adds a kind; `leaning`: how much oftener slots come whose values may be half said."""
        if places and given:
            weights = [leaning if spec.type in values.LEANING else 1 for _, spec in places]
            cycle = Cycle(places, rng_for(self._seed, "places", kind), weights)
            self.makers[kind] = lambda rng: make(cycle.next(), rng)

    def _known(self, rule: Rule) -> bool:
        """Whether all actions of a rule are in this catalog."""
        return all(intent["action"] in self._book.entries for intent in (*rule.after, rule.then))

    def readings(self, text: str) -> Iterator[tuple[Action, bool]]:
        """The actions a text may be said for by itself, and whether that is beyond doubt."""
        for action, reading in self._commands.find(text):
            if fits(action, reading, self._book.sources.enums):
                yield action, is_firm(action, reading)

    def another(self, place: Place, rng: random.Random) -> Draft | None:
        """The same action with another value in its first slot."""
        action, spec = place
        said = self._earlier.said(action.name, rng, has=spec.name)
        if said is None:
            return None
        short = len(said.intent[spec.name].split()) <= SHORT_WORDS
        ups = self._ups.another
        templates = ups.say if short else ups.long
        return self._valued("another", templates, said, spec, rng, short=short, over=ups.over)

    def instead(self, place: Place, rng: random.Random) -> Draft | None:
        """The same action with a value said again."""
        action, spec = place
        said = self._earlier.said(action.name, rng, has=spec.name)
        if said is None:
            return None
        short = spec.type not in FREE or len(said.intent[spec.name].split()) <= SHORT_WORDS
        ups = self._ups.instead
        templates = ups.say if short else ups.long
        return self._valued("instead", templates, said, spec, rng, short=short, over=ups.over)

    def enum(self, place: Place, rng: random.Random) -> Draft | None:
        """The same action with another word of an enum."""
        action, spec = place
        said = self._earlier.said(action.name, rng, has=spec.name)
        own, general = self._ups.enum.get(spec.type, ()), self._ups.enum.get("any", ())
        templates = own if own and (not general or rng.random() < 0.6) else general
        return self._valued("enum", templates, said, spec, rng) if said is not None else None

    def answer(self, place: Place, rng: random.Random) -> Draft | None:
        """The value that was asked for."""
        action, spec = place
        said = self._earlier.said(action.name, rng, lacks=spec.name)
        templates = self._ups.answers.long if spec.type in FREE else self._ups.answers.say
        return self._valued("answers", templates, said, spec, rng) if said is not None else None

    def ruled(self, rule: Rule, rng: random.Random) -> Draft | None:
        """What a rule says after one of its commands."""
        wanted = rng.choice(rule.after)
        copied = {name: value[1:] for name, value in rule.then.items() if value.startswith("@")}
        said = self._earlier.said(
            wanted["action"], rng, wanted={name: value for name, value in wanted.items() if name != "action"}
        )
        action = self._book.sources.actions[rule.then["action"]]
        if said is None:
            return None
        slots: dict[str, str | Copied] = {}
        for name, value in rule.then.items():
            spec = action.slot(name)
            if spec is None or value == f"{{{name}}}":
                continue
            if name not in copied:
                slots[name] = value
            elif copied[name] in said.intent:
                slots[name] = said.value(copied[name])
            elif not spec.may_be_absent:
                return None
        if copied and not slots:
            return None  # nothing to lean on: "open it" after a folder without a name
        template = self._next(("rule", rule.key), rule.say)
        draft = self._draft(rule.kind, action, template, slots, rng)
        if action == said.action:
            draft = _half_said(draft, said, rng)
        for other, firm in self.readings(draft.text):
            if firm and other.group == "assistant" and other.name != action.name:
                self.dropped[template] = self.dropped.get(template, 0) + 1
                return None
        return replace(draft, previous=self._earlier.history(said, rng, over=rule.over))

    def _valued(
        self,
        kind: str,
        templates: tuple[str, ...],
        said: Said,
        spec: SlotSpec,
        rng: random.Random,
        *,
        short: bool | None = None,
        over: bool = False,
    ) -> Draft | None:
        """A generic phrasing with a new value of a slot; None when no value drawn will do."""
        if not templates:
            return None
        template = self._next((kind, said.action.name, spec.name, str(short)), templates)
        for _ in range(TRIES):
            draft = self._draft(
                kind, said.action, _named(template, spec.name), said.copies(but=spec.name), rng
            )
            draft = _half_said(draft, said, rng)
            if self._will_do(draft, said, spec, short=short):
                return replace(draft, source=template, previous=self._earlier.history(said, rng, over=over))
        return None

    def _will_do(self, draft: Draft, said: Said, spec: SlotSpec, *, short: bool | None) -> bool:
        """Whether the value is a new one of the right length, and the whole no other command."""
        if spec.enum:
            value = dict(draft.steps[0].slots)[spec.name]
        else:
            value = next(piece.text for piece in draft.pieces if piece.slot is not None).strip().lower()
            if spec.type in FREE and short is not None and (len(value.split()) <= SHORT_WORDS) != short:
                return False
            if spec.type in FREE and " " in value and any(self.readings(value)):
                return False
            if spec.type in values.LEANING and _means_the_same(
                spec.type, value, said.intent.get(spec.name, "")
            ):
                return False
        words = draft.text.lower().split()
        if value == said.intent.get(spec.name) or any(map(str.__eq__, words, words[1:])):
            return False
        return not any(
            firm and other.name != said.action.name and other.group != "time"
            for other, firm in self.readings(draft.text)
        )

    def _draft(
        self, kind: str, action: Action, template: str, copies: Mapping[str, str | Copied], rng: random.Random
    ) -> Draft:
        """An utterance of a pattern of an action, with the slots it does not say copied."""
        key = (action.name, template)
        entry = self._entries.get(key)
        if entry is None:
            pattern = patterns.parse(template)
            names = frozenset(slot.name for slot in patterns.slots(pattern))
            entry = Entry(action, template, pattern, imperative=False, joinable=False, slots=names)
            self._entries[key] = entry
        draft = self._book.draft(entry, rng)
        slots = {**copies, **dict(draft.steps[0].slots)}
        ordered = tuple((spec.name, slots[spec.name]) for spec in action.slots if spec.name in slots)
        return replace(draft, steps=(Step(action.name, ordered),), origin=ORIGIN + kind)

    def _next(self, key: tuple[str, ...], templates: tuple[str, ...]) -> str:
        cycle = self._templates.get(key)
        if cycle is None:
            weights = [max(1, round(patterns.parse(one).weight)) for one in templates]
            cycle = self._templates[key] = Cycle(templates, rng_for(self._seed, "phrasings", *key), weights)
        return cycle.next()


def _said_again(action: Action) -> Iterator[SlotSpec]:
    """The slots whose value people say again: the first, and all that are numbers, times and the like."""
    for number, spec in enumerate(action.slots):
        if spec.is_span and (number == 0 or spec.type not in THINGS):
            yield spec


def _named(template: str, name: str) -> str:
    """A generic phrasing with its slot named."""
    return template.replace("{x}", f"{{{name}}}").replace("{x=", f"{{{name}=")


def _means_the_same(type: str, words: str, before: str) -> bool:
    return values.parse(type, words, after=before) == values.parse(type, before)


def _half_said(draft: Draft, said: Said, rng: random.Random) -> Draft:
    """The draft of a follow-up, at times with a value without its unit: "twenty" after "ten minutes"."""
    pieces = list(draft.pieces)
    for place, piece in enumerate(pieces):
        spec = said.action.slot(piece.slot[1]) if piece.slot is not None else None
        if spec is None or spec.type not in values.LEANING or spec.name not in said.intent:
            continue
        bare, after = _UNIT.sub("", piece.text), said.intent[spec.name]
        leans = not values.fits(spec.type, bare) and values.fits(spec.type, bare, after)
        if leans and rng.random() < HALF_SAID:
            pieces[place] = replace(piece, text=bare)
    return replace(draft, pieces=tuple(pieces))
