"""Whisper through CTranslate2: several ways to write down what was said, each with its probability.

Only what was said is encoded, not the thirty seconds Whisper was trained on. Silence, noise and music never
reach the model: a voice detector looks first. What the model made up all the same - loops, words without a
voice - is turned down by what it looks like.
"""

from __future__ import annotations

import logging
import threading
import time
import zlib
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_ctranslate2_storage, get_suppressed_tokens

from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.audio.speech import Stretch, Voice, speech_in
from whispera.domain.outcome import Rejection
from whispera.domain.transcript import Clarity, Hypothesis, Transcript
from whispera.engines.load import keep_no_cache
from whispera.engines.recognisers.biasing import prompt_of
from whispera.engines.recognisers.expected import Expected, expected_for
from whispera.engines.store import folder_of, read_models
from whispera.errors import ModelError
from whispera.nlu.answers import reading
from whispera.nlu.pooling import backed, pooled
from whispera.nlu.sounds import distance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from whispera.engines.recognisers import Setting
    from whispera.engines.recognisers.opinion import Opinion

_LOG = logging.getLogger(__name__)

NO_SPEECH = Rejection("no_speech", "Nothing was said.")
WINDOW_S = 30
"""What the model can look at in one go."""
LEAST_SPEECH_MS = 100
"""Less than this is no word."""
PIECE_S = 28
"""What is read at a time of a longer recording."""
_AROUND = int(0.3 * SAMPLE_RATE_HZ)
"""Samples kept around the speech: quiet consonants that the detector misses."""
_LEAD = int(0.6 * SAMPLE_RATE_HZ)
"""Silence put before the speech: a first word that comes at once is often misheard."""
_PAD = 5 * SAMPLE_RATE_HZ
"""Silence put behind the speech: with less the model hears the words twice, more is only slower."""
_MOST_LIKELY_SILENT = 0.85
_LEAST_LOGPROB = -1.5
"""Mean for a token; a worse hypothesis is a guess."""
_GUESSED, _CLEAR = -1.2, -0.8
"""Mean for a word: nine of ten commands that were understood are better, most other languages worse."""
_ECHO = 0.35
"""How differently words may sound that are heard with and without the prompt; see `nlu.sounds.distance`."""
_ROUGHLY = 2
"""Hypotheses of the first hearing whose sounds tell what to expect in the second."""
_UNLIKE = 0.5
"""What sounds more different the second time was expected, not heard."""
_SURE = -0.25
"""Mean for a word: where it is better, no other recogniser is asked."""
_SAME = 0.2
"""How differently words that are not clear may sound to the two recognisers, to be believed after all."""
_MOST_AGAIN_S = 15.0
"""Longer recordings are heard once."""
_MOST_COMPRESSION = 2.4
_MOST_REPEATS = 5
"""Of one word in a row."""
_PROMPT_TOKENS = 200
_TOKENS_A_SECOND = 8


def open(setting: Setting) -> WhisperRecogniser:
    """The recogniser of that setting; raises ModelError where the model is not there."""
    made = WhisperRecogniser(
        model_folder(setting),
        beam=setting.catalog.settings.voice.beam,
        prompt=prompt_of(setting.catalog, setting.names),
        threads=setting.threads,
    )
    made.expected = expected_for(setting)
    made.opinion = _opinion(setting)
    made.warm_up()
    return made


def _opinion(setting: Setting) -> Opinion | None:
    """The second opinion; none where pocketsphinx is not installed, which is said."""
    try:
        from whispera.engines.recognisers.opinion import opinion_for
    except ModuleNotFoundError as error:
        if error.name != "pocketsphinx":
            raise
        _LOG.warning("%s is not installed: what is doubtful is heard by whisper alone", error.name)
        return None
    return opinion_for(setting)


def model_folder(setting: Setting) -> Path:
    """The folder of the model that `voice.model` names; raises ModelError where it is not whole."""
    name = setting.catalog.settings.voice.model
    models = read_models(setting.workspace.config)
    if name in models:
        folder = folder_of(models[name], setting.workspace)
        hint = f"whispera models get {name}"
    else:
        folder = Path(name).expanduser()
        hint = "set voice.model in config/settings.yaml: whisper-tiny.en, or a folder with model.bin"
    missing = [
        file for file in ("model.bin", "config.json", "tokenizer.json") if not (folder / file).is_file()
    ]
    if missing:
        what = f"has no {missing[0]}" if folder.is_dir() else "is not there"
        raise ModelError(f"the speech model '{name}' {what}", hint=hint)
    return folder


class WhisperRecogniser:
    """Turns recordings into words; loaded once, asked any number of times; a second thread waits."""

    name = "whisper"

    def __init__(
        self,
        folder: Path,
        *,
        beam: int = 5,
        prompt: str = "",
        threads: int = 2,
    ) -> None:
        """`folder`: a CTranslate2 model. `prompt`: words to expect. Raises ModelError."""
        try:
            self._whisper: Any = WhisperModel(
                str(folder), device="cpu", compute_type="int8", cpu_threads=threads, local_files_only=True
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise ModelError(
                f"the speech model in {folder} does not load: {error}", hint="whispera models check"
            ) from error
        keep_no_cache(self._whisper.hf_tokenizer)
        self._tokenizer: Any = Tokenizer(
            self._whisper.hf_tokenizer,
            self._whisper.model.is_multilingual,
            task="transcribe",
            language="en",
        )
        self._suppressed = list(get_suppressed_tokens(self._tokenizer, [-1]))
        self._beam = beam
        self._voice = Voice()
        self._lock = threading.Lock()
        self.prompt = prompt
        self.expected: Expected | None = None
        """Commands to expect when a recording is heard again."""
        self.opinion: Opinion | None = None
        """What another recogniser makes of a recording that is heard again."""

    def close(self) -> None:
        """Gives its memory back."""
        self._whisper.model.unload_model()
        if self.opinion is not None:
            self.opinion.close()

    def warm_up(self) -> None:
        """Reads a moment of silence: what is loaded on first use is there when somebody speaks."""
        with self._lock:
            self._read(np.zeros(SAMPLE_RATE_HZ // 4, dtype=np.float32), self.prompt)

    def transcribe(self, clip: Clip) -> Transcript:
        """What was said, at most `beam` hypotheses, the most probable first."""
        started = time.perf_counter()
        with self._lock:
            hypotheses = self._heard(clip.samples, self.prompt)
        ms = (time.perf_counter() - started) * 1e3
        if not hypotheses:
            return Transcript((), clip.seconds, ms, NO_SPEECH)
        return Transcript(hypotheses, clip.seconds, ms, clarity=clarity_of(hypotheses[0]))

    def again(self, clip: Clip, first: Transcript) -> Transcript:
        """What was said, by two hearings and by another recogniser.

        The second hearing expects commands that sound like what was heard first. Words that were not clear
        stay as they are, unless the other recogniser hears nearly the same; nor is more done where it hears
        exactly the same, or for a recording longer than a command. Words that were heard very well are not
        doubted by it.
        """
        started = time.perf_counter()
        if clip.seconds > _MOST_AGAIN_S:
            return first
        with self._lock:
            told = self._told(clip.samples) if per_word(first.hypotheses[0]) < _SURE else ""
            alike = any(distance(one.text, told, most=_SAME) <= _SAME for one in first.hypotheses)
            if first.clarity != "clear" and not alike:
                return first
            if _bare(told) == _bare(first.text):  # the words are not in doubt, whatever they mean
                return first if first.clarity == "clear" else replace(first, clarity="unclear")
            second = self._second(clip.samples, first)
        hypotheses = pooled(first.hypotheses, second)
        if not hypotheses or not (told or second):
            return first
        clarity = clarity_of(hypotheses[0])
        if alike and (first.clarity != "clear" or clarity == "guessed"):
            clarity = "unclear"
        ms = first.ms + (time.perf_counter() - started) * 1e3
        return replace(first, hypotheses=backed(hypotheses, told), ms=ms, clarity=clarity)

    def _told(self, samples: NDArray[np.float32]) -> str:
        """What the other recogniser makes of a recording; empty where there is none.

        So is a yes, a no or a stop: nobody looks for these.
        """
        found = [one for one in speech_in(samples, self._voice) if one.spoken_ms >= LEAST_SPEECH_MS]
        pieces = pieces_of(found, len(samples))
        if self.opinion is None or len(pieces) != 1:
            return ""
        [(start, end)] = pieces
        told = self.opinion.words(samples[start:end])
        return "" if reading(told) else told

    def _second(self, samples: NDArray[np.float32], first: Transcript) -> list[Hypothesis]:
        """The hypotheses of a second hearing that sound like the first; none where nothing is expected."""
        likely = [one.text for one in first.hypotheses[:_ROUGHLY]]
        commands = self.expected.like(likely) if self.expected is not None else []
        if not commands:
            return []
        heard = self._heard(samples, f"{', '.join(reversed(commands))}.")
        return [one for one in heard if distance(one.text, first.text, most=_UNLIKE) <= _UNLIKE]

    def _heard(self, samples: NDArray[np.float32], prompt: str) -> tuple[Hypothesis, ...]:
        found = [one for one in speech_in(samples, self._voice) if one.spoken_ms >= LEAST_SPEECH_MS]
        pieces = [self._read(samples[start:end], prompt) for start, end in pieces_of(found, len(samples))]
        if len(pieces) == 1:
            return pieces[0]
        best = [hypotheses[0] for hypotheses in pieces if hypotheses]
        text = " ".join(one.text for one in best)
        return (Hypothesis(text, sum(one.score for one in best)),) if best else ()

    def _read(self, speech: NDArray[np.float32], prompt: str) -> tuple[Hypothesis, ...]:
        """The hypotheses of speech of at most `PIECE_S` seconds after a prompt, the most probable first."""
        whisper = self._whisper.model
        encoded = whisper.encode(get_ctranslate2_storage(self._features(speech)[np.newaxis]))
        seconds = len(speech) / SAMPLE_RATE_HZ
        found = self._hypotheses(encoded, prompt, seconds)
        if prompt != self.prompt or not found or not is_echo(found[0].text, prompt):
            return found
        # where it understands nothing, the model says what it read last: it must hear that unprompted as well
        alone = self._hypotheses(encoded, "", seconds)
        alike = any(distance(one.text, found[0].text, most=_ECHO) <= _ECHO for one in alone)
        return found if alike else alone

    def _hypotheses(self, encoded: Any, prompt: str, seconds: float) -> tuple[Hypothesis, ...]:
        """The hypotheses of encoded speech after a prompt."""
        before = self._before(prompt)
        result = self._whisper.model.generate(
            encoded,
            [before],
            beam_size=self._beam,
            num_hypotheses=self._beam,
            length_penalty=0.0,
            return_scores=True,
            return_no_speech_prob=True,
            suppress_tokens=self._suppressed,
            max_length=min(448, len(before) + 12 + int(_TOKENS_A_SECOND * seconds)),
        )[0]
        if result.no_speech_prob > _MOST_LIKELY_SILENT:
            return ()
        found: dict[str, Hypothesis] = {}
        for score, ids in zip(result.scores, result.sequences_ids, strict=True):
            text = unlooped(self._tokenizer.decode(ids).strip())
            if text and not is_made_up(text) and score >= _LEAST_LOGPROB * (len(ids) + 1):
                found.setdefault(text, Hypothesis(text, float(score)))
        return tuple(found.values())

    def _features(self, speech: NDArray[np.float32]) -> NDArray[np.float32]:
        """Log-mel features (mels, frames) of the speech and the silence around it; frames is even."""
        extractor = self._whisper.feature_extractor
        step = 2 * extractor.hop_length
        length = min(WINDOW_S * SAMPLE_RATE_HZ, -(-(_LEAD + len(speech) + _PAD) // step) * step)
        padded = np.pad(speech, (_LEAD, max(0, length - _LEAD - len(speech))))[:length]
        features: NDArray[np.float32] = extractor(padded, padding=0)
        return features[:, : length // extractor.hop_length]

    def _before(self, prompt: str) -> list[int]:
        """The token ids before the transcript: the words to expect, and what kind of transcript is wanted."""
        tokenizer = self._tokenizer
        words = tokenizer.encode(" " + prompt)[:_PROMPT_TOKENS] if prompt else []
        before = [tokenizer.sot_prev, *words] if words else []
        return [*before, *tokenizer.sot_sequence, tokenizer.no_timestamps]


def pieces_of(found: Sequence[Stretch], length: int) -> list[tuple[int, int]]:
    """First and last sample of what is read at a time: all speech, or pieces of at most `PIECE_S` seconds.

    `length`: of the recording in samples. A piece ends in a pause wherever there is one.
    """
    most = PIECE_S * SAMPLE_RATE_HZ
    pieces: list[tuple[int, int]] = []
    for stretch in found:
        start, end = max(0, stretch.start - _AROUND), min(length, stretch.end + _AROUND)
        if pieces and end - pieces[-1][0] <= most:
            pieces[-1] = (pieces[-1][0], end)
            continue
        if pieces:
            start = max(start, pieces[-1][1])
        pieces.extend((at, min(end, at + most)) for at in range(start, end, most))
    return pieces


def per_word(hypothesis: Hypothesis) -> float:
    """The mean logarithm of the probability of its words, the end counted as one."""
    return hypothesis.score / (len(hypothesis.text.split()) + 1)


def clarity_of(hypothesis: Hypothesis) -> Clarity:
    """How well its words were heard."""
    mean = per_word(hypothesis)
    return "clear" if mean >= _CLEAR else "unclear" if mean >= _GUESSED else "guessed"


def is_echo(text: str, prompt: str) -> bool:
    """Whether a transcript is a part of the prompt."""
    words = _bare(text)
    return bool(words) and f" {' '.join(words)} " in f" {' '.join(_bare(prompt))} "


def is_made_up(text: str) -> bool:
    """Whether a transcript is none: no words, one word over and over, or what compresses far too well."""
    data = text.encode("utf-8")
    if len(data) / len(zlib.compress(data)) > _MOST_COMPRESSION:
        return True
    words = _bare(text)
    if not words:
        return True
    return max(len(list(run)) for _, run in groupby(words)) >= _MOST_REPEATS


def unlooped(text: str) -> str:
    """The text once, where the model went on to write the same again: "Mute it. Mute it. Mute" is "Mute it."

    Nothing is cut where less than two words would be left: "next next" is said so.
    """
    written = text.split()
    words = [_word(word) for word in written]
    for period in range(2, len(words) * 2 // 3 + 1):
        if all(words[at] == words[at - period] for at in range(period, len(words))):
            return " ".join(written[:period])
    return text


def _bare(text: str) -> list[str]:
    return [word for word in map(_word, text.split()) if word]


def _word(word: str) -> str:
    """A word without case and marks."""
    return "".join(character for character in word.casefold() if character.isalnum() or character in "%+#")
