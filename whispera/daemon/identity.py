"""What an understander was made of: program, configuration and model, as one short key.

The terminal and the daemon make it each by itself, by the same rules as the cache of the catalog: path,
time and size of every file that matters. Only a daemon with the key of the terminal is asked, so one that is
older than a changed file, or of another checkout, never answers. Guards against accidents, not against
malice: who can write these files can write the program.
"""

from __future__ import annotations

import binascii
import os
from dataclasses import dataclass
from pathlib import Path

from whispera import __version__
from whispera.workspace import DEFAULT_BASE, Workspace

_PACKAGE = Path(__file__).resolve().parents[1]
_CODE = ("catalog", "daemon", "domain", "engines", "nlu", "pipeline", "values")
"""Packages that decide what an utterance means."""
_ADAPTERS = (DEFAULT_BASE, f"{DEFAULT_BASE}.previous", f"{DEFAULT_BASE}.none")


@dataclass(frozen=True, slots=True)
class Identity:
    """The key, in the parts that can change by themselves."""

    code: str
    config: str
    model: str

    def __str__(self) -> str:
        return f"{self.code}.{self.config}.{self.model}"

    def differs_in(self, other: str) -> str:
        """What is not as in another key, in words; empty where nothing is."""
        parts = other.split(".")
        if len(parts) != 3:
            return "key"
        names = ("program", "configuration", "model or adapter")
        mine = (self.code, self.config, self.model)
        return ", ".join(name for name, one, two in zip(names, mine, parts, strict=True) if one != two)


def identity(workspace: Workspace) -> Identity:
    """The identity of what would be loaded now; never raises."""
    code: list[str] = [__version__]
    for name in _CODE:
        _list(os.path.join(_PACKAGE, name), ".py", code, deep=False)  # noqa: PTH118 - on the hot path
    shipped = workspace.root / "config"
    own = workspace.data / "config" if workspace.data else shipped / "local"
    config: list[str] = [workspace.domain]
    _list(str(shipped), ".yaml", config, deep=True, skip=str(shipped / "local"))
    _list(str(own), ".yaml", config, deep=True)
    model: list[str] = []
    _list(str(workspace.models / DEFAULT_BASE), "", model, deep=False)
    for folder in dict.fromkeys((workspace.adapters, workspace.shipped_adapters)):
        for name in _ADAPTERS:
            _list(str(folder / name), "", model, deep=False)
    return Identity(_sum(code), _sum(config), _sum(model))


def program() -> str:
    """Every file of the program as it is now; never raises. Takes longer than `identity`: for the daemon."""
    seen = [__version__]
    _list(str(_PACKAGE), ".py", seen, deep=True)
    return _sum(seen)


def _list(directory: str, ending: str, seen: list[str], *, deep: bool, skip: str = "") -> None:
    """Append a line for each file of a directory."""
    try:
        for entry in os.scandir(directory):
            if entry.name.endswith(ending) and entry.is_file():
                stat = entry.stat()
                seen.append(f"{entry.path}\0{stat.st_mtime_ns}\0{stat.st_size}")
            elif deep and entry.path != skip and entry.is_dir():
                _list(entry.path, ending, seen, deep=True)
    except OSError as error:
        seen.append(f"{directory}\0{error.errno}")


def _sum(lines: list[str]) -> str:
    data = "\n".join(sorted(lines)).encode("utf-8", "surrogateescape")
    # two checksums and the length: hashlib would cost more to import than all the rest
    return f"{binascii.crc32(data):08x}{binascii.crc_hqx(data, 0):04x}{len(data):x}"
