"""A recording, as everything here takes and gives it: mono, 16 kHz, floats from -1 to 1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000


@dataclass(frozen=True, slots=True)
class Clip:
    """A recording."""

    samples: NDArray[np.float32]
    """(n,), mono, `SAMPLE_RATE_HZ` a second, -1 to 1."""

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.samples) / SAMPLE_RATE_HZ
