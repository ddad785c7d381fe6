"""What can be said and what it does, read from `config/`.

load(config_dir)                  everything, with line numbers in its errors (reads YAML)
compiled(config_dir, cache_dir)   what running needs, from a cache (no YAML)
check(config_dir)                 what is unfinished, unsafe or contradictory in it
"""

from whispera.catalog.load import load

__all__ = ["load"]
