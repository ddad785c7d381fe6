"""New folders."""

from __future__ import annotations

import os
import re
from pathlib import Path

from whispera.errors import NotPossible
from whispera.pipeline.builtins.context import BuiltinResult, Context, Slots, text_of
from whispera.pipeline.places import Places

DEFAULT_NAME = "New Folder"
MAX_NAME_BYTES = 200
"""Below the 255 of most file systems, with room for a number."""
_FORBIDDEN = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.IGNORECASE)


def new_folder(context: Context, slots: Slots) -> BuiltinResult:
    """Makes a folder where the terminal is, else on the Desktop; never touches one that is there.

    Raises NotPossible where it cannot be made.
    """
    where = _where(context)
    name = folder_name(text_of(slots, "name"))
    count = 1
    while True:
        path = where / (name if count == 1 else f"{name} {count}")
        try:
            path.mkdir()
        except FileExistsError:
            count += 1
        except OSError as error:
            raise NotPossible(
                f"{path} cannot be made: {error.strerror or error}", hint="go to a folder of your own first"
            ) from error
        else:
            return BuiltinResult(f"Made the folder {path}.")


def folder_name(said: str) -> str:
    """A name that any system takes and that leads nowhere else: one element, no `..`, not hidden."""
    name = " ".join(_FORBIDDEN.sub(" ", said).split()).strip(". ")
    name = name.encode("utf-8", "ignore")[:MAX_NAME_BYTES].decode("utf-8", "ignore").rstrip(". ")
    if _RESERVED.fullmatch(name):
        name = f"{name} folder"
    return name or DEFAULT_NAME


def _where(context: Context) -> Path:
    platform = context.platform
    if context.tty:
        return platform.cwd
    desktop = Places(context.catalog.lookup.folders, platform).user_dir("DESKTOP")
    return desktop if os.access(desktop, os.W_OK) and desktop.is_dir() else platform.home
