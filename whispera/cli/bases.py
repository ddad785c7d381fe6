"""The base that `--base` names."""

from __future__ import annotations

from pathlib import Path

from whispera.engines.adapter import CARD
from whispera.errors import ModelError
from whispera.workspace import Workspace


def find_base(workspace: Workspace, name: str) -> Path:
    """The folder of a shipped base by its name, or of any base by its path; raises ModelError.

    The name of the folder is the name of the base, and of its adapter.
    """
    shipped = workspace.models / name
    folder = shipped if (shipped / CARD).is_file() else Path(name).expanduser()
    if (folder / CARD).is_file():
        return folder.resolve()
    known = sorted(path.parent.name for path in workspace.models.glob(f"*/{CARD}"))
    raise ModelError(
        f"there is no base named '{name}', nor a folder of one",
        hint=f"shipped here: {', '.join(known) or 'none'}; another one is made by: whispera base build",
    )
