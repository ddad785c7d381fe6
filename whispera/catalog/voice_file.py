"""Reading how Whispera listens: `voice` in `config/settings.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from yaml.nodes import Node

from whispera.catalog.nodes import Source, did_you_mean
from whispera.catalog.settings import VoiceSettings

CHOICES: Mapping[str, tuple[str, ...]] = {
    "recogniser": ("whisper", "pocketsphinx"),
    "mode": ("hold", "toggle", "open"),
    "key_source": ("auto", "pynput", "evdev", "none"),
    "answer": ("notify", "speak", "both", "none"),
}
"""Setting to the words it may be."""
LIMITS: Mapping[str, tuple[int, int]] = {
    "beam": (1, 20),
    "pre_roll_ms": (0, 300),
    "pause_ms": (200, 5000),
    "max_s": (2, 60),
    "answer_s": (3, 120),
    "idle_minutes": (0, 100_000),
}
"""Setting to the least and the most it may be."""


def read_voice(source: Source, node: Node, base: VoiceSettings) -> VoiceSettings:
    """The `voice` settings of a file laid over `base`; mistakes are noted in the source."""
    given: dict[str, Any] = {}
    for name, value in source.known(node, "voice", VoiceSettings.__dataclass_fields__).items():
        key = f"voice.{name}"
        if name in CHOICES:
            word = source.text(value, key)
            if word not in CHOICES[name]:
                wanted = ", ".join(CHOICES[name])
                source.note(value, key, f"expected one of {wanted}", hint=did_you_mean(word, CHOICES[name]))
                continue
            given[name] = word
        elif name in LIMITS:
            least, most = LIMITS[name]
            number = source.integer(value, key)
            if not least <= number <= most:
                source.note(value, key, f"expected {least} to {most}, found {number}")
                continue
            given[name] = number
        elif name == "cue":
            given[name] = source.flag(value, key)
        elif name == "keys":
            given[name] = source.texts(value, key, single=True)
        else:
            given[name] = source.text(value, key, empty=name in ("microphone", "prompt"))
    return replace(base, **given)
