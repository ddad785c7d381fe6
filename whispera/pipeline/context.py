"""What was said before in this session: the commands that the next utterance may lean on.

Carried are the last few commands that were understood, each for a while (`context` in
`config/settings.yaml`), with the words of their values: as they were typed where a value is words, so that
names keep their case. Not carried are utterances that were no command, were turned down, or to which the user
said no; `cancel`, `undo` and `repeat_last`, which are about commands and name nothing to lean on; and
commands with very long values. A command that lacks a value it needs is carried until the next one.

A session is a terminal, whose commands are read from the history (`InHistory`), or a microphone or a file of
dialogues in one process (`InMemory`). Trouble with the history means that nothing was said before.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from whispera.catalog.model import Action, SlotSpec
from whispera.domain.intent import CANCEL, SEQUENCE, Intent, Value
from whispera.domain.outcome import Outcome, Parse
from whispera.nlu.decode import trace_of
from whispera.nlu.grammar import FREE_TYPES, Chosen, ChosenStep, Trace
from whispera.nlu.normalise import normalise
from whispera.pipeline import policy
from whispera.pipeline.history import REPEAT, UNDO

if TYPE_CHECKING:
    from whispera.catalog.settings import Settings
    from whispera.pipeline.history import History

MAX_WORDS = 32
"""A command with a longer value is left out: it would cost more to read than a follow-up is worth."""
ABOUT_COMMANDS = frozenset({CANCEL, UNDO, REPEAT})
"""Actions that are about commands; nothing leans on them."""
LOOK_BACK = 32
"""How many entries of the history are looked at."""


@dataclass(frozen=True, slots=True)
class Said:
    """A command of a session."""

    intent: Intent
    trace: Trace
    """Its wire intent with the words as they were typed; empty where nothing may lean on it."""
    asked: bool = False
    """It lacks a value that was asked for; the answer may come as long as it is the newest."""


class Conversation(Protocol):
    """What was said in one session."""

    def said(self) -> tuple[Said, ...]:
        """The commands that the next utterance may lean on, newest last; never raises."""

    def add(self, said: Said) -> None:
        """Takes note of a command."""


class InMemory:
    """A session of this process: a microphone, or the lines of a dialogue."""

    def __init__(
        self, settings: Settings, *, timed: bool = True, now: Callable[[], float] = time.monotonic
    ) -> None:
        """`timed`: commands are forgotten after a while; `now`: seconds of any clock."""
        self._settings = settings
        self._timed = timed
        self._now = now
        self._log: list[tuple[float, Said]] = []

    def said(self) -> tuple[Said, ...]:
        """The commands that the next utterance may lean on, newest last."""
        since = self._now() - self._settings.context_seconds if self._timed else 0.0
        return _newest([said for when, said in self._log if when >= since], self._settings)

    def add(self, said: Said) -> None:
        """Takes note of a command."""
        self._log.append((self._now(), said))
        del self._log[:-LOOK_BACK]

    def clear(self) -> None:
        """Begins anew."""
        self._log.clear()


class InHistory:
    """The session of a terminal, whose commands come from processes of their own."""

    def __init__(
        self,
        history: History,
        session: str,
        settings: Settings,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`session`: as `history.session_id`."""
        self._history = history
        self._session = session
        self._settings = settings
        self._now = now

    def said(self) -> tuple[Said, ...]:
        """The commands that the next utterance may lean on, newest last; none where they cannot be read."""
        if not self._settings.remembers:
            return ()
        now = self._now()
        found = self._history.carried(
            self._session, since=now - self._settings.context_seconds, until=now, count=LOOK_BACK
        )
        log: list[Said] = []
        for wire, intent, status in reversed(found):
            try:
                trace = trace_of(wire) if wire else ()
                log.append(Said(Intent.from_json(json.loads(intent)), trace, status == "asked"))
            except (ValueError, KeyError, TypeError, AttributeError):  # written by somebody else
                continue
        return _newest(log, self._settings)

    def add(self, said: Said) -> None:
        """Nothing: it is in the history already."""


def _newest(log: Sequence[Said], settings: Settings) -> tuple[Said, ...]:
    """The last few to lean on; a question that was not answered next is no longer open."""
    if not settings.remembers:
        return ()
    kept = [one for one in log if one.trace and (not one.asked or one is log[-1])]
    return tuple(kept[-settings.context_intents :])


def said_of(parse: Parse, actions: Mapping[str, Action], outcome: Outcome | None = None) -> Said | None:
    """The command of an utterance, None where it is no part of the conversation.

    `outcome`: what became of it; without one it counts as carried out.
    """
    intent = parse.intent
    if intent is None or not parse.accepted:
        return None
    lacks = policy.missing(intent, actions) is not None
    if outcome is not None and outcome.exit_code == 5 and not (outcome.status == "asked" and lacks):
        return None
    heard = trace_of(parse.wire) if parse.wire else ()
    trace = () if intent.action in ABOUT_COMMANDS else words_of(intent, heard, actions)
    if any(not _is_short(chosen.words) for step in trace for chosen in step.slots):
        trace = ()
    return Said(intent, trace, lacks)


def words_of(intent: Intent, heard: Trace, actions: Mapping[str, Action]) -> Trace:
    """The words of an intent's values: as typed where they are the value, else as they were heard.

    A value that was not heard with the rest, since it was the answer to a question, is said anew.
    """
    steps = tuple(policy.steps_of(intent))
    if [step.action for step in heard] != [step.action for step in steps]:
        heard = tuple(ChosenStep(step.action) for step in steps)
    trace: list[ChosenStep] = []
    for step, said in zip(steps, heard, strict=True):
        words = {chosen.name: chosen.words for chosen in said.slots}
        chosen = [
            Chosen(spec.name, _words(spec, step.slots[spec.name], words.get(spec.name, "")))
            for spec in actions[step.action].slots
            if spec.name in step.slots
        ]
        trace.append(ChosenStep(step.action, tuple(chosen)))
    return tuple(trace)


def _words(spec: SlotSpec, value: Value, heard: str) -> str:
    assert not isinstance(value, tuple)
    if spec.enum or spec.type in FREE_TYPES:
        return str(value)
    return heard if heard and spec.read(heard) == value else spec.say(value)


def _is_short(words: str) -> bool:
    return len(words.split()) <= MAX_WORDS and bool(normalise(words).units)


def spoken(trace: Trace) -> Intent:
    """A wire intent as an object: the values are words."""
    steps = tuple(Intent(step.action, {chosen.name: chosen.words for chosen in step.slots}) for step in trace)
    return steps[0] if len(steps) == 1 else Intent(SEQUENCE, {"steps": steps})


def as_text(trace: Trace) -> str:
    """A wire intent as JSON text, its words with the case they were typed in; empty for an empty one."""
    data: dict[str, Any] | None = spoken(trace).as_json() if trace else None
    return json.dumps(data, ensure_ascii=False) if data is not None else ""
