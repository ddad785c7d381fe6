"""Recipe files: the settings of a training run, one flat YAML mapping for one dataclass.

Settings are numbers, but where the dataclass says `Literal[...]`: one of these words.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar, get_args, get_type_hints

import yaml

from whispera.errors import ConfigError, UsageError

Recipe = TypeVar("Recipe")


def read(path: Path, kind: type[Recipe], *, may_be_zero: Collection[str]) -> Recipe:
    """The recipe in a file; raises ConfigError for unknown, missing or ill-typed keys."""
    data: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    known = [f.name for f in fields(kind)]  # type: ignore[arg-type]
    for key in sorted(set(known) ^ set(data)):
        problem = "unknown key" if key in data else "missing key"
        raise ConfigError(problem, file=path, key=key, hint=f"the keys are {', '.join(known)}")
    hints = get_type_hints(kind)
    for key in known:
        value = data[key]
        words = get_args(hints[key])
        if words:
            if value not in words:
                raise ConfigError(f"expected {' or '.join(words)}", file=path, key=key)
            continue
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if key in may_be_zero and not (is_number and value >= 0):
            raise ConfigError("expected a number that is not negative", file=path, key=key)
        if key not in may_be_zero and not (is_number and value > 0):
            raise ConfigError("expected a positive number", file=path, key=key)
    return kind(**data)


def override(recipe: Recipe, settings: Sequence[str], *, also: Sequence[str] = ()) -> Recipe:
    """The recipe with some numbers replaced, each written KEY=NUMBER; raises UsageError.

    `also`: keys that are replaced elsewhere, to be named beside those of the recipe.
    """
    known = {f.name: type(getattr(recipe, f.name)) for f in fields(recipe)}  # type: ignore[arg-type]
    changes: dict[str, Any] = {}
    for setting in settings:
        key, _, value = setting.partition("=")
        if key not in known:
            raise UsageError(f"the recipe has no '{key}'", hint=f"the keys are {', '.join([*known, *also])}")
        try:
            changes[key] = known[key](float(value)) if known[key] is int else float(value)
        except ValueError as error:
            raise UsageError(f"'{value}' is no number", hint=f"write {key}=NUMBER") from error
        if changes[key] < 0:
            raise UsageError(f"{key} cannot be negative")
    return replace(recipe, **changes)  # type: ignore[type-var]
