"""The catalog as typed values: actions, slots, steps, examples.

Read by the generator, the grammar, the validator and the resolver alike. Loading is `load.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from whispera import values

PLATFORMS = ("x11", "wayland", "macos", "windows")
SPAN_TYPES = ("text", "name", "url", "percent", "count", "duration", "clock", "keys", "expression")
TEXT_LIKE = ("text", "name", "url", "keys", "expression")

Risk = Literal["harmless", "disruptive", "destructive"]


def said(words: str) -> str:
    """Words as the tables of the catalog hold them: small letters, no commas or hyphens, single spaces."""
    return " ".join(words.lower().replace("-", " ").replace(",", " ").split())


@dataclass(frozen=True, slots=True)
class SlotSpec:
    """One slot of an action."""

    name: str
    type: str
    """One of SPAN_TYPES, or the name of an enum or a table."""
    optional: bool = False
    """The action is whole without it."""
    enum: tuple[str, ...] = ()
    """Canonical words of an enum, in file order; empty for spans."""
    ask: str = ""
    """The question to ask when a needed slot was not said; such a slot may be unsaid on the wire."""
    fill: tuple[str, ...] = ()
    """Filler lists its training values come from; empty means the default of the type."""
    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Of a table: what may be said, as `said` folds it, and the canonical value of each."""

    @property
    def is_span(self) -> bool:
        """Whether its value is made of words of the utterance; that of an enum is chosen."""
        return not self.enum

    def read(self, words: str, after: str = "") -> int | str | None:
        """The canonical value of some words, None where they are none; `after` as for `values.whole`."""
        if self.words:
            return self.words.get(said(words))
        return values.parse(self.type, words, enum=self.enum, after=after)

    def fits(self, words: str, after: str = "") -> bool:
        """Whether exactly these words may be the value."""
        return said(words) in self.words if self.words else values.fits(self.type, words, after)

    def say(self, value: int | str) -> str:
        """Words for a canonical value."""
        return str(value) if self.words else values.say(self.type, value)

    @property
    def may_be_absent(self) -> bool:
        """Whether a wire intent may lack it."""
        return self.optional or bool(self.ask)


@dataclass(frozen=True, slots=True)
class Step:
    """One way to carry an action out on one platform."""

    kind: Literal["argv", "keys", "type", "app", "url", "path", "builtin", "sorry"]
    value: tuple[str, ...]
    """argv elements, or one string: keys, text, name, url, path, built-in or sentence."""
    needs: tuple[str, ...] = ()
    """Programs that must be on PATH."""
    when: Mapping[str, tuple[str | int | None, ...]] = field(default_factory=dict)
    """Slot to the values it must have; None means absent."""
    env: Mapping[str, str] = field(default_factory=dict)
    detach: bool = False
    timeout_s: float = 20.0


@dataclass(frozen=True, slots=True)
class Example:
    """Words people used and the intent they meant; kept out of training."""

    say: str
    intent: Mapping[str, Any]
    """Flat JSON intent, canonical values."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class NearMiss:
    """Words that resemble the action and are something else."""

    say: str
    intent: Mapping[str, Any]
    """Flat JSON intent of what it is (often none)."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands, for people."""

    file: str
    line: int
    """From 1; 0 where it is not known."""
    key: str


@dataclass(frozen=True, slots=True)
class Action:
    """One action file, and what files of the user's add to it."""

    name: str
    group: str
    summary: str
    slots: tuple[SlotSpec, ...] = ()
    patterns: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    defaults: Mapping[str, str | int] = field(default_factory=dict)
    run: Mapping[str, tuple[Step, ...]] = field(default_factory=dict)
    """Platform (PLATFORMS) to the steps tried in order."""
    undo: str = ""
    """`action` or `action(slot=value, slot=@before)`; empty where nothing takes it back."""
    probe: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Platform to the argv that shows the state before, for `@before`."""
    probe_pattern: str = ""
    """Regular expression with one group over the probe's output."""
    risk: Risk = "harmless"
    done: str = ""
    """What is said when it is done, slots in braces: "opened {target}"; where empty, made of the summary."""
    shared_verb: str = ""
    """Said once for two values of the first slot, in training: "open Slack and Teams"; or empty."""
    in_sequences: bool = True
    """May be one of several commands in one breath, in training."""
    cut_off: bool = True
    """Makes no command, in training, where it is cut off before a value."""
    is_bare: bool = True
    """May be said without any value; not where all its slots have tables and every pattern holds one."""
    source: str = ""
    """The file it was read from."""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    """Key, such as `run` or `patterns[3]`, to its line in the file; empty when read from the cache."""
    added: Mapping[str, Place] = field(default_factory=dict, compare=False)
    """Key, such as `patterns[57]`, to its place in the file that adds it with `extends`."""

    def place(self, key: str, *, line: int = 0) -> Place:
        """Where a key stands; `line` is used where the file itself has no line for it."""
        return self.added.get(key) or Place(self.source, self.lines.get(key, line), key)

    def slot(self, name: str) -> SlotSpec | None:
        """The slot of that name, or None."""
        for spec in self.slots:
            if spec.name == name:
                return spec
        return None
