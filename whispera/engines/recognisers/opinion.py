"""A second opinion: what pocketsphinx hears where Whisper is in doubt.

The two mishear differently: "it could do with a gun of boot" is "it could do with a good reboot" to the one
that knows the words of commands. Alone it would be wrong too often; what both hear seldom is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whispera.audio.clip import SAMPLE_RATE_HZ
from whispera.engines.recognisers.pocketsphinx import TALK, decoder_of, models_of, raw_of, words_of

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from whispera.engines.recognisers import Setting
    from whispera.engines.recognisers.pocketsphinx_models import Models

MOST_S = 6.0
"""Of speech; longer than a command, which takes long to decode."""
_SILENCE = int(0.2 * SAMPLE_RATE_HZ)
"""Put before and behind the speech."""


class Opinion:
    """Hears commands and other talk; asked by one thread at a time."""

    def __init__(self, models: Models, *, acoustic: Path) -> None:
        """Raises ModelError."""
        self._models = models
        self._decoder = decoder_of(models, models.talk, acoustic=acoustic, **TALK)

    def words(self, speech: NDArray[np.float32]) -> str:
        """What was said in speech (n,), 16 kHz, -1 to 1; empty where it is longer than `MOST_S`."""
        if len(speech) > MOST_S * SAMPLE_RATE_HZ:
            return ""
        self._decoder.start_utt()
        self._decoder.process_raw(raw_of(np.pad(speech, (_SILENCE, _SILENCE))))
        self._decoder.end_utt()
        return " ".join(words_of(self._decoder.hyp()))

    def close(self) -> None:
        """Gives its memory back; once more does nothing."""
        self.__dict__.pop("_decoder", None)
        self._models.drop()


def opinion_for(setting: Setting) -> Opinion:
    """For the configuration of a setting, whose models are made first where they are not in the cache.

    Raises ConfigError where the catalog cannot be made a grammar, ModelError where a model does not load.
    """
    models, acoustic = models_of(setting)
    return Opinion(models, acoustic=acoustic)
