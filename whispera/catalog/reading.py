"""Reading a whole configuration directory: all files, all mistakes, one catalog.

An overlay has the same shape (`actions/`, `slots/`, `lookup/`, `settings.yaml`, `recipes/mix.yaml`). An
action file there replaces the keys it gives (`run` platform by platform) or adds an action; one that
`extends` an action adds to it. Lists, kinds, enum words and names are added or replaced one by one; settings
and the numbers of the mix likewise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from yaml.nodes import MappingNode, Node

from whispera.catalog.action_file import read_action
from whispera.catalog.catalog import BUILT_IN, Catalog, model_hash
from whispera.catalog.content_files import (
    read_apps,
    read_compound,
    read_enum,
    read_filler,
    read_folders,
    read_forms,
    read_lists,
    read_non_commands,
    read_order,
    read_settings,
    read_sites,
)
from whispera.catalog.domain_file import read_domain
from whispera.catalog.extension_file import extends, read_extension
from whispera.catalog.followup_file import read_followups
from whispera.catalog.load import MIX, is_domain, shared_files
from whispera.catalog.lookup import Lookup
from whispera.catalog.mix import Recipe
from whispera.catalog.mix_file import read_mix
from whispera.catalog.model import Action, SlotSpec
from whispera.catalog.nodes import Source, did_you_mean, mapping_or_none
from whispera.catalog.settings import Settings
from whispera.catalog.table_file import read_table, spelled
from whispera.catalog.vocabulary import Compound, Filler, Followups, Form, NonCommands, Table
from whispera.domain.domain import Domain
from whispera.errors import ConfigError, ConfigErrors
from whispera.patterns import Pattern, parse
from whispera.patterns.spell import least_slots

LOOKUPS = ("apps", "folders", "sites", "engines")


@dataclass(slots=True)
class _Reading:
    """What has been read so far."""

    shown_from: Path
    errors: list[ConfigError] = field(default_factory=list)
    actions: dict[str, Action] = field(default_factory=dict)
    enums: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    fillers: dict[str, Filler] = field(default_factory=dict)
    lists: dict[str, tuple[Pattern, ...]] = field(default_factory=dict)
    forms: dict[str, tuple[Form, ...]] = field(default_factory=dict)
    noise: dict[str, Any] = field(default_factory=dict)
    kinds: dict[str, tuple[str, ...]] = field(default_factory=dict)
    none_examples: tuple[str, ...] = ()
    compound: Compound = field(default_factory=Compound)
    followups: Followups = field(default_factory=Followups)
    mix: Recipe | None = None
    lookup: dict[str, dict[str, Any]] = field(default_factory=lambda: {name: {} for name in LOOKUPS})
    settings: Settings = field(default_factory=Settings)
    shared: tuple[str, ...] = ()
    tables: dict[str, Table] = field(default_factory=dict)
    domain: Domain = field(default_factory=Domain)

    def source(self, path: Path) -> Source:
        """A file to be read, shown relative to the workspace."""
        inside = path.is_relative_to(self.shown_from)
        shown = path.relative_to(self.shown_from).as_posix() if inside else str(path)
        return Source(path, self.errors, shown)

    def open(self, path: Path) -> tuple[Source, Node] | None:
        """A file that may be missing, and its root."""
        if not path.is_file():
            return None
        source = self.source(path)
        root = source.compose()
        return (source, root) if root is not None else None


def read_catalog(config_dir: Path, *, overlay: Path | None = None) -> Catalog:
    """The catalog of the directory; raises ConfigError or ConfigErrors."""
    reading = _Reading(config_dir.parent)
    shared: list[Path] = []
    if is_domain(config_dir):
        reading = _Reading(config_dir.parents[2], domain=Domain(config_dir.name, config_dir.name))
        shared = shared_files(config_dir, overlay)
        if overlay is not None and not config_dir.is_dir():
            config_dir, overlay = overlay, None
    if not (config_dir / "actions").is_dir():
        raise ConfigError(
            "no such directory",
            file=config_dir / "actions",
            hint="a configuration directory holds actions/*/*.yaml",
        )
    _read_shared(reading, shared)
    _read_directory(reading, config_dir, over=False)
    if overlay is not None and overlay.is_dir():
        _read_directory(reading, overlay, over=True)
    tables = {name: spelled(table, reading.lists, reading.errors) for name, table in reading.tables.items()}
    actions = _with_tables(_in_order(reading, config_dir), tables)
    if len(reading.errors) == 1:
        raise reading.errors[0]
    if reading.errors:
        raise ConfigErrors(reading.errors)
    return Catalog(
        actions=actions,
        enums=reading.enums,
        tables=reading.tables,
        groups=reading.groups,
        fillers=reading.fillers,
        lists=reading.lists,
        forms=reading.forms,
        noise=reading.noise,
        none=NonCommands(reading.kinds, reading.none_examples),
        compound=reading.compound,
        followups=reading.followups,
        mix=reading.mix,
        lookup=Lookup(**reading.lookup),
        settings=reading.settings,
        shared=reading.shared,
        domain=reading.domain,
        hash=model_hash(actions.values(), tag=reading.domain.tag),
    )


def _with_tables(actions: Mapping[str, Action], tables: Mapping[str, Mapping[str, str]]) -> dict[str, Action]:
    """The actions, each slot of a table with the words that may be said for it."""

    def known(spec: SlotSpec) -> SlotSpec:
        return replace(spec, words=tables[spec.type]) if spec.type in tables else spec

    found = {name: replace(action, slots=tuple(map(known, action.slots))) for name, action in actions.items()}
    return {
        name: replace(action, is_bare=any(least_slots(parse(text)) == 0 for text in action.patterns))
        if action.slots and all(spec.words for spec in action.slots)
        else action
        for name, action in found.items()
    }


def _read_shared(reading: _Reading, paths: Sequence[Path]) -> None:
    """The words and settings of the desktop, for a domain."""
    for path in paths:
        if path.parent.name == "slots":
            _read_slots(reading, path, over=True)
        elif opened := reading.open(path):
            if path.name == MIX.name:
                reading.mix = read_mix(*opened, reading.mix)
            else:
                reading.settings = read_settings(*opened, reading.settings)


def _files(directory: Path, pattern: str) -> Iterator[Path]:
    """YAML files in a fixed order, hidden ones left out."""
    return (path for path in sorted(directory.glob(pattern)) if not path.name.startswith("."))


def _read_directory(reading: _Reading, directory: Path, *, over: bool) -> None:
    """Everything in a configuration directory or an overlay."""
    if opened := reading.open(directory / "domain.yaml"):
        reading.domain = read_domain(*opened, reading.domain)
    if opened := reading.open(directory / "order.yaml"):
        reading.groups |= read_order(*opened)
    for path in _files(directory / "slots", "*.yaml"):
        _read_slots(reading, path, over=over)
    for name in LOOKUPS:
        if opened := reading.open(directory / "lookup" / f"{name}.yaml"):
            _read_lookup(reading, name, *opened)
    if opened := reading.open(directory / "compound.yaml"):
        reading.compound = read_compound(*opened)
    if opened := reading.open(directory / "followups.yaml"):
        reading.followups = read_followups(*opened)
    if opened := reading.open(directory / MIX):
        reading.mix = read_mix(*opened, reading.mix)
    if opened := reading.open(directory / "settings.yaml"):
        reading.settings = read_settings(*opened, reading.settings)
    if opened := reading.open(directory / "shared.yaml"):
        source, root = opened
        found = source.known(root, "", ("patterns",))
        reading.shared += source.texts(found["patterns"], "patterns") if "patterns" in found else ()
    _read_actions(reading, directory, over=over)


def _read_actions(reading: _Reading, directory: Path, *, over: bool) -> None:
    shipped = dict(reading.actions)
    seen: dict[str, str] = {}
    adding: list[Source] = []
    for path in _files(directory / "actions", "**/*.yaml"):
        source = reading.source(path)
        if over and extends(source):
            adding.append(source)
            continue
        action = read_action(path, source=source, enums=_types(reading), base=shipped if over else None)
        if action is None:
            continue
        line = action.lines.get("action", 0)
        if action.name in seen:
            source.note(line, "action", f"'{action.name}' is already in {seen[action.name]}")
            continue
        seen[action.name] = source.shown
        if action.name != path.stem:
            source.note(line, "action", f"'{action.name}' in a file named {path.name}: expected {path.stem}")
        if action.name in BUILT_IN:
            source.note(line, "action", f"'{action.name}' is built in and has no file")
            continue
        if not over and action.group != path.parent.name:
            line = action.lines.get("group", 0)
            source.note(line, "group", f"expected '{path.parent.name}', the name of the directory")
        reading.actions[action.name] = action
    for source in adding:
        extended = read_extension(source, enums=_types(reading), actions=reading.actions)
        if extended is not None:
            reading.actions[extended.name] = extended


def _types(reading: _Reading) -> dict[str, dict[str, tuple[str, ...]]]:
    """The types that slots may have besides those of spans: enums, and tables as enums without words."""
    return {**reading.enums, **{name: {} for name in reading.tables}}


def _in_order(reading: _Reading, config_dir: Path) -> dict[str, Action]:
    """The actions in contract order; those an overlay adds come last, by name."""
    ordered = [name for names in reading.groups.values() for name in names]
    order = reading.source(config_dir / "order.yaml")
    shipped = reading.source(config_dir).shown
    if reading.groups:
        for group, names in reading.groups.items():
            for name in names:
                if name not in reading.actions and name not in BUILT_IN:
                    hint = did_you_mean(name, reading.actions)
                    order.note(0, group, f"no action file named {group}/{name}.yaml", hint=hint)
                elif ordered.count(name) > 1:
                    order.note(0, group, f"'{name}' is listed more than once")
        for action in reading.actions.values():
            if action.name not in ordered and action.source.startswith(f"{shipped}/actions/"):
                hint = f"add it to {order.shown}"
                line = action.lines.get("action", 0)
                error = ConfigError(
                    f"'{action.name}' has no place in the order of actions",
                    file=action.source,
                    line=line,
                    key="action",
                    hint=hint,
                )
                reading.errors.append(error)
    listed = [name for name in ordered if name in reading.actions]
    added = sorted(name for name in reading.actions if name not in listed)
    return {name: reading.actions[name] for name in [*listed, *added]}


def _read_slots(reading: _Reading, path: Path, *, over: bool) -> None:
    """One file of `slots/`: lists, forms, noise, misheard, none, an enum or a filler."""
    opened = reading.open(path)
    if opened is None:
        return
    source, root = opened
    keys = mapping_or_none(root)
    if path.stem == "lists":
        reading.lists |= read_lists(source, root)
    elif path.stem == "forms":
        reading.forms |= read_forms(source, root)
    elif path.stem in ("noise", "misheard"):
        if isinstance(root, MappingNode):
            reading.noise |= source.plain(root)
        else:
            source.note(root, "", "expected keys and values")
    elif path.stem == "none":
        non_commands = read_non_commands(source, root)
        reading.kinds |= non_commands.kinds
        reading.none_examples += non_commands.examples
    elif "enum" in keys:
        name, words = read_enum(source, root)
        if not over and name in reading.enums:
            source.note(keys["enum"], "enum", f"there is another enum named '{name}'")
        reading.enums[name] = {**reading.enums.get(name, {}), **words}
    elif "fill" in keys:
        filler = read_filler(source, root)
        if not over and filler.name in reading.fillers:
            source.note(keys["fill"], "fill", f"there is another filler named '{filler.name}'")
        reading.fillers[filler.name] = filler
    elif "table" in keys:
        table = read_table(source, root)
        if not over and table.name in reading.tables:
            source.note(keys["table"], "table", f"there is another table named '{table.name}'")
        reading.tables[table.name] = table.over(reading.tables.get(table.name))
    else:
        known = "enum (with words), table (with values) or fill (with values)"
        source.note(root, "", f"neither an enum nor a filler nor a table: expected the key {known}")


def _read_lookup(reading: _Reading, name: str, source: Source, root: Node) -> None:
    if name == "apps":
        reading.lookup[name] |= read_apps(source, root)
    elif name == "folders":
        reading.lookup[name] |= read_folders(source, root)
    else:
        reading.lookup[name] |= read_sites(source, root, query=name == "engines")
