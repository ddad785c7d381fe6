"""Transcripts as the intent model expects them: the words that would have been typed.

A recogniser writes sentences: "Open GitHub.com." The model reads commands: "open github.com".
"""

from __future__ import annotations

import re

_END = re.compile(r"[.!?,;:\s]+$")


def normalised(text: str) -> str:
    """The words of a transcript, as a command is typed."""
    text = " ".join(text.split())
    text = _END.sub("", text)
    return text.lower()
