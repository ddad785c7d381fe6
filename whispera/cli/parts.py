"""Packages that only some commands need, and the command that installs them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Literal

from whispera.errors import WhisperaError

Part = Literal["report", "train"]
_OURS = ("whispera", "generator")


@contextlib.contextmanager
def needs(part: Part) -> Iterator[None]:
    """Around imports of optional packages: raises WhisperaError naming the way to install a missing one."""
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").split(".")[0]
        if name in _OURS:
            raise
        raise WhisperaError(
            f"this needs {name}, which is not installed",
            hint=f"install it: bin/setup {part}, or without a checkout pip install 'whispera[{part}]'",
        ) from error
