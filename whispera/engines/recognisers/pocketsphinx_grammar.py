"""What a catalog lets people say: its patterns, and what may stand in the places of values.

A place is known by its label, `{type:fillers}`; what may be said there is a graph of words. A value that may
be any words (a note, a message, a search) has none: `label` says so; such commands are not for pocketsphinx.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from whispera.catalog.catalog import Catalog
from whispera.catalog.model import Action, SlotSpec
from whispera.engines.recognisers.pocketsphinx_graph import Graph, Weave, smallest
from whispera.engines.recognisers.pocketsphinx_values import LISTS, TYPES
from whispera.engines.recognisers.pocketsphinx_words import spoken
from whispera.patterns import Pattern, list_names, parse

FREE_WORDS = 2.6
"""A text slot whose training values have more words than this on average may hold any words."""
MAX_VALUE_WORDS = 5
"""Longer names are not expected."""
MISHEARD = "heard_"
"""Lists with such a name hold what recognisers write for something else."""
LOOKED_UP: Mapping[str, str] = {
    "app_names": "apps", "folder_names": "folders", "urls": "sites", "engines": "engines"
}  # fmt: skip
"""Filler to the lookup table whose names may be said in its place."""


@dataclass(frozen=True, slots=True)
class Places:
    """The places for values of a catalog: which there are, and what may be said there."""

    catalog: Catalog
    names: tuple[str, ...] = ()
    """Installed applications."""

    def label(self, action: Action, slot: str) -> str | None:
        """The label of a slot; None where any words may stand."""
        spec = action.slot(slot)
        if spec is None or self.is_free(spec):
            return None
        return f"{{{spec.type}:{'+'.join(self.catalog.fillers_of(spec))}}}"

    def is_free(self, spec: SlotSpec) -> bool:
        """Whether any words may stand in the slot."""
        if spec.enum or spec.type in TYPES or spec.type in self.catalog.tables:
            return False
        fillers = [
            self.catalog.fillers[name]
            for name in self.catalog.fillers_of(spec)
            if name in self.catalog.fillers
        ]
        said = [len(spoken(value)) for filler in fillers for value in filler.values]
        if not said:
            return spec.type != "name"
        return spec.type == "text" and sum(said) > FREE_WORDS * len(said)

    def values(self, label: str) -> Graph:
        """What may be said in a place."""
        kind, _, names = label.strip("{}").partition(":")
        weave = Weave(lists={**self.catalog.lists, **LISTS}, spoken=spoken, label=lambda _name: None)
        if kind in TYPES:
            for pattern in TYPES[kind]:
                weave.add(pattern)
        if kind in self.catalog.tables:
            for value in self.catalog.tables[kind].values:
                weave.add(parse(value))
        for words in self.catalog.enums.get(kind, {}).values():
            for said in words:
                weave.say(spoken(said))
        for name in filter(None, names.split("+")):
            filler = self.catalog.fillers.get(name)
            for value in (*filler.values, *filler.held_out) if filler else ():
                weave.add(parse(value))
            for said in self._looked_up(name):
                weave.say(spoken(said))
        return smallest(weave)

    def _looked_up(self, filler: str) -> Iterable[str]:
        table = LOOKED_UP.get(filler)
        if table is None:
            return
        for name, entry in getattr(self.catalog.lookup, table).items():
            yield from (name, *entry.also)
            if table == "sites" and entry.url and len(spoken(entry.url)) <= MAX_VALUE_WORDS:
                yield entry.url.removeprefix("https://").removeprefix("www.")
        if table == "apps":
            yield from (name for name in self.names if 0 < len(spoken(name)) <= MAX_VALUE_WORDS)


def patterns_of(catalog: Catalog) -> Iterator[tuple[Action, Pattern]]:
    """Every pattern with its action, those left out that spell what recognisers mishear."""
    for action in catalog.actions.values():
        for text in action.patterns:
            pattern = parse(text)
            if not any(name.startswith(MISHEARD) for name in list_names(pattern)):
                yield action, pattern
