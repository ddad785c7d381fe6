"""What `whispera doctor` finds out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "partly", "absent", "broken"]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Status
    """`broken` keeps Whispera from working; `absent` and `partly` do not."""
    detail: str
    hint: str = ""
