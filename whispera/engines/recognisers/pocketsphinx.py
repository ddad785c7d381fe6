"""pocketsphinx: commands in the words of the catalog, heard while they are said.

Two decoders follow the sound side by side. One knows which words follow one another in commands and hears
next to nothing else; the other knows commands and other talk, and hears whatever is likely. Only where both
write the same words is there a transcript: what is no command makes them part. Whatever holds free words
(notes, messages, searches) is heard by the second alone and thereby turned down; whisper is for these.
"""

from __future__ import annotations

import logging
import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
import pocketsphinx as sphinx

from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.audio.speech import WINDOW_MS, Voice
from whispera.domain.outcome import Rejection
from whispera.domain.transcript import Hypothesis, Transcript
from whispera.engines.recognisers.pocketsphinx_models import Models, models_for
from whispera.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whispera.engines.recognisers import Setting

_LOG = logging.getLogger(__name__)

NO_SPEECH = Rejection("no_speech", "Nothing was said.")
NOT_RECOGNISED = Rejection("not_recognised", "That was no command that I know.")
LEAST_SPEECH_MS = 120
"""Less than this is a click or a cough."""
LIKELY = 0.5
"""A window with this probability is speech."""
BLOCK = 1600
"""Samples that are decoded at once; a recording is fed in such blocks."""
COMMON = {"bestpath": True, "fwdflat": False, "loglevel": "FATAL"}
TALK = {"lw": 6.5, "wip": 0.65, "pip": 1.0}
COMMANDS = {"lw": 6.5, "wip": 0.65, "pip": 1.0}


class Gate(Protocol):
    """Tells speech from other sound, window by window; `audio.speech.Voice` is one."""

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """One for each window that is complete."""

    def reset(self) -> None:
        """Begins another stream."""


class Loudness:
    """A gate where silero is not installed: what is well above the quietest windows counts as speech."""

    _WINDOW = 512
    _ABOVE = 4.0
    _LEAST = 0.003
    """Root mean square; a quieter window is silence whatever surrounds it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Begins another stream."""
        self._rest = np.zeros(0, dtype=np.float32)
        self._floor = math.inf

    def probabilities(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """1 for each complete window of 512 samples that is loud, else 0."""
        heard = np.concatenate([self._rest, samples])
        count = len(heard) // self._WINDOW
        self._rest = heard[count * self._WINDOW :].copy()
        windows = heard[: count * self._WINDOW].reshape(count, self._WINDOW)
        loud = np.sqrt(np.mean(windows**2, axis=1))
        judged = np.zeros(count, dtype=np.float32)
        for at, one in enumerate(loud.tolist()):
            self._floor = min(self._floor, one)
            judged[at] = one > max(self._LEAST, self._ABOVE * self._floor)
        return judged


def open(setting: Setting) -> PocketsphinxRecogniser:
    """The recogniser of that setting; makes its models first where they are not in the cache.

    Raises ConfigError where the catalog cannot be made a grammar, ModelError where a model does not load.
    """
    models, acoustic = models_of(setting)
    return PocketsphinxRecogniser(models, acoustic=acoustic)


def models_of(setting: Setting) -> tuple[Models, Path]:
    """The models for a setting, and the folder of the acoustic model; raises ConfigError."""
    folder = Path(sphinx.get_model_path("en-us"))
    acoustic = folder / "en-us"
    known = folder / "cmudict-en-us.dict"
    return models_for(setting.workspace, acoustic=acoustic, known=known, names=setting.names), acoustic


def decoder_of(models: Models, lm: Path, *, acoustic: Path, **options: float) -> sphinx.Decoder:
    """A decoder with one of the language models; raises ModelError."""
    try:
        return sphinx.Decoder(**COMMON, **options, hmm=str(acoustic), dict=str(models.dictionary), lm=str(lm))
    except (RuntimeError, ValueError) as error:
        raise ModelError(
            f"the models of pocketsphinx in {models.folder} do not load: {error}",
            hint="remove that folder; it is made anew",
        ) from error


class PocketsphinxRecogniser:
    """Turns speech into words of the catalog, while it is said (`begin`, `feed`, `end`) or from a recording.

    Asked by one thread at a time.
    """

    name = "pocketsphinx"

    def __init__(self, models: Models, *, acoustic: Path, gate: Gate | None = None) -> None:
        """Raises ModelError."""
        self.models = models
        self._talk = decoder_of(models, models.talk, acoustic=acoustic, **TALK)
        self._commands = decoder_of(models, models.commands, acoustic=acoustic, **COMMANDS)
        self._gate = gate or _gate()
        self._rest = np.zeros(0, dtype=np.float32)
        """Samples that are not a block yet."""
        self._samples = 0
        self._speech_ms = 0.0
        self._begun = False

    def close(self) -> None:
        """Gives its memory back; once more does nothing."""
        for decoder in ("_talk", "_commands"):
            self.__dict__.pop(decoder, None)
        self.models.drop()

    def begin(self) -> None:
        """Begins an utterance; one that was begun and not ended is dropped."""
        self.drop()
        self._gate.reset()
        self._samples = 0
        self._speech_ms = 0.0
        self._talk.start_utt()
        self._commands.start_utt()
        self._begun = True

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Decodes the next samples (n,), 16 kHz, -1 to 1, in blocks of `BLOCK`: the rest waits for more."""
        samples = np.concatenate([self._rest, samples.astype(np.float32, copy=False)])
        whole = len(samples) // BLOCK * BLOCK
        for at in range(0, whole, BLOCK):
            self._decode(samples[at : at + BLOCK])
        self._rest = samples[whole:].copy()

    def partial(self) -> str:
        """What is heard so far, without the other decoder: to be shown, not acted on."""
        heard = self._talk.hyp() if self._begun else None
        return " ".join(words_of(heard)) if heard else ""

    def end(self) -> Transcript:
        """What was said since `begin`; `ms` is the time since the last sample, without that before it."""
        started = time.perf_counter()
        self._decode(self._rest)
        talk, commands = self._finish()
        words = words_of(talk)
        seconds = self._samples / SAMPLE_RATE_HZ
        ms = (time.perf_counter() - started) * 1e3
        if self._speech_ms < LEAST_SPEECH_MS:
            return Transcript((), seconds, ms, NO_SPEECH)
        if not words or words != words_of(commands):
            return Transcript((), seconds, ms, NOT_RECOGNISED)
        score = math.log(max(float(talk.prob), 1e-30)) if talk is not None else 0.0
        return Transcript((Hypothesis(" ".join(words), score),), seconds, ms)

    def drop(self) -> None:
        """Ends the utterance, and forgets it; nothing where none was begun."""
        if self._begun:
            self._finish()

    def transcribe(self, clip: Clip) -> Transcript:
        """What was said in a recording; `ms` is the whole time that took."""
        started = time.perf_counter()
        self.begin()
        self.feed(clip.samples)
        heard = self.end()
        ms = (time.perf_counter() - started) * 1e3
        return Transcript(heard.hypotheses, heard.seconds, ms, heard.rejection)

    def _decode(self, samples: NDArray[np.float32]) -> None:
        self._samples += len(samples)
        judged = self._gate.probabilities(samples)
        self._speech_ms += WINDOW_MS * int(np.count_nonzero(judged >= LIKELY))
        raw = raw_of(samples)
        if raw:
            self._talk.process_raw(raw)
            self._commands.process_raw(raw)

    def _finish(self) -> tuple[sphinx.Hypothesis | None, sphinx.Hypothesis | None]:
        """The hypotheses of both decoders, whose utterance is over then."""
        self._begun = False
        self._rest = self._rest[:0].copy()
        self._talk.end_utt()
        self._commands.end_utt()
        return self._talk.hyp(), self._commands.hyp()


def _gate() -> Gate:
    """Silero where it is installed, else loudness alone, which is said."""
    try:
        return Voice()
    except ModelError as error:
        _LOG.warning("%s: whether somebody speaks is told by loudness alone", error.message)
        return Loudness()


def raw_of(samples: NDArray[np.float32]) -> bytes:
    """Samples (n,) as decoders take them: 16 bits, little end first."""
    return (np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()


def words_of(heard: sphinx.Hypothesis | None) -> tuple[str, ...]:
    """The words of a hypothesis, without noises and the numbers of pronunciations."""
    if heard is None or not heard.hypstr:
        return ()
    return tuple(word.partition("(")[0] for word in heard.hypstr.split() if word[0] not in "<[+")
