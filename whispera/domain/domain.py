"""A domain: actions of their own, with a tag before the utterance that tells the model so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

DESKTOP = "desktop"
"""The tag of the shipped configuration itself."""


@dataclass(frozen=True, slots=True)
class Labels:
    """What labels of recordings made by others call the actions and slots of a domain."""

    intents: Mapping[str, str] = field(default_factory=dict)
    """Their intent to the action here; what is not named has the name it has here."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """Their slot to the slot here."""


@dataclass(frozen=True, slots=True)
class Domain:
    """`config/domains/<name>/domain.yaml`."""

    name: str = ""
    """Of its folder; empty for the desktop."""
    tag: str = DESKTOP
    """Names the domain to the model: `<tag>` stands before the utterance."""
    summary: str = ""
    labels: Labels = field(default_factory=Labels)
