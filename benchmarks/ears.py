"""What listens in the benchmarks of voice: the shipped configuration, with some settings changed.

Import `measure` first.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import measure

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

from whispera import workspace
from whispera.audio.clip import Clip
from whispera.catalog.settings import Mode
from whispera.domain.transcript import Transcript
from whispera.engines.recognisers import Recogniser
from whispera.pipeline.hearing import Hearing, open_hearing
from whispera.pipeline.session import Session, open_session
from whispera.pipeline.understand import Understander


@dataclass(frozen=True, slots=True)
class Setting:
    """What of the shipped settings is changed."""

    recogniser: str = "whisper"
    beam: int | None = None
    """None leaves it as shipped."""
    model: str = ""
    """Another model than the shipped settings name, or its folder."""
    prompt: bool = True
    """Give Whisper the words to expect."""
    rescoring: bool = True
    """Read several hypotheses, and take the one that is a likely command too."""
    domain: str = ""
    mode: Mode | None = None
    """How recordings begin and end; None leaves it as shipped."""
    threads: int = 2
    at_once: bool = True
    """Hear while it is said, where the recogniser can, and stop where nobody speaks any more."""

    @property
    def name(self) -> str:
        """For a row of a table."""
        whole = "" if self.at_once else ", whole recordings"
        if self.recogniser != "whisper":
            return self.recogniser + whole
        off = [name for name, on in (("prompt", self.prompt), ("rescoring", self.rescoring)) if not on]
        return f"whisper beam {self.beam or 'as set'}" + (f", no {' or '.join(off)}" if off else "") + whole


class First:
    """A recogniser that offers its most probable hypothesis alone."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.name = recogniser.name
        self._recogniser = recogniser

    def transcribe(self, clip: Clip) -> Transcript:
        transcript = self._recogniser.transcribe(clip)
        return replace(transcript, hypotheses=transcript.hypotheses[:1])

    def close(self) -> None:
        self._recogniser.close()


class Whole:
    """A recogniser that is not asked before a recording is over."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.name = recogniser.name
        self.transcribe = recogniser.transcribe
        self.close = recogniser.close


@contextmanager
def listening(setting: Setting) -> Iterator[tuple[Session, Hearing]]:
    """A session with a history of the benchmark's own, and the ears for it."""
    with TemporaryDirectory(prefix="whispera-benchmark-") as folder:
        place = workspace.find(str(measure.ROOT), domain=setting.domain)
        session = open_session(replace(place, state=Path(folder)))
        voice = session.catalog.settings.voice
        voice = replace(
            voice,
            beam=setting.beam or voice.beam,
            model=setting.model or voice.model,
            mode=setting.mode or voice.mode,
        )
        settings = replace(session.catalog.settings, voice=voice)
        understander = session.understander
        assert isinstance(understander, Understander)
        session.catalog = understander.catalog = replace(session.catalog, settings=settings)
        hearing = open_hearing(session, recogniser=setting.recogniser, threads=setting.threads)
        if not setting.prompt and setting.recogniser == "whisper":
            assert isinstance(hearing.recogniser.prompt, str)  # type: ignore[attr-defined]
            hearing.recogniser.prompt = ""  # type: ignore[attr-defined]
        if not setting.rescoring:
            hearing.recogniser = First(hearing.recogniser)
        if not setting.at_once:
            hearing.recogniser = Whole(hearing.recogniser)
        try:
            yield session, hearing
        finally:
            hearing.close()
