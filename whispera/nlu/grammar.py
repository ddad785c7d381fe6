"""What the model may say next: (catalog) x (spans of the utterance), token by token.

A `Grammar` holds the actions of one domain and their tokens; a `Walk` follows one utterance. At each
step `allowed()` maps every possible next token to the threads that emit it. One possible token is
appended without asking the model (jump-forward); several are a decision. Values of the intents said before
may be copied whole ("close it again").

Offered are only spans that can be the value: a duration slot is offered the runs of words that read as a
duration, and an action whose needed slot nothing in the utterance could fill is not offered at all. Where no
words read as one, those may that become one with the value before: "make it twenty" after ten minutes.
Spans, not tokens, carry the meaning: two threads with the same tokens are the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from whispera.domain.intent import NONE, SEQUENCE
from whispera.nlu import codec
from whispera.nlu.before import words_before
from whispera.nlu.normalise import Utterance, normalise

MAX_STEPS = 6
MAX_TYPED_UNITS = 14
"""Longest span offered to a typed slot (durations, clocks, keys, expressions)."""

FREE_TYPES = ("text", "name")
"""Slot types any run of words can fill."""

Fits = Callable[[str, str, str], bool]
"""(slot type, words, those of the value before or "") -> whether the words can be the value."""
CouldStart = Callable[[str, str], bool]
"""(slot type, first word) -> whether a value may begin so."""


@dataclass(frozen=True, slots=True)
class GrammarSlot:
    """A slot as the grammar sees it."""

    name: str
    type: str
    may_be_absent: bool
    enum: tuple[str, ...] = ()
    is_table: bool = False
    """Its values are words of a table."""


@dataclass(frozen=True, slots=True)
class GrammarAction:
    """An action as the grammar sees it."""

    name: str
    slots: tuple[GrammarSlot, ...] = ()
    is_bare: bool = True
    """May have no slot at all."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A slot of a finished walk."""

    name: str
    words: str
    """What was typed, or the enum word."""


@dataclass(frozen=True, slots=True)
class ChosenStep:
    """An action of a finished walk with its slots."""

    action: str
    slots: tuple[Chosen, ...] = ()


Trace = tuple[ChosenStep, ...]

EARLIER = -1
"""Stands for the first unit of a value copied from a previous intent."""


@dataclass(frozen=True, slots=True)
class _Fixed:
    """Emits known tokens, then goes on."""

    tokens: tuple[int, ...]
    index: int
    then: tuple[object, ...]
    trace: Trace


@dataclass(frozen=True, slots=True)
class _Copy:
    """Copies the utterance from token `position`; may stop at any of `ends`."""

    position: int
    start_unit: int
    """First unit of the span; EARLIER where it is a value of a previous intent."""
    ends: Mapping[int, int]
    """Token position where a span may end -> its last unit, or the number of an earlier value."""
    last_end: int
    slot: int
    step: int
    action: GrammarAction
    trace: Trace


_Thread = _Fixed | _Copy


class Grammar:
    """The actions of one domain with the tokens of their names.

    `fits` and `could_start` decide which spans a typed slot is offered (see `whispera.values`).
    """

    def __init__(
        self,
        actions: Sequence[GrammarAction],
        *,
        tag: str,
        tokenizer: codec.Tokenizer,
        fits: Fits,
        could_start: CouldStart,
        sequences: bool = True,
    ) -> None:
        self.tag = tag
        self.actions = {action.name: action for action in actions}
        self.tokenizer = tokenizer
        self.fits = fits
        self.could_start = could_start
        self.sequences = sequences
        names = {action.name for action in actions} | {NONE, SEQUENCE}
        names |= {slot.name for action in actions for slot in action.slots}
        names |= {" " + word for action in actions for slot in action.slots for word in slot.enum}
        self._tokens = {name: tuple(tokenizer.encode(name)) for name in sorted([*names, *codec.MARKS])}
        self._none = GrammarAction(NONE)

    def tokens(self, piece: str) -> tuple[int, ...]:
        """The token ids of a name or mark of this grammar."""
        return self._tokens[piece]

    def walk(self, utterance: Utterance, previous: Sequence[Trace] = ()) -> Walk:
        """A walk at the start of the wire intent of this utterance, said after `previous` (newest last)."""
        return Walk(self, utterance, previous)


@dataclass(frozen=True, slots=True)
class _Earlier:
    """A value of a previous intent, with its tokens behind those of the utterance."""

    words: str
    type: str
    start: int
    end: int


_Found = list[tuple[int, dict[int, int]]]
"""(start unit, {end token position: last unit}) of spans."""


@dataclass(slots=True)
class _Spans:
    """Which spans of one utterance each slot may take, found when first asked for."""

    grammar: Grammar
    utterance: Utterance
    previous: Sequence[Trace] = ()
    unit_tokens: list[tuple[int, ...]] = field(default_factory=list)
    offsets: list[int] = field(default_factory=list)
    flat: list[int] = field(default_factory=list)
    earlier: list[_Earlier] = field(default_factory=list)
    _found: dict[tuple[str, str], _Found] = field(default_factory=dict)
    _whole: dict[str, set[tuple[int, int]]] = field(default_factory=dict)
    """Action to the spans of its tables that no longer one holds."""

    def __post_init__(self) -> None:
        for unit in self.utterance.units:
            ids = tuple(self.grammar.tokenizer.encode(unit.piece))
            self.offsets.append(len(self.flat))
            self.unit_tokens.append(ids)
            self.flat.extend(ids)
        self.offsets.append(len(self.flat))
        for trace in reversed(self.previous):
            for step in trace:
                self._add_earlier(step)

    def _add_earlier(self, step: ChosenStep) -> None:
        """Put the values of a previous step behind the tokens of the utterance."""
        action = self.grammar.actions.get(step.action)
        types = {} if action is None else {slot.name: "" if slot.enum else slot.type for slot in action.slots}
        for chosen in step.slots:
            slot_type = types.get(chosen.name, "")
            units = normalise(chosen.words).units
            if slot_type and units and all(chosen.words != other.words for other in self.earlier):
                start = len(self.flat)
                for unit in units:
                    self.flat.extend(self.grammar.tokenizer.encode(unit.piece))
                self.earlier.append(_Earlier(chosen.words, slot_type, start, len(self.flat)))

    def position(self, first: int, ends: Mapping[int, int]) -> int:
        """The first token of a span."""
        return self.offsets[first] if first != EARLIER else self.earlier[min(ends.values())].start

    def words(self, first: int, last: int) -> str:
        """The words of a span, as they were said."""
        return self.earlier[last].words if first == EARLIER else self.utterance.slice(first, last)

    def of(self, action: GrammarAction, slot: GrammarSlot) -> _Found:
        """Every span that a slot of an action may take.

        Of the tables of an action the longest words are meant: "medium roast" holds no size.
        """
        if slot.is_table:
            return self._of_table(action, slot)
        spans = self._of(slot.type, "")
        after = "" if slot.type in FREE_TYPES else words_before(self.previous, action.name, slot.name)
        if not after or any(first != EARLIER for first, _ in spans):
            return spans
        return self._of(slot.type, after)

    def _of_table(self, action: GrammarAction, slot: GrammarSlot) -> _Found:
        whole = self._whole.get(action.name)
        if whole is None:
            tables = {one.type for one in action.slots if one.is_table}
            every = {
                (first, last)
                for slot_type in tables
                for first, ends in self._of(slot_type, "")
                for last in ends.values()
                if first != EARLIER
            }
            whole = self._whole[action.name] = {
                (first, last)
                for first, last in every
                if not any(a <= first and last <= b and (a, b) != (first, last) for a, b in every)
            }
        found: _Found = []
        for first, ends in self._of(slot.type, ""):
            kept = {
                position: last
                for position, last in ends.items()
                if first == EARLIER or (first, last) in whole
            }
            if kept:
                found.append((first, kept))
        return found

    def _of(self, slot_type: str, after: str) -> _Found:
        key = slot_type, after
        if key not in self._found:
            self._found[key] = self._find(slot_type, after)
        return self._found[key]

    def _find(self, slot_type: str, after: str) -> _Found:
        utterance, grammar = self.utterance, self.grammar
        units = utterance.units
        spans: _Found = []
        free = slot_type in FREE_TYPES
        for first, unit in enumerate(units):
            if not unit.is_word or not (free or grammar.could_start(slot_type, unit.text)):
                continue
            ends: dict[int, int] = {}
            stop = len(units) if free else min(len(units), first + MAX_TYPED_UNITS)
            for last in range(first, stop):
                if not utterance.ends_span(last):
                    continue
                if free or grammar.fits(slot_type, utterance.slice(first, last), after):
                    ends[self.offsets[last + 1]] = last
            if ends:
                spans.append((first, ends))
        for number, value in enumerate(self.earlier):
            if value.type in FREE_TYPES if free else grammar.fits(slot_type, value.words, ""):
                spans.append((EARLIER, {value.end: number}))
        return spans


class Walk:
    """One utterance's way through the grammar; `advance` with each token until `finished`."""

    def __init__(self, grammar: Grammar, utterance: Utterance, previous: Sequence[Trace] = ()) -> None:
        self.grammar = grammar
        self.utterance = utterance
        self._spans = _Spans(grammar, utterance, previous)
        self._possible: dict[str, bool] = {}
        self.trace: Trace | None = None
        """The steps chosen, once finished."""
        self._threads: dict[int, list[_Thread]] = {}
        self._set(self._begin())

    @property
    def finished(self) -> bool:
        """Whether the wire intent is complete."""
        return self.trace is not None

    def allowed(self) -> list[int]:
        """The tokens that may come next, in a fixed order; empty when finished."""
        return list(self._threads)

    def advance(self, token: int) -> None:
        """Follow one token; raises KeyError where it is not allowed."""
        nexts: list[_Thread] = []
        done: Trace | None = None
        for thread in self._threads[token]:
            if isinstance(thread, _Copy):
                nexts.append(replace(thread, position=thread.position + 1))
            elif thread.index + 1 < len(thread.tokens):
                nexts.append(_Fixed(thread.tokens, thread.index + 1, thread.then, thread.trace))
            else:
                more = self._then(thread)
                if more is None:
                    done = done or thread.trace
                else:
                    nexts.extend(more)
        if done is not None and not nexts:
            self.trace = done
            self._threads = {}
        else:
            self._set(nexts)

    def copy(self) -> Walk:
        """A walk that goes on from here on its own."""
        other = object.__new__(Walk)
        other.grammar, other.utterance, other._spans = self.grammar, self.utterance, self._spans
        other._possible, other.trace, other._threads = self._possible, self.trace, self._threads
        return other

    # -- building threads

    def _set(self, threads: Sequence[_Thread]) -> None:
        table: dict[int, list[_Thread]] = {}
        for thread in threads:
            if isinstance(thread, _Fixed):
                table.setdefault(thread.tokens[thread.index], []).append(thread)
                continue
            last = thread.ends.get(thread.position)
            if last is not None:
                words = self._spans.words(thread.start_unit, last)
                for closer in self._after(
                    thread.action,
                    thread.slot,
                    thread.step,
                    _with_slot(thread.trace, thread.action, thread.slot, words),
                ):
                    table.setdefault(closer.tokens[closer.index], []).append(closer)
            if thread.position < thread.last_end:
                table.setdefault(self._spans.flat[thread.position], []).append(thread)
        self._threads = table

    def _begin(self) -> list[_Thread]:
        return [_Fixed(self.grammar.tokens(codec.OPEN), 0, ("actions", 0), ())]

    def _then(self, thread: _Fixed) -> Sequence[_Thread] | None:
        """The threads after a fixed one has ended; None where the wire intent ended."""
        kind, *rest = thread.then
        if kind == "end":
            return None
        if kind == "actions":
            return self._actions(rest[0], thread.trace)  # type: ignore[arg-type]
        if kind == "after":
            action, slot, step = rest
            return self._after(action, slot, step, thread.trace)  # type: ignore[arg-type]
        action, slot, step = rest
        return self._values(action, slot, step, thread.trace)  # type: ignore[arg-type]

    def _is_possible(self, action: GrammarAction) -> bool:
        known = self._possible.get(action.name)
        if known is None:
            known = all(
                slot.may_be_absent or slot.enum or self._spans.of(action, slot) for slot in action.slots
            ) and (action.is_bare or any(self._spans.of(action, slot) for slot in action.slots))
            self._possible[action.name] = known
        return known

    def _actions(self, step: int, trace: Trace) -> list[_Thread]:
        grammar = self.grammar
        threads: list[_Thread] = []
        for action in grammar.actions.values():
            if self._is_possible(action):
                threads.append(
                    _Fixed(
                        grammar.tokens(action.name),
                        0,
                        ("after", action, -1, step),
                        (*trace, ChosenStep(action.name)),
                    )
                )
        if step == 0:
            none = grammar._none
            threads.append(_Fixed(grammar.tokens(NONE), 0, ("after", none, -1, 0), (ChosenStep(NONE),)))
            if grammar.sequences:
                marks = grammar.tokens(SEQUENCE) + grammar.tokens(codec.STEPS)
                threads.append(_Fixed(marks, 0, ("actions", 1), ()))
        return threads

    def _after(self, action: GrammarAction, slot: int, step: int, trace: Trace) -> list[_Fixed]:
        """What may follow an action name (slot -1) or the value of a slot."""
        grammar = self.grammar
        threads: list[_Fixed] = []
        for index in range(slot + 1, len(action.slots)):
            spec = action.slots[index]
            if spec.enum or self._spans.of(action, spec):
                tokens = (
                    grammar.tokens(codec.NEXT_SLOT) + grammar.tokens(spec.name) + grammar.tokens(codec.VALUE)
                )
                threads.append(_Fixed(tokens, 0, ("values", action, index, step), trace))
            if not spec.may_be_absent:
                return threads
        if slot < 0 and not action.is_bare:
            return threads
        if step == 0:
            threads.append(_Fixed(grammar.tokens(codec.END), 0, ("end",), trace))
            return threads
        if step < MAX_STEPS:
            threads.append(_Fixed(grammar.tokens(codec.NEXT_STEP), 0, ("actions", step + 1), trace))
        if step >= 2:
            threads.append(_Fixed(grammar.tokens(codec.END_STEPS), 0, ("end",), trace))
        return threads

    def _values(self, action: GrammarAction, slot: int, step: int, trace: Trace) -> list[_Thread]:
        spec = action.slots[slot]
        if spec.enum:
            return [
                _Fixed(
                    self.grammar.tokens(" " + word),
                    0,
                    ("after", action, slot, step),
                    _with_slot(trace, action, slot, word),
                )
                for word in spec.enum
            ]
        return [
            _Copy(self._spans.position(first, ends), first, ends, max(ends), slot, step, action, trace)
            for first, ends in self._spans.of(action, spec)
        ]


def _with_slot(trace: Trace, action: GrammarAction, slot: int, words: str) -> Trace:
    last = trace[-1]
    grown = ChosenStep(last.action, (*last.slots, Chosen(action.slots[slot].name, words)))
    return (*trace[:-1], grown)
