"""The catalog as running needs it, from one JSON file in the cache directory.

On a hit nothing of YAML, pydantic or the pattern language is imported. The cache is keyed by path, time and
size of every configuration file and of this package; a stale, broken or cut-off one is made anew, and a
cache directory that cannot be written only costs time.
"""

from __future__ import annotations

import binascii
import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from whispera.catalog.load import load, shared_files
from whispera.catalog.lookup import App, Folder, Lookup, Site
from whispera.catalog.model import Action, SlotSpec, Step
from whispera.catalog.settings import Settings, VoiceSettings
from whispera.domain.domain import Domain, Labels
from whispera.workspace import DOMAINS

if TYPE_CHECKING:
    from whispera.catalog.catalog import Catalog

T = TypeVar("T")

KEPT = 8
"""Catalogs kept in the cache: of the workspaces and domains whose configuration changed last."""
PREFIX = "catalog-"


class Lazy(Mapping[str, T], Generic[T]):
    """A mapping whose values are built from plain data when first looked at."""

    __slots__ = ("_build", "_built", "_raw")

    def __init__(self, raw: Mapping[str, Any], build: Callable[[str, Any], T]) -> None:
        self._raw = raw
        self._build = build
        self._built: dict[str, T] = {}

    def __getitem__(self, key: str) -> T:
        if key not in self._built:
            self._built[key] = self._build(key, self._raw[key])
        return self._built[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._raw)

    def __len__(self) -> int:
        return len(self._raw)

    def __contains__(self, key: object) -> bool:
        return key in self._raw

    def __repr__(self) -> str:
        return repr(dict(self))


@dataclass(frozen=True, slots=True)
class CompiledCatalog:
    """What running needs of the catalog; the actions carry no patterns, examples or near misses."""

    actions: Mapping[str, Action]
    """Name to action, in contract order."""
    enums: Mapping[str, Mapping[str, tuple[str, ...]]]
    """Enum to its canonical words, and these to how they are said."""
    groups: Mapping[str, tuple[str, ...]]
    lookup: Lookup
    settings: Settings
    hash: str
    """As `Catalog.hash`: what a model must have been trained for."""
    domain: Domain = field(default_factory=Domain)


def compiled(
    config_dir: Path | str, cache_dir: Path | str, overlay: Path | str | None = None
) -> CompiledCatalog:
    """The compiled catalog, from the cache when it is current; raises what `load` raises otherwise."""
    config = Path(config_dir).absolute()
    over = Path(overlay).absolute() if overlay is not None else None
    key = _key(config, over)
    name = _sum(f"{config}\0{over}".encode())
    path = Path(cache_dir) / f"{PREFIX}{name}.json"
    data = _read(path, key)
    if data is None:
        data = as_data(load(config, overlay=over))
        _write(path, key, data)
    return from_data(data)


def _key(config: Path, overlay: Path | None) -> str:
    """Path, modification time and size of all files that matter, on one line.

    The listing itself, not a hash of it: importing hashlib would cost more than all the rest of a hit.
    """
    seen: list[str] = []
    for directory in (config, overlay):
        if directory is not None:
            _stat_files(str(directory), ".yaml", seen, skip=(str(config / "local"), str(directory / DOMAINS)))
    for path in shared_files(config, overlay):
        with contextlib.suppress(OSError):
            stat = path.stat()
            seen.append(f"{path}\0{stat.st_mtime_ns}\0{stat.st_size}")
    _stat_files(str(Path(__file__).parent), ".py", seen)
    return json.dumps(sorted(seen))


def _sum(data: bytes) -> str:
    """A checksum against damage, not against malice: who can write the cache can write the configuration."""
    return f"{binascii.crc32(data):08x}"


def _head(key: str, body: bytes) -> bytes:
    """The first line of a cache file."""
    return f"{_sum(body)} {len(body)} {key}".encode()


def _stat_files(directory: str, ending: str, seen: list[str], *, skip: tuple[str, ...] = ()) -> None:
    """Append a line for each file below a directory; what cannot be looked at is left to `load`."""
    try:
        for entry in os.scandir(directory):
            if entry.name.endswith(ending):
                stat = entry.stat()
                seen.append(f"{entry.path}\0{stat.st_mtime_ns}\0{stat.st_size}")
            elif entry.path not in skip and entry.is_dir():
                _stat_files(entry.path, ending, seen)
    except OSError as error:
        seen.append(f"{directory}\0{error.errno}")


def _read(path: Path, key: str) -> dict[str, Any] | None:
    """The cached data, or None when it is missing, of other files, or damaged."""
    try:
        head, _, body = path.read_bytes().partition(b"\n")
        if head != _head(key, body):
            return None
        data: dict[str, Any] = json.loads(body)
    except (OSError, ValueError):
        return None
    return data


def _write(path: Path, key: str, data: Mapping[str, Any]) -> None:
    """Write the cache; one that cannot be written is left out."""
    from whispera import cache, whole

    body = json.dumps(data, separators=(",", ":"), ensure_ascii=False).encode()
    with contextlib.suppress(OSError):  # a full or read-only disk costs time, nothing else
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        whole.write(path, _head(key, body) + b"\n" + body, mode=0o600)
        cache.keep_newest(path, kind=PREFIX, count=KEPT)


def as_data(catalog: Catalog) -> dict[str, Any]:
    """The runtime part of a catalog as JSON data."""
    lookup = catalog.lookup
    return {
        "hash": catalog.hash,
        "domain": {**_slim(catalog.domain), "labels": _slim(catalog.domain.labels)},
        "groups": dict(catalog.groups),
        "enums": {name: dict(words) for name, words in catalog.enums.items()},
        "settings": {**_slim(catalog.settings), "voice": _slim(catalog.settings.voice)},
        "lookup": {
            kind: {name: _slim(entry) for name, entry in getattr(lookup, kind).items()}
            for kind in ("apps", "folders", "sites", "engines")
        },
        "actions": {name: _action_data(action) for name, action in catalog.actions.items()},
    }


def _slim(thing: Any) -> dict[str, Any]:
    """The fields of a flat dataclass that are not empty."""
    data = {field.name: getattr(thing, field.name) for field in fields(thing)}
    return {name: value for name, value in data.items() if value not in ("", (), {})}


def _action_data(action: Action) -> dict[str, Any]:
    data: dict[str, Any] = {
        name: getattr(action, name)
        for name in (
            "group",
            "summary",
            "defaults",
            "undo",
            "probe",
            "probe_pattern",
            "risk",
            "done",
            "source",
        )
        if getattr(action, name)
    }
    if not action.is_bare:
        data["is_bare"] = False
    if action.slots:
        data["slots"] = [_slim(spec) for spec in action.slots]
    data["run"] = {platform: [_step_data(step) for step in steps] for platform, steps in action.run.items()}
    return data


def _step_data(step: Step) -> dict[str, Any]:
    data = _slim(step)
    if not step.detach:
        del data["detach"]
    if step.timeout_s == 20.0:
        del data["timeout_s"]
    return data


def from_data(data: Mapping[str, Any]) -> CompiledCatalog:
    """The compiled catalog of JSON data made by `as_data`."""
    lookup = data["lookup"]
    return CompiledCatalog(
        actions=Lazy(data["actions"], _action),
        enums=Lazy(data["enums"], lambda _, words: {word: tuple(said) for word, said in words.items()}),
        groups=Lazy(data["groups"], lambda _, names: tuple(names)),
        lookup=Lookup(
            Lazy(lookup["apps"], lambda _, one: App(**_tuples(one))),
            Lazy(lookup["folders"], lambda _, one: Folder(**_tuples(one))),
            Lazy(lookup["sites"], lambda _, one: Site(**_tuples(one))),
            Lazy(lookup["engines"], lambda _, one: Site(**_tuples(one))),
        ),
        settings=_settings(data["settings"]),
        hash=data["hash"],
        domain=Domain(**{**data["domain"], "labels": Labels(**data["domain"]["labels"])}),
    )


def _settings(data: Mapping[str, Any]) -> Settings:
    return Settings(**{**data, "voice": VoiceSettings(**_tuples(data["voice"]))})


def _tuples(value: Any) -> Any:
    """JSON data with its lists made tuples."""
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value


def _action(name: str, data: Mapping[str, Any]) -> Action:
    rest = {key: value for key, value in data.items() if key not in ("slots", "run", "probe")}
    return Action(
        name=name,
        summary=rest.pop("summary", ""),
        slots=tuple(SlotSpec(**_tuples(spec)) for spec in data.get("slots", ())),
        run=Lazy(data["run"], lambda _, steps: tuple(Step(**_tuples(step)) for step in steps)),
        probe=_tuples(data.get("probe", {})),
        **rest,
    )
