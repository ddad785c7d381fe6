"""One understood utterance being carried out: decide, ask, resolve, run.

What the user can cause becomes an outcome with its hint and is never raised.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING

from whispera.catalog.model import Action
from whispera.domain.intent import SEQUENCE, Intent, Value
from whispera.domain.outcome import Candidate, Command, Outcome, Parse
from whispera.errors import ConfirmationNeeded, NotPossible, UsageError, WhisperaError
from whispera.pipeline import policy, telling
from whispera.pipeline.answer import Answer, Asker

if TYPE_CHECKING:
    from whispera.pipeline.session import Session

AT_ONCE_S = 1.0
"""A program that failed within this time did nothing yet: the next way to do it is tried."""
UNDO_WINDOW_S = 120.0
"""How long a command can be taken back."""
_TWICE = 2
_MAX_QUESTIONS = 16


class Carrying:
    """One utterance being carried out."""

    def __init__(
        self, session: Session, parse: Parse, *, dry_run: bool, yes: bool, asker: Asker | None
    ) -> None:
        self.session = session
        self.parse = parse
        self.dry_run = dry_run
        self.yes = yes
        self.asker = asker
        self.commands: list[Command] = []
        self.notes: list[str] = []
        self.before: list[str] = []
        self.hint = ""

    def answer(self) -> Answer:
        """Decide, ask, run."""
        outcome: Outcome | None
        try:
            intent = self._settled(self.parse)
            outcome = self._run(intent) if isinstance(intent, Intent) else intent
        except WhisperaError as error:
            outcome = self._fault(error)
        return Answer(
            self.parse,
            outcome,
            self.hint,
            tuple(self.commands),
            "\n".join(filter(None, self.before)),
            self.dry_run,
        )

    # -- what to do

    def _settled(self, parse: Parse) -> Intent | Outcome | None:
        """The intent to run, with what was asked for; an outcome where it ends here; None for a rejection."""
        session = self.session
        for _ in range(_MAX_QUESTIONS):
            decision = policy.decide(
                _with_own(parse),
                session.catalog.actions,
                settings=session.catalog.settings,
                interactive=self.asker is not None or self.dry_run,
                yes=self.yes,
            )
            if decision.kind == "reject":
                self.parse = replace(parse, rejection=decision.rejection)
                return None
            assert parse.intent is not None
            if decision.kind == "run":
                return parse.intent
            if decision.kind == "confirm":
                if self.dry_run:
                    self.notes.append(f"would ask first: {decision.question}")
                    return parse.intent
                assert self.asker is not None
                if self.asker.confirm(decision.question):
                    return parse.intent
                return Outcome("refused", "Nothing was done.", 5)
            if self.asker is None:
                raise ConfirmationNeeded(
                    f"{decision.question} Nobody is here to say.",
                    hint=f"say the {decision.slot} with the command",
                )
            value = self._ask(parse.intent, decision)
            if value is None:
                return Outcome("refused", "Nothing was done.", 5)
            parse = replace(parse, intent=_filled(parse.intent, decision.step, decision.slot, value))
            self.parse = parse
        raise AssertionError("more questions than slots")

    def _ask(self, intent: Intent, decision: policy.Decision) -> Value | None:
        """The value of a slot that was not said; None where nobody tells it."""
        assert self.asker is not None
        step = _steps(intent)[decision.step]
        action = self.session.catalog.actions[step.action]
        spec = action.slot(decision.slot)
        assert spec is not None
        question = decision.question
        for _ in range(_TWICE):
            words = self.asker.ask(question)
            if words is None or not words.strip():
                return None
            value = read_value(spec.type, words)
            if value is not None:
                return value
            question = f"'{words.strip()}' is no {spec.type}. {decision.question}"
        return None

    # -- doing it

    def _run(self, intent: Intent, *, nested: bool = False) -> Outcome:
        """Carries out an intent, or the steps of a sequence up to the first that fails.

        `nested`: a built-in asked for it. Raises WhisperaError where it is one step.
        """
        steps = _steps(intent)
        if len(steps) == 1:
            return self._step(steps[0], nested=nested)
        outcomes: list[Outcome] = []
        for place, step in enumerate(steps, start=1):
            try:
                outcome = self._step(step, nested=nested)
            except WhisperaError as error:
                outcome = self._fault(error)
            if outcome.status not in ("done", "planned"):
                did = "".join(f"{one.message}\n" for one in outcomes)
                where = f"step {place} of {len(steps)}, {policy.describe(step)}, failed"
                return replace(outcome, message=f"{did}{where}: {outcome.message}")
            outcomes.append(outcome)
        from whispera.pipeline.undo import reverse

        return Outcome(
            outcomes[-1].status,
            "\n".join(one.message for one in outcomes),
            undo=reverse([one.undo for one in outcomes]),
        )

    def _step(self, intent: Intent, *, nested: bool = False) -> Outcome:
        """Carries out one action; raises WhisperaError."""
        session = self.session
        action = session.catalog.actions[intent.action]
        candidates = session.resolver.candidates(intent, action)
        best = next(candidates)
        if self.dry_run:
            self.commands.extend(best)
            told = [*self.notes, *(telling.planned(command) for command in best)]
            self.notes = []
            return Outcome("planned", "\n".join(told), command=best[-1])
        if best[0].kind == "builtin":
            return self._builtin(best[0], intent, action, nested=nested)
        undo = self._prepare_undo(intent, action)
        failed: Outcome | NotPossible | None = None
        for commands in chain([best], candidates):
            started = time.monotonic()
            try:
                outcome = self._run_all(commands)
            except NotPossible as error:
                failed = failed or error
                continue
            if outcome.status == "done":
                return replace(outcome, message=outcome.message or telling.done(intent, action), undo=undo)
            failed = failed or outcome
            if time.monotonic() - started > AT_ONCE_S:
                break
        if isinstance(failed, NotPossible):
            raise failed
        assert failed is not None
        return failed

    def _run_all(self, commands: Sequence[Command]) -> Outcome:
        """Runs the commands of one way; the first failure ends it."""
        outcomes: list[Outcome] = []
        for command in commands:
            self.commands.append(command)
            outcome = self.session.runner.run(command)
            if outcome.status != "done":
                return outcome
            outcomes.append(outcome)
        return replace(outcomes[-1], message="\n".join(one.message for one in outcomes if one.message))

    def _builtin(self, command: Command, intent: Intent, action: Action, *, nested: bool) -> Outcome:
        from whispera.pipeline.builtins import Context, call

        session = self.session
        self.commands.append(command)
        context = Context(
            workspace=session.workspace,
            catalog=session.catalog,
            platform=session.platform,
            runner=session.runner,
            history=session.history,
            session=session.id,
            tty=session.tty,
            utterance=self.parse.text,
            undo_window_s=UNDO_WINDOW_S,
        )
        undo = self._prepare_undo(intent, action)
        result = call(command.argv[0], context, command.slots)
        if result.then is None:
            status, code = ("done", 0) if result.ok else ("refused", 4)
            return Outcome(status, result.message, code, command, undo if result.ok else None)  # type: ignore[arg-type]
        if nested:
            raise NotPossible(f"{intent.action} leads in a circle", hint="say the command itself")
        try:
            then = self._then(result.then)
        except BaseException:
            self._release(result.undoes)
            raise
        if then.status != "done":
            self._release(result.undoes)
        elif result.message:
            return replace(then, message=f"{result.message}\n{then.message}".strip())
        return then

    def _then(self, intent: Intent) -> Outcome:
        """Carries out what a built-in named, as carefully as if it had been said."""
        said = self.parse
        try:
            settled = self._settled(replace(said, intent=intent, confidence=1.0))
        finally:
            self.parse = said
        if settled is None:
            raise NotPossible("that command is not known any more", hint="say the command itself")
        if isinstance(settled, Outcome):
            return settled
        return self._run(settled, nested=True)

    def _release(self, number: int | None) -> None:
        if number is not None:
            self.session.history.release_undo(number)

    def _prepare_undo(self, intent: Intent, action: Action) -> Intent | None:
        if not action.undo:
            return None
        from whispera.pipeline.undo import prepare

        session = self.session
        undo = prepare(
            action,
            intent,
            actions=session.catalog.actions,
            platform=session.platform.name,
            probe=session.runner.read,
        )
        self.before.append(undo.before)
        return undo.intent

    def _fault(self, error: WhisperaError) -> Outcome:
        """What could not be done, as an outcome; its hint is kept."""
        self.hint = error.hint
        message = str(error)
        if isinstance(error, ConfirmationNeeded):
            return Outcome("asked", message, error.exit_code)
        if isinstance(error, NotPossible | UsageError):  # a value no tool takes, not a wrong command line
            return Outcome("refused", message, NotPossible.exit_code)
        return Outcome("failed", message, error.exit_code)


def _with_own(parse: Parse) -> Parse:
    """The parse with its own unsure reading among those to offer."""
    if parse.intent is None or parse.rejection is None or parse.rejection.reason != "low_confidence":
        return parse
    own = Candidate(parse.intent, parse.confidence)
    return replace(parse, runners_up=(own, *parse.runners_up))


def _steps(intent: Intent) -> tuple[Intent, ...]:
    steps = intent.slots.get("steps")
    return steps if intent.action == SEQUENCE and isinstance(steps, tuple) else (intent,)


def _filled(intent: Intent, step: int, slot: str, value: Value) -> Intent:
    """The intent with a value for a slot of one of its steps."""
    steps = list(_steps(intent))
    steps[step] = Intent(steps[step].action, {**steps[step].slots, slot: value})
    return steps[0] if intent.action != SEQUENCE else Intent(SEQUENCE, {"steps": tuple(steps)})


def read_value(type: str, words: str) -> Value | None:
    """The value of an answer to a question: the words as a whole, else the longest part that is one."""
    from whispera import values
    from whispera.nlu.normalise import normalise

    whole = values.parse(type, words.strip())
    if whole is not None or type == "text":
        return whole
    utterance = normalise(words)
    count = len(utterance.units)
    for length in range(count, 0, -1):
        for first in range(count - length + 1):
            part = utterance.slice(first, first + length - 1)
            if values.fits(type, part):
                return values.parse(type, part)
    return None
