"""Voice services that are started by a test and stopped after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.voice.desk import HOLD, Make, VoiceDesk


@pytest.fixture
def follows() -> bool:
    """Whether the recogniser hears words while they are said; a file of tests may say otherwise."""
    return False


@pytest.fixture
def make(tmp_path: Path, follows: bool) -> Iterator[Make]:
    """Starts a service with settings that differ from `HOLD` as told."""
    desks: list[VoiceDesk] = []

    def started(*, speaks: bool = False, **changes: object) -> VoiceDesk:
        settings = replace(HOLD, **changes)  # type: ignore[arg-type]
        desk = VoiceDesk(tmp_path, settings, speaks=speaks, follows=follows)
        desk.service.start()
        desks.append(desk)
        return desk

    yield started
    for desk in desks:
        desk.service.stop()
