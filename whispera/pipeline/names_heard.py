"""Names as they were heard, made the names that are known here.

A recogniser writes what it has seen: "spot if i", "fire fox", "crome". Where an action looks a name up, a
heard one that nobody knows and that clearly sounds like a known one is taken for it. Known are the lookup
tables, the installed applications and what was named before. A name that is known stays as it is, and so does
one that resembles nothing, or two things.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from whispera.catalog.model import Action, SlotSpec
from whispera.domain.intent import SEQUENCE, Intent
from whispera.nlu.sounds import distance, sound
from whispera.pipeline.names import fold

if TYPE_CHECKING:
    from whispera.catalog.compiled import CompiledCatalog
    from whispera.pipeline.context import Said

TABLES: Mapping[str, tuple[str, ...]] = {
    "app_names": ("apps", "sites"), "folder_names": ("folders",), "engines": ("engines",)
}  # fmt: skip
"""What fills a slot in training to the lookup tables its names are looked up in."""
NEAR = 0.15
"""Names that differ less than this sound alike; see `nlu.sounds.distance`."""
APART = 0.08
"""The next other name must differ by so much more, or nobody can tell which it is."""
LEAST_SOUNDS = 3
"""Shorter names sound like too much."""
JOINED = 4
"""Words that may have been one name."""
ADDRESSED = "email_recipients"
"""Fills a slot whose names may be addresses: "sales at example.org" is "sales@example.org"."""
_ADDRESS = re.compile(r"^([\w.+-]+) at ((?:[\w-]+\.)+[^\W\d_]{2,})$", re.IGNORECASE)
_DOT = re.compile(r"\s+dot\s+", re.IGNORECASE)


class Names:
    """The names known here; asked once an utterance."""

    def __init__(self, catalog: CompiledCatalog, installed: Iterable[str] = ()) -> None:
        """`installed`: names of applications."""
        self._actions = catalog.actions
        self._known: dict[str, _Known] = {}
        for fill, tables in TABLES.items():
            known = _Known()
            for table in tables:
                for name, entry in getattr(catalog.lookup, table).items():
                    known.add(name, name)
                    for other in entry.also:
                        known.add(other, other)
            for name in installed if fill == "app_names" else ():
                known.add(name, name)
            self._known[fill] = known

    def snapped(self, intent: Intent, after: Sequence[Said] = ()) -> Intent:
        """The intent with each name that was heard made the known one it sounds like.

        `after`: what was said before, newest last.
        """
        if intent.action == SEQUENCE:
            steps = intent.slots["steps"]
            assert isinstance(steps, tuple)
            return Intent(SEQUENCE, {"steps": tuple(self.snapped(step, after) for step in steps)})
        action = self._actions.get(intent.action)
        slots = dict(intent.slots)
        for spec in action.slots if action is not None else ():
            value = slots.get(spec.name)
            if isinstance(value, str) and spec.type in ("name", "text"):
                if ADDRESSED in spec.fill:
                    found = _ADDRESS.match(_DOT.sub(".", value))
                    value = slots[spec.name] = found.expand(r"\1@\2") if found else value
                if not spec.optional or TABLES.keys() & spec.fill:
                    slots[spec.name] = self._name(spec, value, after)
        return intent if slots == intent.slots else replace(intent, slots=slots)

    def _name(self, spec: SlotSpec, heard: str, after: Sequence[Said]) -> str:
        fills = spec.fill or (("app_names",) if spec.type == "name" else ())
        tables = [self._known[fill] for fill in fills if fill in self._known]
        if not tables and not after:
            return heard
        said = _Known()
        for value in _named_before(after, fills, self._actions):
            said.add(value, value)
        for known in (*tables, said):
            same = known.same(heard)
            if same is not None:
                return same
        near = [found for known in (*tables, said) if (found := known.nearest(heard)) is not None]
        return min(near, key=lambda one: one[1])[0] if near else heard

    def joined(self, text: str) -> str | None:
        """The text with words that sound exactly like one known name made it; None where there are none.

        "open spot if i" is "open spotify": read apart, the model would not take them for a name.
        """
        words = text.split()
        known = self._known["app_names"]
        for size in range(min(JOINED, len(words) - 1), 1, -1):
            for start in range(1, len(words) - size + 1):
                heard = " ".join(words[start : start + size])
                name = known.sounding(heard)
                if name is not None and fold(name) != fold(heard):
                    return " ".join([*words[:start], name, *words[start + size :]])
        return None


class _Known:
    """Names of one kind."""

    def __init__(self) -> None:
        self._by_fold: dict[str, str] = {}
        self._by_sound: dict[str, str] = {}

    def add(self, spelling: str, name: str) -> None:
        """Takes a name note; the first of those that fold alike is how it is written."""
        self._by_fold.setdefault(fold(spelling), name)
        code = sound(spelling)
        if len(code) >= LEAST_SOUNDS:
            self._by_sound.setdefault(code, name)

    def same(self, heard: str) -> str | None:
        """The known name that `heard` is: as it was heard, or in one word where it was heard in several."""
        name = self._by_fold.get(fold(heard))
        if name is None:
            return None
        return name if len(name.split()) < len(heard.split()) else heard

    def sounding(self, heard: str) -> str | None:
        """The known name with exactly the sounds of `heard`."""
        return self._by_sound.get(sound(heard))

    def nearest(self, heard: str) -> tuple[str, float] | None:
        """The known name that `heard` clearly sounds like, and how far it is; None where there is none."""
        code = sound(heard)
        if len(code) < LEAST_SOUNDS:
            return None
        near: list[tuple[float, str]] = []
        for other, name in self._by_sound.items():
            if abs(len(other) - len(code)) <= 2:
                near.append((distance(heard, name, most=NEAR + APART), name))
        near.sort()
        if not near or near[0][0] > NEAR:
            return None
        best = near[0]
        for far, name in near[1:]:
            if far - best[0] >= APART:
                break
            if not (fold(name).startswith(fold(best[1])) or fold(best[1]).startswith(fold(name))):
                return None
        return best[1], best[0]


def _named_before(
    after: Sequence[Said], fills: tuple[str, ...], actions: Mapping[str, Action]
) -> Iterator[str]:
    """What was named in the same kind of slot in commands before, newest first."""
    for said in reversed(after):
        for step in said.trace:
            action = actions.get(step.action)
            for chosen in step.slots:
                spec = action.slot(chosen.name) if action is not None else None
                if spec is not None and fills and spec.fill == fills:
                    yield chosen.words
