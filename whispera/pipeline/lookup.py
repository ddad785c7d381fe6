"""From a spoken name to the thing of that name on this machine: applications and web sites.

The order is: the lookup tables of the configuration, the installed applications, a program on PATH. What is
not found is answered with close names, never by guessing. Folders and files are in `places.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from whispera.catalog import lookup as tables
from whispera.errors import NotPossible
from whispera.pipeline.names import close, did_you_mean, fold
from whispera.pipeline.platform import Platform

if TYPE_CHECKING:
    from whispera.pipeline.applications import Application, Applications
    from whispera.pipeline.places import Places

Named = TypeVar("Named", tables.App, tables.Site)

_WINDOW_LIBRARIES = (b"libX11", b"libxcb", b"libwayland-client", b"libgtk", b"libQt", b"libSDL")
_MAX_PROGRAM_BYTES = 64 * 1024 * 1024
_COMM_CHARS = 15
"""Linux cuts the name of a process here (TASK_COMM_LEN)."""
_TERMINALS: tuple[tuple[str, ...], ...] = (
    ("x-terminal-emulator", "-e"),
    ("gnome-terminal", "--"),
    ("konsole", "-e"),
    ("alacritty", "-e"),
    ("kitty",),
    ("foot",),
    ("xterm", "-e"),
)


@dataclass(frozen=True, slots=True)
class App:
    """An application that can be started here."""

    name: str
    """To show people."""
    launch: str
    """What the platform calls it: program, bundle name, or what Start-Process takes."""
    argv: tuple[str, ...]
    """Linux: starts it. Elsewhere the bundle, shortcut or name for `desktop.open_app`."""
    process: str
    """Name of its process."""
    window: str
    """Class or title its windows go by."""


class Lookup:
    """The lookup tables over one platform."""

    def __init__(
        self,
        names: tables.Lookup,
        platform: Platform,
        *,
        cache: Path | None = None,
        applications: Applications | None = None,
    ) -> None:
        self._names = names
        self._platform = platform
        self._cache = cache
        self._index = applications
        self._places: Places | None = None

    @property
    def places(self) -> Places:
        """The folders and files that can be named here."""
        if self._places is None:
            from whispera.pipeline.places import Places  # most commands name no place

            self._places = Places(self._names.folders, self._platform)
        return self._places

    @property
    def _applications(self) -> Applications:
        """The installed applications; asked only when the table does not know a program that is here."""
        if self._index is None:
            from whispera.pipeline.applications import Applications

            self._index = Applications(self._platform, cache=self._cache)
        return self._index

    def app(self, name: str) -> App:
        """The application called `name`; raises NotPossible with close names as hint."""
        entry = _find(self._names.apps, name)
        if entry is not None:
            app = self._from_table(entry)
            if app is not None:
                return app
        installed = self._applications.named(name)
        if installed is not None:
            return self._installed(installed)
        if entry is not None:
            raise NotPossible(
                f"{entry.name[:1].upper()}{entry.name[1:]} is not installed here",
                hint="install it, or name another program for it in config/local/lookup/apps.yaml",
            )
        program = self._program(name)
        if program is not None:
            base = Path(program).name
            return App(base, base, (program,), base[:_COMM_CHARS], base)
        raise NotPossible(f"no app called {name} here", hint=did_you_mean(self._resembling(name)))

    def process(self, name: str) -> str:
        """The process name of an application, installed or only known; raises NotPossible."""
        entry = _find(self._names.apps, name)
        said = entry.process.get(self._platform.name, ()) if entry is not None else ()
        return said[0] if len(said) == 1 else self.app(name).process

    def window(self, name: str) -> str:
        """Class or title of an application's windows; the words themselves where no app is called so."""
        entry = _find(self._names.apps, name)
        said = entry.window.get(self._platform.name, ()) if entry is not None else ()
        if len(said) == 1:
            return said[0]
        try:
            return self.app(name).window
        except NotPossible:
            return name

    def site(self, name: str) -> str | None:
        """The address of a web site known by name, as in the table, or None."""
        entry = _find(self._names.sites, name)
        return entry.url if entry is not None and entry.url else None

    def engine(self, name: str) -> str | None:
        """The address template (`{query}`) of a search engine known by name, or None."""
        entry = _find(self._names.engines, name)
        return entry.url if entry is not None and entry.url else None

    def _from_table(self, entry: tables.App) -> App | None:
        platform = self._platform
        choices = entry.launch.get(platform.name, ())
        if platform.name == "windows" and choices:
            # the registry knows more programs than PATH: Start-Process is the one to say no
            return self._app(entry, entry.name, choices[0], (choices[0],))
        for place, choice in enumerate(choices):
            if platform.linux and platform.which(choice):
                return self._app(entry, entry.name, choice, (choice,), place=place)
            installed = self._applications.with_id(choice)
            if installed is not None:
                argv = self._argv(installed)
                return self._app(entry, installed.name, choice, argv, place=place, window=installed.window)
        for name in (entry.name, *entry.also):
            installed = self._applications.named(name)
            if installed is not None:
                argv = self._argv(installed)
                return self._app(entry, installed.name, installed.id, argv, window=installed.window)
        return None

    def _app(
        self,
        entry: tables.App,
        name: str,
        launch: str,
        argv: tuple[str, ...],
        *,
        place: int = 0,
        window: str = "",
    ) -> App:
        """An app of the table; `place` says by which of its names it was found, and so its process."""
        platform = self._platform.name
        process = _at(entry.process.get(platform, ()), place) or self._process_of(argv, name)
        shown = _at(entry.window.get(platform, ()), place) or window or process
        return App(name, launch, argv, process, shown)

    def _installed(self, installed: Application) -> App:
        argv = self._argv(installed)
        process = self._process_of(argv, installed.name)
        launch = argv[0] if self._platform.linux else installed.name
        return App(installed.name, launch, argv, process, installed.window or process)

    def _argv(self, installed: Application) -> tuple[str, ...]:
        if not (installed.terminal and self._platform.linux):
            return installed.argv
        for terminal in _TERMINALS:
            if self._platform.which(terminal[0]):
                return (*terminal, *installed.argv)
        raise NotPossible(
            f"{installed.name} runs in a terminal, and no terminal is installed here", hint="install xterm"
        )

    def _process_of(self, argv: Sequence[str], name: str) -> str:
        """The name its process has: the program past wrappers such as env and flatpak."""
        platform = self._platform
        if platform.name == "macos":
            return name
        if platform.name == "windows":
            program = Path(argv[0]).name.removesuffix(".lnk")
            return program if program.lower().endswith(".exe") else f"{program}.exe"
        elements = list(argv)
        if Path(elements[0]).name == "env":
            elements = [e for e in elements[1:] if "=" not in e and not e.startswith("-")] or elements
        wrapper = Path(elements[0]).name
        if wrapper in ("flatpak", "snap") and len(elements) > 2:
            inner = next((e.partition("=")[2] for e in elements if e.startswith("--command=")), "")
            words = [e for e in elements[2:] if not e.startswith("-")]
            elements = [inner or (words[0].rpartition(".")[2] if words else wrapper)]
        return Path(elements[0]).name[:_COMM_CHARS]

    def _program(self, name: str) -> str | None:
        """A program on PATH that may be started by its bare name.

        Most programs of a system are no applications, and some do harm when run without arguments (reboot,
        crontab). One from a system directory counts only if it draws windows; Windows has none to offer.
        """
        platform = self._platform
        words = name.strip()
        for spelling in dict.fromkeys([words, words.lower(), words.lower().replace(" ", "-"), fold(words)]):
            if not spelling or spelling[0] in "-." or not all(c.isalnum() or c in "-_.+" for c in spelling):
                continue
            path = platform.which(spelling)
            if path is None or (platform.in_system_dir(path) and not _draws_windows(path)):
                continue
            return path
        return None

    def _resembling(self, name: str) -> list[str]:
        """Close names of what can be opened here; of anything in the tables where nothing can."""
        here: dict[str, bool] = {application.name: True for application in self._applications.all()}
        owners: dict[str, str] = {}
        entries: list[tables.App | tables.Site] = [*self._names.apps.values()]
        for entry in [*entries, *self._names.sites.values()]:
            for called in (entry.name, *entry.also):
                owners.setdefault(called, entry.name)
        found = [owners.get(match, match) for match in close(name, [*owners, *here], count=6)]
        found = list(dict.fromkeys(found))
        able = [match for match in found if match in here or self._opens(match)]
        return (able or found)[:3]

    def _opens(self, key: str) -> bool:
        if key in self._names.sites:
            return True
        try:
            return key in self._names.apps and self._from_table(self._names.apps[key]) is not None
        except NotPossible:
            return False


def _find(table: Mapping[str, Named], name: str) -> Named | None:
    """The entry that answers to `name`; main names go before other names."""
    wanted = fold(name)
    if not wanted:
        return None
    key = name.strip().lower()
    if key in table:  # nearly always, and spares building the other entries
        return table[key]
    for entry in table.values():
        if fold(entry.name) == wanted:
            return entry
    for entry in table.values():
        if any(fold(other) == wanted for other in entry.also):
            return entry
    return None


def _at(values: Sequence[str], place: int) -> str:
    """The value at a place, the last one where there are fewer, "" where there is none."""
    return values[min(place, len(values) - 1)] if values else ""


def _draws_windows(path: str) -> bool:
    """Whether a program is linked to a library that draws windows; a script is not."""
    try:
        with open(path, "rb") as program:
            if program.read(4) != b"\x7fELF":
                return False
            content = program.read(_MAX_PROGRAM_BYTES)
    except OSError:
        return False
    return any(library in content for library in _WINDOW_LIBRARIES)
