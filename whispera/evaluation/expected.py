"""Evaluation files: one utterance a line with the intents that count as right.

    text | action[||other action] | slot=value[||value] slot=value
    text | sequence | steps=action:slot=value,slot=value;action

No third field where no slots. `slot=` among the alternatives means the slot may be absent; a slot not
listed must be absent. With several actions, only the listed slots that belong to the predicted one count.
Text is compared without case, spaces trimmed and folded; numbers as integers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from whispera.catalog.model import Action
from whispera.domain.intent import NONE, SEQUENCE, Intent, Value
from whispera.errors import UsageError

Slots = Mapping[str, tuple[str, ...]]
"""Slot name to the values that are right; an empty one where the slot may be absent."""


@dataclass(frozen=True, slots=True)
class ExpectedStep:
    """One step of a compound command."""

    action: str
    slots: Slots


@dataclass(frozen=True, slots=True)
class Expected:
    """One line of an evaluation file."""

    line: int
    text: str
    actions: tuple[str, ...]
    slots: Slots
    steps: tuple[ExpectedStep, ...] = ()

    @property
    def is_none(self) -> bool:
        """Whether no command is meant (the first alternative decides)."""
        return self.actions[0] == NONE


def slot_names(actions: Mapping[str, Action]) -> dict[str, list[str]]:
    """Action to the names of its slots, in their order."""
    return {name: [spec.name for spec in action.slots] for name, action in actions.items()}


def fold(value: Value | str) -> str:
    """A value as it is compared."""
    return " ".join(str(value).lower().replace("’", "'").split())


def _slots(field: str, known: Sequence[str], where: str) -> dict[str, tuple[str, ...]]:
    """The slots of a third field, split at the names of known slots, since values contain spaces."""
    if not field.strip():
        return {}
    names = "|".join(sorted(map(re.escape, known), key=len, reverse=True))
    starts = list(re.finditer(rf"(?:^|(?<=\s))({names})=", field)) if names else []
    if not starts or field[: starts[0].start()].strip():
        raise UsageError(
            f"{where}: the slots cannot be read: {field!r}", hint=f"known here: {', '.join(known) or 'none'}"
        )
    slots: dict[str, tuple[str, ...]] = {}
    for found, after in zip(starts, [*starts[1:], None], strict=True):
        value = field[found.end() : after.start() if after else len(field)].strip()
        name = found.group(1)
        slots[name] = _alternatives(name, value)
    return slots


def _alternatives(name: str, value: str) -> tuple[str, ...]:
    """The values that are right; `name=` alone means that the slot may be absent."""
    parts = (part.strip() for part in value.split("||"))
    return tuple("" if part == f"{name}=" else part for part in parts)


def _steps(field: str, slots_of: Mapping[str, Sequence[str]], where: str) -> tuple[ExpectedStep, ...]:
    steps: list[ExpectedStep] = []
    for part in field.removeprefix("steps=").split(";"):
        action, _, rest = part.strip().partition(":")
        if action not in slots_of:
            raise UsageError(f"{where}: there is no action named '{action}'")
        slots: dict[str, tuple[str, ...]] = {}
        for item in re.split(rf",(?=(?:{'|'.join(slots_of[action]) or '-'})=)", rest) if rest else []:
            name, _, value = item.partition("=")
            if name not in slots_of[action]:
                raise UsageError(
                    f"{where}: the slots cannot be read: {item!r}",
                    hint=f"known here: {', '.join(slots_of[action]) or 'none'}",
                )
            slots[name] = _alternatives(name, value)
        steps.append(ExpectedStep(action, slots))
    return tuple(steps)


def read(path: Path, slots_of: Mapping[str, Sequence[str]]) -> list[Expected]:
    """The lines of an evaluation file; `slots_of` names the slots of every action.

    Raises UsageError naming the line that cannot be read.
    """
    lines = read_lines(path, hint="name an evaluation file, such as eval/desktop.txt")
    return [
        read_line(line, number, slots_of, where=f"{path}:{number}")
        for number, line in enumerate(lines, 1)
        if line.strip()
    ]


def read_lines(path: Path, *, hint: str) -> list[str]:
    """The lines of a text file as they stand, a last empty one too; raises UsageError with the hint."""
    try:
        return path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}", hint=hint) from error


def read_line(line: str, number: int, slots_of: Mapping[str, Sequence[str]], *, where: str) -> Expected:
    """What a line of an evaluation file expects; raises UsageError, which names `where`."""
    text, *rest = line.split(" | ")
    if not rest or len(rest) > 2:
        raise UsageError(
            f"{where}: expected 'text | action | slots'", hint="the format is described in docs/evaluation.md"
        )
    actions = tuple(name.strip() for name in rest[0].split("||"))
    for name in actions:
        if name not in slots_of and name not in (NONE, SEQUENCE):
            raise UsageError(f"{where}: there is no action named '{name}'")
    field = rest[1] if len(rest) > 1 else ""
    if actions == (SEQUENCE,):
        return Expected(number, text, actions, {}, _steps(field, slots_of, where))
    known = [slot for name in actions for slot in slots_of.get(name, ())]
    return Expected(number, text, actions, _slots(field, known, where))


def _equal(wanted: Slots, got: Mapping[str, Value]) -> bool:
    for name, values in wanted.items():
        if name not in got:
            if "" not in values:
                return False
        elif fold(got[name]) not in {fold(value) for value in values if value}:
            return False
    return set(got) <= set(wanted)


def action_right(expected: Expected, intent: Intent | None) -> bool:
    """Whether the action is among the right ones; no intent counts as `none`."""
    return (intent.action if intent is not None else NONE) in expected.actions


def exactly_right(expected: Expected, intent: Intent | None, slots_of: Mapping[str, Sequence[str]]) -> bool:
    """Whether action and every slot are right."""
    if not action_right(expected, intent):
        return False
    if intent is None or intent.action == NONE:
        return True
    if intent.action == SEQUENCE:
        steps = intent.slots["steps"]
        return (
            isinstance(steps, tuple)
            and len(steps) == len(expected.steps)
            and all(
                step.action == wanted.action and _equal(wanted.slots, step.slots)
                for step, wanted in zip(steps, expected.steps, strict=True)
            )
        )
    mine = {name: values for name, values in expected.slots.items() if name in slots_of[intent.action]}
    return _equal(mine, intent.slots)
