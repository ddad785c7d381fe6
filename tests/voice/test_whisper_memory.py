"""What Whisper keeps of what it has heard: no more for every new length of speech."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from whispera import workspace
from whispera.engines.store import folder_of, read_models

ROOT = Path(__file__).resolve().parents[2]
PLACE = workspace.find(str(ROOT))  # before the tests' own caches: the fetched models lie in the user's
WHISPER = folder_of(read_models(PLACE.config)["whisper-tiny.en"], PLACE)
PROGRAM = """
import ctypes, sys
from pathlib import Path
from whispera.cli.typed import prepare_libraries
prepare_libraries()
import numpy as np
from faster_whisper.transcribe import get_ctranslate2_storage
from whispera.engines.recognisers.whisper import WhisperRecogniser

class Told(ctypes.Structure):
    _fields_ = [(f"field{n}", ctypes.c_size_t) for n in range(10)]

library = ctypes.CDLL(None)
if not hasattr(library, "mallinfo2"):
    sys.exit(3)
library.mallinfo2.restype = Told
recogniser = WhisperRecogniser(Path(sys.argv[1]), threads=1, beam=1)
used = []
for tenths in range(10, 22):
    features = recogniser._features(np.zeros(1600 * tenths, dtype=np.float32))
    recogniser._whisper.model.encode(get_ctranslate2_storage(features[np.newaxis]))
    told = library.mallinfo2()
    used.append(told.field4 + told.field7)
print(used[-1] - used[3])
"""


@pytest.mark.skipif(
    not (WHISPER / "model.bin").is_file(), reason="whisper-tiny.en is not fetched: whispera models get"
)
def test_new_lengths_of_speech_take_no_more_memory() -> None:
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    environ.pop("ONEDNN_PRIMITIVE_CACHE_CAPACITY", None)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(WHISPER)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode == 3:
        pytest.skip("glibc alone tells what is in use")
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 8 * 100_000  # of eight lengths, each of which would keep a megabyte
