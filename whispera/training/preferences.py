"""Pairs to prefer by: an utterance, the answer that is right, and a wrong one that was, or nearly was, given.

Three sources. Corrections: what the user said an utterance should have been, against what was answered; the
same words with fillers and typing errors count too, where they are answered wrongly. Confusions: the wrong
greedy answers to sentences kept out of training. Runners-up: sentences answered rightly whose second reading
has a probability above a limit.

The sentences kept out are drawn by the generator for a split of their own, with values that no training
sentence holds: new fillings and new noise of known patterns. That is fair, since a model is compared before
and after on the held-out examples of the action files and on evaluation files, and `mine` leaves out every
sentence that is in one of these. (An example that the user has corrected is a pair, and is then not measured
on; see `training.dpo`.) Patterns are shared with training, so what is found here is what the model still gets
wrong of what it was taught, not what people say that no pattern has.

Finds pairs and keeps them in a file; learning from them is `training.dpo`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from whispera import whole
from whispera.catalog.catalog import Catalog
from whispera.domain.labelled import Labelled
from whispera.engines.load import Loaded
from whispera.nlu import codec
from whispera.nlu.decode import Decoded, decode, runners_up, trace_of
from whispera.nlu.domains import domain_grammar
from whispera.nlu.grammar import Grammar, Trace
from whispera.nlu.normalise import normalise
from whispera.training.encode import Encoded, encode_pieces

Kind = Literal["correction", "confusion", "runner-up"]
KINDS: tuple[Kind, ...] = ("correction", "confusion", "runner-up")


@dataclass(frozen=True, slots=True)
class Pair:
    """An utterance with a right and a wrong answer."""

    text: str
    """As it was typed."""
    chosen: str
    """The right wire intent, as JSON text."""
    rejected: str
    """The wrong one."""
    kind: Kind
    previous: tuple[str, ...] = ()
    """Wire intents said before, newest last."""
    probability: float = 0.0
    """Of the wrong answer when it was found; 0 where it stands in the history only."""

    def encoded(self, grammar: Grammar) -> tuple[Encoded, Encoded]:
        """The right and the wrong answer as tokens and decisions; raises ValueError where one cannot be."""
        utterance = normalise(self.text)
        chosen, rejected = (
            encode_pieces(utterance, codec.pieces_of_wire(wire), grammar, previous=self.previous)
            for wire in (self.chosen, self.rejected)
        )
        return chosen, rejected


def plain(text: str) -> str:
    """A text as the model reads it: by this two sentences are the same."""
    return normalise(text).text


@dataclass(frozen=True, slots=True)
class Corrected:
    """An utterance that the user has corrected, or a copy of it dressed anew."""

    labelled: Labelled
    said: tuple[str, ...] = ()
    """The wire intents that the history has for these very words."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Where pairs are looked for."""

    corrections: Sequence[Corrected] = ()
    kept_out: Sequence[Labelled] = ()
    """Sentences that training did not see."""
    measured: Collection[str] = ()
    """Sentences that are measured on, as `plain` gives them; none of `kept_out` may be one."""

    def __len__(self) -> int:
        return len(self.corrections) + len(self.kept_out)

    @property
    def digest(self) -> str:
        """A hash of all lines, so that a file of pairs is known to be of these."""
        facts = [
            [[*self._facts(one.labelled), one.said] for one in self.corrections],
            [self._facts(one) for one in self.kept_out],
            sorted(self.measured),
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    @staticmethod
    def _facts(one: Labelled) -> list[Any]:
        return [one.text, one.previous, codec.encode(one).wire]


class Asker:
    """A model that is asked sentences whose right answers are known."""

    def __init__(self, catalog: Catalog, model: Loaded, *, runner_up: float) -> None:
        """`runner_up`: probability above which a second reading makes a pair."""
        self.grammar = domain_grammar(
            catalog.actions.values(), tokenizer=model.tokenizer, tag=catalog.domain.tag
        )
        self._actions = catalog.actions
        self._model = model
        self._runner_up = runner_up

    def pairs(self, line: Labelled, kind: Kind, said: Sequence[str] = ()) -> list[Pair]:
        """The pairs of one sentence, none where it is answered rightly and surely, or cannot be answered.

        `said`: wire intents that were given for it before.
        """
        utterance = normalise(line.text)
        try:
            chosen = "".join(codec.wire_pieces(utterance, line.steps))
            previous = [trace_of(wire) for wire in line.previous]
            decoded = decode(
                utterance,
                self.grammar,
                self._model.engine,
                previous=previous,
                temperature=self._model.temperature,
                keep_branches=True,
            )
        except ValueError:
            return []
        found: dict[str, Pair] = {}

        def add(wire: str, kind: Kind, probability: float) -> None:
            pair = Pair(line.text, chosen, wire, kind, line.previous, round(probability, 4))
            if not self._same(chosen, wire) and self._can_be_said(pair):
                found.setdefault(wire, pair)

        if not self._same(chosen, decoded.wire):
            add(decoded.wire, kind, decoded.confidence)
        else:
            for other in self._others(decoded):
                add(other.wire, "correction" if kind == "correction" else "runner-up", other.confidence)
        for wire in said:
            add(wire, kind, 0.0)
        return list(found.values())

    def _others(self, decoded: Decoded) -> list[Decoded]:
        """The second reading, where it is probable enough."""
        if decoded.confidence >= 1 - self._runner_up:
            return []
        others = runners_up(decoded, self._model.engine, count=1, temperature=self._model.temperature)
        return [other for other in others if other.confidence > self._runner_up]

    def _same(self, one: str, other: str) -> bool:
        """Whether two wire intents mean the same: "the roast" and "roast" are one label."""
        return one == other or self._meaning(trace_of(one)) == self._meaning(trace_of(other))

    def _meaning(self, trace: Trace) -> list[tuple[str, dict[str, str]]]:
        steps: list[tuple[str, dict[str, str]]] = []
        for step in trace:
            action = self._actions.get(step.action)
            slots: dict[str, str] = {}
            for chosen in step.slots:
                spec = action.slot(chosen.name) if action is not None else None
                value = None if spec is None or spec.enum else spec.read(chosen.words)
                slots[chosen.name] = str(chosen.words if value is None else value).casefold()
            steps.append((step.action, slots))
        return steps

    def _can_be_said(self, pair: Pair) -> bool:
        """Whether the grammar allows both answers; the history may hold one from before an action changed."""
        try:
            pair.encoded(self.grammar)
        except (ValueError, KeyError, TypeError):
            return False
        return True


def mine(asker: Asker, lines: Lines) -> Iterator[list[Pair]]:
    """The pairs of each line of `lines`, one list a line, so that a caller can show how far it is."""
    for one in lines.corrections:
        yield asker.pairs(one.labelled, "correction", one.said)
    measured = frozenset(lines.measured)
    for line in lines.kept_out:
        yield [] if plain(line.text) in measured else asker.pairs(line, "confusion")


# -- the file of pairs: a line with the key, then a pair a line


def read_pairs(path: Path, key: Mapping[str, Any]) -> list[Pair] | None:
    """The pairs of a file that was written with the same key, None where there is none such."""
    try:
        first, *rest = path.read_text(encoding="utf-8").splitlines()
        if json.loads(first) != {"key": dict(key), "pairs": len(rest)}:
            return None
        return [Pair(**(data | {"previous": tuple(data["previous"])})) for data in map(json.loads, rest)]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_pairs(path: Path, pairs: Sequence[Pair], key: Mapping[str, Any]) -> None:
    """Write the pairs of a key, whole or not at all; readable by the user alone, who said some of them."""
    head = json.dumps({"key": dict(key), "pairs": len(pairs)})
    lines = [head, *(json.dumps(asdict(pair), ensure_ascii=False) for pair in pairs)]
    whole.write(path, "\n".join(lines) + "\n", mode=0o600)


def count_kinds(pairs: Iterable[Pair]) -> dict[str, int]:
    """How many pairs there are of each kind."""
    counts: dict[str, int] = dict.fromkeys(KINDS, 0)
    for pair in pairs:
        counts[pair.kind] += 1
    return counts
