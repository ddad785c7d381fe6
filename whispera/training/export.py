"""From a Qwen2 model in torch to the files the runtime loads, and back.

`model.safetensors` holds the weights once: linear layers in blocks of 8 or 4 bits (see `blocks`), q/k/v and
gate/up fused; the embedding, and the output layer where it is not tied to it, as uint8 with one scale a row;
norms and biases as float32. `model.onnx` is the graph alone: its initialisers point into the safetensors
file, so onnxruntime and torch read the same bytes.

The graph takes embedded tokens and gives the final hidden states; the embedding and the few rows of the
output layer that are needed stay outside. Each fused layer has a pair of LoRA inputs (width, rank) and
(rank, width), of rank 0 when there is no adapter.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper
from safetensors.numpy import load_file, save_file
from transformers import Qwen2Config, Qwen2ForCausalLM

from whispera import whole
from whispera.engines.fused import FUSED, PARTS
from whispera.engines.tensors import Place, places
from whispera.training.blocks import BLOCK, Bits, bits_of, pack, pack_table, unpack, unpack_table

Array = NDArray[Any]


def quantise(model: Any, *, bits: Bits = 8) -> dict[str, Array]:
    """The tensors of model.safetensors, by name."""
    state = {name: tensor.detach().float().numpy() for name, tensor in model.state_dict().items()}
    tensors: dict[str, Array] = {"norm": state["model.norm.weight"]}
    tables = {"embed": "model.embed_tokens.weight"}
    if not model.config.tie_word_embeddings:
        tables["head"] = "lm_head.weight"
    for ours, theirs in tables.items():
        tensors[ours + ".weight"], tensors[ours + ".scale"] = pack_table(state[theirs])
    for i in range(model.config.num_hidden_layers):
        theirs, ours = f"model.layers.{i}.", f"layers.{i}."
        tensors[ours + "input_norm"] = state[theirs + "input_layernorm.weight"]
        tensors[ours + "post_norm"] = state[theirs + "post_attention_layernorm.weight"]
        for fused in FUSED:
            weight = np.concatenate([state[f"{theirs}{part}.weight"] for part in PARTS[fused]])
            tensors[f"{ours}{fused}.weight"], tensors[f"{ours}{fused}.scale"] = pack(weight, bits=bits)
        tensors[ours + "qkv.bias"] = np.concatenate([state[f"{theirs}{part}.bias"] for part in PARTS["qkv"]])
    return {name: np.ascontiguousarray(tensor) for name, tensor in sorted(tensors.items())}


def dequantise(folder: Path) -> Qwen2ForCausalLM:
    """The torch model of a folder written by `write`, with exactly the weights the runtime uses."""
    config = Qwen2Config(**json.loads((folder / "config.json").read_text()))
    return restored(config, load_file(folder / "model.safetensors"))


def restored(config: Qwen2Config, tensors: dict[str, Array]) -> Qwen2ForCausalLM:
    """The torch model of the tensors that `quantise` gives."""
    model = Qwen2ForCausalLM._from_config(config, attn_implementation="eager")
    shapes = {name: tensor.shape for name, tensor in model.state_dict().items()}
    tables = {"embed": "model.embed_tokens.weight", "head": "lm_head.weight"}
    state = {
        theirs: unpack_table(tensors[ours + ".weight"], tensors[ours + ".scale"])
        for ours, theirs in tables.items()
        if ours + ".weight" in tensors
    }
    state["model.norm.weight"] = tensors["norm"]
    for i in range(config.num_hidden_layers):
        theirs, ours = f"model.layers.{i}.", f"layers.{i}."
        state[theirs + "input_layernorm.weight"] = tensors[ours + "input_norm"]
        state[theirs + "post_attention_layernorm.weight"] = tensors[ours + "post_norm"]
        for fused in FUSED:
            sizes = [shapes[f"{theirs}{part}.weight"] for part in PARTS[fused]]
            cuts = np.cumsum([rows for rows, _ in sizes])[:-1]
            packed, scale = tensors[f"{ours}{fused}.weight"], tensors[f"{ours}{fused}.scale"]
            whole = unpack(packed, scale, inputs=sizes[0][1])
            for part, weight in zip(PARTS[fused], np.split(whole, cuts), strict=True):
                state[f"{theirs}{part}.weight"] = weight
            if fused == "qkv":
                for part, bias in zip(PARTS[fused], np.split(tensors[ours + "qkv.bias"], cuts), strict=True):
                    state[f"{theirs}{part}.bias"] = bias
    model.load_state_dict(
        {k: torch.from_numpy(np.array(v, np.float32)) for k, v in state.items()}, strict=False
    )
    model.tie_weights()
    return model


class _Graph:
    """Collects the nodes and initialisers of the ONNX graph."""

    def __init__(self, stored: dict[str, Place]) -> None:
        self.stored = stored
        self.nodes: list[Any] = []
        self.initialisers: list[Any] = []
        self._known: set[str] = set()

    def constant(self, name: str, array: Array) -> str:
        if name not in self._known:
            self._known.add(name)
            self.initialisers.append(onnx.numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def weight(self, name: str) -> str:
        """An initialiser that lives in model.safetensors."""
        if name in self._known:
            return name
        self._known.add(name)
        place = self.stored[name]
        tensor = TensorProto(name=name, dims=place.shape, data_location=TensorProto.EXTERNAL)
        tensor.data_type = TensorProto.UINT8 if name.endswith(".weight") else TensorProto.FLOAT
        for key, value in (
            ("location", "model.safetensors"),
            ("offset", str(place.start)),
            ("length", str(place.length)),
        ):
            tensor.external_data.add(key=key, value=value)
        self.initialisers.append(tensor)
        return name

    def add(self, kind: str, inputs: list[str], output: str, *, domain: str = "", **attributes: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **attributes))
        return output


def _linear(graph: _Graph, x: str, name: str, inputs: int, outputs: int) -> str:
    """x times a quantised layer, plus its LoRA pair."""
    bits = bits_of(graph.stored[name + ".weight"].shape, inputs)
    base = graph.add(
        "MatMulNBits",
        [x, graph.weight(name + ".weight"), graph.weight(name + ".scale")],
        name + "/base",
        domain="com.microsoft",
        K=inputs,
        N=outputs,
        bits=bits,
        block_size=BLOCK[bits],
        accuracy_level=4,
    )
    down = graph.add("MatMul", [x, name + ".lora_a"], name + "/down")
    up = graph.add("MatMul", [down, name + ".lora_b"], name + "/up")
    return graph.add("Add", [base, up], name + "/out")


def graph(config: Qwen2Config, stored: dict[str, Place]) -> Any:
    """The ONNX model over the tensors that are stored in model.safetensors."""
    g = _Graph(stored)
    width, heads, kv_heads = config.hidden_size, config.num_attention_heads, config.num_key_value_heads
    size = width // heads
    inner = config.intermediate_size
    rope = config.rope_parameters["rope_theta"] if hasattr(config, "rope_parameters") else config.rope_theta
    angles = np.outer(np.arange(config.max_position_embeddings), 1.0 / rope ** (np.arange(0, size, 2) / size))
    cos, sin = (
        g.constant("cos", np.cos(angles).astype(np.float32)),
        g.constant("sin", np.sin(angles).astype(np.float32)),
    )
    shapes = {
        "qkv": (width, (heads + 2 * kv_heads) * size),
        "o": (heads * size, width),
        "gate_up": (width, 2 * inner),
        "down": (inner, width),
    }
    halves = g.constant("halves", np.asarray([inner, inner], dtype=np.int64))
    inputs = [
        helper.make_tensor_value_info("embedded", TensorProto.FLOAT, [1, "new", width]),
        helper.make_tensor_value_info("last_index", TensorProto.INT32, [1]),
        helper.make_tensor_value_info("total", TensorProto.INT32, []),
    ]
    outputs = [helper.make_tensor_value_info("hidden", TensorProto.FLOAT, [1, 1, width])]
    norm = {"domain": "", "axis": -1, "epsilon": config.rms_norm_eps, "stash_type": 1}
    x = "embedded"
    for i in range(config.num_hidden_layers):
        name = f"layers.{i}."
        for fused in FUSED:
            into, out = shapes[fused]
            inputs.append(
                helper.make_tensor_value_info(
                    f"{name}{fused}.lora_a", TensorProto.FLOAT, [into, f"rank_{fused}"]
                )
            )
            inputs.append(
                helper.make_tensor_value_info(
                    f"{name}{fused}.lora_b", TensorProto.FLOAT, [f"rank_{fused}", out]
                )
            )
        for letter in ("key", "value"):
            past = [1, kv_heads, "past", size]
            inputs.append(helper.make_tensor_value_info(f"past_{letter}.{i}", TensorProto.FLOAT, past))
            present = [1, kv_heads, "all", size]
            outputs.append(helper.make_tensor_value_info(f"present_{letter}.{i}", TensorProto.FLOAT, present))
        normed = g.add(
            "SimplifiedLayerNormalization", [x, g.weight(name + "input_norm")], name + "normed", **norm
        )
        qkv = _linear(g, normed, name + "qkv", *shapes["qkv"])
        qkv = g.add("Add", [qkv, g.weight(name + "qkv.bias")], name + "qkv/biased")
        g.nodes.append(
            helper.make_node(
                "GroupQueryAttention",
                [qkv, "", "", f"past_key.{i}", f"past_value.{i}", "last_index", "total", cos, sin],
                [name + "attended", f"present_key.{i}", f"present_value.{i}"],
                domain="com.microsoft",
                num_heads=heads,
                kv_num_heads=kv_heads,
                do_rotary=1,
                rotary_interleaved=0,
            )
        )
        x = g.add("Add", [x, _linear(g, name + "attended", name + "o", *shapes["o"])], name + "middle")
        normed = g.add(
            "SimplifiedLayerNormalization", [x, g.weight(name + "post_norm")], name + "post_normed", **norm
        )
        both = _linear(g, normed, name + "gate_up", *shapes["gate_up"])
        gate, up = name + "gate", name + "up"
        g.nodes.append(helper.make_node("Split", [both, halves], [gate, up], axis=-1))
        sigmoid = g.add("Sigmoid", [gate], name + "sigmoid")
        silu = g.add("Mul", [gate, sigmoid], name + "silu")
        product = g.add("Mul", [silu, up], name + "product")
        x = g.add("Add", [x, _linear(g, product, name + "down", *shapes["down"])], name + "out")
    minus_one = g.constant("minus_one", np.asarray([-1], dtype=np.int64))
    last = g.add("Gather", [x, minus_one], "last", axis=1)
    g.add("SimplifiedLayerNormalization", [last, g.weight("norm")], "hidden", **norm)
    body = helper.make_graph(g.nodes, "nano", inputs, outputs, g.initialisers)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=9, producer_name="whispera")


CONFIG_KEYS = (
    "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
    "num_key_value_heads", "max_position_embeddings", "rms_norm_eps", "tie_word_embeddings",
)  # fmt: skip


def write(model: Any, tokenizer_json: str, folder: Path, *, bits: Bits = 8) -> None:
    """Write config, tokenizer, weights and graph of a model into a folder, each file whole or not at all.

    `bits`: of the linear layers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = {key: getattr(model.config, key) for key in CONFIG_KEYS}
    rope = getattr(model.config, "rope_parameters", None) or {"rope_theta": model.config.rope_theta}
    config["rope_theta"] = rope["rope_theta"]
    config["architectures"] = ["Qwen2ForCausalLM"]
    config["model_type"] = "qwen2"
    pending = {"config.json": json.dumps(config, indent=1) + "\n", "tokenizer.json": tokenizer_json}
    for name, text in pending.items():
        whole.write(folder / name, text)
    weights = folder / "model.safetensors"
    with whole.beside(weights) as half:
        save_file(quantise(model, bits=bits), str(half), metadata={"format": "whispera-u8"})
        half.chmod(0o644)
    onnx_model = graph(model.config, places(weights.read_bytes()))
    whole.write(folder / "model.onnx", onnx_model.SerializeToString())
