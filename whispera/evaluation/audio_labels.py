"""What was said in the recordings of a folder: `labels.json` beside them.

    {"a.wav": {"text": "volume to thirty percent", "intent": {"action": "set_volume", "level": 30}},
     "b.wav": {"text": "nice day"}}

An intent is written as `whispera parse --json` prints it; no intent means that nothing may be done. A list of
values means that each of them is right, and null among them that the slot may be absent as well; `action` may
be a list too. `text` may be left out, and then no transcript is measured.

Label sets of others give a name and the words of each slot, and the domain says what they are called here
(`labels` in its `domain.yaml`):

    {"a.wav": {"intent": "orderDrink", "slots": {"coffeeDrink": "latte", "sugarAmount": " sugar"}}}
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from whispera.domain.intent import NONE, SEQUENCE
from whispera.errors import ConfigError, UsageError
from whispera.evaluation.expected import Expected, ExpectedStep

FILE = "labels.json"
DOMAIN = "domain.yaml"
FORMAT = "the format is described in docs/evaluation.md"
SEED = 1


@dataclass(frozen=True, slots=True)
class Labels:
    """How a foreign label set maps to the catalog."""

    intents: Mapping[str, str] = field(default_factory=dict)
    """Foreign name to action."""
    slots: Mapping[str, str] = field(default_factory=dict)
    """Foreign slot to slot here."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A recording, and what was said in it."""

    path: Path
    text: str
    """The words; empty where they are not known."""
    expected: Expected
    """Its line is the place in `labels.json`, from 1; its text the words, or the name of the file."""


def read_labels(
    folder: Path, slots_of: Mapping[str, Sequence[str]], *, labels: Labels | None = None
) -> list[Labelled]:
    """The recordings of a folder in the order of `labels.json`; `slots_of` names the slots of every action.

    Raises UsageError naming the recording whose label cannot be read.
    """
    path = folder / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"cannot read {path}: {error}", hint=f"name a folder of recordings with {FILE}; {FORMAT}"
        ) from error
    if not isinstance(data, dict) or not data:
        raise UsageError(f"{path} labels no recording", hint=FORMAT)
    return [
        _labelled(folder / name, label, number, slots_of, labels or Labels())
        for number, (name, label) in enumerate(data.items(), 1)
    ]


def labels_of(config: Path) -> Labels:
    """How foreign label sets map to a domain: `labels` in its `domain.yaml`; raises ConfigError.

    `config`: the folder of the domain's configuration.
    """
    path = config / DOMAIN
    if not path.is_file():
        return Labels()
    import yaml

    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"cannot be read: {error}", file=path) from error
    labels = (data.get("labels") if isinstance(data, dict) else None) or {}
    parts: list[dict[str, str]] = []
    for name in ("intent", "slots"):
        part = (labels.get(name) or {}) if isinstance(labels, dict) else None
        if not isinstance(part, dict) or not all(isinstance(word, str) for word in (*part, *part.values())):
            raise ConfigError(
                "expected {intent: {their name: action}, slots: {their slot: slot}}", file=path, key="labels"
            )
        parts.append(part)
    return Labels(*parts)


def sample(labelled: Sequence[Labelled], limit: int | None) -> list[Labelled]:
    """At most `limit` recordings, drawn alike every time, in their order."""
    if limit is None or limit >= len(labelled):
        return list(labelled)
    drawn = random.Random(f"limit {SEED}").sample(range(len(labelled)), limit)
    return [labelled[place] for place in sorted(drawn)]


def _labelled(
    path: Path, label: Any, number: int, slots_of: Mapping[str, Sequence[str]], labels: Labels
) -> Labelled:
    where = f"{path.parent / FILE}: {path.name}"
    if not isinstance(label, dict):
        raise UsageError(f"{where}: expected an object, found {label!r}", hint=FORMAT)
    if not path.is_file():
        raise UsageError(f"{where}: there is no such recording", hint=f"the recordings lie beside {FILE}")
    text, intent = label.get("text") or "", label.get("intent")
    if not isinstance(text, str):
        raise UsageError(f"{where}: text: expected a string, found {text!r}", hint=FORMAT)
    if isinstance(intent, str):
        intent = _translated(intent, label.get("slots") or {}, labels, where)
    actions, slots, steps = _intent({"action": NONE} if intent is None else intent, slots_of, where)
    return Labelled(path, text, Expected(number, text or path.name, actions, slots, steps))


def _translated(name: str, slots: Any, labels: Labels, where: str) -> dict[str, Any]:
    """The intent of a foreign label."""
    hint = "name the domain it belongs to with --domain; `labels` in its domain.yaml maps the names"
    if name not in labels.intents:
        raise UsageError(f"{where}: '{name}' is no intent of this domain", hint=hint)
    if not isinstance(slots, dict):
        raise UsageError(f"{where}: slots: expected an object, found {slots!r}", hint=FORMAT)
    if unknown := [slot for slot in slots if slot not in labels.slots]:
        raise UsageError(f"{where}: '{unknown[0]}' is no slot of this domain", hint=hint)
    return {"action": labels.intents[name], **{labels.slots[slot]: value for slot, value in slots.items()}}


def _intent(
    intent: Any, slots_of: Mapping[str, Sequence[str]], where: str
) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]], tuple[ExpectedStep, ...]]:
    """Actions, slots and steps of an intent as `Expected` holds them."""
    if not isinstance(intent, dict) or "action" not in intent:
        raise UsageError(f"{where}: intent: expected an object with 'action', found {intent!r}", hint=FORMAT)
    actions = tuple(intent["action"]) if isinstance(intent["action"], list) else (intent["action"],)
    for action in actions:
        if action not in slots_of and action not in (NONE, SEQUENCE):
            raise UsageError(f"{where}: there is no action named '{action}'", hint=FORMAT)
    given = {name: value for name, value in intent.items() if name != "action"}
    if actions == (SEQUENCE,):
        if not isinstance(given.get("steps"), list):
            raise UsageError(f"{where}: steps: expected a list", hint=FORMAT)
        inner = [_intent(step, slots_of, where) for step in given["steps"]]
        return actions, {}, tuple(ExpectedStep(names[0], slots) for names, slots, _ in inner)
    known = {slot for action in actions for slot in slots_of.get(action, ())}
    slots: dict[str, tuple[str, ...]] = {}
    for name, value in given.items():
        if name not in known:
            named = ", ".join(sorted(known)) or "none"
            raise UsageError(f"{where}: there is no slot named '{name}'", hint=f"known here: {named}")
        values = value if isinstance(value, list) else [value]
        slots[name] = tuple("" if one is None else str(one).strip() for one in values)
    return actions, slots, ()
