"""A Qwen2 checkpoint as transformers writes one, with a tokenizer in Qwen's layout; random weights, tiny."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import Qwen2Config, Qwen2ForCausalLM

SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
    r"|\s+(?!\S)|\s+"
)
"""How Qwen2's tokenizer.json cuts a text before its merges."""
SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
PADDED = 40
"""Rows of the embedding that no token uses."""
TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
TEXTS = ("open the mail", "set the volume to 45", "mute it's loud", '{"action":"scroll","direction":" up"}')


def tokenizer() -> Tokenizer:
    """A byte-level BPE with Qwen's pieces around it."""
    made = Tokenizer(models.BPE())
    made.normalizer = normalizers.NFC()
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=340, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    made.train_from_iterator(TEXTS, trainer)
    made.add_special_tokens([AddedToken(text, normalized=False, special=True) for text in SPECIAL])
    return made


def write(
    folder: Path, *, tied: bool = True, padded: int = PADDED, dtype: torch.dtype = torch.bfloat16
) -> Path:
    """The checkpoint: config.json, model.safetensors, tokenizer.json, tokenizer_config.json."""
    made = tokenizer()
    torch.manual_seed(5)
    config = Qwen2Config(
        vocab_size=made.get_vocab_size() + padded,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=32768,
        tie_word_embeddings=tied,
        initializer_range=0.08,
    )
    model = Qwen2ForCausalLM(config)
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.3)
    model.to(dtype).save_pretrained(folder)
    made.save(str(folder / "tokenizer.json"))
    data = {"chat_template": TEMPLATE, "eos_token": "<|im_end|>", "tokenizer_class": "Qwen2Tokenizer"}
    (folder / "tokenizer_config.json").write_text(json.dumps(data), encoding="utf-8")
    return folder


def edit_config(folder: Path, **changes: object) -> None:
    """Change what config.json says."""
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
