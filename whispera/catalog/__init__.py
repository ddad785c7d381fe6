"""What can be said and what it does, read from `config/`.

load(config_dir)                  everything, with line numbers in its errors (reads YAML)
compiled(config_dir, cache_dir)   what running needs, from a cache (no YAML)
"""

from whispera.catalog.compiled import CompiledCatalog, compiled
from whispera.catalog.load import load

__all__ = ["CompiledCatalog", "compiled", "load"]
