"""Commands that sound like what was heard: the words to expect when a recording is listened to again.

What Whisper wrote at first tells roughly what was said. Commands with the same sounds, put before the
transcript, let it write words it had not thought of: "thumbnail or container" was "thumbnailer container".

They are drawn from the patterns of the configuration, one of each at least, and kept in the cache under a
hash of its content. A cache that cannot be written only costs the time to draw them at every start.
"""

from __future__ import annotations

import logging
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from whispera import cache, whole
from whispera.engines.recognisers.pocketsphinx_words import spoken
from whispera.nlu.sounds import sound

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whispera.engines.recognisers import Setting

_LOG = logging.getLogger(__name__)

PREFIX = "expected-"
KEPT = 4
"""Files kept in the cache: of domains and of configurations used lately."""
DRAWN = 12_000
"""Commands that are drawn, if there are not more patterns."""
WORDS = range(2, 10)
"""Words of a command that is expected."""
MOST = 12
"""Commands to expect at a time."""
EACH = 8
"""Those of one hypothesis."""
_LOOKED_AT = 60
"""The nearest ones, of which those are taken that have other words than the ones before."""
_GRAM = 3


class Expected:
    """Commands, found by their sounds."""

    def __init__(self, commands: Sequence[str]) -> None:
        """`commands`: words as they are said; `pocketsphinx_words.spoken`."""
        self._commands = commands
        self._grams: dict[str, int] = {}
        grams: list[int] = []
        numbers: list[int] = []
        for number, command in enumerate(commands):
            for gram in _grams(command.split()):
                grams.append(self._grams.setdefault(gram, len(self._grams)))
                numbers.append(number)
        counts = np.bincount(np.asarray(grams, dtype=np.int32), minlength=len(self._grams))
        self._weights = np.log(len(commands) / np.maximum(counts, 1)) ** 2
        """What a gram is worth: rare ones most."""
        self._ends = np.cumsum(counts)
        self._holding = np.asarray(numbers, dtype=np.int32)[np.argsort(grams, kind="stable")]
        """The commands that hold each gram, those of the first gram first."""
        lengths = np.bincount(numbers, weights=self._weights[grams], minlength=len(commands))
        self._lengths = np.sqrt(np.maximum(lengths, 1e-9))

    def like(self, heard: Sequence[str]) -> list[str]:
        """At most `MOST` commands that sound like one of some texts, the nearest of each first."""
        found = dict.fromkeys(command for text in heard for command in self._nearest(text))
        return list(found)[:MOST]

    def _nearest(self, text: str) -> list[str]:
        points = self._points(text)
        chosen: list[str] = []
        seen: set[str] = set()
        for number in np.argsort(-points, kind="stable")[:_LOOKED_AT]:
            command = self._commands[int(number)]
            if points[number] <= 0 or len(chosen) == EACH:
                break
            if not seen.issuperset(command.split()):
                seen.update(command.split())
                chosen.append(command)
        return chosen

    def _points(self, text: str) -> NDArray[np.float64]:
        """How much of a text's sounds each command has, for the length of the command."""
        points = np.zeros(len(self._commands))
        for gram in _grams(spoken(text)):
            number = self._grams.get(gram)
            if number is not None:
                start = self._ends[number - 1] if number else 0
                points[self._holding[start : self._ends[number]]] += self._weights[number]
        found: NDArray[np.float64] = points / self._lengths
        return found


def expected_for(setting: Setting) -> Expected:
    """The commands of the configuration of a setting, from the cache where they are current."""
    from whispera.engines.recognisers.pocketsphinx_models import key_of

    folder = setting.workspace.cache
    path = folder / f"{PREFIX}{key_of(setting.workspace, acoustic=Path(), names=setting.names)}.txt"
    commands = _read(path)
    if commands is None:
        commands = list(_drawn(setting))
        try:
            _write(path, commands)
        except OSError as error:
            _LOG.warning("%s cannot be written (%s): commands are drawn at every start", folder, error)
    return Expected(commands)


def _drawn(setting: Setting) -> Iterator[str]:
    from whispera.catalog.load import load
    from whispera.engines.recognisers.pocketsphinx_sentences import Sampler

    catalog = load(setting.workspace.config, overlay=setting.workspace.local)
    drawn = (words for words, _ in Sampler(catalog, names=setting.names).commands(total=DRAWN))
    yield from dict.fromkeys(" ".join(words) for words in drawn if len(words) in WORDS)


def _read(path: Path) -> list[str] | None:
    """The commands of a file; None where it is missing or damaged."""
    with suppress(OSError, UnicodeDecodeError):
        head, _, body = path.read_text(encoding="utf-8").partition("\n")
        if head == _sum(body):
            os.utime(path)  # for `keep_newest`: used now
            return body.splitlines()
    return None


def _write(path: Path, commands: Sequence[str]) -> None:
    """Writes a file and forgets those of long ago; raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    body = "\n".join(commands)
    whole.write(path, f"{_sum(body)}\n{body}", mode=0o600)
    cache.keep_newest(path, kind=PREFIX, count=KEPT)


def _sum(body: str) -> str:
    """A checksum against damage."""
    return f"{zlib.crc32(body.encode()):08x}"


def _grams(words: Sequence[str]) -> set[str]:
    """The sounds of some words, three at a time, across the words."""
    sounds = f"#{''.join(map(sound, words))}#"
    return {sounds[at : at + _GRAM] for at in range(len(sounds) - _GRAM + 1)}
