"""What is kept in the cache directory: of every kind of file or folder the newest, and no halves.

Kinds are told by how their names begin. Who reads one that is removed makes it anew. Standard library alone.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

from whispera.whole import LEFT_OVER_S, remove


def keep_newest(newest: Path, *, kind: str, count: int) -> None:
    """Removes all but `count` of a kind, those used last, and what killed writers left of it; never raises.

    `newest`: the one that was written just now, which stays; the others end as it does. `kind`: how their
    names begin.
    """
    found: list[tuple[float, Path]] = []
    for path in (*newest.parent.glob(f"{kind}*"), *newest.parent.glob(f".{kind}*")):
        with suppress(OSError):  # another process was quicker
            found.append((path.stat().st_mtime, path))

    def is_whole(path: Path) -> bool:
        return path.name.startswith(kind) and path.suffix == newest.suffix

    whole = sorted((one for one in found if is_whole(one[1]) and one[1] != newest), reverse=True)
    long_ago = time.time() - LEFT_OVER_S
    halves = [one for one in found if not is_whole(one[1]) and one[0] < long_ago]
    for _, path in (*whole[count - 1 :], *halves):
        with suppress(OSError):
            remove(path)
