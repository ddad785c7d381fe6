"""The state machine of `daemon.talking` as tests begin with it, and what they look at of its effects."""

from __future__ import annotations

from dataclasses import replace

from whispera.catalog.settings import Mode, VoiceSettings
from whispera.daemon.effects import (
    Act,
    Cue,
    Effect,
    Note,
    Show,
)
from whispera.daemon.talking import Talking

HOLD = VoiceSettings(mode="hold", pause_ms=800, max_s=30, answer_s=15)


def machine(mode: Mode = "hold", **changes: object) -> Talking:
    return Talking(replace(HOLD, mode=mode, **changes))  # type: ignore[arg-type]


def deeds(effects: list[Effect]) -> list[Effect]:
    """The effects without what is merely seen and heard."""
    return [effect for effect in effects if not isinstance(effect, Show | Note | Cue)]


def notes(effects: list[Effect]) -> list[str]:
    return [effect.text for effect in effects if isinstance(effect, Note)]


def acting(mode: Mode = "hold", **changes: object) -> Talking:
    """A machine whose command 1 is being carried out; the clock is at 10."""
    talks = machine(mode, **changes)
    talks.on_key("press", 0.0, "f9")
    if mode == "toggle":
        talks.on_key("release", 0.1, "f9")
        talks.on_key("press", 2.0, "f9")
    talks.on_key("release", 2.1, "f9")
    assert deeds(talks.on_heard(1, "restart the computer", 3.0)) == [Act(1)]
    return talks
