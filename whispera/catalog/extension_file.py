"""Reading an overlay file that adds to an action instead of changing it.

    extends: set_volume
    patterns: ["whack the sound up to {level}"]
    not: [{say: "turn the heating up to twenty", is: none}]
    examples: [{say: "sound to a third, please", level: 33}]

Several files may extend one action; none of them copies it, so an update of the action is taken over.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from yaml.nodes import MappingNode, Node

from whispera.catalog.action_file import ActionFile, Enums
from whispera.catalog.model import Action, Place
from whispera.catalog.nodes import Source, did_you_mean, mapping_or_none

EXTENDS = "extends"
KEYS = (EXTENDS, "patterns", "not", "examples")
_FIELDS = {"patterns": "patterns", "not": "near_misses", "examples": "examples"}


def extends(source: Source) -> bool:
    """Whether a file adds to an action; False for one that cannot be read."""
    silent = Source(source.path, [], source.shown)
    return EXTENDS in mapping_or_none(silent.compose())


def read_extension(source: Source, *, enums: Enums, actions: Mapping[str, Action]) -> Action | None:
    """The action of that name with what the file adds; None, with the mistake noted, where there is none."""
    root = source.compose()
    if not isinstance(root, MappingNode):
        return None
    found = source.known(root, "", KEYS)
    name = source.text(found[EXTENDS], EXTENDS)
    under = actions.get(name)
    if under is None:
        source.note(found[EXTENDS], EXTENDS, f"no action named '{name}'", hint=did_you_mean(name, actions))
        return None
    if name != source.path.stem:
        message = f"'{name}' in a file named {source.path.name}: expected {name}.yaml"
        source.note(found[EXTENDS], EXTENDS, message, hint="another folder may hold another such file")
    if len(found) == 1:
        source.note(root, EXTENDS, f"nothing is added: expected {', '.join(_FIELDS)}")
    return _added(source, found, under, enums)


def _added(source: Source, found: Mapping[str, Node], under: Action, enums: Enums) -> Action:
    given = ActionFile(source, enums).fields(found, under)
    both: dict[str, tuple[object, ...]] = {}
    places = dict(under.added)
    for key, name in _FIELDS.items():
        before, new = getattr(under, name), given.get(name, ())
        both[name] = (*before, *new)
        for index, one in enumerate(new):
            here = f"{key}[{index}]"
            line = source.lines.get(here, 0) if key == "patterns" else one.line
            places[f"{key}[{len(before) + index}]"] = Place(source.shown, line, here)
    return dataclasses.replace(under, **both, added=places)  # type: ignore[arg-type]
