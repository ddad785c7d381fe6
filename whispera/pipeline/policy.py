"""Whether an understood command is run, confirmed, asked about or turned down.

Confidence and risk decide. Destructive commands are always confirmed, disruptive ones below a threshold,
harmless ones never. A sequence is as risky as its riskiest step. This asks nobody: it says what to ask.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from whispera.catalog.model import Action, Risk
from whispera.catalog.settings import Settings
from whispera.domain.intent import NONE, SEQUENCE, Intent
from whispera.domain.outcome import Parse, Rejection
from whispera.errors import ConfirmationNeeded

_ORDER: Mapping[Risk, int] = {"harmless": 0, "disruptive": 1, "destructive": 2}
_OFFERED = 2


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do with an utterance."""

    kind: Literal["run", "confirm", "ask", "reject"]
    question: str = ""
    """For `confirm` a yes-or-no question, for `ask` the question for a value."""
    slot: str = ""
    """For `ask`: the slot its answer fills."""
    step: int = 0
    """For `ask`: which step of a sequence lacks it, from 0."""
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
    if parse.rejection is not None or intent is None:
        given = parse.rejection or Rejection("unreadable", "That was not understood.")
        return Decision("reject", rejection=_with_offers(given, parse, actions))
    steps = list(_steps(intent))
    chosen = [actions.get(step.action) for step in steps]
    if intent.action == NONE or not steps or any(action is None for action in chosen):
        rejection = Rejection("none", "That is no command for this computer.")
        return Decision("reject", rejection=_with_offers(rejection, parse, actions))
    known = [action for action in chosen if action is not None]
    risk = max((action.risk for action in known), key=lambda risk: _ORDER[risk])
    if parse.confidence < settings.confidence[risk]:
        rejection = Rejection("low_confidence", "That was not clear enough to act on.")
        return Decision("reject", rejection=_with_offers(rejection, parse, actions, own=intent))
    for place, (step, action) in enumerate(zip(steps, known, strict=True)):
        for spec in action.slots:
            if spec.ask and not spec.optional and spec.name not in step.slots:
                if not interactive:
                    raise ConfirmationNeeded(
                        f"{spec.ask} Nobody is here to say.", hint=f"say the {spec.name} with the command"
                    )
                return Decision("ask", spec.ask, spec.name, place)
    unsure = risk == "disruptive" and parse.confidence < settings.confirm_disruptive_below
    if (risk == "destructive" or unsure) and not yes:
        question = _question(steps, known)
        if not interactive:
            raise ConfirmationNeeded(
                f"{question} Nobody is here to say yes.", hint="add --yes to answer beforehand"
            )
        return Decision("confirm", question)
    return Decision("run")


def describe(intent: Intent) -> str:
    """An intent in a few words: `open app chrome`."""
    if intent.action == SEQUENCE:
        return ", then ".join(describe(step) for step in _steps(intent))
    return " ".join([intent.action.replace("_", " "), *(str(value) for value in intent.slots.values())])


def _steps(intent: Intent) -> Iterator[Intent]:
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


def _with_offers(
    rejection: Rejection, parse: Parse, actions: Mapping[str, Action], *, own: Intent | None = None
) -> Rejection:
    """The rejection with the likeliest commands it could have been."""
    readings = [own] if own is not None else []
    readings += [candidate.intent for candidate in parse.runners_up]
    offers: list[str] = []
    for reading in readings:
        words = describe(reading)
        if (reading.action in actions or reading.action == SEQUENCE) and words not in offers:
            offers.append(words)
    if not offers:
        return rejection
    return Rejection(rejection.reason, f"{rejection.message} Did you mean: {' or '.join(offers[:_OFFERED])}?")
