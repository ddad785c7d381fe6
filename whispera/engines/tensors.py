"""The tensors of a safetensors file: where they stand, and views of its bytes. numpy alone.

The format: the length of a JSON header in eight bytes, the header, the data (huggingface/safetensors).
"""

from __future__ import annotations

import json
import mmap
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Bytes = bytes | mmap.mmap
_HEAD = struct.Struct("<Q")
_KINDS = {"F32": np.float32, "F16": np.float16, "U8": np.uint8}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a tensor stands in its file."""

    kind: str
    """Of its numbers, as the file names it: F32, F16, U8."""
    shape: tuple[int, ...]
    start: int
    """First byte, from the start of the file."""
    length: int
    """In bytes."""


def places(file: Bytes) -> dict[str, Place]:
    """Name to place of every tensor; raises ValueError where the file is broken or cut off."""
    if len(file) < _HEAD.size:
        raise ValueError(f"it has {len(file)} bytes")
    (size,) = _HEAD.unpack(file[: _HEAD.size])
    data = _HEAD.size + size
    try:
        found = {
            name: Place(entry["dtype"], tuple(entry["shape"]), data + start, stop - start)
            for name, entry in json.loads(file[_HEAD.size : data]).items()
            if name != "__metadata__"
            for start, stop in (entry["data_offsets"],)
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"its header cannot be read: {error}") from error
    end = max((place.start + place.length for place in found.values()), default=data)
    if len(file) != end:
        raise ValueError(f"it has {len(file)} bytes where {end} were written")
    return found


def view(file: Bytes, place: Place) -> NDArray[Any]:
    """A tensor as the bytes of its file; raises ValueError where its numbers are of another kind."""
    if place.kind not in _KINDS:
        raise ValueError(f"it holds numbers of the kind {place.kind}")
    kind = np.dtype(_KINDS[place.kind])
    flat = np.frombuffer(file, dtype=kind, count=place.length // kind.itemsize, offset=place.start)
    return flat.reshape(place.shape)
