"""`whispera trigger press` on its short way: it is bound to a key, so it imports next to nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from whispera.cli.faults import report
from whispera.daemon.protocol import TRIGGERS

if TYPE_CHECKING:
    from whispera.workspace import Workspace


def is_plain(arguments: Sequence[str]) -> bool:
    """Whether there is one of the words and nothing else; otherwise click must look at them."""
    return len(arguments) == 1 and arguments[0] in TRIGGERS


def main(arguments: Sequence[str]) -> int:
    """The exit code of `trigger` with plain arguments."""
    from whispera.workspace import find

    try:
        send(arguments[0], find())
    except BaseException as error:
        if isinstance(error, SystemExit):
            raise
        return report(error)
    return 0


def send(word: str, workspace: Workspace) -> None:
    """Has the daemon do what a key does; raises DaemonError where there is none, or it does not listen."""
    from whispera.daemon.client import ask
    from whispera.daemon.place import place_of

    ask(place_of(workspace), {"do": word})
