"""What came of an utterance, as it is handed on and printed; and who can be asked on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from whispera.domain.intent import NONE, Intent
from whispera.domain.outcome import Command, Outcome, Parse
from whispera.pipeline.policy import Missing


class Asker(Protocol):
    """Somebody who can answer."""

    def confirm(self, question: str) -> bool:
        """Whether the answer to a yes-or-no question is yes."""

    def ask(self, question: str) -> str | None:
        """The words of the answer, None where there is none."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was understood of an utterance and what became of it."""

    parse: Parse
    outcome: Outcome | None
    """None where it was not understood; `parse.rejection` says why."""
    hint: str = ""
    """The way out of what went wrong, empty where there is none."""
    commands: tuple[Command, ...] = ()
    """What was run, or would be, in order."""
    before: str = ""
    """The state probed before running, for undo."""
    planned: bool = False
    """It was a dry run."""
    asks: Missing | None = None
    """The value that was asked for, where nobody was there to tell it."""

    @property
    def message(self) -> str:
        """What to tell the user."""
        if self.outcome is not None:
            return self.outcome.message
        return self.parse.rejection.message if self.parse.rejection else ""

    @property
    def exit_code(self) -> int:
        """0 done, 1 fault, 3 not understood, 4 not possible here, 5 confirmation needed."""
        return 3 if self.outcome is None else self.outcome.exit_code

    def as_json(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        data = parse_json(self.parse, asks=self.asks)
        if self.parse.rejection is not None:
            data["reason"] = self.parse.rejection.reason
        outcome: dict[str, Any] = {
            "status": self.outcome.status if self.outcome else "rejected",
            "message": self.message,
            "exit_code": self.exit_code,
        }
        if len(self.commands) == 1:
            outcome["argv"] = list(self.commands[0].argv)
        elif self.commands:
            outcome["steps"] = [list(command.argv) for command in self.commands]
        if self.hint:
            outcome["hint"] = self.hint
        if self.outcome and self.outcome.undo:
            outcome["undo"] = self.outcome.undo.as_json()
        data["outcome"] = outcome
        return data


def parse_json(parse: Parse, *, asks: Missing | None = None) -> dict[str, Any]:
    """A parse as `--json` prints it; `asks`: the value it lacks."""
    data: dict[str, Any] = {
        "text": parse.text,
        "intent": (parse.intent or Intent(NONE)).as_json(),
        "accepted": parse.accepted,
        "confidence": round(parse.confidence, 4),
        "ms": round(parse.ms, 2),
    }
    if parse.runners_up:
        data["alternatives"] = [
            {"intent": one.intent.as_json(), "confidence": round(one.confidence, 4)}
            for one in parse.runners_up
        ]
    if parse.previous:
        data["previous"] = [one.as_json() for one in parse.previous]
    if asks is not None:
        data["asks"] = asks.as_json()
    return data
