"""From a recording to an intent: recognise, understand what may have been said, choose.

A recogniser offers several ways to write down what it heard. Each is read by the intent model; the one that
is chosen is probable as sound and as a command.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from whispera.domain.outcome import Parse, Rejection
from whispera.domain.transcript import Hypothesis, Transcript
from whispera.nlu.transcript import normalised

if TYPE_CHECKING:
    from whispera.audio.clip import Clip
    from whispera.engines.recognisers import Recogniser
    from whispera.pipeline.context import Said
    from whispera.pipeline.session import Session

READ = 4
"""Hypotheses that are read; those behind are less probable by far."""


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

    def understand(self, text: str, *, after: Sequence[Said] = (), alternatives: int = 0) -> Parse:
        """What was meant by a text."""


class Hearing:
    """A recogniser and what understands its words; one recording at a time."""

    def __init__(self, recogniser: Recogniser, reader: Reader) -> None:
        self.recogniser = recogniser
        self._reader = reader

    def hear(self, clip: Clip, after: Sequence[Said] = ()) -> Heard:
        """What was meant by a recording of any kind, said after others (newest last); never raises for it.

        `parse.rejection.reason` is `no_speech` where nothing was said.
        """
        started = time.perf_counter()
        transcript = self.recogniser.transcribe(clip)
        parse = self._chosen(transcript, after)
        return Heard(transcript, parse, (time.perf_counter() - started) * 1e3)

    def close(self) -> None:
        """Gives the memory of the recogniser back."""
        self.recogniser.close()

    def _chosen(self, transcript: Transcript, after: Sequence[Said]) -> Parse:
        if not transcript.hypotheses:
            rejection = transcript.rejection or Rejection("no_speech", "Nothing was said.")
            return Parse("", "", None, rejection, 0.0, 0.0)
        texts: dict[str, Hypothesis] = {}
        for hypothesis in transcript.hypotheses:
            texts.setdefault(normalised(hypothesis.text), hypothesis)
        best: Parse | None = None
        for text in list(texts)[:READ]:
            parse = self._reader.understand(text, after=after)
            if best is None or (parse.accepted and not best.accepted and texts[text].score > -1e9):
                best = parse
        assert best is not None
        return replace(best)


def open_hearing(session: Session, *, recogniser: str | None = None, threads: int = 2) -> Hearing:
    """Hearing for a session, by the settings of its catalog; raises UsageError, ModelError.

    `recogniser`: another one than `voice.recogniser` names.
    """
    return Hearing(open_ears(session, recogniser=recogniser, threads=threads), session)


def open_ears(session: Session, *, recogniser: str | None = None, threads: int = 2) -> Recogniser:
    """The recogniser for a session, which knows the words of its catalog and the names here."""
    from whispera.engines.recognisers import Setting, open_recogniser
    from whispera.pipeline.applications import Applications

    applications = Applications(session.platform, cache=session.workspace.cache)
    names = [application.name for application in applications.all()]
    setting = Setting(session.workspace, session.catalog, names, threads)
    return open_recogniser(recogniser or session.catalog.settings.voice.recogniser, setting)
