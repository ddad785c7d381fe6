"""Answers made by hand, whose figures can be worked out on paper."""

from __future__ import annotations

from whispera.domain.intent import Intent
from whispera.domain.outcome import Parse, Rejection
from whispera.evaluation.expected import Expected, ExpectedStep
from whispera.evaluation.measure import Answer, Figures, answer, figures

SLOTS = {"open_app": ["target"], "set_volume": ["level"], "mute": []}
TYPES = {"target": "name", "level": "percent"}


def parsed(intent: Intent | None, confidence: float, *, ms: float = 1.0, accepted: bool = True) -> Parse:
    """What the understander would have said."""
    rejection = None if accepted else Rejection("low_confidence", "I am not sure.")
    return Parse("", "", intent, rejection, confidence, ms)


def made() -> list[Answer]:
    """Eight answers: three exact, one wrong slot, one rejected, one confused, one false, one rightly none."""
    lines = [
        (Expected(1, "open word", ("open_app",), {"target": ("word",)}), parsed(_open("Word"), 0.95, ms=1)),
        (Expected(2, "open zed", ("open_app",), {"target": ("zed",)}), parsed(_open("sed"), 0.75, ms=2)),
        (Expected(3, "volume 5", ("set_volume",), {"level": ("5",)}), parsed(_volume(5), 0.95, ms=3)),
        (
            Expected(4, "louder", ("set_volume",), {"level": ("9",)}),
            parsed(_volume(9), 0.35, ms=4, accepted=False),
        ),
        (Expected(5, "hush <b>now</b>", ("mute",), {}), parsed(_volume(1), 0.65, ms=5)),
        (Expected(6, "nice day", ("none",), {}), parsed(Intent("mute"), 0.55, ms=6)),
        (Expected(7, "hello", ("none",), {}), parsed(Intent("none"), 0.85, ms=7, accepted=False)),
        (
            Expected(
                8,
                "mute and open word",
                ("sequence",),
                {},
                (ExpectedStep("mute", {}), ExpectedStep("open_app", {"target": ("word",)})),
            ),
            parsed(Intent("sequence", {"steps": (Intent("mute"), _open("word"))}), 0.95, ms=8),
        ),
    ]
    return [answer(expected, parse, SLOTS) for expected, parse in lines]


def _open(target: str) -> Intent:
    return Intent("open_app", {"target": target})


def _volume(level: int) -> Intent:
    return Intent("set_volume", {"level": level})


def made_figures(answers: list[Answer] | None = None) -> Figures:
    """Their figures, with the facts a command adds."""
    found = figures(answers if answers is not None else made(), SLOTS, lambda _action, slot: TYPES[slot])
    found.extra = {
        "version": "0",
        "date": "2020-02-02",
        "file": "mine.txt",
        "utterances": len(found.answers),
        "base": "tiny",
        "adapter": True,
        "temperature": 1.0,
        "threshold": None,
        "thresholds": {"harmless": 0.5},
        "seconds": 0.1,
        "blocks": [],
    }
    return found
