"""What a reload leaves behind: nothing of the model and the configuration from before."""

from __future__ import annotations

import ctypes
import gc
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest

from tests.voice.daemon.kit import fake_session
from whispera.catalog import CompiledCatalog
from whispera.daemon.metrics import Metrics
from whispera.daemon.parts import _load
from whispera.daemon.reading import SharedReader
from whispera.engines.load import PieceTokenizer
from whispera.pipeline.session import Session, open_session
from whispera.workspace import Workspace

ROOT = Path(__file__).parents[3]
TOKENIZER = ROOT / "whispera" / "models" / "nano" / "tokenizer.json"
pytestmark = pytest.mark.embedded_model


def test_a_reload_leaves_nothing_alive_of_what_was_there_before(workspace: Workspace) -> None:
    sessions: list[weakref.ref[Session]] = []

    def open_here(workspace: Workspace) -> Session:
        session = open_session(workspace)
        sessions.append(weakref.ref(session))
        return session

    reader = SharedReader(workspace, Metrics(), open_here=open_here)
    catalogs = len(catalogs_alive())
    before: list[weakref.ref[Any]] = []
    for _ in range(2):
        reader.load()
        assert reader.parse("set the volume to thirty percent", alternatives=2).accepted
        mine = sessions[-1]()
        assert mine is not None
        understander: Any = mine.understander
        for part in (understander, understander.grammar, understander.model.engine):
            before.append(weakref.ref(part))
        del mine, understander, part
        reader.reload()
    assert [found() for found in (*sessions[:-1], *before)] == [None] * 8
    assert len(catalogs_alive()) == catalogs


def test_what_was_unloaded_is_loaded_again_for_a_spoken_command(workspace: Workspace) -> None:
    reader = SharedReader(workspace, Metrics(), open_here=fake_session)
    session = reader.session()
    for _ in range(2):
        assert not reader.loaded
        _load(session)
        assert reader.loaded
        reader.unload()


def catalogs_alive() -> list[CompiledCatalog]:
    """Those of this process, also passed over by the collector; by type, since proxies warn."""
    gc.unfreeze()
    gc.collect()
    return [one for one in gc.get_objects() if type(one) is CompiledCatalog]


def test_a_tokenizer_that_is_gone_has_given_back_what_it_kept_for_the_thread() -> None:
    words = [path.stem for path in (ROOT / "config" / "actions").glob("**/*.yaml")]
    assert len(words) > 50

    def use_another() -> None:
        tokenizer = PieceTokenizer.read(TOKENIZER)
        for word in words:
            tokenizer.encode(word)

    use_another()
    used = bytes_in_use()
    for _ in range(5):
        use_another()
    # the library would keep 300 bytes of every word
    assert bytes_in_use() - used < 5 * 100 * len(words)


def bytes_in_use() -> int:
    """What was asked of malloc and not given back, exactly; not what the process holds."""
    library = ctypes.CDLL(None if sys.platform != "win32" else "msvcrt")
    if not hasattr(library, "mallinfo2"):
        pytest.skip("glibc alone tells it")
    gc.collect()

    class Told(ctypes.Structure):
        _fields_ = [(f"field{n}", ctypes.c_size_t) for n in range(10)]

    library.mallinfo2.restype = Told
    told = library.mallinfo2()
    return int(told.field4) + int(told.field7)  # hblkhd, uordblks
