"""The service of the daemon as it is, with a microphone that is fed here and a runner that runs nothing.

Recognising, understanding, waiting for the end of speech and acting are the real parts; keys are pressed by
calling the service. Import `measure` first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from ears import Setting, listening
from numpy.typing import NDArray

from whispera.audio.clip import SAMPLE_RATE_HZ, Clip
from whispera.audio.endpoint import Endpoint, ends_in_silence
from whispera.audio.fake import FakeMicrophone
from whispera.audio.recorder import TAIL_S
from whispera.audio.speech import Voice
from whispera.daemon.keys import KeyChoice
from whispera.daemon.keys.fake import FakeKeys
from whispera.daemon.parts import NoSounds, Parts
from whispera.daemon.screen import FakeScreen
from whispera.daemon.telling import FakeSpeaker
from whispera.daemon.voice import VoiceService
from whispera.domain.outcome import Command, Outcome
from whispera.pipeline.context import InMemory
from whispera.pipeline.fakes import FakeRunner, fake_platform
from whispera.pipeline.lookup import Lookup
from whispera.pipeline.resolver import Resolver
from whispera.pipeline.session import Session

TOOLS = ("pactl", "systemctl", "loginctl", "xdotool", "xdg-open", "true")
BLOCK = SAMPLE_RATE_HZ // 50
LOST_S = 0.5
"""Sound that nobody takes within this time was not listened to."""


class Runner(FakeRunner):
    """Runs nothing, and knows when it was called."""

    def __init__(self) -> None:
        super().__init__(output={"pactl": "Volume: front-left: 32768 / 50%"})
        self.at: list[float] = []
        self.cpu_at: list[float] = []

    def run(self, command: Command) -> Outcome:
        self.at.append(time.perf_counter())
        self.cpu_at.append(time.process_time())
        return super().run(command)

    def interrupt(self) -> None:
        """Nothing runs."""


@dataclass(frozen=True, slots=True)
class Said:
    """What came of something said."""

    acted: bool
    """A command was carried out."""
    ms: float = 0.0
    """From key up to action."""
    recognised_ms: float = 0.0
    """Of it in the recogniser."""
    cpu_ms: float = 0.0
    """Processor time in between, the benchmark's own microphone included."""


@dataclass(slots=True)
class Counted:
    """An endpoint that tells how much it has taken in."""

    endpoint: Endpoint
    service: Fed

    def feed(self, samples: NDArray[np.float32]) -> list[Literal["speech", "end"]]:
        events = self.endpoint.feed(samples)
        self.service.taken += len(samples)
        return events


class Fed:
    """A running service and its microphone; time goes by as sound is fed, or as it does (`live`)."""

    def __init__(
        self,
        session: Session,
        hearing: Any,
        *,
        mode: Literal["hold", "toggle", "open"],
        live: bool,
        stops_early: bool,
    ) -> None:
        self.session = session
        self.hearing = hearing
        self.runner = Runner()
        self.microphone = FakeMicrophone()
        self.screen = FakeScreen()
        self.taken = 0
        """Samples that were listened to for a voice."""
        self.fed = 0
        self.understood: list[Any] = []
        """What would be, or was, carried out."""
        self._live, self._mode = live, mode
        voice = replace(session.catalog.settings.voice, mode=mode, idle_minutes=0, answer="none")
        session.catalog = replace(session.catalog, settings=replace(session.catalog.settings, voice=voice))
        session.runner = self.runner
        session.conversation = InMemory(session.catalog.settings)
        session.platform = fake_platform("x11", tools=TOOLS)
        lookup = Lookup(session.catalog.lookup, session.platform, cache=session.workspace.state)
        session.resolver = Resolver(session.platform, lookup)
        self._act = session.act
        session.act = self._acted  # type: ignore[method-assign]
        self.dry_run = False
        detector = Voice()
        parts = Parts(
            microphone=self.microphone,
            open_hearing=lambda: hearing,
            watcher=self._watcher,
            runner=self.runner,
            keys=KeyChoice(FakeKeys([]), "none"),
            speaker=FakeSpeaker(),
            speaks=False,
            screen=self.screen,
            cues=NoSounds(),
            now=time.monotonic if live else self._now,
            tail_s=TAIL_S if live else 0.0,
            is_silent=lambda samples: stops_early and ends_in_silence(samples, detector),
        )
        self.service = VoiceService(session, parts=parts)

    def _now(self) -> float:
        return self.fed / SAMPLE_RATE_HZ

    def _watcher(self, pause_ms: int) -> Counted:
        return Counted(Endpoint(Voice(), pause_ms, self.session.catalog.settings.voice.max_s), self)

    def _acted(self, parse: Any, **options: Any) -> Any:
        if parse.accepted:
            self.understood.append(parse)
        return self._act(parse, **{**options, "dry_run": self.dry_run or options.get("dry_run", False)})

    @property
    def state(self) -> str:
        return str(self.service.status()["state"])

    def hear(self, samples: NDArray[np.float32]) -> None:
        """Feeds sound: in real time, or as quickly as it is listened to and recognised."""
        if self._live:
            self._hear_live(samples)
            return
        for start in range(0, len(samples), 25 * BLOCK):
            part = samples[start : start + 25 * BLOCK]
            before = self.taken
            for at in range(0, len(part), BLOCK):
                self.fed += len(part[at : at + BLOCK])
                self.microphone.hear(part[at : at + BLOCK])
            deadline = time.monotonic() + LOST_S
            while self._mode == "open" and self.taken < before + len(part) and time.monotonic() < deadline:
                time.sleep(0.0005)
            self.until(lambda: self.state not in ("recognising", "acting", "asking"), timeout_s=60)

    def _hear_live(self, samples: NDArray[np.float32]) -> None:
        started = time.perf_counter()
        for start in range(0, len(samples), BLOCK):
            due = started + (start + BLOCK) / SAMPLE_RATE_HZ
            time.sleep(max(0.0, due - time.perf_counter()))
            self.microphone.hear(samples[start : start + BLOCK])

    def until(self, condition: Callable[[], object], *, timeout_s: float = 20.0) -> bool:
        """Whether it came to that in time."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.001)
        return True

    def say(self, clip: Clip, *, late_s: float = 0.0, timeout_s: float = 20.0) -> Said:
        """Holds the key while a clip is fed, and so much silence after it."""
        before = len(self.screen.answers)
        ran = len(self.runner.at)
        self.service.press()
        self.until(lambda: self.state == "listening")
        self.hear(np.concatenate([clip.samples, np.zeros(round(late_s * SAMPLE_RATE_HZ), np.float32)]))
        up, cpu_up = time.perf_counter(), time.process_time()
        self.service.release()
        feeder = threading.Thread(target=self._hear_live, args=(np.zeros(BLOCK * 10, np.float32),))
        feeder.start()  # the microphone goes on after the key is up
        self.until(lambda: len(self.runner.at) > ran or self._over(before), timeout_s=timeout_s)
        feeder.join()
        self.until(lambda: self.state == "idle", timeout_s=timeout_s)
        if len(self.runner.at) == ran:
            return Said(False)
        last = self.service.status()["last"]
        at, cpu_at = self.runner.at[ran], self.runner.cpu_at[ran]
        return Said(True, 1e3 * (at - up), last["recognised_ms"], 1e3 * (cpu_at - cpu_up))

    def _over(self, answers: int) -> bool:
        return len(self.screen.answers) > answers or self.state == "idle"


@contextmanager
def fed(
    setting: Setting, *, mode: Literal["hold", "toggle", "open"] = "hold", live: bool = True
) -> Iterator[Fed]:
    """A running service until the end of the block; its history is the benchmark's own."""
    with listening(replace(setting, mode=mode)) as (session, hearing):
        one = Fed(session, hearing, mode=mode, live=live, stops_early=setting.at_once)
        one.service.start()
        if not one.until(lambda: one.microphone.running):
            raise SystemExit("the microphone is not opened")
        try:
            yield one
        finally:
            one.service.stop()
            hearing.close = lambda: None  # type: ignore[method-assign]  # the service has closed it
