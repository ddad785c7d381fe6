"""Dialogue files: utterances in the order they were said, each with the intents that are right in context.

    turn it up | volume_up
      a bit more | volume_up
    what time is it | tell_time

The lines are those of an evaluation file (`expected`); an empty line starts a new dialogue, a line that
starts with `#` is a comment, and the heading of the dialogues below it. An indented line leans on what came
before: its words alone do not say the intent. A dialogue is played as a session: each line is read after what
was understood of the lines before it, right or wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whispera.errors import UsageError
from whispera.evaluation.expected import Expected, read_line, read_lines
from whispera.evaluation.measure import Answer, answer, share_of
from whispera.pipeline.asking import hear
from whispera.pipeline.context import InMemory, said_of

if TYPE_CHECKING:
    from whispera.pipeline.understand import Understander

COMMENT = "#"


@dataclass(frozen=True, slots=True)
class Turn(Expected):
    """One line of a dialogue."""

    leans: bool = False
    """Whether it is understood only by what came before."""
    heading: str = ""
    """The last comment before its dialogue."""


Dialogue = tuple[Turn, ...]


def read(path: Path, slots_of: Mapping[str, Sequence[str]]) -> list[Dialogue]:
    """The dialogues of a file, of two turns or more; `slots_of` names the slots of every action.

    Raises UsageError naming the line that cannot be read.
    """
    lines = read_lines(path, hint="name a file of dialogues, such as eval/dialogues.txt")
    dialogues: list[Dialogue] = []
    turns: list[Turn] = []
    heading = comment = ""
    for number, line in enumerate([*lines, ""], 1):
        if line.startswith(COMMENT):
            comment = line.lstrip(f"{COMMENT} ").strip()
        elif line.strip():
            heading = heading if turns else comment
            one = read_line(line.strip(), number, slots_of, where=f"{path}:{number}")
            leans = line[0].isspace()
            turns.append(Turn(number, one.text, one.actions, one.slots, one.steps, leans, heading))
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


def play(
    understander: Understander, dialogue: Dialogue, slots_of: Mapping[str, Sequence[str]]
) -> list[Answer]:
    """The answers to the lines of a dialogue, each said after what was understood of those before."""
    catalog = understander.catalog
    conversation = InMemory(catalog.settings, timed=False)
    answers: list[Answer] = []
    for turn in dialogue:
        parse = hear(understander, turn.text, after=conversation.said())
        said = said_of(parse, catalog.actions)
        if said is not None:
            conversation.add(said)
        answers.append(answer(turn, parse, slots_of))
    return answers


def kinds(played: Sequence[Sequence[Answer]]) -> list[dict[str, Any]]:
    """The figures of the kinds of lines, and of the dialogues under each heading, as plain data."""
    turns = [(place, one, _turn_of(one)) for answers in played for place, one in enumerate(answers)]
    groups: dict[str, list[Answer]] = {
        "first lines": [one for place, one, _ in turns if not place],
        "leaning": [one for _, one, turn in turns if turn.leans],
        "later, not leaning": [one for place, one, turn in turns if place and not turn.leans],
    }
    for _, one, turn in turns:
        groups.setdefault(turn.heading or "without a heading", []).append(one)
    return [share_of(name, answers) for name, answers in groups.items() if answers]


def _turn_of(one: Answer) -> Turn:
    assert isinstance(one.expected, Turn)
    return one.expected
