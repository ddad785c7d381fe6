"""Dialogue files: utterances in the order they were said, each with the intents that are right in context.

    turn it up | volume_up
      a bit more | volume_up
    what time is it | tell_time

The lines are those of an evaluation file (`expected`); an empty line starts a new dialogue, a line that
starts with `#` is a comment. An indented line leans on what came before: its words alone do not say the
intent. Reads and checks; asking a model and counting what it got right is done elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from whispera.domain.intent import NONE, SEQUENCE
from whispera.errors import UsageError
from whispera.evaluation.expected import Expected, _slots, _steps

COMMENT = "#"


@dataclass(frozen=True, slots=True)
class Turn(Expected):
    """One line of a dialogue."""

    leans: bool = False
    """Whether it is understood only by what came before."""


Dialogue = tuple[Turn, ...]


def read(path: Path, slots_of: Mapping[str, Sequence[str]]) -> list[Dialogue]:
    """The dialogues of a file, of two turns or more; `slots_of` names the slots of every action.

    Raises UsageError naming the line that cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"cannot read {path}: {error}", hint="name a file of dialogues, such as eval/dialogues.txt"
        ) from error
    dialogues: list[Dialogue] = []
    turns: list[Turn] = []
    for number, line in enumerate([*lines, ""], 1):
        if line.startswith(COMMENT):
            continue
        if line.strip():
            turns.append(_turn(line, number, slots_of, f"{path}:{number}"))
        elif turns:
            dialogues.append(_dialogue(turns, path))
            turns = []
    return dialogues


def _dialogue(turns: Sequence[Turn], path: Path) -> Dialogue:
    where = f"{path}:{turns[0].line}"
    if turns[0].leans:
        raise UsageError(
            f"{where}: the first line of a dialogue has nothing to lean on", hint="begin it without spaces"
        )
    if len(turns) == 1:
        raise UsageError(
            f"{where}: a dialogue of one utterance", hint="an empty line starts a new dialogue; take it out"
        )
    return tuple(turns)


def _turn(line: str, number: int, slots_of: Mapping[str, Sequence[str]], where: str) -> Turn:
    """One line, its fields as in an evaluation file."""
    text, *rest = line.strip().split(" | ")
    if not rest or len(rest) > 2:
        raise UsageError(
            f"{where}: expected 'text | action | slots'", hint="the format is described in eval/README.md"
        )
    actions = tuple(name.strip() for name in rest[0].split("||"))
    for name in actions:
        if name not in slots_of and name not in (NONE, SEQUENCE):
            raise UsageError(f"{where}: there is no action named '{name}'")
    field = rest[1] if len(rest) > 1 else ""
    leans = line[0].isspace()
    if actions == (SEQUENCE,):
        return Turn(number, text, actions, {}, _steps(field, slots_of, where), leans)
    known = [slot for name in actions for slot in slots_of.get(name, ())]
    return Turn(number, text, actions, _slots(field, known, where), leans=leans)
