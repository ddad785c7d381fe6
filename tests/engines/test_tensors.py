"""The tensors of a safetensors file stand where its own library puts them; a broken file is refused."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
import pytest

from whispera.engines.tensors import places, view

HELD: dict[str, np.ndarray] = {
    "rows": np.arange(12, dtype=np.uint8).reshape(3, 4),
    "scale": np.linspace(0, 1, 5, dtype=np.float32),
    "half": np.ones((2, 1, 2), dtype=np.float16),
}


def written(header: object, data: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def test_tensors_are_those_that_were_saved(tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy")
    library.save_file(HELD, tmp_path / "file", metadata={"format": "x"})
    file = (tmp_path / "file").read_bytes()
    found = places(file)
    assert set(found) == set(HELD)
    for name, tensor in HELD.items():
        assert view(file, found[name]).dtype == tensor.dtype
        np.testing.assert_array_equal(view(file, found[name]), tensor)
    for broken in (file[:-1], file + b"\0", file[:20], file[:7], b""):
        with pytest.raises(ValueError, match=r"has \d+ bytes|char|header"):
            places(broken)


@pytest.mark.parametrize(
    "header",
    [[], {"a": 1}, {"a": {"dtype": "U8"}}, {"a": {"dtype": "U8", "shape": 4, "data_offsets": [0, 4]}}],
)
def test_a_header_of_another_shape_is_a_broken_file(header: object) -> None:
    with pytest.raises(ValueError, match="its header cannot be read"):
        places(written(header, bytes(4)))


def test_numbers_of_another_kind_are_told() -> None:
    file = written({"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}}, bytes(4))
    with pytest.raises(ValueError, match="BF16"):
        view(file, places(file)["a"])
