"""Stands in for the desktop: `python -m whispera.pipeline.fake_notifier FILE TITLE BODY` notes them in FILE.

Set as WHISPERA_NOTIFIER it shows that the real alarm service rings, and when.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main() -> int:
    """Appends one JSON line with `time` (unix seconds), `title` and `body`; the exit code."""
    file, title, body = sys.argv[1:]
    with Path(file).open("a", encoding="utf-8") as out:
        out.write(json.dumps({"time": time.time(), "title": title, "body": body}) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
