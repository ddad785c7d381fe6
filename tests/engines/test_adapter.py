"""An adapter that is broken: the hint is the command that makes it anew, with its domain."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from whispera.engines import adapter
from whispera.errors import AdapterError

TEA = "whispera --domain tea"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An adapter that fits and has no weights of any layer."""
    card = {"base_hash": "b", "catalog_hash": "c", "prompt_version": adapter.PROMPT_VERSION}
    (tmp_path / adapter.CARD).write_text(json.dumps(card))
    (tmp_path / adapter.CONFIG).write_text(json.dumps({"r": 2, "lora_alpha": 4}))
    save_file({"other": np.zeros(1, dtype=np.float32)}, tmp_path / adapter.WEIGHTS)
    return tmp_path


@pytest.mark.parametrize(
    ("file", "content"),
    [
        (adapter.CARD, "{"),
        (adapter.CARD, '{"base_hash": "of another"}'),
        (adapter.CONFIG, "[]"),
        (adapter.CONFIG, '{"r": 0, "lora_alpha": 4}'),
        (adapter.WEIGHTS, "cut off"),
        ("", ""),  # one without the weights of a layer
    ],
)
def test_the_way_out_names_the_domain(folder: Path, file: str, content: str) -> None:
    if file:
        (folder / file).write_text(content)
    with pytest.raises(AdapterError) as caught:
        adapter.load(folder, layers=1, base_hash="b", catalog_hash="c", command=TEA)
    assert caught.value.hint == "train it again: whispera --domain tea train"


def test_a_base_is_not_made_anew_by_training(folder: Path) -> None:
    (folder / adapter.CARD).unlink()
    with pytest.raises(AdapterError) as caught:
        adapter.base_card(folder)
    assert "whispera base prepare" in caught.value.hint
