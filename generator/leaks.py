"""What the published evaluation files hold, kept out of what is trained on.

A line of theirs has words of its own when it has five words or more, or a free value (text, name, url) of
two or more. Such a line must not be a training line: the generator draws another sentence where it happens
to make one, and a run fails where one was written down (`check_written`) or comes in another way (`check`,
`check_dataset`). Shorter ones ("new tab") are forced by what they ask for: there are few ways to say them,
and no rule keeps a model from having heard them. They are counted (`overlap`), and so are near-duplicates.

Only words are compared, in small letters. The files are read to leave things out, and for nothing else.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from generator.alike import NEAR, Alike
from generator.export import LeakError
from generator.fillers import plain
from whispera.catalog.catalog import Catalog
from whispera.catalog.check_across import outline
from whispera.catalog.model import NearMiss
from whispera.catalog.vocabulary import CompoundExample
from whispera.domain.domain import DESKTOP
from whispera.domain.intent import SEQUENCE
from whispera.domain.labelled import Labelled, Span
from whispera.errors import UsageError
from whispera.nlu.codec import split_prompt

OWN_WORDS = 5
"""A line of so many words is not forced by what it asks for."""
FREE = ("text", "name", "url")
"""Slot types whose values are anybody's words."""
SHOWN = 12
"""Near-duplicates and leaks listed one by one."""

_MANY_TEXTS = re.compile(r"[(\[<\\]")
_WEIGHT = re.compile(r"\^[\d.]+$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an evaluation file."""

    text: str
    action: str
    """The actions that are right, as written there."""
    file: str
    number: int

    @property
    def words(self) -> int:
        """How many words it has."""
        return sum(any(char.isalnum() for char in word) for word in self.text.split())

    def __str__(self) -> str:
        return f"{self.file}:{self.number}"


@dataclass(frozen=True, slots=True)
class Near:
    """A training text that is nearly an evaluation line."""

    text: str
    line: Line
    share: float
    """Words in common, 0 to 1."""


class Measured:
    """The lines that evaluation is measured on."""

    def __init__(self, lines: Sequence[Line], catalog: Catalog) -> None:
        self.lines = tuple(lines)
        self._by_text: dict[str, Line] = {}
        for line in lines:
            self._by_text.setdefault(plain(line.text), line)
        self._free = {
            (action.name, spec.name)
            for action in catalog.actions.values()
            for spec in action.slots
            if spec.type in FREE
        }
        self._alike = Alike([plain(line.text) for line in lines])

    def equal(self, text: str) -> Line | None:
        """The line a text is, whatever its case and punctuation."""
        return self._by_text.get(plain(text))

    def leak(self, sample: Labelled) -> Line | None:
        """The line that a sample is and must not be."""
        line = self.equal(sample.text)
        if line is None:
            return None
        values = (
            (step.action, name, sample.text[value.start : value.end])
            for step in sample.steps
            for name, value in step.slots
            if isinstance(value, Span)
        )
        return line if self.has_own_words(line, values) else None

    def has_own_words(self, line: Line, values: Iterable[tuple[str, str, str]]) -> bool:
        """Whether a line is longer than what it asks for; `values` are action, slot and words."""
        return line.words >= OWN_WORDS or any(
            (action, slot) in self._free and len(words.split()) > 1 for action, slot, words in values
        )

    def near(self, text: str) -> Near | None:
        """The line that a text is nearly, but not quite."""
        words = plain(text)
        for index, share in self._alike.find(words):
            if plain(self.lines[index].text) != words:
                return Near(text, self.lines[index], share)
        return None


def read_measured(folder: Path, catalog: Catalog) -> Measured:
    """The lines of all evaluation files (`*.txt`) in a folder, which may be missing; raises UsageError."""
    lines: list[Line] = []
    for path in sorted(folder.glob("*.txt")):
        try:
            texts = path.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"cannot read {path}: {error}", hint="mend it or move it away") from error
        for number, text in enumerate(texts, 1):
            said, _, rest = text.strip().partition(" | ")
            if said and not text.startswith("#"):
                lines.append(Line(said, rest.partition(" | ")[0], path.name, number))
    return Measured(lines, catalog)


def check(samples: Iterable[Labelled], measured: Measured) -> None:
    """Raises LeakError where samples are lines that evaluation is measured on."""
    found = [(sample, line) for sample in samples if (line := measured.leak(sample)) is not None]
    if found:
        sample, line = found[0]
        raise LeakError(
            f"training text {sample.text!r} is the evaluation line {line}{_others(len(found))}",
            hint=f"take it out of what it was made from: {sample.origin}, {sample.source!r}",
        )


def check_written(catalog: Catalog, measured: Measured, *, own: Callable[[str], bool]) -> None:
    """Raises LeakError where a line of the configuration says an evaluation line and nothing else.

    `own` tells the files of the user's, who may write what they like.
    """
    found = [
        f"{where}: {text!r} is {line}"
        for text, where, file in _written(catalog)
        if (line := measured.equal(text)) is not None and line.words >= OWN_WORDS and not own(file)
    ]
    if found:
        shown = "".join(f"\n{one}" for one in found[:SHOWN])
        raise LeakError(
            f"written for training, and measured on{_others(len(found), shown=SHOWN)}:{shown}",
            hint="take it out of the configuration: what is measured on must not be learnt",
        )


def _others(count: int, *, shown: int = 1) -> str:
    return f" (and {count - shown} more)" if count > shown else ""


def _written(catalog: Catalog) -> Iterator[tuple[str, str, str]]:
    """Text, place and file of all that can be said in one way only."""
    ups = catalog.followups
    for action in catalog.actions.values():
        for index, pattern in enumerate(action.patterns):
            place = action.place(f"patterns[{index}]")
            yield from _only(pattern, f"{place.file}:{place.line}", place.file)
        for index, miss in enumerate(action.near_misses):
            place = action.place(f"not[{index}]", line=miss.line)
            yield miss.say, f"{place.file}:{place.line}", place.file
    for kind, lines in catalog.none.kinds.items():
        for pattern in lines:
            yield from _only(pattern, f"none.yaml, kinds.{kind}", "")
    joined: list[CompoundExample | NearMiss] = [*catalog.compound.say, *catalog.compound.near_misses]
    for one in joined:
        yield one.say, f"compound.yaml:{one.line}", ""
    for rule in ups.rules:
        for pattern in rule.say:
            yield from _only(pattern, f"{ups.source}, {rule.key}", ups.source)
    for pattern in ups.chat:
        yield from _only(pattern, f"{ups.source}, chat", ups.source)


def _only(pattern: str, where: str, file: str) -> Iterator[tuple[str, str, str]]:
    """The one text of a pattern; nothing where it has several."""
    if _MANY_TEXTS.search(pattern):
        return
    said = outline(_WEIGHT.sub("", pattern))
    if "{}" not in said:
        yield said, where, file


def check_dataset(path: Path, measured: Measured, *, own: Collection[str] = (), tag: str = DESKTOP) -> None:
    """Raises LeakError where a line of train.jsonl is one that evaluation is measured on.

    `own`: texts that the user wants learnt all the same, as `plain` makes them. What cannot be read is left
    to the training to refuse.
    """
    if not measured.lines or not path.is_file():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for number, text in enumerate(lines, 1):
            try:
                user, assistant = json.loads(text)["messages"]
                _, said = split_prompt(user["content"], tag=tag)
                line = measured.equal(said)
                if line is None or plain(said) in own:
                    continue
                leak = measured.has_own_words(line, _values(json.loads(assistant["content"]), said))
            except (ValueError, KeyError, TypeError):
                continue
            if leak:
                raise LeakError(
                    f"{path}:{number}: training text {said.strip()!r} is the evaluation line {line}",
                    hint="make the data again: whispera regen",
                )


def _values(wire: Mapping[str, Any], said: str) -> Iterator[tuple[str, str, str]]:
    """Action, slot and words of the values that were said, not taken from a command before."""
    for step in wire["steps"] if wire["action"] == SEQUENCE else (wire,):
        for slot, words in step.items():
            if str(words) in said:
                yield step["action"], slot, str(words)


@dataclass(frozen=True, slots=True)
class Overlap:
    """What training and evaluation have in common."""

    lines: Mapping[str, int]
    """Evaluation file to its number of lines."""
    equal: Mapping[str, int]
    """Evaluation file to how many of its lines, short ones, are training texts too."""
    leaks: int
    """Training texts that are evaluation lines with words of their own; 0 but for the user's corrections."""
    near: tuple[Near, ...]
    """Training texts that are nearly an evaluation line."""

    def as_json(self) -> dict[str, Any]:
        """The overlap as plain data."""
        return {
            "lines": dict(self.lines),
            "equal": dict(self.equal),
            "leaks": self.leaks,
            "near": len(self.near),
            "near_lines": len({str(one.line) for one in self.near}),
        }

    def text(self) -> str:
        """The overlap for people."""
        if not self.lines:
            return "evaluation: no files here to compare with"
        parts = [f"{self.equal.get(file, 0)} of {count} in {file}" for file, count in self.lines.items()]
        lines = [f"evaluation lines that are training texts too, short ones: {', '.join(parts)}"]
        lines.append(f"with words of their own: {self.leaks}")
        count = len({str(one.line) for one in self.near})
        lines.append(f"nearly the same, {NEAR:.0%} of the words: {len(self.near)} texts, {count} lines")
        shown: dict[str, Near] = {}
        for one in self.near:
            shown.setdefault(str(one.line), one)
        lines += [
            f"  {one.share:.0%}  {one.text!r} is nearly {one.line} {one.line.text!r}"
            for one in list(shown.values())[:SHOWN]
        ]
        return "\n".join(lines)


def overlap(samples: Iterable[Labelled], measured: Measured) -> Overlap:
    """What training samples and evaluation lines have in common."""
    equal: set[Line] = set()
    leaks = 0
    near: list[Near] = []
    said: set[str] = set()
    for sample in samples:
        line = measured.equal(sample.text)
        if line is not None:
            leak = measured.leak(sample) is not None
            leaks += leak
            if not leak:
                equal.add(line)
        words = plain(sample.text)
        if words not in said:
            said.add(words)
            found = measured.near(sample.text)
            near += [found] if found is not None else []
    texts = {plain(line.text) for line in equal}
    return Overlap(
        lines=dict(Counter(line.file for line in measured.lines)),
        equal=dict(Counter(line.file for line in measured.lines if plain(line.text) in texts)),
        leaks=leaks,
        near=tuple(near),
    )
