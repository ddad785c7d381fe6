"""LoRA adapters as the runtime reads them: peft's files in, fused tensors out. numpy alone.

`adapters/<base>/` holds `adapter_model.safetensors` and `adapter_config.json` as peft writes them, and
`card.json`: what the adapter was trained on. An adapter of another base, catalog or prompt is refused
with its hint, never loaded to see what happens.

Source: Hu et al., LoRA (2021): y = W x + (alpha / r) B A x.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from whispera.engines.fused import FUSED, PARTS
from whispera.engines.tensors import places, view
from whispera.errors import AdapterError
from whispera.workspace import Workspace, restoring

CARD = "card.json"
CONFIG = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
PREVIOUS = ".previous"
"""Suffix of the active adapter while another takes its place (see `engines.versions`)."""
BARE = ".none"
"""Suffix of the file that says that the bare base was chosen."""
CONVERSATION = "conversation"
"""The `kind` on the card of an adapter that is talked to (`engines.chat`)."""
PROMPT_VERSION = 2
"""Raised whenever the prompt or the codec changes what a model reads."""

Array = NDArray[np.float32]


def present(adapters: Path, base: str) -> Path | None:
    """The folder of the adapter of a base, None where there is none.

    A training that was killed between taking the old adapter away and putting the new one in its place
    leaves the old one under `<base>.previous`: then that is the adapter.
    """
    for name in (base, base + PREVIOUS):
        if (adapters / name / CARD).is_file():
            return adapters / name
    return None


def folder_for(workspace: Workspace, base: str) -> Path:
    """The folder to read the adapter of a base from: the user's where it holds one, else the shipped one.

    The user's too where the bare base was chosen.
    """
    own = present(workspace.adapters, base) is not None or (workspace.adapters / (base + BARE)).is_file()
    return workspace.adapters if own else workspace.shipped_adapters


@dataclass(frozen=True, slots=True)
class Card:
    """What an adapter or a base is, and what it was trained on."""

    data: dict[str, Any]

    @property
    def base_hash(self) -> str:
        """SHA-256 of the base's weights."""
        return str(self.data.get("base_hash", ""))

    @property
    def catalog_hash(self) -> str:
        """Hash of the catalog it was trained for."""
        return str(self.data.get("catalog_hash", ""))

    @property
    def temperature(self) -> float:
        """Divides the logits so that the confidence is calibrated."""
        return float(self.data.get("temperature", 1.0))


def file_hash(path: Path) -> str:
    """SHA-256 of a file, as hex."""
    import hashlib  # 3 ms that a command does without

    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def again(command: str = "whispera") -> str:
    """The way out where an adapter is broken; `command`: as `Workspace.command`."""
    return f"train it again: {command} train"


def _read_object(path: Path, hint: str) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ValueError("it is no JSON object")
    except (OSError, ValueError) as error:
        raise AdapterError(f"{path.parent} has no readable {path.name}: {error}", hint=hint) from error
    return data


def read_card(folder: Path, *, hint: str = "") -> Card:
    """The card of an adapter; raises AdapterError, with `hint` or that of `again`, where it is broken."""
    return Card(_read_object(folder / CARD, hint or again()))


def base_card(folder: Path) -> Card:
    """The card of a base; raises AdapterError where it is missing or broken."""
    return read_card(folder, hint=restoring(folder))


def read_rank(folder: Path, *, hint: str = "") -> tuple[int, float]:
    """Rank and alpha of an adapter; raises AdapterError as `read_card` does."""
    config = _read_object(folder / CONFIG, hint or again())
    try:
        rank, alpha = int(config["r"]), float(config["lora_alpha"])
        if rank < 1:
            raise ValueError(f"rank {rank}")
    except (KeyError, TypeError, ValueError) as error:
        raise AdapterError(f"{folder / CONFIG} is broken: {error}", hint=hint or again()) from error
    return rank, alpha


def read_tensors(path: Path, *, hint: str = "") -> dict[str, Array]:
    """The float tensors of a safetensors file; raises AdapterError, as `read_card`, where it is truncated."""
    try:
        raw = path.read_bytes()
        return {name: view(raw, place).astype(np.float32) for name, place in places(raw).items()}
    except (OSError, ValueError) as error:
        raise AdapterError(f"{path} is broken: {error}", hint=hint or again()) from error


def fuse(tensors: dict[str, Array], *, layers: int, scaling: float, hint: str = "") -> dict[str, Array]:
    """The LoRA inputs of the engine: `layers.i.<fused>.lora_a` (in, rank) and `.lora_b` (rank, out).

    Parts of a fused layer stand side by side in the rank, so each reads the shared input on its own; the
    scaling alpha / r is in B. Raises AdapterError, as `read_card`, where one is missing.
    """
    fused: dict[str, Array] = {}
    for i in range(layers):
        for name in FUSED:
            downs: list[Array] = []
            ups: list[Array] = []
            for part in PARTS[name]:
                stem = f"base_model.model.model.layers.{i}.{part}."
                try:
                    downs.append(tensors[stem + "lora_A.weight"])
                    ups.append(tensors[stem + "lora_B.weight"])
                except KeyError as error:
                    raise AdapterError(f"the adapter has no {error}", hint=hint or again()) from error
            rank = sum(len(a) for a in downs)
            out = sum(len(b) for b in ups)
            b = np.zeros((rank, out), dtype=np.float32)
            row = column = 0
            for up in ups:
                b[row : row + up.shape[1], column : column + up.shape[0]] = up.T * scaling
                row, column = row + up.shape[1], column + up.shape[0]
            fused[f"layers.{i}.{name}.lora_a"] = np.ascontiguousarray(np.concatenate(downs).T)
            fused[f"layers.{i}.{name}.lora_b"] = b
    return fused


@dataclass(frozen=True, slots=True)
class Misfit:
    """Why an adapter must not be used, and the way out."""

    why: str
    """After "the adapter": "was trained on another base"."""
    hint: str


def misfit(card: Card, *, base_hash: str, catalog_hash: str, command: str = "whispera") -> Misfit | None:
    """What an adapter does not fit, None where it fits; an empty catalog hash fits every catalog.

    `command`: as `Workspace.command`, for the hints.
    """
    if card.data.get("kind") == CONVERSATION:
        return Misfit("is for conversations, not for commands", "talk to it: whispera chat --adapter NAME")
    if card.base_hash != base_hash:
        return Misfit("was trained on another base", again(command))
    if card.data.get("prompt_version") != PROMPT_VERSION:
        return Misfit("was trained with another prompt", again(command))
    if catalog_hash and card.catalog_hash != catalog_hash:
        return Misfit("was trained for another catalog", retrain(command))
    return None


def retrain(command: str) -> str:
    """The way out where a model was trained for other actions."""
    return f"actions or slots have changed: {command} regen && {command} train"


def load(
    folder: Path, *, layers: int, base_hash: str, catalog_hash: str, command: str = "whispera"
) -> tuple[dict[str, Array], Card]:
    """The fused tensors and the card of an adapter; raises AdapterError where it does not fit."""
    hint = again(command)
    card = read_card(folder, hint=hint)
    unfit = misfit(card, base_hash=base_hash, catalog_hash=catalog_hash, command=command)
    if unfit is not None:
        raise AdapterError(f"the adapter in {folder} {unfit.why}", hint=unfit.hint)
    rank, alpha = read_rank(folder, hint=hint)
    tensors = read_tensors(folder / WEIGHTS, hint=hint)
    return fuse(tensors, layers=layers, scaling=alpha / rank, hint=hint), card
