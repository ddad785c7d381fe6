"""The state of an interrupted run on disk, for `--resume`: whole or not there, never taken for another's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from whispera import whole
from whispera.errors import TrainingError


class Interrupted:
    """The state of one kind of run in one file."""

    def __init__(
        self, path: Path, key: Any, *, again: str, other: str = "other data, another base or recipe"
    ) -> None:
        """`key`: plain data that the run depends on, in words what `other` says where it is not the same.

        `again`: the command that starts the run anew.
        """
        self.path = path
        self._key = json.dumps(key)
        self._again = again
        self._other = other
        path.parent.mkdir(parents=True, exist_ok=True)

    def write(self, state: dict[str, Any]) -> None:
        """Keep a state of `training.loop.fit`."""
        with whole.beside(self.path) as half:
            torch.save({"key": self._key, **state}, half)

    def read(self) -> dict[str, Any] | None:
        """The state to go on from, None where there is none; raises TrainingError for that of another run."""
        if not self.path.is_file():
            return None
        state: dict[str, Any] = torch.load(self.path, weights_only=True)
        if state.pop("key", None) != self._key:
            raise TrainingError(
                f"the interrupted run was for {self._other}",
                hint=f"start anew: {self._again}",
            )
        return state

    def taken_up(
        self, wanted: bool, total: int, what: str, *, say: Callable[[str], None]
    ) -> dict[str, Any] | None:
        """The state of a run that is to be resumed, if there is one, and told: seen of `total`, of `what`."""
        state = self.read() if wanted else None
        if state is not None:
            say(f"resuming at {state['seen']} of {total} {what}")
        return state

    def forget(self) -> None:
        """Remove the state of a run that has ended."""
        self.path.unlink(missing_ok=True)
