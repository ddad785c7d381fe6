"""Recipe files: the numbers of a training run, one flat YAML mapping for one dataclass."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

import yaml

from whispera.errors import ConfigError

Recipe = TypeVar("Recipe")


def read(path: Path, kind: type[Recipe], *, may_be_zero: Collection[str]) -> Recipe:
    """The recipe in a file; raises ConfigError for unknown, missing or ill-typed keys."""
    data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = [f.name for f in fields(kind)]  # type: ignore[arg-type]
    for key in sorted(set(known) ^ set(data)):
        problem = "unknown key" if key in data else "missing key"
        raise ConfigError(problem, file=path, key=key, hint=f"the keys are {', '.join(known)}")
    for key in known:
        value = data[key]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if key in may_be_zero and not (is_number and value >= 0):
            raise ConfigError("expected a number that is not negative", file=path, key=key)
        if key not in may_be_zero and not (is_number and value > 0):
            raise ConfigError("expected a positive number", file=path, key=key)
    return kind(**data)
