"""Linear layers in blocks of few bits, as onnxruntime's MatMulNBits reads them, and back.

A row (in,) is cut into blocks; each block has one float scale. Eight bits: uint8 with zero point 128, blocks
of 64. Four bits: two values a byte, the lower half first, zero point 8, blocks of 32. The bits of stored
weights follow from their shape, so a folder needs no note of them.

Source: the four-bit scale starts as in llama.cpp's Q4_0, where the value furthest from zero becomes -8; of a
few candidates around it the one with the least squared error is taken.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

Bits = Literal[4, 8]
BLOCK: dict[Bits, int] = {8: 64, 4: 32}
"""Inputs that share a scale."""
ZERO = 128
"""Zero point of eight bits."""
_ZERO_4 = 8
_SHRUNK = (1.0, 0.95, 0.9, 0.85, 0.8, -1.0, -0.9)
"""Candidates for a four-bit scale, as shares of the first one; a negative one turns the block around."""

Array = NDArray[Any]


def pack(weight: Array, *, bits: Bits) -> tuple[Array, Array]:
    """Rows (out, in) as uint8 (out, blocks, bytes) and float32 scales (out, blocks)."""
    blocks = weight.reshape(weight.shape[0], -1, BLOCK[bits])
    if bits == 8:
        scale = np.abs(blocks).max(-1) / 127.0
        scale[scale == 0] = 1.0
        values = np.clip(np.rint(blocks / scale[..., None]), -127, 127) + ZERO
        return values.astype(np.uint8), scale.astype(np.float32)
    scale = _scale_4(blocks)
    values = (np.clip(np.rint(blocks / scale[..., None]), -8, 7) + _ZERO_4).astype(np.uint8)
    return values[..., ::2] | (values[..., 1::2] << 4), scale.astype(np.float32)


def _scale_4(blocks: Array) -> Array:
    """The scale (out, blocks) of four-bit blocks (out, blocks, BLOCK)."""
    furthest = np.take_along_axis(blocks, np.abs(blocks).argmax(-1)[..., None], -1)[..., 0]
    first = furthest / -8.0
    first[first == 0] = 1.0
    best = first
    least = np.full(first.shape, np.inf)
    for share in _SHRUNK:
        scale = (first * share)[..., None]
        error = ((blocks - np.clip(np.rint(blocks / scale), -8, 7) * scale) ** 2).sum(-1)
        best, least = np.where(error < least, scale[..., 0], best), np.minimum(error, least)
    return best


def unpack(packed: Array, scale: Array, *, inputs: int) -> Array:
    """The rows (out, inputs) of packed weights, float32."""
    if bits_of(packed.shape, inputs) == 8:
        values = packed.astype(np.float32) - ZERO
    else:
        halves = np.stack([packed & 15, packed >> 4], axis=-1)
        values = halves.reshape(*packed.shape[:-1], -1).astype(np.float32) - _ZERO_4
    return np.asarray((values * scale[..., None]).reshape(len(packed), inputs))


def bits_of(shape: tuple[int, ...] | list[int], inputs: int) -> Bits:
    """The bits of weights stored in a shape (out, blocks, bytes); raises ValueError for any other shape."""
    _, blocks, length = shape
    for bits, block in BLOCK.items():
        if blocks * block == inputs and length * 8 == block * bits:
            return bits
    raise ValueError(f"weights of shape {list(shape)} are no rows of {inputs} in blocks of 4 or 8 bits")


def pack_table(rows: Array) -> tuple[Array, Array]:
    """A table (vocabulary, width) as uint8 with zero point 128 and one scale a row (vocabulary, 1)."""
    scale = np.abs(rows).max(1, keepdims=True) / 127.0
    scale[scale == 0] = 1.0
    values = np.clip(np.rint(rows / scale), -127, 127) + ZERO
    return values.astype(np.uint8), scale.astype(np.float32)


def unpack_table(packed: Array, scale: Array) -> Array:
    """The table of `pack_table`, float32."""
    return np.asarray((packed.astype(np.float32) - ZERO) * scale)
