"""The catalog as a whole: everything the configuration says, read once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from whispera.catalog.lookup import Lookup
from whispera.catalog.mix import Recipe
from whispera.catalog.model import Action, SlotSpec
from whispera.catalog.settings import Settings
from whispera.catalog.vocabulary import (
    DEFAULT_FILLS,
    Compound,
    Filler,
    Followups,
    Form,
    NonCommands,
    Table,
)
from whispera.domain.domain import DESKTOP, Domain
from whispera.domain.intent import NONE, SEQUENCE
from whispera.patterns import Pattern

if TYPE_CHECKING:
    from pydantic import BaseModel

BUILT_IN = (SEQUENCE, NONE)
"""Actions of the contract that have no file."""


@dataclass(frozen=True, slots=True)
class Catalog:
    """All actions with the words, names and settings around them."""

    actions: Mapping[str, Action]
    """Name to action, in contract order; without the built-in `sequence` and `none`."""
    enums: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    """Enum to its canonical words, and these to how they are said."""
    tables: Mapping[str, Table] = field(default_factory=dict)
    """The tables as written; what may be said is in the slots (`SlotSpec.words`)."""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Group to its actions as `order.yaml` lists them, built-in ones included."""
    fillers: Mapping[str, Filler] = field(default_factory=dict)
    lists: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)
    """Word lists for `<name>` in patterns."""
    forms: Mapping[str, tuple[Form, ...]] = field(default_factory=dict)
    """Slot type to spoken forms with the value they must be read as."""
    noise: Mapping[str, Any] = field(default_factory=dict)
    """`config/slots/noise.yaml` and `misheard.yaml` as plain data."""
    none: NonCommands = field(default_factory=NonCommands)
    compound: Compound = field(default_factory=Compound)
    followups: Followups = field(default_factory=Followups)
    mix: Recipe | None = None
    """What training data is drawn by, `config/recipes/mix.yaml`; None without such a file."""
    lookup: Lookup = field(default_factory=Lookup)
    settings: Settings = field(default_factory=Settings)
    shared: tuple[str, ...] = ()
    """Patterns that several actions have on purpose, slots written `{}`."""
    domain: Domain = field(default_factory=Domain)
    hash: str = ""
    """SHA-256, hex, of what a model depends on; see `model_hash`."""

    def fillers_of(self, spec: SlotSpec) -> tuple[str, ...]:
        """The names of the fillers that train a slot; empty when its type is sampled as a value."""
        if spec.fill:
            return spec.fill
        default = DEFAULT_FILLS.get(spec.type)
        return (default,) if default else ()

    def schema(self) -> dict[str, Any]:
        """The JSON schema of wire intents."""
        from whispera.catalog.schema import wire_schema

        return wire_schema(self.actions.values())

    def models(self) -> dict[str, type[BaseModel]]:
        """Action name to the pydantic model of its canonical intents; imports pydantic."""
        from whispera.catalog.models import intent_models

        return intent_models(self.actions.values())


def model_hash(actions: Iterable[Action], *, tag: str = DESKTOP) -> str:
    """SHA-256, hex, of action names, slots, types, enums and their order, and of the tag of a domain.

    Patterns, commands, wording and settings are left out: changing them leaves a trained model fitting.
    """
    facts = [
        [
            action.name,
            [[spec.name, spec.type, spec.optional, bool(spec.ask), list(spec.enum)] for spec in action.slots],
        ]
        for action in actions
    ]
    if tag != DESKTOP:
        facts.append([tag, []])
    return hashlib.sha256(json.dumps(facts, separators=(",", ":")).encode()).hexdigest()
