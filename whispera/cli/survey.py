"""Which actions can be carried out on this machine, told by resolving each with made-up values.

Nothing is run. Names are taken to exist, so the answer is about programs, keys and the desktop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

from whispera.catalog.compiled import CompiledCatalog
from whispera.catalog.model import Action, SlotSpec
from whispera.domain.intent import Intent, Value
from whispera.errors import WhisperaError
from whispera.pipeline.lookup import App, Lookup
from whispera.pipeline.places import Kind, Places
from whispera.pipeline.platform import Platform
from whispera.pipeline.resolver import Resolver

_VALUES: Mapping[str, Value] = {
    "text": "words",
    "name": "thing",
    "url": "example.com",
    "percent": 50,
    "count": 1,
    "duration": 60,
    "clock": "07:00",
    "keys": "enter",
    "expression": "1+1",
}


@dataclass(slots=True)
class Group:
    """One group of actions on this machine."""

    name: str
    works: list[str] = field(default_factory=list)
    """What can be done, `open_app` or `set_setting wifi on`."""
    lacking: dict[str, str] = field(default_factory=dict)
    """What cannot be done, and why."""
    hints: list[str] = field(default_factory=list)
    """How to change that, each once."""


class _AnyPlace(Places):
    """Every folder and file exists."""

    def find(self, name: str, *, prefer: Kind) -> str:  # noqa: ARG002
        """The home directory."""
        return str(Path.home())


class _AnyLookup(Lookup):
    """Every application is installed."""

    def __init__(self, catalog: CompiledCatalog, platform: Platform) -> None:
        super().__init__(catalog.lookup, platform)
        self._places = _AnyPlace(catalog.lookup.folders, platform)

    def app(self, name: str) -> App:
        """An application of that name."""
        return App(name, name, (name,), name, name)

    def process(self, name: str) -> str:
        """The name itself."""
        return name

    def window(self, name: str) -> str:
        """The name itself."""
        return name


def survey(catalog: CompiledCatalog, platform: Platform) -> list[Group]:
    """Every group of actions, in contract order, with what of it works here."""
    resolver = Resolver(platform, _AnyLookup(catalog, platform))
    groups: dict[str, Group] = {}
    for action in catalog.actions.values():
        group = groups.setdefault(action.group, Group(action.group))
        for intent in _samples(action):
            said = [str(intent.slots[spec.name]) for spec in action.slots if spec.enum and not spec.optional]
            label = " ".join([action.name, *said])
            try:
                resolver.resolve(intent, action)
            except WhisperaError as error:
                group.lacking[label] = error.message
                if error.hint and error.hint not in group.hints:
                    group.hints.append(error.hint)
            else:
                group.works.append(label)
    return list(groups.values())


def _samples(action: Action) -> Iterator[Intent]:
    """The action with every combination of its enum words."""
    specs = [spec for spec in action.slots if not spec.optional]
    for chosen in product(*(_choices(spec) for spec in specs)):
        yield Intent(action.name, {spec.name: value for spec, value in zip(specs, chosen, strict=True)})


def _choices(spec: SlotSpec) -> tuple[Value, ...]:
    return spec.enum or tuple(spec.words.values())[:1] or (_VALUES[spec.type],)
