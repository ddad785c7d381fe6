"""One JSON object a line, each way: what is asked of the daemon and what it answers.

    {"do":"understand","text":"open chrome","previous":[],"alternatives":0,"key":"..."}
    {"ok":true,"parse":{...}}      or      {"ok":false,"kind":"stale","error":"...","hint":"..."}

Standard library alone; imported on the hot path.
"""

from __future__ import annotations

import json
from typing import Any, Literal

MAX_LINE = 64 * 1024
"""Bytes of a request, its end of line included."""
MAX_ANSWER = 1024 * 1024
"""Bytes of an answer."""
MAX_ALTERNATIVES = 20

Do = Literal[
    "understand", "status", "metrics", "press", "release", "toggle", "cancel", "partial", "reload", "stop"
]
TRIGGERS: tuple[Do, ...] = ("press", "release", "toggle", "cancel")
"""What a key can do."""

Kind = Literal["request", "stale", "model", "unready", "voice", "busy", "fault"]
"""Why there is no answer.

request: that is no request; stale: the daemon is of other files than the terminal, `first` where it has not
said so before; model: the model refuses this text; unready: the model cannot be loaded; voice: it does not
listen; busy: too many at once.
"""

Data = dict[str, Any]


def encode(data: Data) -> bytes:
    """One line; any text goes through, half characters too."""
    return json.dumps(data, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> Data:
    """The object of a line; raises ValueError where it is none."""
    try:
        data = json.loads(line)
    except RecursionError as error:
        raise ValueError("that is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ValueError("that is no UTF-8") from error
    if not isinstance(data, dict):
        raise ValueError("that is no JSON object")
    return data


def refusal(kind: Kind, error: str, *, hint: str = "") -> Data:
    """The answer that says why there is none."""
    return {"ok": False, "kind": kind, "error": error, "hint": hint}
