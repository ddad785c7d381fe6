"""The files pocketsphinx decodes with, made from a catalog and kept in the cache.

They are keyed by the content of the configuration, the names asked for, this code and whether espeak-ng is
there. They are written into a directory beside and renamed, so that a half-made one is never read; one that
is damaged is made anew; a cache that cannot be written costs the time to make them at every start.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from whispera import cache, whole
from whispera.catalog.load import load
from whispera.engines.recognisers.pocketsphinx_sentences import Sampler
from whispera.engines.recognisers.pocketsphinx_sounds import ESPEAK, sounds_of
from whispera.engines.recognisers.pocketsphinx_trigram import Counts, arpa
from whispera.workspace import Workspace

_LOG = logging.getLogger(__name__)

PREFIX = "pocketsphinx-"
KEPT = 4
"""Sets of files kept in the cache: of domains and of configurations used lately."""
PENALTY = 4.0
"""What the trigrams of commands ask for three words that no command has in this order, in powers of ten."""
CONFIG_FOLDERS = ("actions", "slots", "lookup")


@dataclass(frozen=True, slots=True)
class Card:
    """What a set of files was made of; `files` maps their names to SHA-256."""

    files: dict[str, str]
    words: int
    """Words that can be heard."""
    in_commands: int
    """Of them those of commands."""
    by_espeak: int
    """Words whose sound is espeak-ng's."""
    guessed: tuple[str, ...]
    """Words whose sound was guessed from their letters."""
    sentences: int
    """Commands that trigrams were counted in."""
    seconds: float
    """That making them took."""


@dataclass(frozen=True, slots=True)
class Models:
    """A folder with the files."""

    folder: Path
    card: Card
    temporary: bool = False
    """Nobody will find it again: it is removed by `drop`."""

    @property
    def dictionary(self) -> Path:
        """Words and their sounds."""
        return self.folder / "words.dict"

    @property
    def commands(self) -> Path:
        """Trigrams of commands alone, others next to impossible; ARPA."""
        return self.folder / "commands.arpa"

    @property
    def talk(self) -> Path:
        """Trigrams of commands and of other talk; ARPA."""
        return self.folder / "talk.arpa"

    def drop(self) -> None:
        """Removes the files, where they are not in the cache."""
        if self.temporary:
            shutil.rmtree(self.folder, ignore_errors=True)


def models_for(workspace: Workspace, *, acoustic: Path, known: Path, names: Sequence[str] = ()) -> Models:
    """The files for the configuration of a workspace, from the cache where they are current.

    `acoustic`: folder of the acoustic model, part of the key. `known`: its dictionary. Raises ConfigError.
    """
    folder = workspace.cache / f"{PREFIX}{key_of(workspace, acoustic=acoustic, names=names)}"
    card = read_card(folder)
    if card is not None:
        with suppress(OSError):
            os.utime(folder)  # for `keep_newest`: used now
        return Models(folder, card)
    try:
        workspace.cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        with whole.folder_beside(folder, mode=0o700) as half:
            card = _make(workspace, half, known=known, names=names)
    except OSError as error:
        _LOG.warning("%s cannot be written (%s): the models are made at every start", workspace.cache, error)
        elsewhere = Path(tempfile.mkdtemp(prefix=PREFIX))
        return Models(elsewhere, _make(workspace, elsewhere, known=known, names=names), temporary=True)
    cache.keep_newest(folder, kind=PREFIX, count=KEPT)
    return Models(folder, card)


def key_of(workspace: Workspace, *, acoustic: Path, names: Sequence[str] = ()) -> str:
    """What the files depend on, as 20 hex digits: content, not times."""
    digest = hashlib.sha256()
    for root in (workspace.config, workspace.local, workspace.shared):
        for path in _config_files(root):
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(path.read_bytes() + b"\0")
    for path in sorted(Path(__file__).parent.glob("pocketsphinx_*.py")):
        digest.update(path.read_bytes())
    digest.update(json.dumps([list(names), bool(shutil.which(ESPEAK)), str(acoustic)]).encode())
    return digest.hexdigest()[:20]


def _config_files(root: Path) -> Iterable[Path]:
    yield from (path for path in (root / "order.yaml",) if path.is_file())
    for name in CONFIG_FOLDERS:
        yield from sorted((root / name).glob("**/*.yaml"))


def read_card(folder: Path) -> Card | None:
    """The card of a folder whose files are whole; None where it is missing or damaged."""
    try:
        data = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        card = Card(**{**data, "guessed": tuple(data["guessed"])})
        whole = all(_sum(folder / name) == wanted for name, wanted in card.files.items())
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return card if whole and card.files else None


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _make(workspace: Workspace, folder: Path, *, known: Path, names: Sequence[str]) -> Card:
    """Make the files in an empty folder."""
    started = time.perf_counter()
    catalog = load(workspace.config, overlay=workspace.local)
    models = Models(folder, Card({}, 0, 0, 0, (), 0, 0.0))
    sampler = Sampler(catalog, names=names)
    commands, talk = Counts(), Counts()
    sentences = 0
    for said, is_closed in sampler.commands():
        talk.add(said)
        if is_closed:
            commands.add(said)
            sentences += 1
    for said in sampler.others():
        talk.add(said)
    words = sorted(commands.vocabulary | talk.vocabulary)
    sounds = sounds_of(words, known)
    models.dictionary.write_text(sounds.dictionary(), encoding="utf-8")
    models.talk.write_text(arpa(talk), encoding="utf-8")
    models.commands.write_text(arpa(commands, penalty=PENALTY), encoding="utf-8")
    files = {path.name: _sum(path) for path in (models.dictionary, models.talk, models.commands)}
    card = Card(
        files,
        len(words),
        len(commands.vocabulary),
        len(sounds.espeak),
        sounds.guessed,
        sentences,
        round(time.perf_counter() - started, 1),
    )
    (folder / "card.json").write_text(json.dumps(asdict(card), indent=1), encoding="utf-8")
    _LOG.info("made the models of pocketsphinx in %.1f s: %d words", card.seconds, card.words)
    return card
