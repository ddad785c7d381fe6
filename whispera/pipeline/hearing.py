"""From a recording to an intent: recognise, understand what may have been said, choose.

A recogniser offers several ways to write down what it heard. Each is read by the intent model, and the one
that is chosen is probable as sound, as a command and by what the catalog can say. Chat stays chat: that a
sentence is no command counts against it only a little, and its other hypotheses are mostly none either.
"""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from whispera.domain.intent import NONE
from whispera.domain.outcome import Parse, Rejection
from whispera.domain.transcript import Transcript
from whispera.nlu.answers import reading
from whispera.nlu.decode import trace_of
from whispera.nlu.pooling import merged
from whispera.nlu.transcript import typed
from whispera.pipeline.names_heard import Names
from whispera.pipeline.policy import NOT_SURE

if TYPE_CHECKING:
    from whispera.audio.clip import Clip
    from whispera.catalog.compiled import CompiledCatalog
    from whispera.engines.recognisers import Recogniser
    from whispera.pipeline.context import Said
    from whispera.pipeline.session import Session

_LOG = logging.getLogger(__name__)

READ = 5
"""Hypotheses that are read; those behind are less probable by far."""
CONFIDENCE = 3.0
"""What the logarithm of the model's confidence weighs against that of the recogniser's probability."""
NO_COMMAND = 0.5
"""What a reading loses that is none."""
UNSURE = 1.0
"""What a reading loses that the model is not sure of."""
UNREADABLE = 5.0
"""What a reading loses whose values cannot be read."""
KNOWN_WORD = 1.0
"""What a reading gains for each word that a table of the catalog knows."""
SURE = 0.85
"""What the confidence must be where the words are not clear."""
SURE_OF_A_GUESS = 0.98
"""What it must be where they are a guess, and few; where they are many none is enough."""
FEW = 4
"""Words of which a recogniser is seldom sure, since nothing stands around them: "cut", "volume 65"."""
CERTAIN = 0.95
"""What the confidence must be for a recording to be heard only once."""
OVER_NONE = 1.0
"""How much less a certain command may be than no command, to be taken where a recording was heard again."""
JOINED = 0.5
"""What a hypothesis loses whose words were put together to a name."""
_AND = re.compile(r"and (?=(?:mute|pause)\b)", re.IGNORECASE)
"""What "un" of "unmute" is often heard as, where it begins a sentence."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A recording as understood."""

    transcript: Transcript
    """What may have been said, as the recogniser wrote it down; the most probable first."""
    parse: Parse
    """The reading chosen; its `text` is the words it was read from."""
    ms: float = 0.0
    """From the recording to the intent, recognising included."""


class Reader(Protocol):
    """What understands text: a session, or its like."""

    @property
    def catalog(self) -> CompiledCatalog:
        """What can be said."""

    def understand(self, text: str, *, after: Sequence[Said] = (), alternatives: int = 0) -> Parse:
        """What was meant by a text."""


@runtime_checkable
class HearsAgain(Protocol):
    """A recogniser that can listen to a recording again, with a better idea of what it may be."""

    def again(self, clip: Clip, first: Transcript) -> Transcript:
        """What was said in a recording, of which `first` was heard before."""


class Hearing:
    """A recogniser and what understands its words; one recording at a time."""

    def __init__(self, recogniser: Recogniser, reader: Reader, *, names: Sequence[str] = ()) -> None:
        """`names`: of installed applications."""
        self.recogniser = recogniser
        self._reader = reader
        self._installed = names
        self._names: Names | None = None

    def hear(self, clip: Clip, after: Sequence[Said] = (), *, bidden: bool = True) -> Heard:
        """What was meant by a recording of any kind, said after others (newest last); never raises for it.

        `parse.rejection.reason` is `no_speech` where nothing was said. `bidden`: a
        key, or whoever began to listen for one command, says that one is coming; what was not bidden is heard
        once, and never acted on where its words are not clear.
        """
        started = time.perf_counter()
        transcript = self.recogniser.transcribe(clip)
        parse = self.read(transcript, after, bidden=bidden)
        if bidden and isinstance(self.recogniser, HearsAgain) and self._is_doubtful(transcript, parse):
            again = self.recogniser.again(clip, transcript)
            if again is not transcript:
                transcript, parse = again, self.read(again, after, over_none=OVER_NONE)
        return Heard(transcript, parse, (time.perf_counter() - started) * 1e3)

    def read(
        self,
        transcript: Transcript,
        after: Sequence[Said] = (),
        *,
        bidden: bool = True,
        over_none: float = 0.0,
    ) -> Parse:
        """What was meant by a transcript: the best reading of any of its hypotheses.

        `bidden`: as for `hear`. `over_none`: how much less a command that is certain may be than no command,
        to be taken.
        """
        best: Parse | None = None
        best_score = -math.inf
        command: Parse | None = None
        command_score = -math.inf
        for text, score in self._texts(transcript):
            if score + self._most_gained(text) <= best_score - over_none:
                continue
            parse = self._reader.understand(text, after=after)
            if not after:
                parse = self._undoing(text, parse)
            score += self._worth(parse)
            _LOG.debug("%.2f for '%s'", score, text)
            if score > best_score:
                best, best_score = parse, score
            if score > command_score and parse.accepted and parse.confidence >= CERTAIN:
                command, command_score = parse, score
        if _is_none(best) and command_score > best_score - over_none:
            best = command
        if best is None:
            rejection = transcript.rejection or Rejection("no_speech", "Nothing was said.")
            return Parse("", "", None, rejection, 0.0, 0.0)
        if best.accepted and best.intent is not None:
            if transcript.clarity != "clear" and not (bidden and _is_sure(best, transcript)):
                return replace(best, rejection=Rejection("low_confidence", NOT_SURE))
            best = replace(best, intent=self.names.snapped(best.intent, after))
        return best

    @property
    def names(self) -> Names:
        """The names known here."""
        if self._names is None:
            self._names = Names(self._reader.catalog, self._installed)
        return self._names

    def close(self) -> None:
        """Gives the memory of the recogniser back."""
        self.recogniser.close()

    def _undoing(self, text: str, parse: Parse) -> Parse:
        """The reading of a text, or of "unmute me" for "and mute me" where it begins so."""
        found = _AND.match(text)
        if found is None:
            return parse
        undone = self._reader.understand(f"un{text[found.end() :]}")
        return undone if undone.accepted and undone.confidence >= CERTAIN and not _is_none(undone) else parse

    def _is_doubtful(self, transcript: Transcript, parse: Parse) -> bool:
        """Whether a recording is worth hearing again; an answer is not: a yes must not be looked for."""
        if not transcript.hypotheses:
            return False
        sure = parse.accepted and parse.confidence >= CERTAIN and transcript.clarity != "guessed"
        return not sure and not reading(transcript.text)

    def _texts(self, transcript: Transcript) -> Iterator[tuple[str, float]]:
        """Different texts to read, each with the logarithm of its odds against the most probable one."""
        heard = merged(transcript.hypotheses, by=typed)
        for hypothesis in heard[:READ]:
            text = typed(hypothesis.text)
            score = hypothesis.score - heard[0].score
            yield text, score
            if hypothesis is heard[0]:
                joined = self.names.joined(text)
                if joined is not None:
                    yield joined, score - JOINED

    def _most_gained(self, text: str) -> float:
        """What a reading of a text gains at most."""
        return KNOWN_WORD * len(text.split()) if self._has_tables else 0.0

    def _worth(self, parse: Parse) -> float:
        """What a reading gains or loses by what the model and the catalog say of it."""
        worth = CONFIDENCE * math.log(max(parse.confidence, 1e-4))
        reason = parse.rejection.reason if parse.rejection is not None else ""
        if parse.intent is None or reason in ("value", "unreadable", "empty", "too_long"):
            return worth - UNREADABLE
        if parse.intent.action == NONE:
            return worth - NO_COMMAND
        if self._has_tables:
            worth += KNOWN_WORD * self._known_words(parse)
        return worth - (UNSURE if reason else 0.0)

    @cached_property
    def _has_tables(self) -> bool:
        return any(spec.words for action in self._reader.catalog.actions.values() for spec in action.slots)

    def _known_words(self, parse: Parse) -> int:
        """How many words of the values of a parse are those of tables."""
        actions = self._reader.catalog.actions
        count = 0
        for step in trace_of(parse.wire) if parse.wire else ():
            action = actions.get(step.action)
            for chosen in step.slots:
                spec = action.slot(chosen.name) if action is not None else None
                if spec is not None and spec.words:
                    count += len(chosen.words.split())
        return count


def _is_sure(parse: Parse, transcript: Transcript) -> bool:
    """Whether words that were not heard clearly are to be acted on."""
    if transcript.clarity == "guessed":
        return parse.confidence >= SURE_OF_A_GUESS and len(transcript.text.split()) <= FEW
    return parse.confidence >= SURE


def _is_none(parse: Parse | None) -> bool:
    return parse is not None and parse.intent is not None and parse.intent.action == NONE


def open_hearing(session: Session, *, recogniser: str | None = None, threads: int = 2) -> Hearing:
    """Hearing for a session, by the settings of its catalog; raises UsageError, ModelError.

    `recogniser`: another one than `voice.recogniser` names.
    """
    names = installed_names(session)
    ears = open_ears(session, recogniser=recogniser, threads=threads)
    return Hearing(ears, session, names=names)


def open_ears(session: Session, *, recogniser: str | None = None, threads: int = 2) -> Recogniser:
    """The recogniser for a session, which knows the words of its catalog and the names here."""
    from whispera.engines.recognisers import Setting, open_recogniser

    setting = Setting(session.workspace, session.catalog, installed_names(session), threads)
    return open_recogniser(recogniser or session.catalog.settings.voice.recogniser, setting)


def installed_names(session: Session) -> list[str]:
    """The names of the applications here."""
    from whispera.pipeline.applications import Applications

    applications = Applications(session.platform, cache=session.workspace.cache)
    return [application.name for application in applications.all()]
