"""The page about the actions, docs/actions.md, made from the catalog: `whispera actions docs --write`.

Says for each action what the files say and nothing else, so that the page cannot promise more than what
would be run. The same catalog gives the same text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from whispera.catalog.catalog import BUILT_IN, Catalog
from whispera.catalog.model import PLATFORMS, Action, SlotSpec, Step

HEAD = """\
# Actions

Made from `config/actions` by `whispera actions docs --write`; do not edit it by hand. `whispera actions show
NAME` says more of one: what exactly is run, and the file it comes from.

- **Slots** are what a command may hold: `name: type`, with `?` where the command is whole without it. The
  types are listed in [adding-an-action.md](adding-an-action.md#slot-types).
- **Said like** are held-out examples: words of people that the model was never trained on, so not all of them
  are understood for certain.
- **Risk**: harmless is done at once, disruptive is confirmed where the model is unsure, destructive is always
  confirmed (`config/settings.yaml`).
- **Taken back by** is what "undo" does within two minutes. `@before` is the state found before it ran.
- **Where it works**: programs are tried in order; the first one that is installed is used. *keys* presses
  keys or types, and needs xdotool or ydotool under X11, wtype or ydotool under Wayland, nothing more
  elsewhere. *built in* needs no program. `osascript`, `powershell` and `taskkill` come with the system. A
  sentence in quotes is what you are told where there is no other way.
"""
TITLES = {"x11": "Linux, X11", "wayland": "Linux, Wayland", "macos": "macOS", "windows": "Windows"}
EXAMPLES = 3
_OPENS = {
    "app": "opens the app",
    "url": "the browser",
    "path": "the program for the file or folder",
    "keys": "keys",
    "type": "keys",
    "builtin": "built in",
}

Condition = Mapping[str, frozenset[str | int | None]]
"""Slot to the values it must have; a slot that may have any is left out."""


def markdown(catalog: Catalog) -> str:
    """docs/actions.md for a catalog, with a line break at its end."""
    count = len(catalog.actions)
    parts = [HEAD, f"{count} actions, and two that have no file: {' and '.join(BUILT_IN)} (at the end).\n"]
    for group, actions in groupby(catalog.actions.values(), key=lambda action: action.group):
        parts.append(_group(group, list(actions)))
    parts.append(_built_in(catalog))
    return "\n".join(parts)


def _group(name: str, actions: Sequence[Action]) -> str:
    said = [
        (
            f"`{action.name}`",
            "<br>".join(map(_slot, action.slots)) or "-",
            action.summary,
            "<br>".join(f'"{said}"' for said in _examples(action)) or "-",
            action.risk,
            f"`{action.undo}`" if action.undo else "-",
        )
        for action in actions
    ]
    where: dict[tuple[str, ...], list[str]] = {}
    for action in actions:
        cells = tuple(_where(action, platform) for platform in PLATFORMS)
        where.setdefault(cells, []).append(f"`{action.name}`")
    return "\n".join([
        f"## {name}\n",
        _table(("Action", "Slots", "What it does", "Said like", "Risk", "Taken back by"), said),
        "Where it works:\n",
        _table(("Action", *TITLES.values()), [(", ".join(names), *cells) for cells, names in where.items()]),
    ])  # fmt: skip


def _built_in(catalog: Catalog) -> str:
    example = catalog.compound.examples[0].say if catalog.compound.examples else "copy this and paste it"
    return (
        "## Without a file\n\n"
        f'- `sequence`: several commands in one sentence, such as "{example}". It is carried out step by\n'
        "  step and ends at the first that fails. It is as risky as its riskiest step.\n"
        "- `none`: everything that is no command for this computer. Nothing is done; the exit code is 3.\n"
    )


def _examples(action: Action) -> list[str]:
    """The shortest examples."""
    return sorted((example.say for example in action.examples), key=len)[:EXAMPLES]


def _slot(spec: SlotSpec) -> str:
    mark = "?" if spec.optional else ""
    text = f"`{spec.name}{mark}: {spec.type}`"
    if spec.enum:
        text += f" ({', '.join(spec.enum)})"
    return text + (" (asked for)" if spec.ask else "")


def _where(action: Action, platform: str) -> str:
    """What carries an action out on a platform, best first."""
    steps = action.run.get(platform, ())
    found: dict[str, list[Condition]] = {}
    for step in steps:
        found.setdefault(_means(step), []).append(
            {slot: frozenset(wanted) for slot, wanted in step.when.items()}
        )
    cells = []
    for means, conditions in found.items():
        for condition in _merged(conditions, action):
            cells.append(means + _told(condition, action))
    return ", ".join(cells) or "no command"


def _means(step: Step) -> str:
    """What a step needs, in a few words; of a `sorry` its sentence."""
    if step.kind == "sorry":
        return f'"{step.value[0]}"'
    if step.kind == "argv":
        return " with ".join(f"`{program}`" for program in step.needs or step.value[:1])
    scheme = step.value[0].partition(":")[0]
    if step.kind == "url" and scheme.isalpha() and not scheme.startswith("http"):
        return f"the program for `{scheme}:`"
    return _OPENS[step.kind]


def _merged(conditions: Iterable[Condition], action: Action) -> list[Condition]:
    """As few conditions as say the same: those that differ in one slot become one."""
    merged = [_loosened(condition, action) for condition in conditions]
    again = True
    while again:
        again = False
        for i, one in enumerate(merged):
            for j in range(i + 1, len(merged)):
                joined = _joined(one, merged[j])
                if joined is not None:
                    merged[i] = _loosened(joined, action)
                    del merged[j]
                    again = True
                    break
            if again:
                break
    return merged


def _joined(one: Condition, other: Condition) -> Condition | None:
    """The condition that either holds; None where it takes two to say so."""
    for wide, narrow in ((one, other), (other, one)):
        if all(slot in narrow and narrow[slot] <= values for slot, values in wide.items()):
            return wide
    differing = [slot for slot in {**one, **other} if one.get(slot) != other.get(slot)]
    if len(differing) != 1 or set(one) != set(other):
        return None
    slot = differing[0]
    return {**one, slot: one[slot] | other[slot]}


def _loosened(condition: Condition, action: Action) -> Condition:
    """The condition without slots that may have any value."""
    kept: dict[str, frozenset[str | int | None]] = {}
    for name, values in condition.items():
        spec = action.slot(name)
        every = {*spec.enum, *([None] if spec.may_be_absent else [])} if spec and spec.enum else None
        if every is None or not every <= values:
            kept[name] = values
    return kept


def _told(condition: Condition, action: Action) -> str:
    """` (left or right)`, the values in the order of the file."""
    slots = []
    for name, values in condition.items():
        spec = action.slot(name)
        order = (
            spec.enum if spec and spec.enum else sorted(str(value) for value in values if value is not None)
        )
        words = [word for word in order if word in values]
        slots.append(" or ".join([*words, *([f"no {name}"] if None in values else [])]))
    return f" ({', '.join(slots)})" if slots else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; the bars inside cells are escaped."""
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
