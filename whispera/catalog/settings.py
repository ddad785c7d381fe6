"""When to act, to ask first and to decline, and what to keep: `config/settings.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from whispera.catalog.model import Risk

Mode = Literal["hold", "toggle", "open"]
KeySourceName = Literal["auto", "pynput", "evdev", "none"]


def _confidence() -> dict[Risk, float]:
    return {"harmless": 0.5, "disruptive": 0.6, "destructive": 0.6}


@dataclass(frozen=True, slots=True)
class VoiceSettings:
    """`voice` in `config/settings.yaml`, with what is left out there filled in."""

    recogniser: str = "whisper"
    """Name of a recogniser; `engines.recognisers` lists them."""
    model: str = "whisper-tiny.en"
    """Name of a model of `config/models.yaml`, or a folder with one."""
    beam: int = 5
    """Hypotheses that Whisper follows at a time."""
    prompt: str = ""
    """Commands as Whisper is to expect and to write them; a domain of tables has their words instead."""
    microphone: str = ""
    """Part of a microphone's name; the system's own choice where it is empty."""
    mode: Mode = "hold"
    """hold: while the key is down; toggle: from one press to the next; open: whenever somebody speaks."""
    keys: tuple[str, ...] = ("ctrl+alt+space",)
    """Key chords that are listened for, each by itself."""
    key_source: KeySourceName = "auto"
    """What reads the keyboard: pynput (X11, macOS, Windows), evdev (Linux without X11), none."""
    pre_roll_ms: int = 300
    """What is kept of the time before the key went down; 0 keeps nothing and the microphone closed."""
    pause_ms: int = 800
    """Silence that ends a command where no key does."""
    max_s: int = 30
    """The longest command."""
    cue: bool = True
    """A short sound when listening begins and ends."""
    answer: str = "notify"
    """How answers are told: notify, speak, both, none."""
    answer_s: int = 15
    """How long a question waits for its answer; none in time is a no."""
    idle_minutes: int = 30
    """The models are given back to the system after so long without a command; 0 keeps them."""


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

    voice: VoiceSettings = field(default_factory=VoiceSettings)
    """How it listens."""

    @property
    def remembers(self) -> bool:
        """Whether anything said before is context of the next utterance."""
        return self.context_intents > 0 and self.context_seconds > 0
