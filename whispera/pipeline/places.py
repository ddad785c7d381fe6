"""From a spoken name to a folder or file on this machine.

A name is only ever compared with names of entries that exist: "../../etc" reaches nothing but an entry
called "etc" in one of the places searched. A path typed whole (`/...`, `~/...`) is taken if it exists.
The search is bounded in depth, entries and time; hidden and generated directories are left out.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from whispera.catalog.lookup import Folder
from whispera.errors import NotPossible
from whispera.pipeline.names import close, did_you_mean, fold
from whispera.pipeline.platform import Platform

Kind = Literal["folder", "file"]

_DEPTH = 4
_MAX_ENTRIES = 20_000
_TIME_S = 0.5
_MAX_SUGGESTED = 5_000
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv", "snap", "Library", "AppData", "proc", "sys"})
_USER_DIRS = {
    "DESKTOP": "Desktop",
    "DOWNLOAD": "Downloads",
    "DOCUMENTS": "Documents",
    "MUSIC": "Music",
    "PICTURES": "Pictures",
    "VIDEOS": "Videos",
    "TEMPLATES": "Templates",
    "PUBLICSHARE": "Public",
}
_SEARCHED = ("DESKTOP", "DOCUMENTS", "DOWNLOAD", "PICTURES", "MUSIC", "VIDEOS")
_USER_DIR_LINE = re.compile(r'\s*XDG_([A-Z]+)_DIR="((?:[^"\\]|\\.)*)"')
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


class Places:
    """The folders and files that can be named here."""

    def __init__(self, folders: Mapping[str, Folder], platform: Platform) -> None:
        self._folders = folders
        self._platform = platform
        self._user_dirs: dict[str, Path] | None = None

    def find(self, name: str, *, prefer: Kind) -> str:
        """The absolute path (or `trash:///`-like address) of a folder or file called `name`.

        Where both exist the preferred kind is taken. Raises NotPossible with close names as hint.
        """
        typed = self._typed(name)
        if typed is not None:
            return typed
        wanted = fold(re.sub(r"\s+dot\s+", ".", name.strip()))
        if wanted:
            if prefer == "folder":
                known = self._known(wanted)
                if known is not None:
                    return known
            seen: list[str] = []
            found = self._search(wanted, prefer=prefer, seen=seen)
            if found is None and prefer == "file":
                found = self._known(wanted)
            if found is not None:
                return found
            if "." not in name:
                seen = [Path(entry).stem for entry in seen]
            offers = [*seen, *(self._folders if prefer == "folder" else ())]
            raise NotPossible(f"no {prefer} called {name} here", hint=did_you_mean(close(name, offers)))
        raise NotPossible(f"no {prefer} called {name!r} here", hint="say the name of it")

    def user_dir(self, which: str) -> Path:
        """A directory of the user by its XDG name (`DOWNLOAD`), or the home directory for `HOME`.

        Raises KeyError for a name that is not one.
        """
        if which == "HOME":
            return self._platform.home
        if self._user_dirs is None:
            self._user_dirs = self._read_user_dirs()
        return self._user_dirs[which]

    def _read_user_dirs(self) -> dict[str, Path]:
        platform = self._platform
        home = platform.home
        names = dict(_USER_DIRS)
        if platform.name == "macos":
            names["VIDEOS"] = "Movies"
        found = {key: home / name for key, name in names.items()}
        if not platform.linux:
            return found
        config = platform.environ.get("XDG_CONFIG_HOME") or str(home / ".config")
        try:
            text = (Path(config) / "user-dirs.dirs").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return found
        for line in text.splitlines():
            match = _USER_DIR_LINE.match(line)
            if match is None:
                continue
            value = re.sub(r"\\(.)", r"\1", match[2])
            if value == "$HOME" or value.startswith("$HOME/"):
                value = str(home) + value.removeprefix("$HOME")
            if Path(value).is_absolute():
                found[match[1]] = Path(value)
        return found

    def _typed(self, name: str) -> str | None:
        """A path that was typed whole; None where `name` is not one."""
        text = name.strip()
        if text == "~" or text.startswith("~/"):
            text = str(self._platform.home) + text[1:]
        elif not text.startswith("/") and not (self._platform.name == "windows" and _DRIVE.match(text)):
            return None
        try:
            exists = Path(text).is_file() or Path(text).is_dir()
        except ValueError:  # a NUL in it
            exists = False
        if not exists:
            raise NotPossible(f"there is no {name.strip()} here", hint="check it, or say the name alone")
        return os.path.normpath(text)

    def _known(self, wanted: str) -> str | None:
        """The folder of the lookup table, or of the user, that answers to a folded name."""
        for entry in self._folders.values():
            if not any(fold(name) == wanted for name in (entry.name, *entry.also)):
                continue
            for value in entry.path.get(self._platform.name, ()):
                path = self._expand(value)
                if path is not None:
                    return path
            raise NotPossible(
                f"there is no {entry.name} folder here",
                hint="name another place for it in config/local/lookup/folders.yaml",
            )
        if wanted in ("home", "homefolder"):
            return str(self._platform.home)
        for key, name in _USER_DIRS.items():
            directory = self.user_dir(key)
            if wanted in (fold(name), fold(directory.name)) and directory.is_dir():
                return str(directory)
        return None

    def _expand(self, value: str) -> str | None:
        """The path a table value stands for, None where it does not exist; addresses pass as they are."""
        head, slash, rest = value.partition("/")
        if head.startswith("@"):
            try:
                base = self.user_dir(head[1:])
            except KeyError:
                return None
            path = base / rest if slash else base
        elif value == "~" or value.startswith("~/"):
            path = self._platform.home / value[2:]
        elif ":" in value and not _DRIVE.match(value):
            return value
        else:
            path = Path(value)
        return str(path) if path.is_absolute() and path.exists() else None

    def _search(self, wanted: str, *, prefer: Kind, seen: list[str]) -> str | None:
        """The entry whose folded name (a file also without its ending) is `wanted`, nearest first.

        Names that were met are added to `seen`, for suggestions.
        """
        platform = self._platform
        user = [self.user_dir(key) for key in _SEARCHED]
        level = [str(p) for p in dict.fromkeys([platform.cwd, platform.home, *user])]
        visited = set(level)
        deadline = time.monotonic() + _TIME_S
        entries = 0
        other: str | None = None
        for _ in range(_DEPTH):
            below: list[str] = []
            best: tuple[int, float, str] | None = None
            for directory in level:
                for entry in _scan(directory):
                    entries += 1
                    if entries > _MAX_ENTRIES or time.monotonic() > deadline:
                        return best[2] if best else other
                    folder = _is_dir(entry)
                    if folder == (prefer == "folder") and len(seen) < _MAX_SUGGESTED:
                        seen.append(entry.name)
                    whole = fold(entry.name) == wanted
                    if whole or (not folder and fold(Path(entry.name).stem) == wanted):
                        if folder != (prefer == "folder"):
                            other = other or entry.path
                        else:
                            rank = (int(whole), 0.0 if folder else _modified(entry), entry.path)
                            if best is None or rank[:2] > best[:2]:
                                best = rank
                    if folder and not entry.is_symlink() and entry.path not in visited:
                        visited.add(entry.path)
                        below.append(entry.path)
            if best is not None:
                return best[2]
            level = below
        return other


def _scan(directory: str) -> list[os.DirEntry[str]]:
    """The entries of a directory that may be named, sorted; none where it cannot be read."""
    try:
        with os.scandir(directory) as entries:
            found = [e for e in entries if not e.name.startswith(".") and e.name not in _SKIPPED]
    except OSError:
        return []
    return sorted(found, key=lambda entry: entry.name)


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _modified(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat().st_mtime
    except OSError:
        return 0.0
