"""The applications installed here, indexed by the names people call them.

Linux: `.desktop` files of the user, the system, flatpak and snap. macOS: the bundles in the application
folders. Windows: the shortcuts of the Start menu. The index is cached as JSON and read again only when the
modification time of a directory changed; a broken or unwritable cache costs time, never correctness.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from whispera import whole
from whispera.pipeline.names import fold
from whispera.pipeline.platform import Platform

_FORMAT = 1
_DEPTH = 4
_MAX_FILES = 20_000


@dataclass(frozen=True, slots=True)
class Application:
    """An installed application."""

    id: str
    """Desktop id, bundle name or shortcut path."""
    name: str
    names: tuple[str, ...]
    """Other names it answers to."""
    argv: tuple[str, ...]
    """Linux: starts it. macOS: the bundle. Windows: the shortcut."""
    window: str = ""
    """Window class, where it is known."""
    terminal: bool = False


class Applications:
    """The index; reads nothing before it is first asked."""

    def __init__(self, platform: Platform, *, cache: Path | None = None) -> None:
        self._platform = platform
        self._cache = cache / "applications.json" if cache else None
        self._all: tuple[Application, ...] | None = None
        self._by_name: dict[str, Application] = {}
        self._by_id: dict[str, Application] = {}

    def all(self) -> tuple[Application, ...]:
        """Every application that may be offered."""
        if self._all is None:
            self._all = self._load()
            for application in self._all:
                self._by_id.setdefault(application.id.casefold(), application)
                self._by_name.setdefault(fold(application.name), application)
            for application in self._all:
                for name in (*application.names, application.id.rpartition(".")[2]):
                    self._by_name.setdefault(fold(name), application)
        return self._all

    def named(self, name: str) -> Application | None:
        """The application of that name, compared folded."""
        self.all()
        return self._by_name.get(fold(name) or "?")

    def with_id(self, id: str) -> Application | None:
        """The application of that desktop id, bundle or shortcut name."""
        self.all()
        return self._by_id.get(id.removesuffix(".desktop").casefold())

    def _load(self) -> tuple[Application, ...]:
        platform = self._platform
        key: list[object] = [
            _FORMAT,
            platform.name,
            platform.environ.get("XDG_CURRENT_DESKTOP", ""),
            [platform.environ.get(name, "") for name in ("LC_ALL", "LC_MESSAGES", "LANG")],
            [str(root) for root in roots(platform)],
        ]
        cached = _read_cache(self._cache, key)
        if cached is not None:
            return cached
        stamps: dict[str, int] = {}
        if platform.linux:
            found = list(_linux(platform, stamps))
        elif platform.name == "macos":
            found = list(_macos(platform, stamps))
        else:
            found = list(_windows(platform, stamps))
        if self._cache is not None:
            _write_cache(self._cache, key, stamps, found)
        return tuple(found)


def roots(platform: Platform) -> tuple[Path, ...]:
    """The directories applications are listed in, those of the user first."""
    env, home = platform.environ, platform.home
    if platform.name == "macos":
        system = ("/Applications", "/System/Applications", "/System/Library/CoreServices")
        return (home / "Applications", *map(Path, system))
    if platform.name == "windows":
        bases = [env[k] for k in ("APPDATA", "PROGRAMDATA") if env.get(k)]
        return tuple(Path(base) / "Microsoft" / "Windows" / "Start Menu" / "Programs" for base in bases)
    user = env.get("XDG_DATA_HOME") or str(home / ".local" / "share")
    shared = (env.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    flatpak = [f"{user}/flatpak/exports/share", "/var/lib/flatpak/exports/share"]
    bases = [user, *shared, *flatpak, "/var/lib/snapd/desktop"]
    return tuple(dict.fromkeys(base / "applications" for base in map(Path, bases) if base.is_absolute()))


def _linux(platform: Platform, stamps: dict[str, int]) -> Iterator[Application]:
    from whispera.pipeline import desktop_entry  # the cache answers nearly always

    languages = desktop_entry.languages(platform.environ)
    desktops = platform.environ.get("XDG_CURRENT_DESKTOP", "").split(":")
    seen: set[str] = set()
    for root in roots(platform):
        for path in _files(root, ".desktop", stamps):
            id = "-".join(path.relative_to(root).parts).removesuffix(".desktop")
            if id in seen:
                continue
            entry = desktop_entry.read(
                path, id=id, languages=languages, desktops=desktops, which=platform.which
            )
            if entry is None:
                continue
            seen.add(id)
            if not entry.hidden:
                yield Application(id, entry.name, entry.names, entry.argv, entry.window, entry.terminal)


def _macos(platform: Platform, stamps: dict[str, int]) -> Iterator[Application]:
    for root in roots(platform):
        for path in _files(root, ".app", stamps, bundles=True, depth=2):
            yield Application(path.stem, path.stem, (), (str(path),))


def _windows(platform: Platform, stamps: dict[str, int]) -> Iterator[Application]:
    for root in roots(platform):
        for path in _files(root, ".lnk", stamps):
            yield Application(path.stem, path.stem, (), (str(path),))


def _files(
    root: Path, ending: str, stamps: dict[str, int], *, bundles: bool = False, depth: int = _DEPTH
) -> Iterator[Path]:
    """Files (or `bundles`: directories) below `root` whose name ends in `ending`, in a stable order."""
    waiting = [(root, depth)]
    seen = 0
    while waiting:
        directory, left = waiting.pop(0)
        try:
            stamps[str(directory)] = directory.stat().st_mtime_ns
            entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
        except OSError:
            stamps[str(directory)] = 0
            continue
        for entry in entries:
            seen += 1
            if seen > _MAX_FILES:
                return
            is_directory = _is_directory(entry)
            if entry.name.endswith(ending) and is_directory == bundles:
                yield Path(entry.path)
            elif is_directory and left > 1 and not entry.name.endswith(ending):
                waiting.append((Path(entry.path), left - 1))


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _stamp(directory: str) -> int:
    try:
        return Path(directory).stat().st_mtime_ns
    except OSError:
        return 0


def _read_cache(path: Path | None, key: list[object]) -> tuple[Application, ...] | None:
    if path is None:
        return None
    try:
        data = json.loads(path.read_bytes())
        if data["key"] != key or any(_stamp(d) != then for d, then in data["stamps"].items()):
            return None
        return tuple(
            Application(id, name, tuple(names), tuple(argv), window, terminal)
            for id, name, names, argv, window, terminal in data["applications"]
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _write_cache(path: Path, key: list[object], stamps: dict[str, int], found: list[Application]) -> None:
    rows = [[a.id, a.name, a.names, a.argv, a.window, a.terminal] for a in found]
    text = json.dumps({"key": key, "stamps": stamps, "applications": rows})
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        whole.write(path, text)
