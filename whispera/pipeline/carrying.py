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
from whispera.domain.intent import CANCEL, Intent
from whispera.domain.outcome import Command, Outcome, Parse
from whispera.errors import ConfirmationNeeded, NotPossible, UsageError, WhisperaError
from whispera.pipeline import asking, policy, telling
from whispera.pipeline.answer import Answer, Asker
from whispera.pipeline.context import Said

if TYPE_CHECKING:
    from whispera.pipeline.session import Session

AT_ONCE_S = 1.0
"""A program that failed within this time did nothing yet: the next way to do it is tried."""
UNDO_WINDOW_S = 120.0
"""How long a command can be taken back."""
_TWICE = 2
_MAX_QUESTIONS = 16
"""Somebody who answers every question with another command that asks one is done with after so many."""


class Carrying:
    """One utterance being carried out."""

    def __init__(
        self,
        session: Session,
        parse: Parse,
        *,
        after: Sequence[Said],
        dry_run: bool,
        yes: bool,
        asker: Asker | None,
    ) -> None:
        """`after`: what was said before, newest last."""
        self.session = session
        self.after = tuple(after)
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
            self._open(outcome),
        )

    def _open(self, outcome: Outcome | None) -> policy.Missing | None:
        """The value that was asked for in vain."""
        if outcome is None or outcome.status != "asked" or self.parse.intent is None:
            return None
        return policy.missing(self.parse.intent, self.session.catalog.actions)

    # -- what to do

    def _settled(self, parse: Parse) -> Intent | Outcome | None:
        """The intent to run, with what was asked for; an outcome where it ends here; None for a rejection."""
        session = self.session
        for _ in range(_MAX_QUESTIONS):
            decision = policy.decide(
                parse,
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
                break
            lacks = decision.missing
            assert lacks is not None
            if self.asker is None:
                raise policy.unanswered(lacks, later=False)
            told = self._ask(parse, lacks)
            if told is None:
                break
            self.parse = parse = told
        return Outcome("refused", "Nothing was done.", 5)

    def _ask(self, parse: Parse, lacks: policy.Missing) -> Parse | None:
        """The parse with the value it lacked, or that of another command; None where nothing is wanted."""
        session = self.session
        assert self.asker is not None and parse.intent is not None
        question = lacks.spec.ask
        for _ in range(_TWICE):
            words = self.asker.ask(question)
            if words is None or not words.strip():
                return None
            heard = session.understand(words, after=session.with_question(self.after, parse))
            if heard.accepted and heard.intent is not None:
                if heard.intent.action == CANCEL:
                    return None
                is_answer = asking.fills(heard.intent, parse.intent, lacks)
                return replace(parse, intent=heard.intent) if is_answer else heard
            value = asking.read_value(lacks.spec, words)
            if value is not None:
                given = {lacks.spec.name: value}
                return replace(
                    parse, intent=asking.filled(parse.intent, lacks, given, session.catalog.actions)
                )
            question = f"'{words.strip()}' is no {lacks.spec.type}. {lacks.spec.ask}"
        return None

    # -- doing it

    def _run(self, intent: Intent, *, nested: bool = False) -> Outcome:
        """Carries out an intent, or the steps of a sequence up to the first that fails.

        `nested`: a built-in asked for it. Raises WhisperaError where it is one step.
        """
        steps = tuple(policy.steps_of(intent))
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
