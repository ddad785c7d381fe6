"""The figures of an evaluation: accuracy, false activations, rejection curve, calibration, latency."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from whispera.domain.intent import NONE, Intent
from whispera.domain.outcome import Parse
from whispera.evaluation.expected import Expected, action_right, exactly_right, fold

BINS = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """One utterance with what was expected, what came, and whether it was right."""

    expected: Expected
    got: Intent | None
    """The accepted intent; None for `none` and for a rejected answer."""
    raw: Intent | None
    """What the model said, whatever became of it."""
    confidence: float
    ms: float
    action_right: bool
    exact: bool
    previous: tuple[Intent, ...] = ()
    """What it was read after, newest last: wire intents, whose values are words."""


@dataclass(frozen=True, slots=True)
class Share:
    """Right ones out of some."""

    right: int
    total: int

    @property
    def value(self) -> float:
        """The share, 0 to 1; 0 of nothing is 0."""
        return self.right / self.total if self.total else 0.0


@dataclass(slots=True)
class Figures:
    """Everything `whispera eval` reports."""

    answers: list[Answer]
    action: Share
    exact: Share
    commands_action: Share
    commands_exact: Share
    false_activations: Share
    """Sentences that are no command and were acted on."""
    per_action: dict[str, tuple[Share, Share]]
    """Expected action to (action, exact)."""
    per_slot_type: dict[str, Share]
    """Slot type to values that were right, over commands whose action was right."""
    curve: list[tuple[float, float, float, float]]
    """(threshold, coverage of commands, exactness of what is acted on, false activations)."""
    ece: float
    """Expected calibration error of the confidence against exactness, ten bins."""
    bins: list[tuple[float, float, int]]
    """(mean confidence, exactness, count) of each non-empty bin."""
    latency_ms: dict[str, float]
    confusions: list[tuple[str, str, int]]
    """(expected, predicted, how often), most frequent first."""
    extra: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The figures as plain data, the wrong answers with them."""

        def share(value: Share) -> dict[str, Any]:
            return {**asdict(value), "share": round(value.value, 4)}

        return {
            "action": share(self.action),
            "exact": share(self.exact),
            "commands": {"action": share(self.commands_action), "exact": share(self.commands_exact)},
            "false_activations": share(self.false_activations),
            "per_action": {
                name: {"action": share(a), "exact": share(e)} for name, (a, e) in self.per_action.items()
            },
            "per_slot_type": {k: share(v) for k, v in self.per_slot_type.items()},
            "rejection_curve": [
                dict(
                    zip(
                        ("threshold", "coverage", "exact", "false_activations"),
                        (round(x, 4) for x in row),
                        strict=True,
                    )
                )
                for row in self.curve
            ],
            "ece": round(self.ece, 4),
            "calibration": [
                dict(zip(("confidence", "exact", "count"), row, strict=True)) for row in self.bins
            ],
            "latency_ms": {k: round(v, 2) for k, v in self.latency_ms.items()},
            "confusions": [
                dict(zip(("expected", "predicted", "count"), row, strict=True)) for row in self.confusions
            ],
            "wrong": [
                {
                    "line": a.expected.line,
                    "text": a.expected.text,
                    "expected": "||".join(a.expected.actions),
                    "predicted": a.raw.as_json() if a.raw else None,
                    "accepted": a.got is not None,
                    "confidence": round(a.confidence, 4),
                    **({"previous": [one.as_json() for one in a.previous]} if a.previous else {}),
                }
                for a in self.answers
                if not a.exact
            ],
            **self.extra,
        }


def answer(expected: Expected, parse: Parse, slots_of: Mapping[str, Sequence[str]]) -> Answer:
    """The answer to one line; a rejected intent counts as `none`."""
    got = parse.intent if parse.accepted and parse.intent and parse.intent.action != NONE else None
    return Answer(
        expected,
        got,
        parse.intent,
        parse.confidence,
        parse.ms,
        action_right(expected, got),
        exactly_right(expected, got, slots_of),
        parse.previous,
    )


def _share(values: Sequence[bool]) -> Share:
    return Share(sum(values), len(values))


def block(name: str, answers: Sequence[Answer], *, first: int, last: int) -> dict[str, Any]:
    """Accuracy over the lines `first` to `last` of the file, as plain data."""
    inside = [a for a in answers if first <= a.expected.line <= last]
    return {**share_of(name, inside), "lines": [first, last]}


def share_of(name: str, answers: Sequence[Answer]) -> dict[str, Any]:
    """Accuracy over some of the answers, as plain data."""
    action, exact = _share([a.action_right for a in answers]), _share([a.exact for a in answers])
    return {
        "name": name,
        "total": exact.total,
        "action": round(action.value, 4),
        "exact": round(exact.value, 4),
    }


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def _raw_exact(a: Answer, slots_of: Mapping[str, Sequence[str]]) -> bool:
    return exactly_right(a.expected, a.raw, slots_of)


def calibration(pairs: Sequence[tuple[float, bool]]) -> tuple[float, list[tuple[float, float, int]]]:
    """ECE over ten equal bins, and the non-empty bins."""
    groups: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for confidence, right in pairs:
        groups[min(BINS - 1, int(confidence * BINS))].append((confidence, right))
    bins = []
    ece = 0.0
    for _, group in sorted(groups.items()):
        mean = sum(c for c, _ in group) / len(group)
        accuracy = sum(r for _, r in group) / len(group)
        ece += abs(mean - accuracy) * len(group) / len(pairs)
        bins.append((round(mean, 4), round(accuracy, 4), len(group)))
    return ece, bins


def figures(
    answers: Sequence[Answer], slots_of: Mapping[str, Sequence[str]], types_of: Callable[[str, str], str]
) -> Figures:
    """The figures of all answers; `types_of(action, slot)` names the type of a slot."""
    commands = [a for a in answers if not a.expected.is_none]
    nones = [a for a in answers if a.expected.is_none]
    by_action: dict[str, list[Answer]] = defaultdict(list)
    slot_hits: dict[str, list[bool]] = defaultdict(list)
    for a in answers:
        by_action[a.expected.actions[0]].append(a)
        if a.got is not None and a.action_right and a.got.action in slots_of:
            for name, wanted in a.expected.slots.items():
                if name in slots_of[a.got.action]:
                    value = a.got.slots.get(name)
                    right = "" in wanted if value is None else fold(value) in {fold(w) for w in wanted}
                    slot_hits[types_of(a.got.action, name)].append(right)
    raw_exact = {id(a): _raw_exact(a, slots_of) for a in answers}
    curve = []
    for step in range(20):
        threshold = step / 20
        acted = [a for a in answers if a.raw and a.raw.action != NONE and a.confidence >= threshold]
        on_commands = [a for a in acted if not a.expected.is_none]
        false = [a for a in acted if a.expected.is_none and not action_right(a.expected, a.raw)]
        curve.append(
            (
                threshold,
                len(on_commands) / max(1, len(commands)),
                sum(raw_exact[id(a)] for a in on_commands) / max(1, len(on_commands)),
                len(false) / max(1, len(nones)),
            )
        )
    ece, bins = calibration([(a.confidence, raw_exact[id(a)]) for a in answers])
    times = [a.ms for a in answers]
    confusions = Counter(
        (a.expected.actions[0], a.got.action if a.got else NONE) for a in answers if not a.action_right
    )
    return Figures(
        list(answers),
        _share([a.action_right for a in answers]),
        _share([a.exact for a in answers]),
        _share([a.action_right for a in commands]),
        _share([a.exact for a in commands]),
        _share([not a.action_right for a in nones]),
        {
            name: (_share([a.action_right for a in group]), _share([a.exact for a in group]))
            for name, group in sorted(by_action.items())
        },
        {name: _share(hits) for name, hits in sorted(slot_hits.items())},
        curve,
        ece,
        bins,
        {
            "median": percentile(times, 0.5),
            "p90": percentile(times, 0.9),
            "p99": percentile(times, 0.99),
            "max": max(times, default=0.0),
        },
        [(e, p, n) for (e, p), n in confusions.most_common()],
    )
