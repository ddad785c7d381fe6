"""`whispera base average`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from tests.training import tiny_base
from whispera.engines.adapter import read_card
from whispera.errors import UsageError
from whispera.training import export
from whispera.training.averaging import Part, average


@pytest.fixture
def other(tiny: Path, tmp_path: Path) -> Path:
    """The base with other weights."""
    texts = [one.text.lower() for one in tiny_base.examples()]
    folder = tiny_base.write_base(tmp_path / "other", tiny_base.catalog(), texts)
    model = export.dequantise(tiny)
    with torch.no_grad():
        for tensor in model.parameters():
            tensor.mul_(3.0)
    shutil.rmtree(folder)
    export.write(model, (tiny / "tokenizer.json").read_text(), folder)
    shutil.copy(tiny / "card.json", folder / "card.json")
    return folder


@pytest.fixture
def tiny(made_base: Path) -> Path:
    return made_base


def test_weights_are_averaged_by_their_weight(tiny: Path, other: Path, tmp_path: Path) -> None:
    heldout = list(tiny_base.examples())[:20]
    average([Part(tiny, 3), Part(other, 1)], tmp_path / "mean", catalog=tiny_base.catalog(), heldout=heldout)
    before = export.dequantise(tiny).state_dict()
    for name, tensor in export.dequantise(tmp_path / "mean").state_dict().items():
        wanted = before[name] * 1.5  # (3 x 1 + 1 x 3) / 4
        assert torch.allclose(tensor, wanted, atol=0.02 * float(wanted.abs().max()) + 1e-6), name
    card = read_card(tmp_path / "mean").data
    assert [one["weight"] for one in card["averaged"]] == [3, 1]
    assert card["heldout"]["action"] >= 0


def test_bases_of_another_vocabulary_are_refused(tiny: Path, other: Path, tmp_path: Path) -> None:
    (other / "tokenizer.json").write_text("{}")
    with pytest.raises(UsageError, match=r"differ in tokenizer\.json"):
        average([Part(tiny, 1), Part(other, 1)], tmp_path / "mean", catalog=tiny_base.catalog(), heldout=[])
    assert not (tmp_path / "mean").exists()
