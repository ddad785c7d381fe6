"""What the server needs of the part that listens, and how that part is opened.

It is imported only where the daemon is to listen: a machine without its packages, or without a microphone,
still has its typed commands answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from whispera.errors import ModelError

if TYPE_CHECKING:
    from whispera.daemon.metrics import Metrics
    from whispera.pipeline.session import Session


UNWANTED = "started with --no-voice"
"""Why a daemon does not listen that was not to."""


class Voice(Protocol):
    """What listens, understands and acts, in threads of its own."""

    def start(self) -> None:
        """Listens from now on; raises WhisperaError where it cannot."""

    def stop(self) -> None:
        """Lets the command that runs finish, and ends."""

    def press(self) -> None:
        """As if the key went down."""

    def release(self) -> None:
        """As if the key went up."""

    def toggle(self) -> None:
        """Begins to listen, or ends it."""

    def cancel(self) -> None:
        """Drops what is being said or done."""

    def status(self) -> Mapping[str, Any]:
        """What it does, as JSON data."""

    def busy(self) -> bool:
        """Whether something is being said, understood, asked or done."""

    def partial(self) -> str:
        """What was understood so far of what is being said."""

    def tell(self, text: str) -> None:
        """Shows something once."""


OpenVoice = Callable[["Session", "Metrics"], Voice]


def open_voice(session: Session, metrics: Metrics) -> Voice:
    """What listens, for a session of its own; raises WhisperaError where its packages are missing."""
    try:
        from whispera.daemon.voice import VoiceService
    except ModuleNotFoundError as error:
        raise ModelError(
            f"listening needs the package '{error.name}'",
            hint="bin/setup voice, or pip install 'whispera[voice]'",
        ) from error
    voice: Voice = VoiceService(session, metrics)
    return voice
