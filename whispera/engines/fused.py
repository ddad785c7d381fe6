"""Names of the fused linear layers, shared by export, runtime and adapters."""

FUSED = ("qkv", "o", "gate_up", "down")
"""Fused layers of each block, in order."""

PARTS = {
    "qkv": ("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
    "o": ("self_attn.o_proj",),
    "gate_up": ("mlp.gate_proj", "mlp.up_proj"),
    "down": ("mlp.down_proj",),
}
"""The layers of the Hugging Face layout each is made of, in row order."""
