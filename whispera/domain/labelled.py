"""An utterance with the intent it was written for: what the generator makes and training reads."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A run of characters of an utterance, `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Copied:
    """A whole value of one of the previous intents: "close it again" closes what was opened."""

    words: str
    """As the previous wire intent has them."""


@dataclass(frozen=True, slots=True)
class Target:
    """The action of one command and where its slots stand in the utterance."""

    action: str
    slots: tuple[tuple[str, Span | Copied | str], ...] = ()
    """Slot name and its span, the value it copies, or for an enum its canonical word; in contract order."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """One training or evaluation example, as typed or spoken."""

    text: str
    """The utterance with its case and punctuation."""
    steps: tuple[Target, ...]
    """One target; several for a sequence."""
    tag: str = "desktop"
    """Domain whose label set applies."""
    previous: tuple[str, ...] = ()
    """Wire intents said before, newest last; empty for a first command."""
    origin: str = ""
    """Where it came from (`pattern`, `near miss`, `none`, `sequence`, a corpus), for reports."""
    source: str = ""
    """The pattern or line it was made from, for balance and leak checks."""

    @property
    def action(self) -> str:
        """The action the model must answer: `sequence` where there are several steps."""
        return self.steps[0].action if len(self.steps) == 1 else "sequence"
