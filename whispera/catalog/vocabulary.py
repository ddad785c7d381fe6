"""What the catalog holds beside the actions: fillers, lists, non-commands, compounds, names, settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from whispera.catalog.model import NearMiss, Risk

DEFAULT_FILLS: Mapping[str, str] = {"text": "sentences", "name": "app_names", "url": "urls"}
"""Slot type to the filler that trains it where the action names none; other types are sampled as values."""


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
    """Share, 0 to 1, of names the generator makes up instead."""
    source: str = ""
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)
    """Key, such as `values[3]`, to its line."""


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
class App:
    """An application by its spoken name."""

    name: str
    also: tuple[str, ...] = ()
    """Other spoken names."""
    launch: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Platform (PLATFORMS) to the names to start it by, best first."""
    process: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Platform to the names of its process."""
    window: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Platform to the class or title of its windows."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder by its spoken name."""

    name: str
    also: tuple[str, ...] = ()
    path: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Platform to its paths, best first; `@DOWNLOAD` and the like are the user's directories."""


@dataclass(frozen=True, slots=True)
class Site:
    """A web site by its spoken name, or a search engine (its url then holds `{query}`)."""

    name: str
    also: tuple[str, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Spoken names to names here: `config/lookup/`."""

    apps: Mapping[str, App] = field(default_factory=dict)
    folders: Mapping[str, Folder] = field(default_factory=dict)
    sites: Mapping[str, Site] = field(default_factory=dict)
    engines: Mapping[str, Site] = field(default_factory=dict)


def _confidence() -> dict[Risk, float]:
    return {"harmless": 0.5, "disruptive": 0.6, "destructive": 0.6}


@dataclass(frozen=True, slots=True)
class Settings:
    """`config/settings.yaml`, with what is left out there filled in."""

    confidence: Mapping[Risk, float] = field(default_factory=_confidence)
    """Risk to the least confidence, 0 to 1, at which such a command is acted on at all."""
    confirm_disruptive_below: float = 0.9
    """A disruptive command less certain than this is confirmed first; a destructive one always is."""
    history_keep: int = 10_000
    """Utterances kept in the history."""
    history_audio: bool = False
    """Whether recordings are kept with them."""
