"""The one place that turns a fault into `whispera: message`, `hint: ...` and an exit code."""

from __future__ import annotations

import sys

from whispera.errors import ConfigErrors, WhisperaError

INTERRUPTED = 130
BROKEN_PIPE = 141


def report(error: BaseException) -> int:
    """Tells the user on stderr; the exit code."""
    if isinstance(error, KeyboardInterrupt):
        tell("interrupted")
        return INTERRUPTED
    if isinstance(error, BrokenPipeError):
        return BROKEN_PIPE
    if isinstance(error, WhisperaError):
        tell(str(error), hint=error.hint)
        for one in error.errors if isinstance(error, ConfigErrors) else ():
            if one.hint:
                tell("", hint=f"{one.file}:{one.line}: {one.hint}")
        return error.exit_code
    if isinstance(error, OSError):
        what = f"{error.filename}: " if error.filename else ""
        tell(f"{what}{error.strerror or error}", hint="check permissions and free disk space")
        return 1
    if isinstance(error, ImportError):
        tell(f"a package is missing: {error}", hint="bin/setup text, or pip install whispera")
        return 1
    tell(f"that should not have happened: {type(error).__name__}: {error}", hint="--verbose shows where")
    return 1


def tell(message: str, *, hint: str = "") -> None:
    """A message, and the way out, on stderr."""
    if sys.stderr is None:
        return
    lines = [f"whispera: {printable(line)}" for line in message.splitlines()]
    lines += [f"hint: {printable(line)}" for line in hint.splitlines()]
    try:
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()
    except (OSError, ValueError):  # nobody is listening
        pass


def printable(text: str) -> str:
    """A line that can be shown on any terminal: no control characters, no half characters."""
    if text.isprintable():
        return text
    return "".join(
        c if c == "\t" or not (ord(c) < 32 or 127 <= ord(c) < 160 or 0xD800 <= ord(c) < 0xE000) else "\ufffd"
        for c in text
    )
