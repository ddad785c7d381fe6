"""The adapters a base has had: the active one and those it replaced, and changing between them.

    adapters/<base>/                 the active one
    adapters/<base>.versions/<n>/    earlier ones, the newest `KEEP`; n counts the trainings
    adapters/<base>.none             the bare base was chosen; holds the number that was active
    adapters/<base>.new              being written, never read
    adapters/<base>.previous         the active one while another takes its place

Every change is a rename of a folder that is whole, so a process that is killed leaves the adapter from before
or the new one, and the next change tidies up. Whoever changes something holds the lock of a training; reading
needs none. Standard library alone, and no judgement of what an adapter is worth.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from whispera import whole
from whispera.engines.adapter import BARE, CARD, PREVIOUS, Card, present, read_card
from whispera.errors import AdapterError, UsageError
from whispera.workspace import Workspace

KEEP = 5
"""Earlier adapters that are kept, besides the active one."""
VERSIONS = ".versions"
NEW = ".new"
SHIPPED = "shipped"
NONE = "none"


@dataclass(frozen=True, slots=True)
class Version:
    """One adapter."""

    name: str
    """Its number as text, or `shipped`."""
    folder: Path
    card: Card
    active: bool

    @property
    def number(self) -> int:
        """Which training made it, from 1; 0 for the one an installed Whispera came with."""
        return 0 if self.name == SHIPPED else int(self.name)

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(path.stat().st_size for path in self.folder.iterdir() if path.is_file())


class AdapterVersions:
    """The adapters of one base in one folder of adapters."""

    def __init__(
        self, adapters: Path, base: str, *, shipped: Path | None = None, command: str = "whispera"
    ) -> None:
        """`shipped`: another folder of adapters, which is only read and comes before all trainings.

        `command`: as `Workspace.command`, for the hints.
        """
        self.adapters = adapters
        self.base = base
        self._command = command
        self._shipped = shipped if shipped != adapters else None
        self._folder = adapters / base
        self._previous = adapters / (base + PREVIOUS)
        self._versions = adapters / (base + VERSIONS)
        self._bare = adapters / (base + BARE)
        self._new = adapters / (base + NEW)

    @classmethod
    def of(cls, workspace: Workspace, base: str) -> AdapterVersions:
        """Those of a workspace."""
        return cls(workspace.adapters, base, shipped=workspace.shipped_adapters, command=workspace.command)

    def all(self) -> list[Version]:
        """Every adapter that is whole, oldest first."""
        earlier = self._earlier()
        found = [
            Version(str(number), folder, card, active=False)
            for number, (folder, card) in sorted(earlier.items())
        ]
        own = present(self.adapters, self.base)
        if own is not None and (card := _card(own)) is not None:
            number = _number_of(card, earlier)
            found = [one for one in found if one.number != number]
            found.append(Version(str(number), own, card, active=True))
            found.sort(key=lambda one: one.number)
        shipped = present(self._shipped, self.base) if self._shipped is not None else None
        if shipped is not None and (card := _card(shipped)) is not None:
            found.insert(0, Version(SHIPPED, shipped, card, own is None and not self._bare.is_file()))
        return found

    def active(self) -> Version | None:
        """The adapter that is read, None where the bare base is."""
        return next((one for one in self.all() if one.active), None)

    def named(self, name: str) -> Version:
        """The adapter of a number, or `shipped`, or `active`; raises UsageError."""
        there = self.all()
        for one in there:
            if name == one.name or (name == "active" and one.active):
                return one
        names = ", ".join([*(one.name for one in there), NONE])
        raise UsageError(f"{self.base} has no adapter named '{name}'", hint=f"there are {names}")

    def before(self) -> Version:
        """The adapter trained before the active one; from the bare base, the one that was active last.

        Raises UsageError where there is none.
        """
        there = self.all()
        active = next((one for one in there if one.active), None)
        if active is not None:
            earlier = [one for one in there if one.number < active.number]
        else:
            with contextlib.suppress(OSError, ValueError):
                number = int(self._bare.read_text(encoding="utf-8"))
                there = [one for one in there if one.number == number] or there
            earlier = there
        if not earlier:
            raise UsageError(
                f"there is no adapter of {self.base} from before",
                hint=f"{self._command} adapters use none takes the bare base, "
                f"{self._command} train makes an adapter",
            )
        return earlier[-1]

    def begin(self) -> Path:
        """The folder, not there yet, to write the next adapter into; `finish` makes it the active one."""
        shutil.rmtree(self._new, ignore_errors=True)
        self.adapters.mkdir(parents=True, exist_ok=True)
        return self._new

    def finish(self, card: dict[str, Any]) -> str:
        """The name of the new active adapter: the one written since `begin`, whose card is added here."""
        self._tidy()
        there = self.all()
        number = max((one.number for one in there), default=0) + 1
        self._swap_in({**card, "version": number})
        self._prune()
        return str(number)

    def use(self, version: Version) -> None:
        """Make an earlier adapter the active one."""
        if version.active:
            return
        self._tidy()
        if version.name == SHIPPED:
            self._retire()
            self._bare.unlink(missing_ok=True)
            return
        version = self.named(version.name)  # it may have been tidied to another place
        self.begin()
        shutil.copytree(version.folder, self._new)
        self._swap_in({**version.card.data, "version": version.number})
        shutil.rmtree(version.folder)
        self._prune()

    def use_none(self) -> None:
        """Make the bare base the active one."""
        self._tidy()
        active = self.active()
        if active is None and self._bare.is_file():
            return
        self.adapters.mkdir(parents=True, exist_ok=True)
        self._bare.write_text(f"{active.number if active else 0}\n", encoding="utf-8")
        whole.sync(self._bare)
        self._retire()
        self._prune()

    def _swap_in(self, card: dict[str, Any]) -> None:
        """Put the folder beside in place, with its card; a kill leaves the old one or the new."""
        (self._new / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
        whole.sync_files(self._new)
        if self._folder.exists():
            self._bare.unlink(missing_ok=True)  # stale, and must not speak while no folder is in place
            self._folder.replace(self._previous)
        self._new.replace(self._folder)
        self._bare.unlink(missing_ok=True)
        self._file_away(self._previous)

    def _retire(self) -> None:
        """Take the active adapter away, among the earlier ones."""
        self._file_away(self._folder)

    def _tidy(self) -> None:
        """Finish what a killed process began: one active folder at most and nothing beside it."""
        if (self._previous / CARD).is_file() and not (self._folder / CARD).is_file():
            shutil.rmtree(self._folder, ignore_errors=True)
            self._previous.replace(self._folder)
        self._file_away(self._previous)

    def _file_away(self, folder: Path) -> None:
        """Move a folder among the earlier adapters, under its number; one without a card is removed."""
        card = _card(folder)
        if card is None:
            shutil.rmtree(folder, ignore_errors=True)
            return
        target = self._versions / str(_number_of(card, self._filed()))
        self._versions.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(target, ignore_errors=True)  # a copy of it, left by a change that was killed
        folder.replace(target)

    def _filed(self) -> dict[int, tuple[Path, Card]]:
        """The earlier adapters by number."""
        found: dict[int, tuple[Path, Card]] = {}
        for folder in self._versions.iterdir() if self._versions.is_dir() else ():
            card = _card(folder)
            if card is not None and folder.name.isdecimal():
                found[int(folder.name)] = (folder, card)
        return found

    def _earlier(self) -> dict[int, tuple[Path, Card]]:
        """The earlier adapters by number, with one that a killed process left beside."""
        found = self._filed()
        card = _card(self._previous) if (self._folder / CARD).is_file() else None
        if card is not None:
            found[_number_of(card, found)] = (self._previous, card)
        return found

    def _prune(self) -> None:
        """Remove the oldest of the earlier adapters that are too many."""
        for number in sorted(self._filed())[:-KEEP]:
            shutil.rmtree(self._versions / str(number), ignore_errors=True)


def _card(folder: Path) -> Card | None:
    """The card of a folder, None where there is none to be read."""
    try:
        return read_card(folder)
    except AdapterError:
        return None


def _number_of(card: Card, earlier: Mapping[int, tuple[Path, Card]]) -> int:
    """The number of an adapter that is not among the earlier ones: its own if that is free, else the next."""
    number = card.data.get("version")
    if isinstance(number, int) and number > 0 and (number not in earlier or _same(earlier[number][1], card)):
        return number
    return max(earlier, default=0) + 1


def _same(one: Card, other: Card) -> bool:
    """Whether two cards tell of the same adapter, numbered or not."""
    return {**one.data, "version": 0} == {**other.data, "version": 0}
