"""What only training and evaluation need of the configuration: fillers, non-commands, compounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from whispera.catalog.lookup import App as App
from whispera.catalog.lookup import Folder as Folder
from whispera.catalog.lookup import Lookup as Lookup
from whispera.catalog.lookup import Site as Site
from whispera.catalog.model import NearMiss

DEFAULT_FILLS: Mapping[str, str] = {"text": "sentences", "name": "app_names", "url": "urls"}
"""Slot type to the filler that trains it where the action names none; other types are sampled as values."""

KINDS = (
    "app", "person", "folder", "file", "path", "branch", "package", "container", "label", "query", "artist",
)  # fmt: skip
"""What the generator can make up, besides the values of a list."""


@dataclass(frozen=True, slots=True)
class Filler:
    """Words that fill a slot in training: `config/slots/<name>.yaml` with `fill:`."""

    name: str
    type: str
    """The slot type its values are of."""
    values: tuple[str, ...] = ()
    """Patterns, as written."""
    held_out: tuple[str, ...] = ()
    """Patterns never trained on; for evaluation."""
    invent: float = 0.0
    """Share, 0 to 1, of what the generator makes up instead; 0 leaves it to the training mix."""
    kind: str = ""
    """What it makes up, of `KINDS`; empty for nothing, and for names of applications where they are names."""
    after: Mapping[str, str] = field(default_factory=dict)
    """Word in front of the slot to another list, which fits behind it."""
    source: str = ""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    """Key, such as `values[3]`, to its line."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a slot can be: `config/slots/<name>.yaml` with `table:`; one file, or several over one another."""

    name: str
    values: tuple[str, ...] = ()
    """Patterns."""
    heard: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Words of a value, folded, to what else is said for them."""
    source: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)

    def over(self, other: Table | None) -> Table:
        """This table laid over another: more values, and more that is heard."""
        if other is None:
            return self
        heard = {
            word: (*other.heard.get(word, ()), *self.heard.get(word, ()))
            for word in (*other.heard, *self.heard)
        }
        return replace(self, values=(*other.values, *self.values), heard=heard, lines={})


@dataclass(frozen=True, slots=True)
class Form:
    """A spoken form of a value and what it means: `config/slots/forms.yaml`."""

    said: str
    value: str | int
    """Canonical."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class NonCommands:
    """Sentences that are no command: `config/slots/none.yaml`."""

    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Kind (chat, question, addressed, ...) to its patterns, as written."""
    examples: tuple[str, ...] = ()
    """Held out of training."""


@dataclass(frozen=True, slots=True)
class CompoundExample:
    """A sentence with several commands in it."""

    say: str
    steps: tuple[Mapping[str, Any], ...]
    """Flat JSON intents in the order they are carried out; values canonical or as said."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Compound:
    """How commands are joined: `config/compound.yaml`."""

    joins: tuple[str, ...] = ()
    """Templates with `{a}` and `{b}`, a before b in time."""
    say: tuple[CompoundExample, ...] = ()
    near_misses: tuple[NearMiss, ...] = ()
    examples: tuple[CompoundExample, ...] = ()
    """Held out of training."""


@dataclass(frozen=True, slots=True)
class Phrasings:
    """How a value is said after a command, with `{x}` where it goes."""

    say: tuple[str, ...] = ()
    """For values of up to three words."""
    long: tuple[str, ...] = ()
    """For longer ones."""
    over: bool = False
    """May lean on the command before the last."""


@dataclass(frozen=True, slots=True)
class Rule:
    """After one action another, or more of the same."""

    kind: str
    """`pairs`, `more`, `less` or `back`."""
    after: tuple[Mapping[str, str], ...]
    """Intents it may follow: `action`, and the enum words it must have."""
    then: Mapping[str, str]
    """`action` and its slots: "@slot" copies, "{slot}" is said, anything else is a word of an enum."""
    say: tuple[str, ...] = ()
    """Patterns; their slots are those of the action in `then`."""
    over: bool = False
    """May lean on the command before the last."""
    key: str = ""
    """Where it stands, such as `pairs[3]`."""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Followups:
    """What leans on the command before: `config/followups.yaml`."""

    another: Phrasings = field(default_factory=Phrasings)
    """The same action with another value in its first slot."""
    instead: Phrasings = field(default_factory=Phrasings)
    """The same action with a value said again."""
    answers: Phrasings = field(default_factory=Phrasings)
    """To the question for a value."""
    enum: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Enum, or `any`, to patterns for another of its words."""
    rules: tuple[Rule, ...] = ()
    chat: tuple[str, ...] = ()
    """Said after a command, and no command."""
    source: str = ""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    """Key, such as `enum.state[3]`, to its line."""
