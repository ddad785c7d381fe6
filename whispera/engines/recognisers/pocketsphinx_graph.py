"""Word graphs: what may be said, as the smallest acyclic automaton over words and places for values.

A pattern is laid into a `Weave`, node by node, without listing its sentences; `smallest` makes the automaton
deterministic and merges states after which the same may follow. A place for a value is one label until
`whispera.engines.recognisers.pocketsphinx_grammar` puts the graph of its values there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from whispera.patterns import Alt, ListRef, Lists, Node, Opt, Pattern, Seq, Slot, Text

Spoken = Callable[[str], Sequence[str]]
"""Text to the words that are said for it."""
Open = tuple[int, str]
"""A state, and the letters of a word begun there."""

MAX_STATES = 400_000
"""A configuration that needs more is told to use fewer alternatives."""


@dataclass(frozen=True, slots=True)
class Graph:
    """An acyclic deterministic automaton; state 0 is its start."""

    arcs: tuple[dict[str, int], ...]
    """For each state: label to the next state."""
    final: frozenset[int]
    """States at which a sentence may end."""

    def accepts(self, labels: Iterable[str]) -> bool:
        """Whether the labels are a sentence."""
        state = 0
        for label in labels:
            following = self.arcs[state].get(label)
            if following is None:
                return False
            state = following
        return state in self.final

    @property
    def labels(self) -> set[str]:
        """All labels."""
        return {label for arcs in self.arcs for label in arcs}

    def sentences(self) -> Iterator[tuple[str, ...]]:
        """Every sentence; only for small graphs."""
        stack: list[tuple[int, tuple[str, ...]]] = [(0, ())]
        while stack:
            state, said = stack.pop()
            if state in self.final:
                yield said
            stack += [(following, (*said, label)) for label, following in self.arcs[state].items()]


class Weave:
    """A non-deterministic automaton that patterns are laid into; state 0 is its start."""

    def __init__(self, *, lists: Lists, spoken: Spoken, label: Callable[[str], str | None]) -> None:
        """`label` gives the label of a slot by its name, None where it cannot be said here."""
        self.arcs: list[dict[str, set[int]]] = [defaultdict(set)]
        self.final: set[int] = set()
        self._lists = lists
        self._spoken = spoken
        self._label = label

    def add(self, pattern: Pattern, *, label: Callable[[str], str | None] | None = None) -> None:
        """Lay a pattern in; paths with a slot that has no label are left out."""
        if label is not None:
            self._label = label
        ends = self._close(self._lay(pattern.node, {(0, "")}, ()))
        self.final |= ends - {0}

    def say(self, labels: Sequence[str]) -> None:
        """Lay one sentence in, its labels as they are."""
        at = {0}
        for one in labels:
            at = self._step(at, (one,))
        self.final |= at - {0}

    def _state(self) -> int:
        self.arcs.append(defaultdict(set))
        return len(self.arcs) - 1

    def _step(self, states: Iterable[int], labels: Sequence[str]) -> set[int]:
        """The states after the labels; the last one is new and shared."""
        at = set(states)
        for one in labels:
            new = self._state()
            for state in at:
                self.arcs[state][one].add(new)
            at = {new}
        return at

    def _close(self, opened: set[Open]) -> set[int]:
        """The states after the begun words, each said as a word of its own."""
        begun: dict[str, set[int]] = defaultdict(set)
        for state, word in opened:
            begun[word].add(state)
        ends: set[int] = set()
        joined: int | None = None
        for word, states in begun.items():
            labels = self._spoken(word) if word else ()
            if not labels:
                ends |= states
                continue
            before = self._step(states, labels[:-1])
            if joined is None:
                joined = self._state()
            for state in before:
                self.arcs[state][labels[-1]].add(joined)
            ends.add(joined)
        return ends

    def _lay(self, node: Node, opened: set[Open], inside: tuple[str, ...]) -> set[Open]:
        """The ends of the paths through a node."""
        if not opened:
            return opened
        if isinstance(node, Text):
            return self._text(node.text, opened)
        if isinstance(node, Seq):
            for item in node.items:
                opened = self._lay(item, opened, inside)
            return opened
        if isinstance(node, Alt):
            return {end for choice in node.choices for end in self._lay(choice.node, opened, inside)}
        if isinstance(node, Opt):
            return opened | self._lay(node.node, opened, inside)
        if isinstance(node, ListRef):
            return {end for one in self._lists[node.name] for end in self._lay(one.node, opened, inside)}
        return self._slot(node, opened)

    def _text(self, text: str, opened: set[Open]) -> set[Open]:
        """Words; one that touches the end of the text stays begun, since what follows may belong to it."""
        body = text.strip()
        if not body:
            return {(state, "") for state in self._close(opened)}
        if text[0].isspace():
            opened = {(state, "") for state in self._close(opened)}
        head, _, rest = body.partition(" ")
        if not rest:
            grown = {(state, word + head) for state, word in opened}
            return {(state, "") for state in self._close(grown)} if text[-1].isspace() else grown
        at = self._close({(state, word + head) for state, word in opened})
        middle, _, last = rest.rpartition(" ")
        at = self._step(at, self._spoken(middle)) if middle else at
        if text[-1].isspace():
            return {(state, "") for state in self._step(at, self._spoken(last))}
        return {(state, last) for state in at}

    def _slot(self, slot: Slot, opened: set[Open]) -> set[Open]:
        if slot.value is not None:
            return self._text(slot.words or "", opened) if slot.words else opened
        one = self._label(slot.name)
        if one is None:
            return set()
        return {(state, "") for state in self._step(self._close(opened), (one,))}


def smallest(weave: Weave) -> Graph:
    """The smallest deterministic automaton with the sentences of a weave; ValueError if it grows wild."""
    subsets: dict[frozenset[int], int] = {frozenset({0}): 0}
    queue = [frozenset({0})]
    arcs: list[dict[str, int]] = []
    final: list[bool] = []
    for subset in queue:  # grows while it is walked
        following: dict[str, set[int]] = defaultdict(set)
        for state in subset:
            for label, ends in weave.arcs[state].items():
                following[label] |= ends
        made: dict[str, int] = {}
        for label, reached in following.items():
            key = frozenset(reached)
            if key not in subsets:
                subsets[key] = len(queue)
                queue.append(key)
            made[label] = subsets[key]
        if len(queue) > MAX_STATES:
            raise ValueError(f"more than {MAX_STATES} states")
        arcs.append(made)
        final.append(not weave.final.isdisjoint(subset))
    return _merged(arcs, final)


def _merged(arcs: Sequence[dict[str, int]], final: Sequence[bool]) -> Graph:
    """The automaton with states merged after which the same may follow."""
    merged: dict[int, int] = {}
    seen: dict[tuple[bool, frozenset[tuple[str, int]]], int] = {}
    kept: list[int] = []
    for state in _last_first(arcs):
        shape = (final[state], frozenset((label, merged[end]) for label, end in arcs[state].items()))
        if shape not in seen:
            seen[shape] = len(kept)
            kept.append(state)
        merged[state] = seen[shape]
    # numbered from the start on, so that state 0 is the start and the order is that of the patterns
    order = {merged[0]: 0}
    queue = [merged[0]]
    for one in queue:
        for end in arcs[kept[one]].values():
            if merged[end] not in order:
                order[merged[end]] = len(order)
                queue.append(merged[end])
    return Graph(
        tuple({label: order[merged[end]] for label, end in arcs[kept[one]].items()} for one in queue),
        frozenset(order[one] for one in queue if final[kept[one]]),
    )


def _last_first(arcs: Sequence[dict[str, int]]) -> list[int]:
    """The states that can be reached, each after all that follow it."""
    done: list[int] = []
    seen = {0}
    stack: list[tuple[int, Iterator[int]]] = [(0, iter(arcs[0].values()))]
    while stack:
        state, ends = stack[-1]
        for end in ends:
            if end not in seen:
                seen.add(end)
                stack.append((end, iter(arcs[end].values())))
                break
        else:
            done.append(state)
            stack.pop()
    return done
