"""Reading the training mix, `recipes/mix.yaml`: whole where it stands alone, single numbers over another."""

from __future__ import annotations

from yaml.nodes import Node

from whispera.catalog.mix import GROUPS, KEYS, NAMES, Recipe, numbers, of_numbers, without_share
from whispera.catalog.nodes import Source


def read_mix(source: Source, root: Node, base: Recipe | None) -> Recipe | None:
    """The mix of a file laid over `base`; mistakes are noted in the source, and leave `base` as it was."""
    known = len(source.errors)
    given: dict[str, Node] = {}
    groups = source.known(root, "", KEYS)
    for key, node in groups.items():
        if key in GROUPS:
            given |= {f"{key}.{name}": one for name, one in source.known(node, key, GROUPS[key]).items()}
        else:
            given[key] = node
    found = numbers(base) if base is not None else {}
    found |= {name: source.number(node, name, least=0, most=1) for name, node in given.items()}
    for name in NAMES:
        if name not in found:
            where = groups.get(name.partition(".")[0], root)
            source.note(where, name, "missing", hint="a share or rate from 0 to 1; 0 leaves it out")
    if len(source.errors) == known and (empty := without_share(found)):
        source.note(groups.get(empty, root), empty, "all shares are 0", hint="one of them must be more")
    return of_numbers(found) if len(source.errors) == known else base
