"""A microphone that goes on: opened by name, opened anew when it was unplugged, stopped whatever happens.

The recording itself is done by `capture.py` in a process of its own. What is heard comes as 16 kHz mono,
whatever the device gives. Nothing is kept here.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from logging import getLogger
from typing import IO, TYPE_CHECKING, Protocol

import numpy as np

from whispera.audio import pulse
from whispera.audio.capture import AUDIO, HEADER
from whispera.audio.devices import (
    Device,
    capture_argv,
    capture_environ,
    fault_of,
    find_microphone,
    list_microphones,
)
from whispera.audio.resample import Resampler
from whispera.errors import WhisperaError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Microphone", "OnBlock", "OnTrouble", "PortMicrophone", "find_microphone", "list_microphones"]

_log = getLogger(__name__)

OnBlock = Callable[["NDArray[np.float32]", bool], None]
"""Takes the next samples (n,), 16 kHz mono, -1 to 1; and whether some were lost before them."""
OnTrouble = Callable[[str], None]
"""Takes one sentence on why nothing is heard; an empty one when it is heard again."""

BLOCK_MS = 40
"""About what ALSA hands on at once: shorter blocks come no sooner, and cost more."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.25, 5.0
"""Before the device is opened anew; twice as long each time. A sound server tells when to try at once."""
STEADY_S = 1.0
"""A device that was heard for so long is tried at once when it goes, the first time."""
BEGIN_S = 8.0
"""An opened device that gives nothing for so long is stuck; sound servers may need seconds to begin."""
STALL_S = 3.0
"""So is one that has begun."""
LOOK_S = 0.25
"""Between two looks at what it does."""
STOP_S = 1.0
"""What the recording process gets to end before it is killed."""
_NEW_GROUP = 0x200 if sys.platform == "win32" else 0


class Microphone(Protocol):
    """What records. Both callbacks come from threads of its own, and never after `stop` has returned."""

    def start(self, on_block: OnBlock, on_trouble: OnTrouble) -> None:
        """Begins; returns at once. Trouble is told, never raised."""

    def stop(self) -> None:
        """Ends and closes the device; may be called at any time, and again."""


class PortMicrophone:
    """A microphone of this machine, through PortAudio."""

    def __init__(self, name: str = "", *, block_ms: int = BLOCK_MS) -> None:
        """`name`: part of it, see `find_microphone`; the system's choice where it is empty."""
        self.name = name
        self.block_ms = block_ms
        self.overflows = 0
        """How often samples were lost because this machine was too slow."""
        self.openings = 0
        """How often the device was opened."""
        self._stopping = threading.Event()
        self._stopping.set()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether it was started and not stopped."""
        return not self._stopping.is_set()

    def start(self, on_block: OnBlock, on_trouble: OnTrouble) -> None:
        """Begins; returns at once. Raises RuntimeError where it runs already."""
        if self.running:
            raise RuntimeError("the microphone is on already")
        self._stopping = threading.Event()
        told = _Telling(on_trouble, self._stopping)
        self._thread = threading.Thread(
            target=self._supervise, args=(on_block, told, self._stopping), name="microphone", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Ends within `STOP_S` and a little, even if the device is stuck."""
        self._stopping.set()
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            thread.join(3 * STOP_S)

    def _supervise(self, on_block: OnBlock, told: _Telling, stopping: threading.Event) -> None:
        wait_s = FIRST_WAIT_S
        watch = pulse.Watch()
        try:
            while not stopping.is_set():
                heard_s = 0.0
                try:
                    text, heard_s = self._listen(on_block, told, stopping, watch)
                except WhisperaError as error:
                    text = _with_hint(error)
                except OSError as error:
                    text = f"the recording process did not start: {error}"
                told.trouble(text)
                if heard_s > STEADY_S:
                    wait_s = FIRST_WAIT_S
                again = time.monotonic() + wait_s
                while time.monotonic() < again and not watch.changed.is_set() and not stopping.is_set():
                    stopping.wait(LOOK_S)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
                if not watch.watches and not stopping.is_set():
                    watch.close()
                    watch = pulse.Watch()
        finally:
            watch.close()

    def _listen(
        self, on_block: OnBlock, told: _Telling, stopping: threading.Event, watch: pulse.Watch
    ) -> tuple[str, float]:
        """Why the device is heard no more, and for how many seconds it was.

        Raises WhisperaError where there is no such device, OSError.
        """
        watch.changed.clear()
        device = find_microphone(self.name) if self.name.strip() else None
        index = device.server_index if device is not None else None
        recording = _Recording(device, self.name, self.block_ms)
        self.openings += 1
        try:
            recording.begin(lambda samples, lost: self._pass(samples, lost, on_block, told, stopping))
            while not recording.over.wait(LOOK_S) and not stopping.is_set():
                if time.monotonic() - recording.heard > (STALL_S if recording.began else BEGIN_S):
                    recording.reason = f"{recording.title} gives no sound any more."
                    break
                if index is not None and watch.changed.is_set():
                    watch.changed.clear()
                    now = pulse.sources()
                    if now is not None and index not in {one.index for one in now}:
                        break
            return recording.why, recording.heard - recording.began if recording.began else 0.0
        finally:
            recording.end()

    def _pass(
        self,
        samples: NDArray[np.float32],
        lost: bool,
        on_block: OnBlock,
        told: _Telling,
        stopping: threading.Event,
    ) -> None:
        if stopping.is_set():
            return
        self.overflows += lost
        told.trouble("")
        try:
            on_block(samples, lost)
        except Exception:
            _log.exception("a block of sound was not taken")


class _Telling:
    """Tells each trouble once, and when it is over."""

    def __init__(self, on_trouble: OnTrouble, stopping: threading.Event) -> None:
        self._on_trouble = on_trouble
        self._stopping = stopping
        self._now = ""

    def trouble(self, text: str) -> None:
        if text == self._now or self._stopping.is_set():
            return
        self._now = text
        sentence = text[:1].upper() + text[1:]
        self._on_trouble(sentence if not text or text.endswith((".", ")")) else sentence + ".")


class _Recording:
    """One run of the recording process."""

    def __init__(self, device: Device | None, name: str, block_ms: int) -> None:
        self._name = device.name if device is not None else name
        self.title = f"The microphone '{self._name}'" if self._name else "The microphone"
        served = device is not None and device.server_index is not None
        options = ["--block-ms", str(block_ms)]
        if device is not None:
            options += ["--server"] if served else ["--device", device.id]
        self._argv = capture_argv(*options)
        self._environ = capture_environ(device.id if device is not None and served else "")
        self.over = threading.Event()
        self.reason = ""
        """Why it is over, where more is known than that."""
        self.began = 0.0
        """When the first sound came, by `time.monotonic`."""
        self.heard = time.monotonic()
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None

    @property
    def why(self) -> str:
        """Why it is over."""
        if self.reason:
            return self.reason
        if self.began:
            return f"{self.title} was unplugged."
        # PortAudio ends its process where the sound system is set up wrongly
        return f"{self.title} cannot be opened: the sound system gave up (whispera doctor)"

    def begin(self, on_samples: OnBlock) -> None:
        """Starts the process and the thread that reads from it; raises OSError."""
        # out of the terminal's group, or Ctrl-C would end it before us
        process = self._process = subprocess.Popen(
            self._argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environ,
            creationflags=_NEW_GROUP,
            start_new_session=sys.platform != "win32",
        )
        assert process.stdout is not None
        self._reader = threading.Thread(
            target=self._read, args=(process.stdout, on_samples), name="microphone-reader", daemon=True
        )
        self._reader.start()

    def end(self) -> None:
        """Ends the process, if need be by force, and waits for the reader."""
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        with suppress(OSError):
            process.stdin.close()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            with suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S)
        if self._reader is not None and self._reader is not threading.current_thread():
            self._reader.join(STOP_S)

    def _read(self, stream: IO[bytes], on_samples: OnBlock) -> None:
        resampler = Resampler(1)
        try:
            while len(header := stream.read(HEADER.size)) == HEADER.size:
                kind, lost, length = HEADER.unpack(header)
                data = stream.read(length)
                if len(data) < length:
                    break
                self.heard = time.monotonic()
                if kind == AUDIO:
                    self.began = self.began or self.heard
                    samples = np.frombuffer(data, dtype="<i2").astype(np.float32)
                    samples *= np.float32(1 / 32768)
                    heard = resampler.feed(samples)
                    if len(heard):
                        on_samples(heard, bool(lost))
                    continue
                words = json.loads(data)
                if "fault" not in words:
                    resampler = Resampler(words["rate_hz"], words["channels"])
                    _log.debug("recording from %s at %d Hz", words["device"], words["rate_hz"])
                elif words["fault"] != "gone" or not self.began:
                    self.reason = _with_hint(fault_of(words, self._name))
        except (OSError, ValueError) as error:
            self.reason = f"{self.title} cannot be read: {error}"
        finally:
            stream.close()
            self.over.set()


def _with_hint(error: WhisperaError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message
