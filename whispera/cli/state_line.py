"""The line at the bottom of a terminal that says what listening is at."""

from __future__ import annotations

import shutil
import sys
from typing import TextIO

from whispera.cli.faults import printable

_BARS = "▁▂▃▄▅▆▇█"
_PLAIN_BARS = "_.-=+*#@"
_WIDTH = 8


class StateLine:
    """One line that is written over; nothing at all where its stream is no terminal."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._shown = ""
        self._on = self._stream is not None and self._stream.isatty()
        encoding = (getattr(self._stream, "encoding", "") or "").lower()
        self._bars = _BARS if "utf" in encoding else _PLAIN_BARS

    def show(self, text: str, *, level: float | None = None) -> None:
        """Shows a text in place of the last, with a bar of loudness (0 to 1) before it."""
        line = printable(text)
        if level is not None:
            line = f"{self._bar(level)} {line}"
        line = line[: max(20, shutil.get_terminal_size().columns - 1)]
        if self._on and line != self._shown:
            self._stream.write(f"\r\x1b[K{line}")
            self._stream.flush()
            self._shown = line

    def clear(self) -> None:
        """Takes the line away."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = ""

    def _bar(self, level: float) -> str:
        filled = round(level * _WIDTH)
        return "".join(self._bars[i] if i < filled else " " for i in range(_WIDTH))
