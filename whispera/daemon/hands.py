"""Carrying spoken commands out, one after the other, in a thread of their own."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from whispera.daemon.questions import Exchange, VoiceAsker
from whispera.daemon.stoppable import StoppableRunner
from whispera.pipeline.certainty import careful
from whispera.pipeline.recordings import keep_recording

if TYPE_CHECKING:
    from whispera.audio.clip import Clip
    from whispera.daemon.metrics import Metrics
    from whispera.daemon.parts import Parts
    from whispera.pipeline.answer import Answer
    from whispera.pipeline.context import Said
    from whispera.pipeline.hearing import Heard
    from whispera.pipeline.session import Session

FAULT = "That should not have happened; the log of the daemon says where."
INSTEAD = 4
"""Commands that may be said in place of answers, one after the other."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Spoken:
    """A recording as it was understood."""

    heard: Heard
    clip: Clip
    ended: float
    """When the speaker was done, on the clock of the service."""
    bidden: bool = True
    """A key said that a command was coming; what an open microphone hears may be meant for others."""


class Hands:
    """Acts on what was heard."""

    def __init__(
        self,
        session: Session,
        runner: StoppableRunner,
        parts: Parts,
        metrics: Metrics | None,
        *,
        ask: Exchange,
    ) -> None:
        """`ask`: puts a question and waits for the answer."""
        self._session = session
        self._runner = runner
        self._parts = parts
        self._metrics = metrics
        self._ask = ask
        self._queue: queue.SimpleQueue[tuple[int, Spoken] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True, name="hands")
        self.question_after: Sequence[Said] = ()
        """What the answer for a value is said after: the command that asks is the last."""
        self.answered: Spoken | None = None
        """The last answer to a question."""
        self.last: dict[str, Any] | None = None
        """The last command, as JSON data, with milliseconds from the end of speech."""
        self.on_answer: Callable[[str, bool], None] = lambda text, ok: None  # noqa: ARG005
        """What to tell the user, and whether the command was done."""
        self.on_acted: Callable[[int], None] = lambda number: None  # noqa: ARG005
        """A command is over."""

    def start(self) -> None:
        """Begins to take commands."""
        self._thread.start()

    def stop(self, wait_s: float) -> None:
        """Lets what runs finish, for so long."""
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(wait_s)

    def act(self, number: int, spoken: Spoken) -> None:
        """Has a command carried out; `on_acted` tells when that is over."""
        self._runner.ready()
        self._queue.put((number, spoken))

    def _run(self) -> None:
        while True:
            taken = self._queue.get()
            if taken is None:
                return
            number, spoken = taken
            try:
                following: Spoken | None = spoken
                for _ in range(INSTEAD):
                    if following is None or self._runner.stopped:
                        break
                    following = self._act(following)
            except Exception as error:
                _LOG.error("acting", exc_info=error, extra={"facts": {"error": type(error).__name__}})
                self.on_answer(FAULT, False)
            finally:
                self.on_acted(number)

    def _act(self, spoken: Spoken) -> Spoken | None:
        """Carries a command out; what was said in place of an answer to its question."""
        session, heard = self._session, spoken.heard
        after = session.conversation.said()
        parse = careful(heard, session.catalog.actions, session.catalog.settings, bidden=spoken.bidden)
        parse = session.with_offers(parse, after)
        self.question_after = session.with_question(after, parse)
        asker = VoiceAsker(self._ask)
        answer = session.act(parse, after=after, asker=asker)
        seconds = self._parts.now() - spoken.ended
        if spoken.bidden or answer.outcome is not None:  # else people talk to one another
            self._tell(answer)
            keep_recording(session, session.remember(answer), spoken.clip)
            self._note(answer, heard, seconds)
        return self.answered if asker.instead is not None else None

    def _tell(self, answer: Answer) -> None:
        lines = [answer.message, answer.hint and f"({answer.hint})"]
        self.on_answer("\n".join(filter(None, lines)), answer.exit_code == 0)

    def _note(self, answer: Answer, heard: Heard, seconds: float) -> None:
        intent = answer.parse.intent
        ms = round(seconds * 1e3, 1)
        self.last = {
            "heard": heard.transcript.text,
            "intent": intent.as_json() if intent is not None else None,
            "exit_code": answer.exit_code,
            "message": answer.message,
            "recognised_ms": round(heard.transcript.ms, 1),
            "ms": ms,
        }
        if self._metrics is not None:
            understood = str(answer.outcome is not None).lower()
            self._metrics.count("utterances_total", origin="spoken", understood=understood)
            self._metrics.observe("spoken_seconds", seconds)
        action = intent.action if intent is not None and answer.outcome is not None else ""
        _LOG.info("spoken", extra={"facts": {"action": action, "exit_code": answer.exit_code, "ms": ms}})
