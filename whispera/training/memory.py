"""What a run holds of the memory on CPU, bounded although every batch has another shape.

Two things grow with the shapes: the kernels that oneDNN compiles and keeps for each, and the holes between
tensors of other sizes, which glibc keeps. Neither changes what is computed.
"""

from __future__ import annotations

import os

CAPACITY = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"
COMMANDS = "16"
"""What `cli.typed` sets for every command: enough to hear, but too few for one step of a run."""
KERNELS = "128"
"""Those of a step or two. With 16 most are compiled anew in every layer; of itself oneDNN keeps 1024."""
STEPS = 16
"""Between two times that memory goes back."""


def bound_kernels() -> None:
    """Has oneDNN keep the kernels of about a step; before the first of them is compiled.

    A bound of the user's own stays.
    """
    if os.environ.get(CAPACITY, COMMANDS) == COMMANDS:
        os.environ[CAPACITY] = KERNELS
