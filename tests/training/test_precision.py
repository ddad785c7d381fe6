"""Four-bit weights and an output layer of its own: torch and onnxruntime still read the same model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training import tiny_base
from whispera.engines.onnx import OnnxEngine
from whispera.training import blocks, export
from whispera.training.blocks import Bits

IDS = [300, 17, 260, 5, 311, 42, 42, 199]


@pytest.mark.parametrize(("bits", "relative"), [(8, 0.01), (4, 0.1)])
def test_packed_rows_are_near_what_they_were(bits: Bits, relative: float) -> None:
    weight = np.random.default_rng(3).normal(size=(48, 128)).astype(np.float32)
    weight[5] = 0
    packed, scale = blocks.pack(weight, bits=bits)
    assert packed.dtype == np.uint8
    assert packed.nbytes == weight.size * bits // 8
    again = blocks.unpack(packed, scale, inputs=128)
    assert np.sqrt(((again - weight) ** 2).mean()) < relative * weight.std()
    np.testing.assert_array_equal(again[5], 0)


@pytest.mark.parametrize("bits", [8, 4])
def test_packing_what_was_unpacked_changes_nothing(bits: Bits) -> None:
    weight = np.random.default_rng(4).normal(size=(16, 64)).astype(np.float32)
    once = blocks.unpack(*blocks.pack(weight, bits=bits), inputs=64)
    np.testing.assert_allclose(blocks.unpack(*blocks.pack(once, bits=bits), inputs=64), once, atol=1e-5)


def test_weights_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="no rows of 100 in blocks"):
        blocks.bits_of((4, 2, 64), 100)


@pytest.mark.parametrize("bits", [8, 4])
@pytest.mark.parametrize("tied", [True, False])
def test_runtime_gives_the_logits_of_torch(tmp_path: Path, bits: Bits, tied: bool) -> None:
    tokenizer = tiny_base.tokenizer(["open the mail"])
    model = tiny_base.model(400, tied=tied)
    export.write(model, tokenizer.to_str(), tmp_path / "one", bits=bits)
    read = export.dequantise(tmp_path / "one").eval()
    assert (read.lm_head.weight is read.get_input_embeddings().weight) == tied
    with torch.no_grad():
        wanted = read(torch.tensor([IDS])).logits[0, -1].numpy()
    engine = OnnxEngine(tmp_path / "one")
    _, got = engine.extend(engine.start(), IDS, range(400))
    assert np.abs(got - wanted).max() < 0.08 * wanted.std()
    assert int(np.argmax(got)) == int(np.argmax(wanted))


def test_four_bits_take_less_room(tmp_path: Path) -> None:
    tokenizer = tiny_base.tokenizer(["open the mail"])
    for bits in (8, 4):
        export.write(tiny_base.model(400), tokenizer.to_str(), tmp_path / str(bits), bits=bits)  # type: ignore[arg-type]
    sizes = [(tmp_path / name / "model.safetensors").stat().st_size for name in ("8", "4")]
    assert sizes[1] < 0.75 * sizes[0]
