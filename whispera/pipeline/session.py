"""From an utterance to what became of it: understand, decide, ask, resolve, run, remember.

The one place where the steps of the pipeline are strung together; the typed command, the command line and
the daemon all go through it. What a user can cause is answered with a value, never raised: `Answer` says
what was understood and what came of it. A configuration or a model that is broken is raised.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from whispera.catalog.compiled import CompiledCatalog, compiled
from whispera.domain.intent import NONE
from whispera.domain.outcome import Parse, Rejection
from whispera.errors import ModelError
from whispera.pipeline.answer import Answer, Asker, parse_json
from whispera.pipeline.asking import hear, read_value
from whispera.pipeline.carrying import UNDO_WINDOW_S, Carrying
from whispera.pipeline.context import Conversation, InHistory, Said, as_text, said_of
from whispera.pipeline.history import History, session_id, terminal
from whispera.pipeline.lookup import Lookup
from whispera.pipeline.platform import Platform, detect
from whispera.pipeline.resolver import Resolver
from whispera.pipeline.runner import RealRunner, Runner
from whispera.workspace import DEFAULT_BASE, Workspace

if TYPE_CHECKING:
    from whispera.pipeline.asking import Parser
    from whispera.pipeline.history import Entry

__all__ = ["Answer", "Asker", "Session", "open_session", "parse_json", "read_value", "unreadable"]

OFFER_FROM = 0.05
"""A runner-up less probable than this is not offered as "did you mean"."""
_OFFERS = 2


class Session:
    """One user at one machine; made once a process, used for any number of utterances."""

    def __init__(
        self,
        workspace: Workspace,
        catalog: CompiledCatalog,
        *,
        understander: Callable[[], Parser],
        platform: Platform,
        runner: Runner,
        lookup: Lookup,
        history: History,
        session: str = "",
        tty: str = "",
        conversation: Conversation | None = None,
    ) -> None:
        """`understander` is called when something must be understood, not before: it loads the model.

        `conversation`: what was said before; that of the terminal `session` in the history if not given.
        """
        self.workspace = workspace
        self.catalog = catalog
        self.platform = platform
        self.history = history
        self._make_understander = understander
        self._understander: Parser | None = None
        self.runner = runner
        self.resolver = Resolver(platform, lookup)
        self.id = session or session_id()
        self.tty = tty
        self.conversation = conversation or InHistory(history, self.id, catalog.settings)

    @property
    def understander(self) -> Parser:
        """The model with its grammar; raises ModelError where it is missing or broken."""
        if self._understander is None:
            self._understander = self._make_understander()
        return self._understander

    def read_through(self, other: Callable[[Callable[[], Parser]], Parser]) -> None:
        """Has utterances read by another, from now on; it gets what would load the one there was."""
        local = self._make_understander
        self._make_understander = lambda: other(local)
        self.unload()

    def unload(self) -> None:
        """Drops the model; it is loaded again when something must be understood."""
        self._understander = None

    def understand(self, text: str, *, after: Sequence[Said] = (), alternatives: int = 0) -> Parse:
        """What was meant by a text of any kind, said after others (newest last).

        Never raises for what a user typed.
        """
        # half characters, from bytes that are no UTF-8, could neither be stored nor printed
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        bad = unreadable(text)
        if bad is not None:
            return Parse(text, "", None, Rejection("unreadable", bad), 0.0, 0.0)
        reader = self.understander
        try:
            return hear(reader, text, after=after, alternatives=alternatives)
        except ModelError as error:  # few characters, but rare ones of several tokens each
            return Parse(text, "", None, Rejection("too_long", f"That is too long: {error}."), 0.0, 0.0)

    def handle(
        self,
        text: str,
        *,
        dry_run: bool = False,
        yes: bool = False,
        alone: bool = False,
        asker: Asker | None = None,
    ) -> Answer:
        """Understands and carries out an utterance; `asker` is None where nobody can be asked.

        `alone`: whatever was said before. Nothing is written down: call `remember` when the user has been
        answered.
        """
        after = () if alone else self.conversation.said()
        parse = self.with_offers(self.understand(text, after=after), after)
        return self.act(parse, after=after, dry_run=dry_run, yes=yes, asker=asker)

    def with_offers(self, parse: Parse, after: Sequence[Said]) -> Parse:
        """A reading that was not sure enough, with what to offer as "did you mean"."""
        if parse.rejection is None or parse.rejection.reason != "low_confidence":
            return parse
        others = self.understand(parse.text, after=after, alternatives=_OFFERS).runners_up
        offers = tuple(one for one in others if one.confidence >= OFFER_FROM and one.intent.action != NONE)
        return replace(parse, runners_up=offers)

    def act(
        self,
        parse: Parse,
        *,
        after: Sequence[Said] = (),
        dry_run: bool = False,
        yes: bool = False,
        asker: Asker | None = None,
    ) -> Answer:
        """Carries out what was understood, asking first where the policy wants it."""
        return Carrying(self, parse, after=after, dry_run=dry_run, yes=yes, asker=asker).answer()

    def with_question(self, after: Sequence[Said], parse: Parse) -> tuple[Said, ...]:
        """What the answer to a question is said after: what was said before, and the command that asks."""
        settings = self.catalog.settings
        said = said_of(parse, self.catalog.actions)
        return (*after, said)[-settings.context_intents :] if said is not None and settings.remembers else ()

    def undoable(self) -> Entry | None:
        """The last command of this terminal that can still be taken back; raises StateError."""
        return self.history.last_undoable(self.id, since=time.time() - UNDO_WINDOW_S)

    def remember(self, answer: Answer) -> int | None:
        """Writes an answer into the history; its number there, None where it could not be written.

        The next utterance may lean on it.

        Also makes sure that what is pending will ring. Dry runs leave nothing behind. Never raises.
        """
        from whispera.pipeline.alarm_start import ensure_running

        number = None
        if not answer.planned:
            said = said_of(answer.parse, self.catalog.actions, answer.outcome)
            if said is not None:
                self.conversation.add(said)
            number = self.history.record(
                answer.parse,
                answer.outcome,
                session=self.id,
                before=answer.before,
                carried=None if said is None else as_text(said.trace),
            )
        ensure_running(self.workspace.state)
        return number


def unreadable(text: str) -> str | None:
    """Why a text is none: bytes that were no UTF-8, control characters; None where it is fine."""
    if "\ufffd" in text:
        return "That is no text: some of its bytes are no UTF-8."
    if any((ord(c) < 32 or 127 <= ord(c) < 160) and not c.isspace() for c in text):
        return "That is no text: it holds control characters."
    return None


def open_session(workspace: Workspace, *, base: Path | None = None) -> Session:
    """The session of this process; raises ConfigError where the configuration is broken.

    `base`: folder of the model, the embedded one if not given.
    """
    catalog = compiled(workspace.config, workspace.cache, workspace.local)
    platform = detect()

    def understander() -> Parser:
        from whispera.engines.adapter import folder_for
        from whispera.engines.load import load
        from whispera.pipeline.understand import Understander

        folder = base or workspace.models / DEFAULT_BASE
        adapters = folder_for(workspace, folder.name)
        return Understander(
            catalog, load(folder, adapters, catalog_hash=catalog.hash, command=workspace.command)
        )

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
