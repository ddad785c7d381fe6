"""The forward pass of a frozen base under a LoRA adapter on CPU, without the work that no decision needs.

It gives what the model of transformers and peft gives, whose adapter it learns, in half the time: the tokens
of a batch stand in one row without padding, the layers that are fused at run time are fused here too, frozen
weights are held in the type they are multiplied in, and the last layer is worked out only where a decision
is asked. `tests/training/test_lean.py` compares logits and gradients. Does not serve: that is
`engines.onnx`.

Source: Hu et al., LoRA (2021); Su et al., RoFormer (2021); Zhang and Sennrich, RMSNorm (2019).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from whispera.engines.fused import PARTS
from whispera.training.encode import Batch
from whispera.training.loop import Trainable

Tensor = torch.Tensor


@dataclass(frozen=True, slots=True)
class _Heads:
    """The shape of attention: `queries` heads share `keys` heads of `size` numbers."""

    queries: int
    keys: int
    size: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the tokens of a batch stand: in one row (tokens,), and in a rectangle (batch, length)."""

    batch: int
    length: int
    place: Tensor
    """Of every token, its place in the flattened rectangle, (tokens,)."""
    token: Tensor
    """Of every place of the flattened rectangle, its token; the first in the padding, (batch * length,)."""
    decisions: Tensor
    """Tokens after which a decision is asked, (decisions,)."""
    cos: Tensor
    """Cosines of the rotary angles, (length, 1, half a head)."""
    sin: Tensor
    mask: Tensor
    """0 where a query may look and -inf after it, (queries per key * length, length), float32."""

    def rectangle(self, row: Tensor, size: int) -> Tensor:
        """(tokens, width) as (batch, length, heads, size); what stands in the padding means nothing."""
        return row.index_select(0, self.token).view(self.batch, self.length, -1, size)

    def row(self, rectangle: Tensor) -> Tensor:
        """(batch, length, width) as (tokens, width)."""
        return rectangle.reshape(self.batch * self.length, -1).index_select(0, self.place)


class _Linear(torch.autograd.Function):
    """x W^T + b + x A^T B^T; gradients for x, A and B, never for the frozen W and b.

    x (tokens, in), W (out, in), b (out,), A (rank, in) and B (out, rank), the last already scaled.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None, a: Tensor, b: Tensor) -> Tensor:
        a, b = a.to(x.dtype), b.to(x.dtype)
        down = x @ a.T
        ctx.save_for_backward(x, weight, a, b, down)
        return functional.linear(x, weight, bias).addmm_(down, b.T)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, a, b, down = ctx.saved_tensors
        up = grad @ b
        into = (grad @ weight).addmm_(up, a) if ctx.needs_input_grad[0] else None
        return into, None, None, (up.T @ x).float(), (grad.T @ down).float()


class _Norm(torch.autograd.Function):
    """RMSNorm of the residual stream x (tokens, width), float32, in the type of the linear layers."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, epsilon: float, dtype: torch.dtype) -> Tensor:
        inverse = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        inverse = inverse.square_().div_(x.shape[-1]).add_(epsilon).rsqrt_()
        ctx.save_for_backward(x, weight, inverse)
        normed: Tensor = (x * inverse).mul_(weight)
        return normed.to(dtype)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, weight, inverse = ctx.saved_tensors
        weighted = grad * weight
        along = (weighted * x).sum(-1, keepdim=True).mul_(inverse.pow(3)).div_(-x.shape[-1])
        return weighted.mul_(inverse).addcmul_(x, along), None, None, None


class _Gate(torch.autograd.Function):
    """silu(gate) * up of (tokens, gate and up)."""

    @staticmethod
    def forward(ctx: Any, both: Tensor) -> Tensor:
        gate, up = both.chunk(2, dim=-1)
        ctx.save_for_backward(both)
        return functional.silu(gate).mul_(up)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        (both,) = ctx.saved_tensors
        gate, up = both.chunk(2, dim=-1)
        into = torch.empty_like(both)
        for_gate, for_up = into.chunk(2, dim=-1)
        torch.mul(grad, functional.silu(gate), out=for_up)
        torch.ops.aten.silu_backward.grad_input(grad * up, gate, grad_input=for_gate)
        return into


def _turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Heads (batch, length, heads, size) turned by the rotary angles."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


class _Attention(torch.autograd.Function):
    """Causal attention over the queries, keys and values of (tokens, heads of all three)."""

    @staticmethod
    def forward(ctx: Any, qkv: Tensor, heads: _Heads, layout: _Layout) -> Tensor:
        whole = layout.rectangle(qkv, heads.size)
        turning = heads.queries + heads.keys
        turned = _turned(whole[:, :, :turning], layout.cos, layout.sin)
        q = _by_key(turned[:, :, : heads.queries], heads)
        k, v = (_by_key(part, heads) for part in (turned[:, :, heads.queries :], whole[:, :, turning:]))
        scores = torch.baddbmm(layout.mask.to(q.dtype), q, k.mT, alpha=heads.size**-0.5)
        share = scores.softmax(-1, dtype=torch.float32).to(q.dtype)
        ctx.save_for_backward(q, k, v, share)
        ctx.heads, ctx.layout = heads, layout
        return layout.row(_by_token(share @ v, heads, layout.length))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        q, k, v, share = ctx.saved_tensors
        heads, layout = ctx.heads, ctx.layout
        rectangle = grad.new_zeros(layout.batch * layout.length, grad.shape[-1])
        rectangle.index_copy_(0, layout.place, grad)
        out = _by_key(rectangle.view(layout.batch, layout.length, -1, heads.size), heads)
        weighted = (out @ v.mT).mul_(share)
        total = weighted.sum(-1, keepdim=True, dtype=torch.float32).to(share.dtype)
        scores = weighted.addcmul_(share, total, value=-1).mul_(heads.size**-0.5)
        both = [_by_token(one, heads, layout.length) for one in (scores @ k, scores.mT @ q)]
        turned = torch.cat(both, dim=-1).view(layout.batch, layout.length, -1, heads.size)
        back = _turned(turned, layout.cos, -layout.sin).flatten(-2)
        values = _by_token(share.mT @ out, heads, layout.length)
        return layout.row(torch.cat((back, values), dim=-1)), None, None


def _by_key(x: Tensor, heads: _Heads) -> Tensor:
    """(batch, length, heads, size) as (batch * keys, heads per key * length, size)."""
    batch, length = x.shape[:2]
    grouped = x.reshape(batch, length, heads.keys, -1, heads.size).permute(0, 2, 3, 1, 4)
    return grouped.reshape(batch * heads.keys, -1, heads.size)


def _by_token(x: Tensor, heads: _Heads, length: int) -> Tensor:
    """(batch * keys, heads per key * length, size) as (batch, length, heads * size)."""
    grouped = x.reshape(-1, heads.keys, x.shape[1] // length, length, heads.size)
    return grouped.permute(0, 3, 1, 2, 4).reshape(len(grouped), length, -1)


class _Fused:
    """One linear layer of the runtime: its frozen parts in one matrix, their adapters side by side."""

    def __init__(self, parts: Sequence[Any], dtype: torch.dtype) -> None:
        self.weight = torch.cat([part.base_layer.weight.detach() for part in parts]).to(dtype)
        biases = [part.base_layer.bias for part in parts]
        self.bias = None if biases[0] is None else torch.cat([one.detach() for one in biases]).to(dtype)
        self._downs = [part.lora_A["default"].weight for part in parts]
        self._ups = [part.lora_B["default"].weight for part in parts]
        self._scale = float(parts[0].scaling["default"])

    def __call__(self, x: Tensor) -> Tensor:
        up = torch.block_diag(*self._ups) * self._scale  # type: ignore[no-untyped-call]
        found: Tensor = _Linear.apply(x, self.weight, self.bias, torch.cat(self._downs), up)  # type: ignore[no-untyped-call]
        return found


class _Layer:
    """One block."""

    def __init__(self, block: Any, dtype: torch.dtype) -> None:
        self.qkv, self.o, self.gate_up, self.down = (
            _Fused([block.get_submodule(part) for part in PARTS[name]], dtype)
            for name in ("qkv", "o", "gate_up", "down")
        )
        self.input_norm = block.input_layernorm.weight.detach()
        self.post_norm = block.post_attention_layernorm.weight.detach()


class Lean(Trainable):
    """A Qwen2 model under an adapter of peft's, on CPU; learns and answers as `Trainable` does.

    `dtype` is that of the frozen weights and of what is multiplied with them. They are copied: what changes
    them afterwards is not seen.
    """

    def __init__(self, model: Any, *, dtype: torch.dtype = torch.bfloat16) -> None:
        super().__init__(model)
        config = self._body.config
        self._dtype = dtype
        self._epsilon = config.rms_norm_eps
        size = config.hidden_size // config.num_attention_heads
        self._heads = _Heads(config.num_attention_heads, config.num_key_value_heads, size)
        self._embedding = self._body.embed_tokens.weight.detach()
        self._output = self._head.weight.detach().to(dtype)
        self._norm = self._body.norm.weight.detach()
        self._layers = [_Layer(block, dtype) for block in self._body.layers]
        theta = config.rope_parameters["rope_theta"]
        self._turns = 1.0 / theta ** (torch.arange(0, size, 2, dtype=torch.float32) / size)

    def decided(self, batch: Batch) -> Tensor:
        """The final hidden state before each decision, (decisions, width), float32."""
        layout = self._layout(batch)
        with torch.autocast("cpu", enabled=False):
            return self._run(torch.from_numpy(batch.ids), layout)

    def project(self, hidden: Tensor, tokens: Tensor | None = None) -> Tensor:
        """Logits (..., tokens) of hidden states, in the order of `tokens`; all where none are named."""
        rows = self._output if tokens is None else self._output.index_select(0, tokens)
        with torch.autocast("cpu", enabled=False):
            return functional.linear(hidden.to(self._dtype), rows)

    def _run(self, ids: Tensor, layout: _Layout) -> Tensor:
        x = self._embedding.index_select(0, ids.reshape(-1).index_select(0, layout.place))
        for layer in self._layers:
            attended: Tensor = _Attention.apply(
                layer.qkv(self._normed(x, layer.input_norm)), self._heads, layout
            )  # type: ignore[no-untyped-call]
            if layer is self._layers[-1]:
                x, attended = (one.index_select(0, layout.decisions) for one in (x, attended))
            x = x + layer.o(attended)
            gated: Tensor = _Gate.apply(layer.gate_up(self._normed(x, layer.post_norm)))  # type: ignore[no-untyped-call]
            x = x + layer.down(gated)
        return self._normed(x, self._norm)

    def _normed(self, x: Tensor, weight: Tensor) -> Tensor:
        found: Tensor = _Norm.apply(x, weight, self._epsilon, self._dtype)  # type: ignore[no-untyped-call]
        return found

    def _layout(self, batch: Batch) -> _Layout:
        rows, length = batch.ids.shape
        starts = np.cumsum(batch.lengths) - batch.lengths
        within = np.arange(int(batch.lengths.sum())) - np.repeat(starts, batch.lengths)
        place = np.repeat(np.arange(rows), batch.lengths) * length + within
        token = np.zeros(rows * length, dtype=np.int64)
        token[place] = np.arange(len(place))
        angles = torch.outer(torch.arange(length, dtype=torch.float32), self._turns)[:, None]
        mask = torch.full((length, length), -math.inf).triu_(1)
        return _Layout(
            rows,
            length,
            torch.from_numpy(place),
            torch.from_numpy(token),
            torch.from_numpy(starts[batch.rows] + batch.positions),
            angles.cos().to(self._dtype),
            angles.sin().to(self._dtype),
            mask.repeat(self._heads.queries // self._heads.keys, 1),
        )
