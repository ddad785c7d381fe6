"""Packages that only some commands need, and the command that installs them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Literal

from whispera.errors import WhisperaError

_GENERATOR = "generator"
Part = Literal["report", "train"]
_OURS = ("whispera", _GENERATOR)


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


@contextlib.contextmanager
def needs_generator(to: str) -> Iterator[None]:
    """Around imports of the generator, which only a checkout has: raises WhisperaError where it is not there.

    `to`: what it is wanted for, for the hint: "train".
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != _GENERATOR:
            raise
        raise WhisperaError(
            "the generator is not part of an installed Whispera", hint=f"{to} in a checkout of the project"
        ) from error
