"""Small versions of benchmarks/soak.py: noise through the open microphone, commands in a row, real parts."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from whispera import workspace
from whispera.audio.clip import SAMPLE_RATE_HZ
from whispera.audio.files import read_clip
from whispera.engines.store import folder_of, read_models

if TYPE_CHECKING:
    from service import Fed

ROOT = Path(__file__).resolve().parents[2]
PLACE = workspace.find(str(ROOT))  # before the tests' own caches: the fetched models lie in the user's
WHISPER = folder_of(read_models(PLACE.config)["whisper-tiny.en"], PLACE)
pytestmark = [
    pytest.mark.embedded_model,
    pytest.mark.skipif(
        not (WHISPER / "model.bin").is_file(), reason="whisper-tiny.en is not fetched: whispera models get"
    ),
    pytest.mark.skipif(shutil.which("espeak-ng") is None, reason="espeak-ng is not installed"),
]
SPOKEN = ("set the volume to thirty percent", "turn the volume down to ten percent", "please mute the sound")


@pytest.fixture(scope="module")
def benchmarks() -> Iterator[None]:
    """The modules of benchmarks/ can be imported."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    yield
    sys.path.remove(str(ROOT / "benchmarks"))


@pytest.fixture(scope="module")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def cache(shared_cache: Path, own_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cache for these tests: the catalog is compiled once."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(shared_cache))


def running(mode: Any) -> Any:
    from ears import Setting
    from service import fed

    return fed(Setting("whisper", model=str(WHISPER)), mode=mode, live=False)


@pytest.mark.usefixtures("benchmarks")
def test_minutes_of_what_is_no_command_do_nothing() -> None:
    from soak import sounds

    seconds = {"silence": 40, "noise": 80, "music": 40, "foreign": 12, "nonsense": 8, "chat": 8}
    one: Fed
    with running("open") as one:
        for kind, length in seconds.items():
            for samples in sounds(kind, length):
                one.hear(samples)
        one.hear(np.zeros(2 * SAMPLE_RATE_HZ, dtype=np.float32))
        assert one.until(lambda: one.state == "idle")
        assert one.fed / SAMPLE_RATE_HZ > 150
        assert one.taken > 0.95 * one.fed  # nothing of it was passed over
        assert [(parse.text, parse.intent) for parse in one.understood] == []
        assert one.runner.commands == []


@pytest.mark.usefixtures("benchmarks")
def test_the_open_microphone_of_that_test_does_hear_commands(tmp_path: Path) -> None:
    from speakers import say

    clip = read_clip(say(SPOKEN[0], "espeak en-us", cache=tmp_path))
    one: Fed
    with running("open") as one:
        one.hear(np.concatenate([clip.samples, np.zeros(2 * SAMPLE_RATE_HZ, dtype=np.float32)]))
        assert one.until(lambda: one.runner.commands), one.service.status()
        assert one.runner.commands[0].argv[0] == "pactl"


@pytest.mark.usefixtures("benchmarks")
def test_thirty_commands_in_a_row_are_all_in_the_history(tmp_path: Path) -> None:
    from speakers import say

    clips = [read_clip(say(text, "espeak en-us", cache=tmp_path)) for text in SPOKEN]
    one: Fed
    with running("hold") as one:
        for number in range(30):
            one.service.press()
            assert one.until(lambda: one.state == "listening")
            one.hear(clips[number % len(clips)].samples)
            one.service.release()
            assert one.until(lambda: one.state == "idle"), one.service.status()
        assert len(one.session.history.recent(100)) == 30
        assert len(one.understood) >= 20
        assert one.service.status()["state"] == "idle"
