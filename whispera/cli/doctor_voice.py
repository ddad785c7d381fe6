"""What `whispera doctor` tells of listening. Typed commands need nothing of it, so nothing is `broken`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from whispera.catalog.compiled import CompiledCatalog
from whispera.cli.checks import Check
from whispera.engines.store import folder_of, read_models
from whispera.errors import WhisperaError
from whispera.workspace import Workspace

SETUP = "bin/setup voice, or pip install 'whispera[voice]'"
_PACKAGES = {"sounddevice": "sounddevice", "soundfile": "soundfile", "faster_whisper": "faster-whisper"}
_RECOGNISERS = {"pocketsphinx": {"pocketsphinx": "pocketsphinx"}}


def voice_checks(workspace: Workspace, catalog: CompiledCatalog) -> Iterator[Check]:
    """Packages, recogniser, microphone; none is opened."""
    name = catalog.settings.voice.recogniser
    packages = {**_PACKAGES, **_RECOGNISERS.get(name, {})}
    missing = [package for module, package in packages.items() if find_spec(module) is None]
    if missing:
        yield Check(
            "voice", "absent", f"not installed: {', '.join(missing)}; typed commands do without", SETUP
        )
        return
    yield Check("voice", "ok", ", ".join(f"{package} {_version(package)}" for package in packages.values()))
    yield _recogniser(workspace, catalog)
    yield _microphone(catalog)


def _recogniser(workspace: Workspace, catalog: CompiledCatalog) -> Check:
    voice = catalog.settings.voice
    if voice.recogniser != "whisper":
        return Check("recogniser", "ok", voice.recogniser)
    models = read_models(workspace.config)
    known = voice.model in models
    folder = folder_of(models[voice.model], workspace) if known else Path(voice.model).expanduser()
    # what loads it asks for more, and takes a second to import
    if not (folder / "model.bin").is_file():
        hint = f"whispera models get {voice.model}" if known else "set voice.model, or put a model there"
        return Check("recogniser", "absent", f"whisper: there is no model in {folder}", hint)
    return Check("recogniser", "ok", f"whisper, {voice.model} in {folder}")


def _microphone(catalog: CompiledCatalog) -> Check:
    from whispera.audio.devices import check_access, choose, list_microphones

    wanted = catalog.settings.voice.microphone
    try:
        check_access()
        devices = list_microphones()
        if not devices:
            return Check("microphone", "absent", "none here", "plug one in, or start the sound server")
        if wanted.strip():
            return Check("microphone", "ok", choose(devices, wanted).name)
    except WhisperaError as error:
        return Check("microphone", "absent", error.message, error.hint)
    chosen = next((device for device in devices if device.is_default), devices[0])
    detail = f"{chosen.name}, the system's choice"
    if chosen.is_monitor:
        return Check(
            "microphone",
            "partly",
            f"{detail}, hears what the speaker plays",
            "set voice.microphone; `whispera listen --microphones` lists them",
        )
    others = len([device for device in devices if not device.is_monitor]) - 1
    return Check("microphone", "ok", detail + (f"; {others} more" if others > 0 else ""))


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
