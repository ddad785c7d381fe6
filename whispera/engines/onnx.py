"""nano through onnxruntime: one pass for several tokens, states that can branch, LoRA as inputs.

The embedding and the output layer are rows of a uint8 table mapped from model.safetensors (of two where they
are not tied); only the rows that are asked for are read. No torch, no download; the files are those
`training.export` writes.
"""

from __future__ import annotations

import json
import mmap
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

# read when it is imported: without this its wheels keep a device number and send what they measured
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime as ort

from whispera.engines import tensors
from whispera.errors import ModelError
from whispera.workspace import restoring

FILES = ("config.json", "tokenizer.json", "model.safetensors", "model.onnx")
_ZERO = np.float32(128)


@dataclass(frozen=True, slots=True)
class State:
    """Keys and values of the tokens read so far."""

    length: int
    cache: tuple[Any, ...]


Table = tuple[NDArray[np.uint8], NDArray[np.float32]]
"""Rows (vocabulary, width) and scales (vocabulary, 1)."""


def _tables(path: Path) -> tuple[Table, Table]:
    """The embedding and the output layer, mapped, not read; the same one twice where they are tied."""
    with path.open("rb") as file:
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    stands = tensors.places(memory)

    def table(name: str) -> Table:
        return tensors.view(memory, stands[f"{name}.weight"]), tensors.view(memory, stands[f"{name}.scale"])

    embedding = table("embed")
    return embedding, table("head") if "head.weight" in stands else embedding


def _rows(table: Table, ids: Sequence[int]) -> NDArray[np.float32]:
    packed, scales = table
    index = np.asarray(ids)
    rows: NDArray[np.float32] = (packed[index].astype(np.float32) - _ZERO) * scales[index]
    return rows


class OnnxEngine:
    """A model folder loaded into onnxruntime."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Load; raises ModelError where a file is missing or broken."""
        for name in FILES:
            if not (folder / name).is_file():
                raise ModelError(f"the model in {folder} lacks {name}", hint=restoring(folder))
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
        try:
            config = json.loads((folder / "config.json").read_text())
            self._embedding, self._head = _tables(folder / "model.safetensors")
            self._session = ort.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:
            raise ModelError(
                f"the model in {folder} is broken: {str(error).splitlines()[0]}",
                hint=restoring(folder),
            ) from error
        self.layers = int(config["num_hidden_layers"])
        """Number of transformer blocks."""
        self._kv_heads = config["num_key_value_heads"]
        self._head_size = config["hidden_size"] // config["num_attention_heads"]
        self.limit = int(config["max_position_embeddings"])
        """Most tokens it reads at a time."""
        self._floats: NDArray[np.float32] | None = None
        self._names = [f"past_{kind}.{i}" for i in range(self.layers) for kind in ("key", "value")]
        self._outputs = ["hidden", *(name.replace("past", "present") for name in self._names)]
        shapes = {i.name: i.shape for i in self._session.get_inputs() if ".lora_" in i.name}
        self._no_adapter = {
            name: np.zeros([0 if isinstance(d, str) else d for d in shape], dtype=np.float32)
            for name, shape in shapes.items()
        }
        self._adapter: dict[str, Any] = dict(self._no_adapter)

    def use(self, adapter: dict[str, NDArray[np.float32]] | None) -> None:
        """Switch to an adapter's fused tensors (see `engines.adapter`), or to none."""
        if adapter is None:
            self._adapter = dict(self._no_adapter)
            return
        if set(adapter) != set(self._no_adapter):
            raise ModelError("the adapter does not fit this model", hint="train one for this base")
        self._adapter = dict(adapter)

    def embed(self, ids: Sequence[int]) -> NDArray[np.float32]:
        """Rows of the embedding, (len(ids), width)."""
        return _rows(self._embedding, ids)

    def start(self) -> State:
        """The state before any token."""
        empty = np.zeros((1, self._kv_heads, 0, self._head_size), dtype=np.float32)
        return State(0, (empty,) * (2 * self.layers))

    def extend(
        self, state: State, ids: Sequence[int], allowed: Sequence[int]
    ) -> tuple[State, NDArray[np.float32]]:
        """The state after `ids` and the logits (len(allowed),) of the tokens that may come next."""
        state, hidden = self._read(state, ids)
        return state, _rows(self._head, allowed) @ hidden

    def extend_all(self, state: State, ids: Sequence[int]) -> tuple[State, NDArray[np.float32]]:
        """The state after `ids` and the logits (vocabulary,) of every token.

        The output layer is kept as floats from the first call on, which takes four times its size.
        """
        if self._floats is None:
            self._floats = _rows(self._head, range(len(self._head[0])))
        state, hidden = self._read(state, ids)
        return state, self._floats @ hidden

    def _read(self, state: State, ids: Sequence[int]) -> tuple[State, NDArray[np.float32]]:
        """The state after `ids` and the hidden state (width,) of the last one."""
        total = state.length + len(ids)
        if total > self.limit:
            raise ModelError(f"{total} tokens are more than the model reads ({self.limit})")
        feeds: dict[str, Any] = dict(self._adapter)
        feeds["embedded"] = self.embed(ids)[None]
        feeds["last_index"] = np.asarray([total - 1], dtype=np.int32)
        feeds["total"] = np.asarray(total, dtype=np.int32)
        feeds.update(zip(self._names, state.cache, strict=True))
        hidden, *cache = self._session.run(self._outputs, feeds)
        return State(total, tuple(cache)), hidden[0, 0]
