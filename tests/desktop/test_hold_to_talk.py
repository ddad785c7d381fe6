"""The real thing: a key is held under X, a voice speaks into the microphone, and the machine does it.

PulseAudio's `speaker` is what is turned up and down; what is played to `unused` is what the microphone hears.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.desktop.desk import require, wait_for, write_application
from whispera.audio.cue import Cues
from whispera.audio.endpoint import Endpoint
from whispera.audio.microphone import PortMicrophone
from whispera.audio.speech import Voice
from whispera.catalog.compiled import CompiledCatalog
from whispera.catalog.settings import Mode, VoiceSettings
from whispera.daemon import client
from whispera.daemon.keys import KeyEvent, choose_keys
from whispera.daemon.keys.chord import parse_chord
from whispera.daemon.keys.pynput import PynputKeys
from whispera.daemon.parts import Parts
from whispera.daemon.place import place_of
from whispera.daemon.screen import FakeScreen
from whispera.daemon.telling import SystemSpeaker
from whispera.daemon.voice import VoiceService
from whispera.engines.recognisers import Recogniser, Setting, open_recogniser
from whispera.errors import DaemonError
from whispera.pipeline.context import InMemory
from whispera.pipeline.hearing import Hearing
from whispera.pipeline.runner import RealRunner
from whispera.pipeline.session import Session, open_session
from whispera.workspace import Workspace, find

ROOT = Path(__file__).resolve().parents[2]
MODEL = find().cache / "models" / "whisper-tiny.en"
"""Of the machine, looked up before a test has a home of its own."""
SPOKEN_S = 0.4
"""Between the key and the voice, as with people."""

pytestmark = [
    pytest.mark.usefixtures("display", "sound"),
    pytest.mark.xdist_group("sound"),
    pytest.mark.embedded_model,
    pytest.mark.skipif(not (MODEL / "model.bin").is_file(), reason="whispera models get whisper-tiny.en"),
]


class StaysOpen(Hearing):
    """Hearing whose recogniser serves the next test too."""

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def recogniser(catalog: CompiledCatalog, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recogniser]:
    voice = replace(catalog.settings.voice, model=str(MODEL))
    place = tmp_path_factory.mktemp("ears")
    workspace = Workspace(root=ROOT, state=place, cache=place)
    opened = open_recogniser(
        "whisper", Setting(workspace, replace(catalog, settings=replace(catalog.settings, voice=voice)))
    )
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A sentence to the file in which a synthetic voice says it."""
    require("flite", "paplay")
    folder = tmp_path_factory.mktemp("spoken")

    def say(words: str) -> Path:
        path = folder / f"{words.replace(' ', '-')}.wav"
        if not path.exists():
            subprocess.run(["flite", "-voice", "slt", "-t", words, "-o", str(path)], check=True)
        return path

    return say


class Person:
    """Somebody at this machine."""

    def __init__(self, service: VoiceService, screen: FakeScreen, spoken: Callable[[str], Path]) -> None:
        self.service = service
        self.screen = screen
        self._spoken = spoken

    def sees(self, condition: Callable[[], object], *, timeout_s: float = 20.0) -> None:
        """Waits for something; what was heard instead is in the failure."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, (self.service.status(), self.screen)
            time.sleep(0.05)

    def until(self, state: str) -> None:
        self.sees(lambda: self.service.status()["state"] == state)

    def speak(self, words: str) -> None:
        subprocess.run(["paplay", "--device=unused", str(self._spoken(words))], check=True)

    def hold_and_say(self, words: str, *, key: str = "F9") -> None:
        self._spoken(words)
        self.until("idle")
        subprocess.run(["xdotool", "keydown", key], check=True)
        self.until("listening")
        time.sleep(SPOKEN_S)
        self.speak(words)
        subprocess.run(["xdotool", "keyup", key], check=True)


Start = Callable[..., Person]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def start(
    recogniser: Recogniser, spoken: Callable[[str], Path], cache: Path, tmp_path: Path
) -> Iterator[Start]:
    require("xdotool")
    subprocess.run(["pactl", "set-default-source", "unused.monitor"], check=True)
    services: list[VoiceService] = []

    def begin(*, mode: Mode = "hold", keys: tuple[str, ...] = ("f9",)) -> Person:
        session = open_session(Workspace(root=ROOT, state=tmp_path / "state", cache=cache / "whispera"))
        settings = VoiceSettings(mode=mode, keys=keys, model=str(MODEL))
        session.catalog = replace(session.catalog, settings=replace(session.catalog.settings, voice=settings))
        session.conversation = InMemory(session.catalog.settings)
        session.id, session.tty = "voice", ""
        screen = FakeScreen()
        service = VoiceService(session, parts=real_parts(session, recogniser, screen))
        services.append(service)
        service.start()
        person = Person(service, screen, spoken)
        person.sees(lambda: service.status()["microphone_heard"])
        return person

    yield begin
    for service in services:
        service.stop()


def real_parts(session: Session, recogniser: Recogniser, screen: FakeScreen) -> Parts:
    settings = session.catalog.settings.voice
    return Parts(
        microphone=PortMicrophone(settings.microphone),
        open_hearing=lambda: StaysOpen(recogniser, session),
        watcher=lambda pause_ms: Endpoint(Voice(), pause_ms, settings.max_s),
        runner=RealRunner(session.platform),
        keys=choose_keys(settings, session.platform),
        speaker=SystemSpeaker(session.platform),
        speaks=False,
        screen=screen,
        cues=Cues(on=True),
    )


def volume() -> int:
    told = subprocess.run(["pactl", "get-sink-volume", "speaker"], check=True, capture_output=True, text=True)
    found = re.search(r"(\d+)%", told.stdout)
    assert found is not None
    return int(found[1])


def test_what_is_said_while_a_key_is_held_is_done(start: Start, home: Path) -> None:
    require("xmessage")
    write_application(home, "Gallery", "exec xmessage -title Gallery -timeout 20 here")
    person = start(keys=("f9", "ctrl+alt+space"))
    person.hold_and_say("set the volume to thirty percent")
    person.sees(lambda: volume() == 30)
    person.until("idle")
    assert person.screen.answers == [("set the volume to 30%", True)]
    person.hold_and_say("set it to sixty percent")
    person.sees(lambda: volume() == 60)
    person.hold_and_say("take a note that the garden gate is open", key="ctrl+alt+space")
    notes = home / "Documents" / "notes.md"
    person.sees(notes.exists)
    assert "the garden gate is open" in notes.read_text().lower()
    person.hold_and_say("open gallery")
    search = ["xdotool", "search", "--name", "Gallery"]
    person.sees(lambda: subprocess.run(search, capture_output=True).stdout.strip())


def test_in_toggle_mode_silence_ends_what_a_press_began(start: Start) -> None:
    person = start(mode="toggle")
    subprocess.run(["xdotool", "key", "F9"], check=True)
    person.until("listening")
    person.speak("set the volume to twenty percent")
    person.sees(lambda: volume() == 20)


def test_an_open_microphone_needs_no_key(start: Start) -> None:
    person = start(mode="open")
    time.sleep(1.0)
    person.speak("set the volume to forty percent")
    person.sees(lambda: volume() == 40)


def test_a_tap_and_a_held_key_in_silence_do_nothing(start: Start) -> None:
    person = start()
    subprocess.run(["xdotool", "key", "F9"], check=True)
    person.sees(lambda: person.screen.notes)
    subprocess.run(["xdotool", "keydown", "F9"], check=True)
    time.sleep(1.0)
    subprocess.run(["xdotool", "keyup", "F9"], check=True)
    person.sees(lambda: len(person.screen.notes) == 2)
    assert person.screen.notes == ["Hold the key while you speak.", "Nothing was said."]
    assert person.screen.answers == []


def test_trigger_does_with_the_daemon_what_a_key_does(
    spoken: Callable[[str], Path],
    runtime: Path,
    cache: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subprocess.run(["pactl", "set-default-source", "unused.monitor"], check=True)
    words = spoken("set the volume to ten percent")
    models = cache / "whispera" / "models"
    models.mkdir(parents=True, exist_ok=True)
    (models / MODEL.name).symlink_to(MODEL)
    told = tmp_path / "told.jsonl"
    notifier = [sys.executable, "-m", "whispera.pipeline.fake_notifier", str(told)]
    monkeypatch.setenv("WHISPERA_NOTIFIER", json.dumps(notifier))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.setenv("XDG_CACHE_HOME", str(cache))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    place = place_of(find())

    def voice() -> dict[str, Any]:
        with suppress(DaemonError):
            return dict(client.ask(place, {"do": "status"}, timeout_s=10).get("voice") or {})
        return {}

    def trigger(word: str) -> None:
        argv = [sys.executable, "-m", "whispera", "trigger", word]
        subprocess.run(argv, check=True)

    argv = [sys.executable, "-m", "whispera", "daemon", "--foreground"]
    daemon = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(lambda: voice().get("microphone_heard") or daemon.poll() is not None, timeout_s=40)
        assert voice()["keys"] == "pynput watches for ctrl+alt+space."
        trigger("press")
        wait_for(lambda: voice()["state"] == "listening")
        subprocess.run(["paplay", "--device=unused", str(words)], check=True)
        trigger("release")
        wait_for(lambda: volume() == 10, timeout_s=20)
        wait_for(lambda: told.exists() and "set the volume to 10%" in told.read_text())
        client.ask(place, {"do": "stop"})
        assert daemon.wait(20) == 0
    finally:
        daemon.kill()
        daemon.communicate()


def test_pynput_tells_press_and_release_of_chords_under_x() -> None:
    require("xdotool")
    seen: list[KeyEvent] = []
    keys = PynputKeys([parse_chord("ctrl+alt+space"), parse_chord("f9")])
    keys.start(seen.append)
    try:
        for name in ("F9", "ctrl+alt+space", "ctrl+F9", "t"):
            subprocess.run(["xdotool", "key", name], check=True)
        subprocess.run(["xdotool", "keydown", "F9"], check=True)
        time.sleep(1.0)  # it repeats meanwhile
        subprocess.run(["xdotool", "keyup", "F9"], check=True)
        wait_for(lambda: len(seen) >= 6)
        time.sleep(0.2)
    finally:
        keys.stop()
    told = [(event.kind, event.hotkey) for event in seen]
    assert told == [
        ("press", "f9"),
        ("release", "f9"),
        ("press", "ctrl+alt+space"),
        ("release", "ctrl+alt+space"),
        ("press", "f9"),
        ("release", "f9"),
    ]
