"""How much of what is said in recordings is understood, how quickly, and with how much memory.

Each recording goes the whole way from its last sample to the intent. Words are compared as they are heard:
without case, and number words as digits ("twelve ounce" is "12 ounce").
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from whispera.domain.intent import Intent, Value
from whispera.domain.outcome import Parse
from whispera.evaluation.audio_labels import Labelled
from whispera.evaluation.expected import Expected, ExpectedStep, Slots, exactly_right
from whispera.evaluation.expected import fold as fold_case
from whispera.evaluation.measure import Answer, Share, answer, percentile
from whispera.evaluation.text import given, wanted
from whispera.values import numbers

if TYPE_CHECKING:
    from whispera.audio.clip import Clip
    from whispera.domain.transcript import Transcript

_BESIDE_WORDS = re.compile(r"[^\w\s']|(?<!\w)'|'(?!\w)")
_DOT = re.compile(r"(?<=\w)\.(?=[^\W\d])")
_POINT = re.compile(r"(?<=\d)\.(?=\d)")


class Heard(Protocol):
    """What became of one recording (`pipeline.hearing.Heard`)."""

    @property
    def transcript(self) -> Transcript:
        """What was said."""

    @property
    def parse(self) -> Parse:
        """What was meant."""


class Ears(Protocol):
    """What understands recordings (`pipeline.hearing.Hearing`)."""

    def hear(self, clip: Clip) -> Heard:
        """What was said, and what was meant."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """One recording, with what became of it."""

    labelled: Labelled
    heard: str
    """The words that were understood; empty where none were."""
    answer: Answer
    slots: Mapping[str, bool]
    """Slots that were said or understood, to whether their values are right."""
    edits: int
    """Words wrong, missing or too many; 0 where the words are not known."""
    words: int
    """Words that were said; 0 where they are not known."""
    seconds: float
    """Length of the recording."""
    ms: float
    """From the last sample to the intent."""
    rejection: str = ""
    """Why nothing would be done; empty where something would be."""


@dataclass(frozen=True, slots=True)
class Round:
    """All recordings under one condition."""

    name: str
    """"clean", "12 dB white"."""
    spoken: tuple[Spoken, ...]

    @property
    def action(self) -> Share:
        """The intent is the right one, whatever its slots."""
        return Share(sum(one.answer.action_right for one in self.spoken), len(self.spoken))

    @property
    def exact(self) -> Share:
        """The intent and every slot are right."""
        return Share(sum(one.answer.exact for one in self.spoken), len(self.spoken))

    @property
    def per_slot(self) -> dict[str, Share]:
        """Slot to values that are right, of those that were said or understood."""
        names = dict.fromkeys(name for one in self.spoken for name in one.slots)
        found = {name: [one.slots[name] for one in self.spoken if name in one.slots] for name in names}
        return {name: Share(sum(rights), len(rights)) for name, rights in sorted(found.items())}

    @property
    def word_error_rate(self) -> float | None:
        """Wrong, missing and added words over words said; None where no words are known."""
        said = sum(one.words for one in self.spoken)
        return sum(one.edits for one in self.spoken) / said if said else None

    @property
    def latency_ms(self) -> dict[str, float]:
        """From the last sample to the intent."""
        times = [one.ms for one in self.spoken]
        return {
            "median": percentile(times, 0.5),
            "p90": percentile(times, 0.9),
            "max": max(times, default=0.0),
        }

    @property
    def real_time_factor(self) -> float:
        """Time taken over time recorded."""
        seconds = sum(one.seconds for one in self.spoken)
        return sum(one.ms for one in self.spoken) / 1e3 / seconds if seconds else 0.0

    @property
    def rejections(self) -> dict[str, int]:
        """Reason to how often, the most frequent first."""
        return dict(Counter(one.rejection for one in self.spoken if one.rejection).most_common())

    @property
    def wrong(self) -> list[Spoken]:
        """Those that are not exactly right."""
        return [one for one in self.spoken if not one.answer.exact]

    def as_json(self) -> dict[str, Any]:
        """The figures as plain data, the wrong recordings with them."""

        def share(value: Share) -> dict[str, Any]:
            return {**asdict(value), "share": round(value.value, 4)}

        rate = self.word_error_rate
        return {
            "name": self.name,
            "recordings": len(self.spoken),
            "action": share(self.action),
            "exact": share(self.exact),
            "per_slot": {name: share(value) for name, value in self.per_slot.items()},
            "word_error_rate": None if rate is None else round(rate, 4),
            "latency_ms": {name: round(value, 1) for name, value in self.latency_ms.items()},
            "real_time_factor": round(self.real_time_factor, 4),
            "rejections": self.rejections,
            "wrong": [
                {
                    "file": one.labelled.path.name,
                    "said": one.labelled.text or None,
                    "heard": one.heard,
                    "wanted": wanted(one.answer),
                    "given": given(one.answer),
                    "confidence": round(one.answer.confidence, 4),
                    "rejection": one.rejection or None,
                }
                for one in self.wrong
            ],
        }


@dataclass(slots=True)
class AudioFigures:
    """Everything `whispera eval --audio` reports."""

    rounds: list[Round]
    """Clean first, then with noise in the order asked for."""
    peak_mb: float | None = None
    """Largest resident memory of the process, in MB of a million bytes; None where it is not told."""
    extra: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The figures as plain data."""
        peak = None if self.peak_mb is None else round(self.peak_mb, 1)
        return {**self.extra, "peak_mb": peak, "rounds": [one.as_json() for one in self.rounds]}


def listen(ears: Ears, clip: Clip, labelled: Labelled, slots_of: Mapping[str, Sequence[str]]) -> Spoken:
    """What becomes of a recording, against what was said in it."""
    started = time.perf_counter()
    heard = ears.hear(clip)
    ms = (time.perf_counter() - started) * 1e3
    parse = heard.parse
    words = parse.text or heard.transcript.text
    folded = answer(_folded(labelled.expected), replace(parse, intent=_folded_intent(parse.intent)), slots_of)
    reference = spoken_words(labelled.text)
    return Spoken(
        labelled,
        words,
        replace(folded, expected=labelled.expected, raw=parse.intent),
        _slots_right(folded, slots_of),
        edits(reference, spoken_words(words)) if reference else 0,
        len(reference),
        clip.seconds,
        ms,
        parse.rejection.reason if parse.rejection is not None else "",
    )


def fold(text: Value) -> str:
    """A value as it sounds: without case, spaces folded, number words as digits."""
    words = numbers.unhyphened(fold_case(text)).split()
    out: list[str] = []
    at = 0
    while at < len(words):
        found = numbers.whole(words, at)
        if found is None:
            out.append(words[at])
            at += 1
        else:
            out.append(str(found[0]))
            at = found[1]
    return " ".join(out)


def by_ear(one: Spoken, slots_of: Mapping[str, Sequence[str]]) -> bool:
    """Whether it is right but for what cannot be heard: "lease-agreement.pdf", "Lease Agreement.PDF"."""
    expected, got = one.labelled.expected, one.answer.got
    return exactly_right(_folded(expected, _letters), _folded_intent(got, _letters), slots_of)


def spoken_words(text: str) -> list[str]:
    """The words of a transcript as they are counted: as they sound, without punctuation."""
    text = _POINT.sub(" point ", _DOT.sub(" dot ", fold_case(text).replace("%", " percent ")))
    return fold(_BESIDE_WORDS.sub(" ", numbers.unhyphened(text))).split()


def edits(reference: Sequence[str], heard: Sequence[str]) -> int:
    """Fewest words to change, add or leave out to make one sequence of the other (Levenshtein 1966)."""
    row = list(range(len(heard) + 1))
    for i, wanted_word in enumerate(reference, 1):
        diagonal, row[0] = row[0], i
        for j, word in enumerate(heard, 1):
            diagonal, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, diagonal + (wanted_word != word))
    return row[-1]


def _slots_right(one: Answer, slots_of: Mapping[str, Sequence[str]]) -> dict[str, bool]:
    """Slots that were said or understood; a wrong or missing action has none of those that were said."""
    expected, got = one.expected, one.got
    understood = dict(got.slots) if got is not None and one.action_right and got.action in slots_of else {}
    found = {}
    for name, values in expected.slots.items():
        if got is not None and one.action_right and name not in slots_of.get(got.action, ()):
            continue
        if name in understood:
            found[name] = str(understood[name]) in values
        elif "" not in values:
            found[name] = False
    return found | {name: False for name in understood if name not in expected.slots}


def _letters(value: Value) -> str:
    """Letters and digits alone; the empty value, which stands for an absent slot, stays empty."""
    return "".join(spoken_words(str(value)))


def _folded(expected: Expected, folding: Callable[[Value], str] = fold) -> Expected:
    def slots(given: Slots) -> Slots:
        return {name: tuple(folding(value) for value in values) for name, values in given.items()}

    steps = tuple(ExpectedStep(step.action, slots(step.slots)) for step in expected.steps)
    return replace(expected, slots=slots(expected.slots), steps=steps)


def _folded_intent(intent: Intent | None, folding: Callable[[Value], str] = fold) -> Intent | None:
    if intent is None:
        return None
    slots: dict[str, Value] = {}
    for name, value in intent.slots.items():
        slots[name] = (
            tuple(step for one in value if (step := _folded_intent(one, folding)) is not None)
            if isinstance(value, tuple)
            else folding(value)
        )
    return Intent(intent.action, slots)
