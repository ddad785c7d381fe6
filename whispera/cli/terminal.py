"""Asking the person at the terminal."""

from __future__ import annotations

import sys

from whispera.cli.faults import printable

_YES = frozenset({"y", "yes", "yeah", "yep", "ok", "okay", "sure", "go", "do it", "go ahead", "please"})


class TerminalAsker:
    """Asks on stderr and reads the answer from stdin, so that stdout stays data."""

    def confirm(self, question: str) -> bool:
        """Whether the answer is a yes; no answer is a no."""
        words = self.ask(f"{question} [y/N]")
        return words is not None and words.strip().rstrip(".!").lower() in _YES

    def ask(self, question: str) -> str | None:
        """The line that was typed, None at the end of input."""
        sys.stderr.write(printable(question) + " ")
        sys.stderr.flush()
        line = sys.stdin.readline()
        if not line:
            sys.stderr.write("\n")
            return None
        return line.rstrip("\r\n")


def asker() -> TerminalAsker | None:
    """Somebody to ask, None where stdin or stderr is no terminal."""
    for stream in (sys.stdin, sys.stderr):
        if stream is None or stream.closed or not stream.isatty():
            return None
    return TerminalAsker()
