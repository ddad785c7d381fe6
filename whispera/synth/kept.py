"""Answers that were given already, kept in the state directory.

A request that was answered is never sent again, so a run that was stopped goes on where it was, and a second
run costs nothing. The folder may be deleted at any time.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

Write = Callable[[Path, str], None]
"""Writes a file whole or not at all."""


class Kept:
    """The answers of one endpoint."""

    def __init__(self, folder: Path, *, url: str, write: Write) -> None:
        self._folder = folder
        self._url = url
        self._write = write

    def get(self, request: Mapping[str, Any]) -> str | None:
        """The answer to a request; None where there is none, or a damaged one."""
        try:
            data = json.loads(self._path(request).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        answer = data.get("answer") if isinstance(data, dict) else None
        return answer if isinstance(answer, str) else None

    def put(self, request: Mapping[str, Any], answer: str) -> None:
        """Keeps an answer; raises StateError where it cannot be written."""
        data = {"url": self._url, "model": request.get("model"), "answer": answer}
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._write(self._path(request), json.dumps(data, ensure_ascii=False, indent=1) + "\n")

    def _path(self, request: Mapping[str, Any]) -> Path:
        facts = json.dumps([self._url, request], sort_keys=True)
        return self._folder / f"{hashlib.sha256(facts.encode()).hexdigest()[:32]}.json"
