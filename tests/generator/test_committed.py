"""train.jsonl in the repository is what `whispera regen` writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from generator import generate, write
from generator.leaks import read_measured
from whispera.catalog import load

ROOT = Path(__file__).resolve().parents[2]
SIZE, SEED = 24_000, 1
"""The defaults of `whispera regen`."""


@pytest.mark.skipif(not (ROOT / "train.jsonl").is_file(), reason="there is no train.jsonl in this checkout")
def test_the_committed_dataset_is_byte_for_byte_what_regen_writes(tmp_path: Path) -> None:
    catalog = load(ROOT / "config")
    fresh = tmp_path / "train.jsonl"
    avoid = read_measured(ROOT / "eval", catalog).leak
    write(fresh, generate(catalog, seed=SEED, size=SIZE, avoid=avoid), catalog=catalog)
    same = fresh.read_bytes() == (ROOT / "train.jsonl").read_bytes()
    assert same, "write it anew: whispera regen"
