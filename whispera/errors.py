"""The faults of Whispera, in one tree.

    WhisperaError                 1
    +-- UsageError                2   the command line or a file given on it is wrong
    +-- ConfigError               2   a configuration file is wrong: file, line, key
    |   +-- PatternError              a pattern does not parse: column
    |   +-- ConfigErrors              several of them, found in one reading
    +-- ModelError                1   a model or adapter is missing, broken or does not fit
    |   +-- AdapterError
    +-- TrainingError             1   a training run that must not be kept
    +-- NotPossible               4   understood, but this machine cannot do it
    +-- ConfirmationNeeded        5   understood, but nobody was there to say yes
    +-- StateError                1   history, timers or notes cannot be read or written
    +-- DaemonError               1   the daemon is not there, or does not answer as it should

"Not understood" is a value (`domain.outcome.Rejection`), never an exception. The command line turns a
fault into its message, its hint and its exit code in one place.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class WhisperaError(Exception):
    """A fault with a message for people and a hint that names the way out."""

    exit_code = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(WhisperaError):
    """The command line, or a file named on it, is wrong."""

    exit_code = 2


class ConfigError(WhisperaError):
    """A configuration file is wrong; says where."""

    exit_code = 2

    def __init__(
        self, message: str, *, file: Path | str = "", line: int = 0, key: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, hint=hint)
        self.file = str(file)
        self.line = line
        self.key = key

    def __str__(self) -> str:
        where = self.file + (f":{self.line}" if self.line else "")
        parts = [part for part in (where, self.key, self.message) if part]
        return ": ".join(parts)


class PatternError(ConfigError):
    """A pattern does not parse; `column` counts characters from 0."""

    def __init__(
        self,
        message: str,
        *,
        column: int = 0,
        file: Path | str = "",
        line: int = 0,
        key: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(message, file=file, line=line, key=key, hint=hint)
        self.column = column


class ConfigErrors(ConfigError):
    """All mistakes found in one reading of the configuration."""

    def __init__(self, errors: Sequence[ConfigError]) -> None:
        count = len(errors)
        super().__init__(f"{count} mistake{'s' if count != 1 else ''} in the configuration")
        self.errors = tuple(errors)

    def __str__(self) -> str:
        return "\n".join([self.message, *(str(error) for error in self.errors)])


class ModelError(WhisperaError):
    """A model is missing, broken, or not the one that was asked for."""


class AdapterError(ModelError):
    """An adapter does not fit its base, its catalog or its prompt."""


class TrainingError(WhisperaError):
    """A training run that must not be kept."""


class NotPossible(WhisperaError):
    """The command was understood, but this machine cannot do it."""

    exit_code = 4


class ConfirmationNeeded(WhisperaError):
    """The command wants a yes, and nobody was there to give it."""

    exit_code = 5


class StateError(WhisperaError):
    """History, timers or notes cannot be read or written."""


class DaemonError(WhisperaError):
    """The daemon is not there, does not answer, or is not the one to ask."""
