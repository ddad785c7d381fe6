"""Checkpoints in the Hugging Face layout: read to become a base, and written for other programs.

Read are Qwen2 checkpoints (and Llama's, which are the same with fewer biases) with a byte-level BPE
tokenizer. The codec's marks and the tags become added tokens, in spare rows of the embedding or in appended
ones; each row starts at the mean of the pieces it stands for. What the engine cannot run is refused by name.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from tokenizers import AddedToken, Tokenizer
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM
from transformers.utils.logging import disable_progress_bar

from whispera import whole
from whispera.errors import ModelError
from whispera.nlu import codec
from whispera.training import export
from whispera.training.blocks import BLOCK

POSITIONS = 4096
"""More tokens than this are not read at once: the graph holds a table of their angles."""
WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
TOKENIZER_CONFIG = "tokenizer_config.json"
PLAIN_TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"
"""Prompt and wire intent as the codec writes them, for a base without a template of its own."""
_KINDS = ("qwen2", "llama")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model with its tokenizer, ready to be written as a base."""

    model: Any
    """A Qwen2ForCausalLM in float32."""
    tokenizer: Tokenizer
    """With the marks and tags."""
    chat: Mapping[str, str]
    """What tokenizer_config.json says of conversations: `chat_template`, `eos_token`."""


def read(folder: Path, *, tags: Iterable[str]) -> Checkpoint:
    """The checkpoint in a folder; raises ModelError where it is broken or nothing that the engine can run."""
    config = _config(folder)
    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:
        raise ModelError(f"{folder} has no readable tokenizer.json: {error}", hint=_wanted(folder)) from error
    tokenizer.no_truncation()
    tokenizer.no_padding()
    _check_pieces(tokenizer, folder)
    state = _weights(folder)
    added = [*codec.MARKS, *(codec.tag_piece(tag) for tag in tags)]
    parts = {
        text: tokenizer.encode(text, add_special_tokens=False).ids
        for text in added
        if tokenizer.token_to_id(text) is None
    }
    tokenizer.add_tokens([AddedToken(text, normalized=False, special=False) for text in added])
    size = max(tokenizer.get_vocab().values()) + 1
    tables = ["model.embed_tokens.weight"] + ([] if config.tie_word_embeddings else ["lm_head.weight"])
    numbered = {tokenizer.get_vocab()[text]: ids for text, ids in parts.items()}
    for name in tables:
        if name not in state:
            raise ModelError(f"the weights in {folder} have no {name}", hint=_wanted(folder))
        state[name] = _grown(state[name], size, numbered)
    config.vocab_size = len(state[tables[0]])
    return Checkpoint(_model(config, state, folder), tokenizer, chat_of(folder))


def _wanted(folder: Path) -> str:
    return f"{folder} must hold config.json, {WEIGHTS} and tokenizer.json of a Qwen2 model"


def _object(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict):
            raise ValueError("it is no JSON object")
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path.parent} has no readable {path.name}: {error}", hint=_wanted(path.parent)
        ) from error
    return data


def _config(folder: Path) -> Qwen2Config:
    """The configuration, as Qwen2's; raises ModelError naming what the engine cannot run."""
    data = _object(folder / "config.json")
    rope = data.get("rope_parameters") or data.get("rope_scaling") or {}
    try:
        width, heads = int(data["hidden_size"]), int(data["num_attention_heads"])
        inner = int(data["intermediate_size"])
        refused = {
            f"model_type {data.get('model_type')}": data.get("model_type") not in _KINDS,
            f"hidden_act {data.get('hidden_act')}": data.get("hidden_act", "silu") != "silu",
            "use_sliding_window": bool(data.get("use_sliding_window")),
            "scaled rotary positions": rope.get("rope_type", rope.get("type", "default")) != "default",
            "a head_dim of its own": (data.get("head_dim") or width // heads) * heads != width,
            "biases outside attention": bool(data.get("mlp_bias")),
            f"layers of {width} and {inner}, no multiples of {BLOCK[8]}": bool(
                width % BLOCK[8] or inner % BLOCK[8]
            ),
        }
        config = Qwen2Config(
            vocab_size=int(data["vocab_size"]),
            hidden_size=width,
            intermediate_size=inner,
            num_hidden_layers=int(data["num_hidden_layers"]),
            num_attention_heads=heads,
            num_key_value_heads=int(data.get("num_key_value_heads") or heads),
            max_position_embeddings=min(POSITIONS, int(data.get("max_position_embeddings", POSITIONS))),
            rope_theta=float(data.get("rope_theta") or rope.get("rope_theta") or 10000.0),
            rms_norm_eps=float(data.get("rms_norm_eps", 1e-6)),
            tie_word_embeddings=bool(data.get("tie_word_embeddings", False)),
            use_sliding_window=False,
        )
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise ModelError(f"{folder / 'config.json'} is broken: {error!r}", hint=_wanted(folder)) from error
    wrong = [name for name, is_wrong in refused.items() if is_wrong]
    if wrong:
        raise ModelError(
            f"the checkpoint in {folder} has {', '.join(wrong)}, which the engine cannot run",
            hint="use a Qwen2 checkpoint, such as Qwen2.5-0.5B-Instruct",
        )
    return config


def _check_pieces(tokenizer: Tokenizer, folder: Path) -> None:
    """Raise ModelError where pieces do not come back as they were: spaces, quotes, marks."""
    for piece in (" hour", "hour", "'s", " 5", ",", *codec.MARKS):
        ids = tokenizer.encode(piece, add_special_tokens=False).ids
        if tokenizer.decode(ids, skip_special_tokens=False) != piece:
            raise ModelError(
                f"the tokenizer in {folder} does not give {piece!r} back",
                hint="the codec wants a byte-level BPE, as Qwen2 and Llama 3 have it",
            )


def _weights(folder: Path) -> dict[str, torch.Tensor]:
    """The tensors, of one file or of several, in the type they are stored in."""
    try:
        names = [WEIGHTS]
        if not (folder / WEIGHTS).is_file() and (folder / INDEX).is_file():
            names = sorted(set(_object(folder / INDEX)["weight_map"].values()))
        state: dict[str, torch.Tensor] = {}
        for name in names:
            state.update(load_file(folder / Path(name).name))
    except (OSError, SafetensorError, KeyError, AttributeError) as error:
        raise ModelError(f"{folder} has no readable {WEIGHTS}: {error}", hint=_wanted(folder)) from error
    return state


def _grown(rows: torch.Tensor, size: int, parts: Mapping[int, list[int]]) -> torch.Tensor:
    """A table with at least `size` rows, those of new tokens at the mean of their parts."""
    old = rows.float()
    new = torch.zeros(max(size, len(old)), old.shape[1])
    new[: len(old)] = old
    for token, ids in parts.items():
        new[token] = old[torch.tensor(ids)].double().mean(0).float()  # alike on every machine
    return new


def _model(config: Qwen2Config, state: dict[str, torch.Tensor], folder: Path) -> Any:
    model = Qwen2ForCausalLM._from_config(config, attn_implementation="eager")
    for i in range(config.num_hidden_layers):
        bias = state.pop(f"model.layers.{i}.self_attn.o_proj.bias", None)
        if bias is not None and bool(bias.any()):
            raise ModelError(
                f"the checkpoint in {folder} has biases after attention, which the engine cannot run",
                hint="use a Qwen2 checkpoint, such as Qwen2.5-0.5B-Instruct",
            )
        for letter in "qkv":
            name = f"model.layers.{i}.self_attn.{letter}_proj."
            if name + "bias" not in state and name + "weight" in state:  # Llama has none
                state[name + "bias"] = torch.zeros(len(state[name + "weight"]))
    if config.tie_word_embeddings:
        state.pop("lm_head.weight", None)
    try:
        missing, unexpected = model.load_state_dict(state, strict=False)
    except RuntimeError as error:
        raise ModelError(
            f"the weights in {folder} do not fit its config.json: {str(error).splitlines()[-1].strip()}",
            hint=_wanted(folder),
        ) from error
    lacking = [name for name in missing if not (name == "lm_head.weight" and config.tie_word_embeddings)]
    if lacking or unexpected:
        raise ModelError(
            f"the weights in {folder} are no Qwen2 model: "
            + (f"{lacking[0]} is missing" if lacking else f"{unexpected[0]} has no place"),
            hint=_wanted(folder),
        )
    model.tie_weights()
    return model


def chat_of(folder: Path) -> dict[str, str]:
    """The chat template and the end token, where the checkpoint has them."""
    found: dict[str, str] = {}
    if (folder / TOKENIZER_CONFIG).is_file():
        data = _object(folder / TOKENIZER_CONFIG)
        end = data.get("eos_token")
        end = end.get("content") if isinstance(end, dict) else end
        for key, value in (("chat_template", data.get("chat_template")), ("eos_token", end)):
            if isinstance(value, str):
                found[key] = value
    if (folder / "chat_template.jinja").is_file():
        found["chat_template"] = (folder / "chat_template.jinja").read_text(encoding="utf-8")
    return found


def write_chat(chat: Mapping[str, str], folder: Path) -> None:
    """What a base says of conversations, where transformers looks for it."""
    data = {"tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": False, **chat}
    (folder / TOKENIZER_CONFIG).write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")


def put(base: Path, folder: Path, *, half: bool = False) -> None:
    """`write` into a new folder, whole or not at all; raises ModelError where it cannot be written."""
    try:
        with whole.folder_beside(folder) as beside:
            write(base, beside, half=half)
            if folder.is_dir():
                folder.rmdir()  # unless somebody has put something there meanwhile
    except OSError as error:
        raise ModelError(
            f"{folder} cannot be written: {error.strerror or error}",
            hint="check its owner and the free space",
        ) from error


def write(base: Path, folder: Path, *, half: bool = False, plain: bool = False) -> None:
    """A base as a checkpoint that transformers and mlx-lm load: float32, or float16 where `half`.

    It is written as a Llama model with attention biases: of a Qwen2 one transformers 5 ignores the
    tokenizer.json and cuts texts as Qwen's tokenizer does. The chat template is the base's own; `plain`, and
    for a base without one, it joins prompt and wire intent as the codec does.
    """
    ours = export.dequantise(base)
    state = ours.state_dict()
    biased = any(bool(tensor.any()) for name, tensor in state.items() if name.endswith("_proj.bias"))
    kept = (
        "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
        "num_key_value_heads", "max_position_embeddings", "rms_norm_eps", "tie_word_embeddings",
    )  # fmt: skip
    chat = chat_of(base)
    tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
    config = LlamaConfig(
        **{key: getattr(ours.config, key) for key in kept},
        rope_theta=ours.config.rope_parameters["rope_theta"],
        attention_bias=biased,
        bos_token_id=None,
        eos_token_id=tokenizer.token_to_id(chat["eos_token"]) if "eos_token" in chat else None,
    )
    model = LlamaForCausalLM(config)
    zero = torch.zeros(config.hidden_size)
    for i in range(config.num_hidden_layers):
        state[f"model.layers.{i}.self_attn.o_proj.bias"] = zero
    model.load_state_dict({name: state[name] for name in model.state_dict()})
    model.tie_weights()
    disable_progress_bar()
    (model.half() if half else model).save_pretrained(folder)
    (folder / "tokenizer.json").write_bytes((base / "tokenizer.json").read_bytes())
    if plain or "chat_template" not in chat:
        chat["chat_template"] = PLAIN_TEMPLATE
    write_chat(chat, folder)
