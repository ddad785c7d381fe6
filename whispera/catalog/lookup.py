"""Spoken names and what they are called here: applications, folders, sites, search engines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class App:
    """An application by its spoken name."""

    name: str
    also: tuple[str, ...] = ()
    """Other spoken names."""
    launch: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Platform (PLATFORMS) to the names to start it by, best first."""
    process: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Platform to the names of its process."""
    window: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Platform to the class or title of its windows."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder by its spoken name."""

    name: str
    also: tuple[str, ...] = ()
    path: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Platform to its paths, best first; `@DOWNLOAD` and the like are the user's directories."""


@dataclass(frozen=True, slots=True)
class Site:
    """A web site by its spoken name, or a search engine (its url then holds `{query}`)."""

    name: str
    also: tuple[str, ...] = ()
    url: str = ""


@dataclass(frozen=True, slots=True)
class Lookup:
    """Spoken names to names here: `config/lookup/`."""

    apps: Mapping[str, App] = field(default_factory=dict)
    folders: Mapping[str, Folder] = field(default_factory=dict)
    sites: Mapping[str, Site] = field(default_factory=dict)
    engines: Mapping[str, Site] = field(default_factory=dict)
