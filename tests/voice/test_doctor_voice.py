"""What `whispera doctor` tells of listening."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from whispera.audio import devices
from whispera.audio.devices import Device
from whispera.catalog.compiled import CompiledCatalog
from whispera.cli import doctor_voice
from whispera.cli.checks import Check
from whispera.cli.doctor_voice import voice_checks
from whispera.errors import ModelError
from whispera.pipeline.session import open_session
from whispera.workspace import find

MICROPHONES = [Device("Blue Yeti", "usb", True), Device("Webcam", "usb-2", False)]


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> CompiledCatalog:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        return open_session(find()).catalog


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_voice, "find_spec", lambda module: object())
    monkeypatch.setattr(devices, "check_access", lambda: None)
    plug(monkeypatch, MICROPHONES)


def plug(monkeypatch: pytest.MonkeyPatch, found: Sequence[Device]) -> None:
    monkeypatch.setattr(devices, "list_microphones", lambda: found)


def told(catalog: CompiledCatalog, **voice: str) -> dict[str, Check]:
    settings = catalog.settings
    changed = replace(settings, voice=replace(settings.voice, **voice))  # type: ignore[arg-type]
    checks = list(voice_checks(find(), replace(catalog, settings=changed)))
    assert all(check.status != "broken" for check in checks)
    assert all(check.hint for check in checks if check.status != "ok")
    return {check.name: check for check in checks}


def test_the_systems_choice_is_told(shipped: CompiledCatalog) -> None:
    check = told(shipped)["microphone"]
    assert (check.status, check.detail) == ("ok", "Blue Yeti, the system's choice; 1 more")


def test_so_is_the_microphone_of_the_settings(shipped: CompiledCatalog) -> None:
    assert told(shipped, microphone="webc")["microphone"].detail == "Webcam"
    unknown = told(shipped, microphone="headset")["microphone"]
    assert (unknown.status, "'Blue Yeti', 'Webcam'" in unknown.detail) == ("absent", True)


def test_a_speaker_for_a_microphone_is_pointed_out(
    shipped: CompiledCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug(monkeypatch, [Device("Monitor of Speaker", "monitor", True, is_monitor=True)])
    assert told(shipped)["microphone"].status == "partly"


def test_no_microphone_and_no_way_to_it_are_told(
    shipped: CompiledCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    plug(monkeypatch, [])
    assert told(shipped)["microphone"].status == "absent"

    def unreachable() -> None:
        raise ModelError("no way", hint="apt install libasound2-plugins")

    monkeypatch.setattr(devices, "check_access", unreachable)
    assert told(shipped)["microphone"].hint == "apt install libasound2-plugins"


def test_a_model_that_is_not_there_is_told_with_the_command_that_gets_it(
    shipped: CompiledCatalog, tmp_path: Path
) -> None:
    assert told(shipped)["recogniser"].hint == "whispera models get whisper-tiny.en"
    (tmp_path / "model.bin").write_bytes(b"")
    assert told(shipped, model=str(tmp_path))["recogniser"].status == "ok"
    assert told(shipped, model=str(tmp_path / "none"))["recogniser"].status == "absent"


def test_missing_packages_are_named(shipped: CompiledCatalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_voice, "find_spec", lambda module: None)
    checks = told(shipped, recogniser="pocketsphinx")
    assert list(checks) == ["voice"]
    assert "sounddevice, soundfile, faster-whisper, pocketsphinx" in checks["voice"].detail
