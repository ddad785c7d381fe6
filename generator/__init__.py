"""Training data from the catalog: patterns, fillers and noise in, a balanced train.jsonl out.

Everything here is deterministic: each section draws from its own generator seeded by a stable hash, so
the same catalog, seed and size give the same bytes on every machine. Nothing in `whispera` imports this
package but the command that runs it; it never reads the network, a corpus or the clock.
"""

from generator.corrections import correction, corrections, dressed, plain, read_corrections
from generator.export import write
from generator.generate import generate
from generator.heldout import heldout

__all__ = [
    "correction",
    "corrections",
    "dressed",
    "generate",
    "heldout",
    "plain",
    "read_corrections",
    "write",
]
