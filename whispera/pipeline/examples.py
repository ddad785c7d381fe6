"""The user's own examples, `examples.jsonl` in the overlay: what was said, and what it should be read as.

One JSON object a line: `{"text": ..., "intent": {...}, "source": ..., "weight": ..., "previous": [...]}`.
Only text and intent are needed; a line without the others is a correction. `whispera correct` and `whispera
review` write them, `regen` and `train` read them. The same words, after the same commands, stand there once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from whispera.domain.intent import Intent
from whispera.errors import ConfigError
from whispera.nlu.normalise import normalise

FILE = "examples.jsonl"

Source = Literal["corrected", "confirmed", "accepted"]
WEIGHTS: Mapping[Source, float] = {"corrected": 3.0, "confirmed": 2.0, "accepted": 1.0}
"""How much an example counts in training. What was misunderstood teaches most; what the model understood
already, and a person only nodded at, least."""
MOST = 10.0
"""No example may count more."""


@dataclass(frozen=True, slots=True)
class Example:
    """One of the user's own examples."""

    text: str
    """As it was said."""
    intent: Intent
    source: Source = "corrected"
    weight: float = WEIGHTS["corrected"]
    previous: tuple[Intent, ...] = ()
    """What it leans on, newest last: wire intents, whose values are words. Empty where it stands alone."""

    @property
    def key(self) -> str:
        """What the model reads: two examples of one key are of the same words after the same commands."""
        return " ".join([*(_wire(one) for one in self.previous), normalise(self.text).text.strip()])

    @property
    def digest(self) -> str:
        """A short hash of the words and what they mean, which changes when the decision does."""
        facts = json.dumps([self.key, self.intent.as_json()], sort_keys=True)
        return hashlib.sha256(facts.encode()).hexdigest()[:12]

    def as_json(self) -> dict[str, Any]:
        """The object of its line."""
        data: dict[str, Any] = {
            "text": self.text,
            "intent": self.intent.as_json(),
            "source": self.source,
            "weight": self.weight,
        }
        if self.previous:
            data["previous"] = [one.as_json() for one in self.previous]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Example:
        """The example of an object; raises ValueError, KeyError or TypeError where it is none."""
        source = data.get("source", "corrected")
        if source not in get_args(Source):
            raise ValueError(f"source {source!r} is none of {', '.join(get_args(Source))}")
        weight = data.get("weight", WEIGHTS[source])
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= MOST:
            raise ValueError(f"weight {weight!r} is no number above 0 and up to {MOST:g}")
        text, intent = data["text"], Intent.from_json(data["intent"])
        if not isinstance(text, str) or not isinstance(intent.action, str):
            raise TypeError("text and action are words")
        previous = tuple(Intent.from_json(one) for one in data.get("previous", ()))
        return cls(text, intent, source, float(weight), previous)


def _wire(intent: Intent) -> str:
    return json.dumps(intent.as_json(), sort_keys=True, ensure_ascii=False).casefold()


def read(path: Path) -> list[Example]:
    """The examples of a file, none where there is no file; raises ConfigError naming a broken line."""
    if not path.is_file():
        return []
    found: list[Example] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(Example.from_json(json.loads(line)))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ConfigError(
                f"not an example ({error!r})",
                file=path,
                line=number,
                hint='mend or remove the line; one is {"text": ..., "intent": {"action": ...}}',
            ) from error
    return found


def merged(lines: Sequence[str], example: Example) -> tuple[list[str], Example | None]:
    """The lines of a file with an example added, and the earlier one of the same words that it replaces.

    A line that is no example is kept as it is.
    """
    kept: list[str] = []
    replaced: Example | None = None
    for line in lines:
        try:
            other = Example.from_json(json.loads(line))
        except (ValueError, KeyError, TypeError, AttributeError):
            kept.append(line)
            continue
        if other.key == example.key:
            replaced = other
        else:
            kept.append(line)
    return [*kept, json.dumps(example.as_json(), ensure_ascii=False)], replaced
