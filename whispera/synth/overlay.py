"""What was accepted, as files of the user's configuration that extend the actions.

Each reviewed file has a folder of its own below `actions/synth`, so that applying it again replaces what it
gave, and deleting the folder takes it back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

FOLDER = PurePath("actions", "synth")
"""Below the user's configuration."""


def extensions(patterns: Mapping[str, Sequence[str]], *, of: Path) -> dict[PurePath, str]:
    """File, below the user's configuration, to its text: one an action that gets patterns."""
    import yaml

    head = f"# Accepted paraphrases of {of.name}; written by whispera synth apply.\n"
    files: dict[PurePath, str] = {}
    for action, says in patterns.items():
        data = {"extends": action, "patterns": list(says)}
        text = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=10_000)
        files[FOLDER / of.stem / f"{action}.yaml"] = head + text
    return files
