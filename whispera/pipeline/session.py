"""From an utterance to what became of it: understand, decide, ask, resolve, run, remember.

The one place where the steps of the pipeline are strung together; the typed command, the command line and
the daemon all go through it. What a user can cause is answered with a value, never raised: `Answer` says
what was understood and what came of it. A configuration or a model that is broken is raised.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from whispera.catalog.compiled import CompiledCatalog, compiled
from whispera.catalog.model import Action
from whispera.domain.intent import NONE, SEQUENCE, Intent, Value
from whispera.domain.outcome import Candidate, Command, Outcome, Parse, Rejection
from whispera.errors import ConfirmationNeeded, ModelError, NotPossible, UsageError, WhisperaError
from whispera.pipeline import policy, telling
from whispera.pipeline.history import History, session_id, terminal
from whispera.pipeline.lookup import Lookup
from whispera.pipeline.platform import Platform, detect
from whispera.pipeline.resolver import Resolver
from whispera.pipeline.runner import RealRunner, Runner
from whispera.workspace import Workspace

if TYPE_CHECKING:
    from whispera.pipeline.history import Entry
    from whispera.pipeline.understand import Understander

OFFER_FROM = 0.05
"""A runner-up less probable than this is not offered as "did you mean"."""
AT_ONCE_S = 1.0
"""A program that failed within this time did nothing yet: the next way to do it is tried."""
UNDO_WINDOW_S = 120.0
"""How long a command can be taken back."""
_TWICE = 2
_MAX_QUESTIONS = 16


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
        data = parse_json(self.parse)
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


def parse_json(parse: Parse) -> dict[str, Any]:
    """A parse as `--json` prints it."""
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
    return data


class Session:
    """One user at one machine; made once a process, used for any number of utterances."""

    def __init__(
        self,
        workspace: Workspace,
        catalog: CompiledCatalog,
        *,
        understander: Callable[[], Understander],
        platform: Platform,
        runner: Runner,
        lookup: Lookup,
        history: History,
        session: str = "",
        tty: str = "",
    ) -> None:
        """`understander` is called when something must be understood, not before: it loads the model."""
        self.workspace = workspace
        self.catalog = catalog
        self.platform = platform
        self.history = history
        self._make_understander = understander
        self._understander: Understander | None = None
        self._runner = runner
        self._lookup = lookup
        self._resolver = Resolver(platform, lookup)
        self._session = session or session_id()
        self._tty = tty

    @property
    def understander(self) -> Understander:
        """The model with its grammar; raises ModelError where it is missing or broken."""
        if self._understander is None:
            self._understander = self._make_understander()
        return self._understander

    def understand(self, text: str, *, alternatives: int = 0) -> Parse:
        """What was meant by a text of any kind; never raises for what a user typed."""
        # half characters, from bytes that are no UTF-8, could neither be stored nor printed
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        bad = unreadable(text)
        if bad is not None:
            return Parse(text, "", None, Rejection("unreadable", bad), 0.0, 0.0)
        reader = self.understander
        try:
            return reader.parse(text, alternatives=alternatives)
        except ModelError as error:  # few characters, but rare ones of several tokens each
            return Parse(text, "", None, Rejection("too_long", f"That is too long: {error}."), 0.0, 0.0)

    def handle(
        self, text: str, *, dry_run: bool = False, yes: bool = False, asker: Asker | None = None
    ) -> Answer:
        """Understands and carries out an utterance; `asker` is None where nobody can be asked.

        Nothing is written down: call `remember` when the user has been answered.
        """
        parse = self.understand(text)
        if parse.rejection is not None and parse.wire:
            parse = replace(parse, runners_up=self._offers(text))
        return self.act(parse, dry_run=dry_run, yes=yes, asker=asker)

    def _offers(self, text: str) -> tuple[Candidate, ...]:
        """What to offer as "did you mean" for a text that was not understood."""
        others = self.understand(text, alternatives=_TWICE).runners_up
        return tuple(one for one in others if one.confidence >= OFFER_FROM and one.intent.action != NONE)

    def act(
        self, parse: Parse, *, dry_run: bool = False, yes: bool = False, asker: Asker | None = None
    ) -> Answer:
        """Carries out what was understood, asking first where the policy wants it."""
        return _Carrying(self, parse, dry_run=dry_run, yes=yes, asker=asker).answer()

    def undoable(self) -> Entry | None:
        """The last command of this terminal that can still be taken back; raises StateError."""
        return self.history.last_undoable(self._session, since=time.time() - UNDO_WINDOW_S)

    def remember(self, answer: Answer) -> int | None:
        """Writes an answer into the history; its number there, None where it could not be written.

        Also makes sure that what is pending will ring. Dry runs leave nothing behind. Never raises.
        """
        from whispera.pipeline.alarm_start import ensure_running

        number = None
        if not answer.planned:
            number = self.history.record(
                answer.parse, answer.outcome, session=self._session, before=answer.before
            )
        ensure_running(self.workspace.state)
        return number


class _Carrying:
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
        candidates = session._resolver.candidates(intent, action)
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
            outcome = self.session._runner.run(command)
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
            runner=session._runner,
            history=session.history,
            session=session._session,
            tty=session._tty,
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
            probe=session._runner.read,
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


def unreadable(text: str) -> str | None:
    """Why a text is none: bytes that were no UTF-8, control characters; None where it is fine."""
    if "\ufffd" in text:
        return "That is no text: some of its bytes are no UTF-8."
    if any((ord(c) < 32 or 127 <= ord(c) < 160) and not c.isspace() for c in text):
        return "That is no text: it holds control characters."
    return None


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


def open_session(workspace: Workspace, *, base: Path | None = None) -> Session:
    """The session of this process; raises ConfigError where the configuration is broken.

    `base`: folder of the model, the embedded one if not given.
    """
    catalog = compiled(workspace.config, workspace.cache, workspace.local)
    platform = detect()

    def understander() -> Understander:
        from whispera.engines.adapter import folder_for
        from whispera.engines.load import DEFAULT_BASE, load
        from whispera.pipeline.understand import Understander

        folder = base or workspace.models / DEFAULT_BASE
        adapters = folder_for(workspace, folder.name)
        return Understander(catalog, load(folder, adapters, catalog_hash=catalog.hash))

    return Session(
        workspace,
        catalog,
        understander=understander,
        platform=platform,
        runner=RealRunner(platform),
        lookup=Lookup(catalog.lookup, platform, cache=workspace.cache),
        history=History(workspace.state, keep=catalog.settings.history_keep),
        tty=terminal(),
    )
