"""A voice service of which every outer part is fake: microphone, ears, keys, mouth, screen, programs."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np

from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.audio.fake import FakeMicrophone
from whispera.catalog.compiled import CompiledCatalog, compiled
from whispera.catalog.settings import VoiceSettings
from whispera.daemon.keys import KeyChoice
from whispera.daemon.keys.chord import parse_chord
from whispera.daemon.keys.fake import FakeKeys
from whispera.daemon.parts import NoSounds, Parts
from whispera.daemon.screen import FakeScreen
from whispera.daemon.telling import FakeSpeaker
from whispera.daemon.voice import VoiceService
from whispera.domain.outcome import Command, Outcome
from whispera.domain.transcript import Hypothesis
from whispera.engines.load import load
from whispera.engines.recognisers.fake import FakeRecogniser, FakeStreamingRecogniser
from whispera.pipeline.context import InMemory
from whispera.pipeline.fakes import FakeRunner, fake_platform
from whispera.pipeline.hearing import Hearing
from whispera.pipeline.history import History
from whispera.pipeline.lookup import Lookup
from whispera.pipeline.session import Session
from whispera.pipeline.understand import Understander
from whispera.workspace import DEFAULT_BASE, Workspace

ROOT = Path(__file__).resolve().parents[2]
Words = str | tuple[Hypothesis, ...]
HOLD = VoiceSettings(mode="hold", answer_s=15, idle_minutes=0)
VOLUME_30 = ("pactl", "set-sink-volume", "@DEFAULT_SINK@", "30%")


@cache
def shipped() -> CompiledCatalog:
    """The shipped catalog."""
    with tempfile.TemporaryDirectory() as cached:
        return compiled(ROOT / "config", Path(cached))


@cache
def understander() -> Understander:
    """The shipped model, loaded once for all tests."""
    catalog = shipped()
    folder = Workspace(root=ROOT, state=ROOT, cache=ROOT).models / DEFAULT_BASE
    return Understander(catalog, load(folder, folder, catalog_hash=catalog.hash, use_adapter=False))


class SlowRunner(FakeRunner):
    """Runs nothing, and for as long as the test holds it up."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.go.set()
        self.interrupted = 0
        self.began = threading.Event()

    def run(self, command: Command) -> Outcome:
        self.began.set()
        self.go.wait(10)
        return super().run(command)

    def read(self, argv: Sequence[str], *, timeout_s: float = 2.0) -> str:
        return "Volume: front-left: 32768 / 50%"

    def interrupt(self) -> None:
        self.interrupted += 1
        self.go.set()


class Watched:
    """Speech begins and ends when the test says so: at samples above 0.5, and below 0 after them."""

    def __init__(self) -> None:
        self.spoke = False

    def feed(self, samples: np.ndarray) -> list[str]:
        if not self.spoke and samples.max() > 0.5:
            self.spoke = True
            return ["speech"]
        return ["end"] if self.spoke and samples.min() < 0 else []


class VoiceDesk:
    """A running service and what a test does to it."""

    def __init__(
        self, place: Path, settings: VoiceSettings, *, speaks: bool = False, follows: bool = False
    ) -> None:
        """`follows`: the recogniser hears words while they are said."""
        understander()  # loading is not what a test waits for
        catalog = replace(shipped(), settings=replace(shipped().settings, voice=settings))
        workspace = Workspace(root=ROOT, state=place / "state", cache=place / "cache")
        self.runner = SlowRunner()
        platform = fake_platform(
            "x11", tools=["pactl", "systemctl", "loginctl", "xdotool", "espeak-ng", "true"]
        )
        self.session = Session(
            workspace,
            catalog,
            understander=understander,
            platform=platform,
            runner=self.runner,
            lookup=Lookup(catalog.lookup, platform, cache=workspace.cache),
            history=History(workspace.state, keep=100),
            session="voice",
            conversation=InMemory(catalog.settings),
        )
        self.words: list[Words] = []
        ears = FakeStreamingRecogniser if follows else FakeRecogniser
        self.recogniser = ears(lambda _: self.words.pop(0) if self.words else "")
        self.microphone = FakeMicrophone()
        self.keys = FakeKeys([parse_chord(text) for text in settings.keys])
        self.speaker = FakeSpeaker()
        self.screen = FakeScreen()
        self.cues = NoSounds()
        self.opened = 0
        self.service = VoiceService(
            self.session,
            parts=Parts(
                microphone=self.microphone,
                open_hearing=self._open,
                watcher=lambda _: Watched(),  # type: ignore[arg-type,return-value]
                runner=self.runner,
                keys=KeyChoice(self.keys, "fake keys"),
                speaker=self.speaker,
                speaks=speaks,
                screen=self.screen,
                cues=self.cues,
                tail_s=0.0,
            ),
        )

    def _open(self) -> Hearing:
        self.opened += 1
        return Hearing(self.recogniser, self.session)

    @property
    def state(self) -> str:
        return str(self.service.status()["state"])

    @property
    def ran(self) -> list[tuple[str, ...]]:
        return [command.argv for command in self.runner.commands]

    def speak(self, seconds: float = 1.0) -> None:
        """Sound, as from somebody who speaks."""
        self.until(lambda: self.microphone.running)
        self.microphone.hear(np.full(round(seconds * SAMPLE_RATE_HZ), 0.9, dtype=np.float32))

    def fall_silent(self) -> None:
        self.microphone.hear(np.full(320, -0.1, dtype=np.float32))

    def say(self, words: Words) -> None:
        """Holds the key and says something."""
        self.words.append(words)
        self.service.press()
        self.until(lambda: self.state == "listening")
        self.speak()
        time.sleep(0.25)
        self.service.release()

    def command(self, words: Words) -> None:
        """Says something and waits until it is done."""
        before = len(self.screen.answers)
        self.say(words)
        self.until(lambda: len(self.screen.answers) > before and self.state == "idle")

    def until(self, condition: Callable[[], object], *, timeout_s: float = 15.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, f"nothing happened; {self.service.status()} {self.screen}"
            time.sleep(0.005)


def hypotheses(*given: tuple[str, float]) -> Sequence[Hypothesis]:
    return tuple(Hypothesis(text, score) for text, score in given)


def clip(seconds: float) -> Clip:
    return Clip(np.zeros(round(seconds * SAMPLE_RATE_HZ), dtype=np.float32))


Make = Callable[..., VoiceDesk]
"""Starts a service: the fixture `make`."""
