"""Recognisers: from a recording to words. One file each, imported when it is asked for.

No silent fallback from one to another: one that is not installed is an error that says how to get it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from whispera.errors import ModelError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from whispera.audio.clip import Clip
    from whispera.catalog.compiled import CompiledCatalog
    from whispera.domain.transcript import Transcript
    from whispera.workspace import Workspace

RECOGNISERS: Mapping[str, str] = {
    "whisper": "whispera.engines.recognisers.whisper",
    "pocketsphinx": "whispera.engines.recognisers.pocketsphinx",
}
"""Name to the module whose `open` makes one."""


class Recogniser(Protocol):
    """Turns a recording into words."""

    name: str

    def transcribe(self, clip: Clip) -> Transcript:
        """What was said in a recording of any kind; never raises for what it holds."""

    def close(self) -> None:
        """Gives its memory back; it cannot be asked afterwards."""


@runtime_checkable
class StreamingRecogniser(Recogniser, Protocol):
    """One that can also hear words while they are said, an utterance at a time.

    What it hears does not depend on how the samples are divided: the words are those of `transcribe`.
    """

    def begin(self) -> None:
        """Begins an utterance; one that was begun and not ended is dropped."""

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Takes the next samples (n,) of the utterance, 16 kHz, -1 to 1, and works on them."""

    def partial(self) -> str:
        """The words so far: to be shown, not acted on."""

    def end(self) -> Transcript:
        """What was said since `begin`; its `ms` is the time since the last sample."""

    def drop(self) -> None:
        """Ends the utterance, as if it had not been; nothing where none was begun."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a recogniser is made from."""

    workspace: Workspace
    catalog: CompiledCatalog
    """What can be said, and `catalog.settings.voice`."""
    names: Sequence[str] = ()
    """Names to expect beside those of the catalog, such as installed applications; the likeliest first."""
    threads: int = 2


def open_recogniser(name: str, setting: Setting) -> Recogniser:
    """The recogniser of that name; raises UsageError, ModelError where its packages or model are missing."""
    if name not in RECOGNISERS:
        raise UsageError(f"there is no recogniser named '{name}'", hint=f"there are {', '.join(RECOGNISERS)}")
    try:
        module = import_module(RECOGNISERS[name])
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("whispera"):
            raise
        raise ModelError(
            f"the recogniser '{name}' needs the package '{error.name}'",
            hint="bin/setup voice, or pip install 'whispera[voice]'",
        ) from error
    opened: Recogniser = module.open(setting)
    return opened
