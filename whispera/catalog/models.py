"""Pydantic models of canonical intents, one an action; for tools and tests, never on the hot path."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel, ConfigDict, Field, create_model

from whispera.catalog.forms import INT_RANGES, STRING_PATTERNS
from whispera.catalog.model import Action, SlotSpec
from whispera.catalog.validate import MAX_STEPS, MIN_STEPS
from whispera.domain.intent import NONE, SEQUENCE


def intent_models(actions: Iterable[Action]) -> dict[str, type[BaseModel]]:
    """Action name to the model of its intents, `sequence` and `none` last."""
    models = {action.name: _model(action.name, _fields(action)) for action in actions}
    any_action: Any = Union[tuple(models.values())]
    step: Any = Annotated[any_action, Field(discriminator="action")] if len(models) > 1 else any_action
    steps: Any = Annotated[list[step], Field(min_length=MIN_STEPS, max_length=MAX_STEPS)]
    models[SEQUENCE] = _model(SEQUENCE, {"steps": (steps, ...)})
    models[NONE] = _model(NONE, {})
    return models


def _model(name: str, fields: dict[str, Any]) -> type[BaseModel]:
    title = "".join(part.capitalize() for part in name.split("_"))
    whole: dict[str, Any] = {"action": (Literal[name], ...), **fields}
    config = ConfigDict(extra="forbid", frozen=True, strict=True)
    return create_model(f"{title}Intent", __config__=config, **whole)


def _fields(action: Action) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for spec in action.slots:
        if spec.may_be_absent:
            fields[spec.name] = (_type(spec) | None, None)
        else:
            fields[spec.name] = (_type(spec), ...)
    return fields


def _type(spec: SlotSpec) -> Any:
    if spec.enum:
        return Literal[spec.enum]
    if spec.words:
        return Literal[tuple(dict.fromkeys(spec.words.values()))]
    if spec.type in INT_RANGES:
        least, most = INT_RANGES[spec.type]
        return Annotated[int, Field(ge=least, le=most)]
    return Annotated[str, Field(pattern=STRING_PATTERNS[spec.type])]
