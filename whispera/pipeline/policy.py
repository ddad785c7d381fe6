"""Whether an understood command is run, confirmed, asked about or turned down.

Confidence and risk decide. Destructive commands are always confirmed, disruptive ones below a threshold,
harmless ones never. A sequence is as risky as its riskiest step. This asks nobody: it says what to ask.

No command and not being sure are two answers: a sentence that is `none` asks nothing of this computer, a
reading below the least confidence of its risk is only offered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from whispera.catalog.model import Action, Risk, SlotSpec
from whispera.catalog.settings import Settings
from whispera.domain.intent import SEQUENCE, Intent
from whispera.domain.outcome import Parse, Rejection
from whispera.errors import ConfirmationNeeded

NO_COMMAND = "That is not a command for this computer."
NOT_SURE = "I am not sure what you meant."

_ORDER: Mapping[Risk, int] = {"harmless": 0, "disruptive": 1, "destructive": 2}
_OFFERED = 2
_BELOW = 1e-6


@dataclass(frozen=True, slots=True)
class Missing:
    """A value that a command needs and that was not said."""

    step: int
    """Which step of a sequence lacks it, from 0."""
    action: str
    """The action of that step."""
    spec: SlotSpec

    def as_json(self) -> dict[str, str]:
        """The slot and the question, as `--json` prints them."""
        return {"slot": self.spec.name, "question": self.spec.ask}


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with an utterance."""

    kind: Literal["run", "confirm", "ask", "reject"]
    question: str = ""
    """For `confirm` a yes-or-no question, for `ask` the question for a value."""
    missing: Missing | None = None
    """For `ask`: what its answer fills."""
    rejection: Rejection | None = None
    """For `reject`: why, with what else it could have been."""


def decide(
    parse: Parse, actions: Mapping[str, Action], *, settings: Settings, interactive: bool, yes: bool = False
) -> Decision:
    """The decision about a parse.

    `interactive`: somebody is there to answer; `yes`: confirmations are answered beforehand (`--yes`), which
    answers no question for a value. Raises ConfirmationNeeded where an answer is needed and nobody is there.
    """
    intent = parse.intent
    rejection = parse.rejection
    if rejection is None and intent is not None:
        rejection = doubt(intent, parse.confidence, actions, settings=settings)
    if intent is None or rejection is not None:
        rejection = rejection or Rejection("unreadable", "That was not understood.")
        return Decision("reject", rejection=_with_offers(rejection, parse, actions))
    lacks = missing(intent, actions)
    if lacks is not None:
        if not interactive:
            raise unanswered(lacks, later=settings.remembers)
        return Decision("ask", lacks.spec.ask, lacks)
    steps = list(steps_of(intent))
    known = [actions[step.action] for step in steps]
    risk = _risk(known)
    unsure = risk == "disruptive" and parse.confidence < settings.confirm_disruptive_below
    if (risk == "destructive" or unsure) and not yes:
        question = _question(steps, known)
        if not interactive:
            raise ConfirmationNeeded(
                f"{question} Nobody is here to say yes.", hint="add --yes to answer beforehand"
            )
        return Decision("confirm", question)
    return Decision("run")


def doubt(
    intent: Intent, confidence: float, actions: Mapping[str, Action], *, settings: Settings
) -> Rejection | None:
    """Why a reading must not be acted on, None where it may be; the one place that knows the thresholds.

    `none` itself must reach that of a harmless command, or it is not sure either.
    """
    risk = risk_of(intent, actions)
    if confidence < settings.confidence[risk or "harmless"]:
        return Rejection("low_confidence", NOT_SURE)
    return None if risk is not None else Rejection("none", NO_COMMAND)


def confirmed_at_most(settings: Settings) -> float:
    """The highest confidence at which a disruptive command is acted on, but only once it was confirmed."""
    return max(settings.confirm_disruptive_below - _BELOW, settings.confidence["disruptive"])


def risk_of(intent: Intent, actions: Mapping[str, Action]) -> Risk | None:
    """The highest risk of the steps of an intent; None where it is no command."""
    chosen = [actions.get(step.action) for step in steps_of(intent)]
    known = [action for action in chosen if action is not None]
    return _risk(known) if known and len(known) == len(chosen) else None


def missing(intent: Intent, actions: Mapping[str, Action]) -> Missing | None:
    """The first value that an intent lacks and that is asked for, None where it is whole."""
    for place, step in enumerate(steps_of(intent)):
        action = actions.get(step.action)
        for spec in action.slots if action is not None else ():
            if spec.ask and not spec.optional and spec.name not in step.slots:
                return Missing(place, step.action, spec)
    return None


def unanswered(lacks: Missing, *, later: bool) -> ConfirmationNeeded:
    """The fault of a question that nobody is there to answer; `later`: the next utterance may."""
    slot = lacks.spec.name
    hint = f"answer with the next command, or say the {slot} with this one"
    return ConfirmationNeeded(lacks.spec.ask, hint=hint if later else f"say the {slot} with the command")


def describe(intent: Intent) -> str:
    """An intent in a few words: `open app chrome`."""
    if intent.action == SEQUENCE:
        return ", then ".join(describe(step) for step in steps_of(intent))
    return " ".join([intent.action.replace("_", " "), *(str(value) for value in intent.slots.values())])


def steps_of(intent: Intent) -> Iterator[Intent]:
    """The intent itself, or the steps of a sequence."""
    if intent.action != SEQUENCE:
        yield intent
        return
    steps = intent.slots.get("steps")
    if isinstance(steps, tuple):
        yield from steps


def _question(steps: list[Intent], actions: list[Action]) -> str:
    """`Restart: restarts the computer. Go on?`"""
    if len(steps) > 1:
        return f"This will {', then '.join(describe(step) for step in steps)}. Go on?"
    summary = actions[0].summary.rstrip(".")
    what = describe(steps[0]).capitalize()
    return f"{what}: {summary[:1].lower()}{summary[1:]}. Go on?" if summary else f"{what}. Go on?"


def _risk(actions: Iterable[Action]) -> Risk:
    """The highest of the risks."""
    return max((action.risk for action in actions), key=lambda risk: _ORDER[risk])


def _with_offers(rejection: Rejection, parse: Parse, actions: Mapping[str, Action]) -> Rejection:
    """The rejection of an unsure reading with the likeliest commands it could have been."""
    if rejection.reason != "low_confidence":
        return rejection
    offers: list[str] = []
    for reading in (parse.intent, *(candidate.intent for candidate in parse.runners_up)):
        if reading is None or (reading.action not in actions and reading.action != SEQUENCE):
            continue
        words = f"'{describe(reading)}'"
        if words not in offers:
            offers.append(words)
    if not offers:
        return rejection
    return Rejection(rejection.reason, f"{rejection.message} Did you mean {' or '.join(offers[:_OFFERED])}?")
