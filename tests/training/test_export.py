"""The files of a base: torch and onnxruntime read the same model, and damage is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from whispera.engines.onnx import OnnxEngine
from whispera.errors import ModelError
from whispera.training import export

IDS = [300, 17, 260, 5, 311, 42, 42, 199]


def torch_logits(folder: Path, ids: list[int]) -> NDArray[np.float32]:
    with torch.no_grad():
        logits = export.dequantise(folder).eval()(torch.tensor([ids])).logits[0, -1]
    return np.asarray(logits.numpy())


def test_runtime_gives_the_logits_of_torch(base: Path) -> None:
    engine = OnnxEngine(base)
    wanted = torch_logits(base, IDS)
    _, got = engine.extend(engine.start(), IDS, range(len(wanted)))
    # the kernel rounds activations to 8 bits (accuracy_level 4), so equal within a share of the spread
    assert np.abs(got - wanted).max() < 0.05 * wanted.std()
    assert int(np.argmax(got)) == int(np.argmax(wanted))


def test_runtime_reads_in_parts_what_it_reads_at_once(base: Path) -> None:
    engine = OnnxEngine(base)
    state, _ = engine.extend(engine.start(), IDS[:3], [0])
    state, _ = engine.extend(state, IDS[3:5], [0])
    _, parts = engine.extend(state, IDS[5:], range(50))
    _, whole = engine.extend(engine.start(), IDS, range(50))
    np.testing.assert_allclose(parts, whole, atol=2e-2)


def test_a_state_can_be_extended_twice(base: Path) -> None:
    engine = OnnxEngine(base)
    state, _ = engine.extend(engine.start(), IDS[:4], [0])
    _, first = engine.extend(state, [7], range(50))
    engine.extend(state, [9, 9, 9], [0])
    _, again = engine.extend(state, [7], range(50))
    np.testing.assert_array_equal(first, again)


def test_torch_reads_the_weights_the_runtime_reads(base: Path) -> None:
    model = export.dequantise(base)
    engine = OnnxEngine(base)
    rows = model.get_input_embeddings().weight.detach().numpy()
    np.testing.assert_array_equal(engine.embed(range(len(rows))), rows)
    assert model.lm_head.weight is model.get_input_embeddings().weight


def test_writing_a_model_read_back_changes_nothing(base: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    export.write(export.dequantise(base), (base / "tokenizer.json").read_text(), again)
    one, other = export.dequantise(base).state_dict(), export.dequantise(again).state_dict()
    for name, tensor in one.items():
        torch.testing.assert_close(other[name], tensor, atol=1e-6, rtol=1e-6)
    assert (again / "config.json").read_bytes() == (base / "config.json").read_bytes()
    assert not list(again.glob("*.tmp"))


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors", "model.onnx"])
def test_missing_file_is_named_with_a_hint(base: Path, name: str) -> None:
    (base / name).unlink()
    with pytest.raises(ModelError, match=name) as caught:
        OnnxEngine(base)
    assert caught.value.hint


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "model.onnx"])
@pytest.mark.parametrize("keep", [0.0, 0.3, 0.99])
def test_truncated_file_is_an_error_with_a_hint(base: Path, name: str, keep: float) -> None:
    path = base / name
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(ModelError) as caught:
        OnnxEngine(base)
    assert caught.value.hint
