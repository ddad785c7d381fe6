"""`whispera trigger press` on its short way: it is bound to a key, so it imports next to nothing."""

from __future__ import annotations

TYPE_CHECKING = False  # importing typing would take longer than all the rest
if TYPE_CHECKING:
    from collections.abc import Sequence

    from whispera.workspace import Workspace

TRIGGERS = ("press", "release", "toggle", "cancel")
"""What a key can do; as `daemon.protocol.TRIGGERS`."""


def is_plain(arguments: Sequence[str]) -> bool:
    """Whether there is one of the words and nothing else; otherwise click must look at them."""
    return len(arguments) == 1 and arguments[0] in TRIGGERS


def main(arguments: Sequence[str]) -> int:
    """The exit code of `trigger` with plain arguments."""
    from whispera.daemon.reach import tell

    word = arguments[0]
    try:
        answer = tell(b'{"do":"%s"}\n' % word.encode())
        if answer is not None and answer.startswith(b'{"ok":true'):
            return 0
        if answer is None:  # it is elsewhere, or there is none
            from whispera.workspace import find

            send(word, find())
            return 0
        from whispera.daemon.client import checked
        from whispera.daemon.protocol import decode

        checked(decode(answer))
    except BaseException as error:
        if isinstance(error, SystemExit):
            raise
        from whispera.cli.faults import report

        return report(_said(error))
    return 0


def send(word: str, workspace: Workspace) -> None:
    """Has the daemon do what a key does; raises DaemonError where there is none, or it does not listen."""
    from whispera.daemon.client import ask
    from whispera.daemon.place import place_of

    ask(place_of(workspace), {"do": word})


def _said(error: BaseException) -> BaseException:
    """A fault of the connection as one of the daemon."""
    if not isinstance(error, OSError | ValueError):
        return error
    from whispera.errors import DaemonError

    late = isinstance(error, TimeoutError)
    why = "does not answer" if late else f"does not answer as it should: {error}"
    return DaemonError(f"the daemon {why}", hint="whispera daemon status")
