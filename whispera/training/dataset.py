"""train.jsonl as training material: read, checked against the catalog, split and drawn from."""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from whispera.catalog.model import Action
from whispera.errors import ConfigError, TrainingError
from whispera.nlu import codec
from whispera.nlu.grammar import Grammar
from whispera.nlu.normalise import normalise
from whispera.training.encode import Encoded, encode_pieces


@dataclass(frozen=True, slots=True)
class Line:
    """One line of train.jsonl."""

    prompt: str
    wire: str
    action: str


def read(path: Path, *, command: str = "whispera") -> list[Line]:
    """The lines of a dataset; raises ConfigError naming the first line that is not one.

    `command`: as `Workspace.command`, for the hints.
    """
    if not path.is_file():
        raise ConfigError("there is no dataset", file=path, hint=f"make it: {command} regen")
    lines: list[Line] = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            user, assistant = json.loads(text)["messages"]
            wire = assistant["content"]
            lines.append(Line(user["content"], wire, json.loads(wire)["action"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"not a training example ({error})",
                file=path,
                line=number,
                hint=f"make it again: {command} regen",
            ) from error
    return lines


def encode_line(line: Line, grammar: Grammar) -> Encoded:
    """The tokens and decisions of one line; raises ValueError where the grammar cannot say it."""
    previous, text = codec.split_prompt(line.prompt, tag=grammar.tag)
    return encode_pieces(normalise(text), codec.pieces_of_wire(line.wire), grammar, previous=previous)


def digest(action: Action) -> str:
    """A short hash of what a model learns of an action: its slots, patterns and near misses."""
    parts = [action.name, *(repr((s.name, s.type, s.may_be_absent, s.enum)) for s in action.slots)]
    parts.extend(sorted(action.patterns))
    parts.extend(sorted(miss.say for miss in action.near_misses if miss.intent["action"] != action.name))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def digests(actions: Iterable[Action]) -> dict[str, str]:
    """Action name to digest."""
    return {action.name: digest(action) for action in actions}


def new_actions(now: Mapping[str, str], then: Mapping[str, str]) -> list[str]:
    """Actions that are new or changed since a card was written."""
    return [name for name, value in now.items() if then.get(name) != value]


@dataclass(frozen=True, slots=True)
class Drawn:
    """What one run trains on and is measured on besides the catalog's examples."""

    train: list[Line]
    heldout_new: list[Line]
    """Lines of new actions kept out, used where the action file has no examples of its own."""


def draw(
    lines: Sequence[Line],
    *,
    new: Sequence[str],
    known: Iterable[str],
    count: int,
    share: float,
    seed: int,
    command: str = "whispera",
) -> Drawn:
    """The lines of one run, seeded; raises TrainingError where the dataset lacks an action.

    Without new actions: `count` lines of the whole dataset. With them: `share` of new ones (repeated as
    needed) and a replay of the others as they come, non-commands and sequences with their share.
    `command`: as for `read`.
    """
    rng = random.Random(f"draw {seed}")
    by_action: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_action[line.action].append(line)
    missing = [name for name in known if name not in by_action]
    if missing:
        raise TrainingError(
            f"the dataset has no examples of {', '.join(missing[:5])}", hint=f"make it again: {command} regen"
        )
    if not new:
        shuffled = list(lines)
        rng.shuffle(shuffled)
        while len(shuffled) < count:
            shuffled.extend(rng.sample(lines, min(len(lines), count - len(shuffled))))
        return Drawn(shuffled[:count], [])
    heldout: list[Line] = []
    fresh: list[list[Line]] = []
    for name in new:
        group = by_action[name]
        rng.shuffle(group)
        cut = max(1, len(group) // 12)
        heldout.extend(group[:cut])
        fresh.append(group[cut:] or group)
    train: list[Line] = []
    wanted = int(count * min(0.8, share * (1 + 0.1 * (len(new) - 1))))
    while len(train) < wanted:
        for group in fresh:
            train.append(rng.choice(group))
    others = [line for line in lines if line.action not in new]
    train.extend(rng.choices(others, k=max(0, count - len(train))))
    rng.shuffle(train)
    return Drawn(train, heldout)
