"""Parses and traces as JSON data and back, without loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whispera.domain.intent import Intent
from whispera.domain.outcome import Candidate, Parse, Rejection
from whispera.nlu.grammar import Chosen, ChosenStep, Trace


def parse_as_data(parse: Parse) -> dict[str, Any]:
    """A parse as JSON data."""
    rejection = parse.rejection
    return {
        "text": parse.text,
        "wire": parse.wire,
        "intent": None if parse.intent is None else parse.intent.as_json(),
        "rejection": None if rejection is None else [rejection.reason, rejection.message],
        "confidence": parse.confidence,
        "ms": parse.ms,
        "runners_up": [[one.intent.as_json(), one.confidence] for one in parse.runners_up],
        "previous": [one.as_json() for one in parse.previous],
    }


def parse_from_data(data: Any) -> Parse:
    """The parse of data made by `parse_as_data`; raises ValueError where it is none."""
    try:
        rejection = data["rejection"]
        return Parse(
            text=_text(data["text"]),
            wire=_text(data["wire"]),
            intent=None if data["intent"] is None else Intent.from_json(data["intent"]),
            rejection=None if rejection is None else Rejection(rejection[0], _text(rejection[1])),
            confidence=float(data["confidence"]),
            ms=float(data["ms"]),
            runners_up=tuple(
                Candidate(Intent.from_json(intent), float(confidence))
                for intent, confidence in data["runners_up"]
            ),
            previous=tuple(Intent.from_json(one) for one in data["previous"]),
        )
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"that is no parse: {error}") from error


def traces_as_data(traces: Sequence[Trace]) -> list[Any]:
    """Wire intents said before, newest last, as JSON data."""
    return [
        [[step.action, [[slot.name, slot.words] for slot in step.slots]] for step in trace]
        for trace in traces
    ]


def traces_from_data(data: Any) -> tuple[Trace, ...]:
    """The traces of data made by `traces_as_data`; raises ValueError where they are none."""
    if not isinstance(data, list):
        raise ValueError("that is no list of commands")
    try:
        return tuple(
            tuple(
                ChosenStep(_text(action), tuple(Chosen(_text(name), _text(words)) for name, words in slots))
                for action, slots in trace
            )
            for trace in data
        )
    except TypeError as error:
        raise ValueError(f"that is no list of commands: {error}") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"that is no text: {type(value).__name__}")
    return value
