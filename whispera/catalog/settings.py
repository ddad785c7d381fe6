"""When to act, to ask first and to decline, and what to keep: `config/settings.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from whispera.catalog.model import Risk


def _confidence() -> dict[Risk, float]:
    return {"harmless": 0.5, "disruptive": 0.6, "destructive": 0.6}


@dataclass(frozen=True, slots=True)
class Settings:
    """`config/settings.yaml`, with what is left out there filled in."""

    confidence: Mapping[Risk, float] = field(default_factory=_confidence)
    """Risk to the least confidence, 0 to 1, at which such a command is acted on at all."""
    confirm_disruptive_below: float = 0.9
    """A disruptive command less certain than this is confirmed first; a destructive one always is."""
    history_keep: int = 10_000
    """Utterances kept in the history."""
    history_audio: bool = False
    """Whether recordings are kept with them."""
    context_intents: int = 2
    """Commands said before that the next one may lean on; 0 for none."""
    context_seconds: int = 120
    """How long each of them is remembered; 0 for not at all."""
    synth_endpoint: str = ""
    """Address of the endpoint that `whispera synth` asks; empty where there is none."""
    synth_model: str = ""
    """The model it asks for; empty for the only one there."""

    @property
    def remembers(self) -> bool:
        """Whether anything said before is context of the next utterance."""
        return self.context_intents > 0 and self.context_seconds > 0
