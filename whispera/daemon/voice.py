"""Listening as a service: the state machine of `talking.py` with a microphone, keys, a recogniser and hands.

Four threads. One takes in everything that happens, in order, and never waits. One recognises (`listener.py`),
so that keys and "no, stop" are heard while it works. One carries commands out, and waits for answers. The
microphone's own brings sound. Nothing that is heard is written anywhere but into the history, like a typed
command; what others said, as far as that can be told, not even there.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from whispera.audio.recorder import Recorder, Recording
from whispera.daemon.effects import (
    Act,
    Ask,
    Cue,
    Discard,
    Effect,
    Finish,
    Hush,
    Interrupt,
    Note,
    Record,
    Reply,
    Show,
)
from whispera.daemon.hands import Hands, Spoken
from whispera.daemon.keys import KeyEvent, start_keys
from whispera.daemon.listener import Listener
from whispera.daemon.parts import Parts, parts_of
from whispera.daemon.presses import KeyKind
from whispera.daemon.stoppable import StoppableRunner
from whispera.daemon.talking import Talking

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from whispera.audio.clip import Clip
    from whispera.daemon.metrics import Metrics
    from whispera.daemon.parts import Watcher
    from whispera.pipeline.context import Said
    from whispera.pipeline.hearing import Heard
    from whispera.pipeline.session import Session

REVERBERATION_S = 0.2
"""So long after our own voice the microphone is not listened to yet."""
END_S = 10.0
"""The longest a command that runs is waited for at the end, which is less than the daemon waits for that."""
_LOG = logging.getLogger(__name__)
_Call = Callable[[], "Sequence[Effect]"]


class VoiceService:
    """Listens for one session, from `start` to `stop`; its methods may be called from any thread."""

    def __init__(
        self, session: Session, metrics: Metrics | None = None, *, parts: Parts | None = None
    ) -> None:
        """`session`: with a conversation of its own. Raises ConfigError for a hotkey that is none."""
        self._session = session
        self._settings = session.catalog.settings.voice
        self._parts = parts or parts_of(session)
        self._keys = self._parts.keys
        self._key_trouble = ""
        """Why no key can be read any more; empty where nothing came up since the start."""
        self._talking = Talking(self._settings)
        self._recorder = Recorder(pre_roll_ms=self._settings.pre_roll_ms, now=self._parts.now)
        self._recordings: dict[int, Recording] = {}
        """Those under way, by their numbers."""
        self._listener = Listener(
            self._parts, idle_s=self._settings.idle_minutes * 60, is_busy=lambda: self._talking.busy
        )
        self.runner = StoppableRunner(self._parts.runner, on_speech=self._on_program_speaks)
        session.runner = self.runner
        self._hands = Hands(session, self.runner, self._parts, metrics, ask=self._ask)
        self._hands.on_answer, self._hands.on_acted = self._on_answer, self._on_acted
        self._watcher: Watcher | None = None
        """Tells when speech begins and ends, while somebody wants to know."""
        self._open = False
        """The microphone is."""
        self._heard = False
        """It has given sound since it was opened."""
        self._awaited = False
        """The sound that says "speak" waits for that."""
        self._paused = False
        """An open microphone was switched off."""
        self._happened: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._replies: queue.SimpleQueue[Spoken | None] = queue.SimpleQueue()
        self._spoken: dict[int, Spoken] = {}
        """Commands that wait for their turn; for the thread that takes everything in."""
        self._asking_for_value = False
        self._turn = 0
        """Counts what we say, so that the end of something hushed is not taken for that of the next."""
        self._thread = threading.Thread(target=self._run, daemon=True, name="talk")
        self._closing = False

    # -- from start to end

    def start(self) -> None:
        """Listens from now on; raises WhisperaError where there is no recogniser."""
        try:
            self._listener.start()
        except BaseException:
            self._parts.cues.close()
            self._parts.screen.close()
            raise
        self._thread.start()
        self._hands.start()
        if self._talking.stays_open:
            self._post(self._open_microphone)
        self._keys = start_keys(self._parts.keys, self._on_key, self._on_key_trouble)
        self._parts.screen.show("idle", "" if self._keys.source else self._keys.reason)

    def stop(self) -> None:
        """Lets the command that runs finish, and ends. Whatever is being said is dropped."""
        if self._closing:
            return
        self._closing = True
        if self._keys.source is not None:
            self._keys.source.stop()
        self._close_microphone()
        self._replies.put(None)
        self._hands.stop(END_S)
        self._happened.put(None)
        if self._thread.is_alive():
            self._thread.join(END_S)
        self._listener.stop(END_S)
        self._hush()
        self._parts.cues.close()
        self._parts.screen.close()

    # -- what others ask for

    def press(self) -> None:
        """As if the key went down."""
        self._key("press")

    def release(self) -> None:
        """As if the key went up."""
        self._key("release")

    def toggle(self) -> None:
        """Begins to record, or ends it; switches an open microphone off and on."""
        self._key("toggle")

    def cancel(self) -> None:
        """Drops what is being said, recognised, asked or done."""
        self._key("cancel")

    def busy(self) -> bool:
        """Whether something is being said, understood, asked or done."""
        return self._talking.busy

    def partial(self) -> str:
        """The words so far of what is being said, empty where nothing is."""
        if self._talking.recording is None or self._closing:
            return ""
        return self._listener.partial()

    def tell(self, text: str) -> None:
        """Shows something once."""
        self._post(lambda: [Note(text)])

    def status(self) -> dict[str, Any]:
        """What it does, as JSON data."""
        shown = self._talking.shown
        return {
            "state": shown.state,
            "about": shown.text,
            "question": self._talking.question,
            "mode": self._settings.mode,
            "keys": self._key_trouble or self._keys.reason,
            "key_source": self._keys.source.name if self._keys.source and not self._key_trouble else "",
            "microphone": self._settings.microphone or "the one the system chose",
            "microphone_open": self._open,
            "microphone_heard": self._open and self._heard,
            "trouble": self._talking.trouble,
            "overflows": self._recorder.overflows,
            "recogniser": self._settings.recogniser,
            "recogniser_loaded": self._listener.loaded,
            "speaks": self._parts.speaks,
            "last": self._hands.last,
        }

    # -- what happens, from any thread

    def _post(self, call: _Call) -> None:
        self._happened.put(call)

    def _key(self, kind: KeyKind, source: str = "") -> None:
        at = self._parts.now()
        self._post(lambda: self._talking.on_key(kind, at, source))

    def _on_key(self, event: KeyEvent) -> None:
        self._key(event.kind, event.hotkey)

    def _on_key_trouble(self, text: str) -> None:
        self._key_trouble = text
        if text:
            _LOG.warning("hotkeys", extra={"facts": {"error": text}})
        else:
            _LOG.info("hotkeys work again")
        self.tell(text or "Hotkeys work again.")

    def _on_block(self, samples: NDArray[np.float32], overflowed: bool) -> None:
        if self._recorder.add(samples, overflowed):
            self._listener.more()
        if not self._heard:
            self._heard = True
            if self._awaited:
                self._awaited = False
                self._parts.cues.play("start")
        if self._watcher is not None or self._talking.listens:
            at = self._parts.now()
            self._post(lambda: self._watch(samples, at))

    def _on_trouble(self, text: str) -> None:
        at = self._parts.now()
        if text:
            _LOG.warning("microphone", extra={"facts": {"error": text}})
        else:
            _LOG.info("microphone works again")
        self._post(lambda: self._talking.on_trouble(text, at))

    def _on_program_speaks(self, begins: bool) -> None:
        if begins:
            self._post(self._begin_to_speak)
        else:
            self._say_is_over(self._turn)

    def _on_acted(self, number: int) -> None:
        self._post(lambda: self._talking.on_acted(number))

    def _on_answer(self, text: str, ok: bool) -> None:
        self._parts.screen.answer(text, ok=ok)
        if self._parts.speaks and text:
            self._post(lambda: self._say(text))

    # -- the thread that takes everything in

    def _run(self) -> None:
        while True:
            deadline = self._talking.deadline
            wait = None if deadline is None else max(0.0, deadline - self._parts.now())
            try:
                call = self._happened.get(timeout=wait)
            except queue.Empty:
                call = self._on_time
            if call is None:
                self._spoken.clear()
                return
            try:
                self._carry_out(call())
            except Exception as error:
                _LOG.error("listening", exc_info=error, extra={"facts": {"error": type(error).__name__}})
            del call  # nothing that was heard is kept by it
            self._forget()
            self._recorder.deaf = self._talking.speaking or self._talking.paused
            if self._talking.paused != self._paused:
                self._switch_microphone()

    def _on_time(self) -> list[Effect]:
        return self._talking.on_time(self._parts.now())

    def _carry_out(self, effects: Sequence[Effect]) -> None:
        waiting = deque(effects)
        while waiting:
            waiting.extend(self._do(waiting.popleft()))

    def _do(self, effect: Effect) -> Sequence[Effect]:
        """Carries one effect out; what follows from it at once."""
        now = self._parts.now()
        match effect:
            case Record():
                return self._begin(effect)
            case Finish():
                self._finish(effect)
            case Discard(number):
                self._discard(number)
            case Act(number):
                self._hands.act(number, self._spoken.pop(number))
            case Reply(number):
                self._replies.put(self._spoken.pop(number) if number is not None else None)
            case Ask(text):
                return self._say(text) if self._parts.speaks else self._talking.on_told(now)
            case Interrupt():
                self.runner.stop()
            case Hush():
                self._hush()
                return self._talking.on_told(now)
            case Cue(name):
                self._awaited = name == "start" and not self._heard
                if not self._awaited:
                    self._parts.cues.play(name)
            case Show(state, text):
                self._parts.screen.show(state, text)
            case Note(text):
                self._parts.screen.note(text)
        return ()

    def _forget(self) -> None:
        """Keeps nothing of what was said but the commands that wait."""
        for number in self._spoken.keys() - self._talking.waiting:
            del self._spoken[number]

    # -- recording

    def _begin(self, record: Record) -> Sequence[Effect]:
        recording = self._recordings[record.number] = self._recorder.begin(pre_roll=record.pre_roll)
        if record.pause_ms:
            self._watcher = self._parts.watcher(record.pause_ms)
        self._listener.begin(recording)
        return () if self._open else self._open_microphone()

    def _discard(self, number: int) -> None:
        self._awaited = False
        self._watcher = None
        recording = self._recordings.pop(number)
        recording.end()
        self._listener.drop(recording)
        self._rest_microphone()

    def _finish(self, finish: Finish) -> None:
        ended, number = self._parts.now(), finish.number
        self._watcher = None
        recording = self._recordings.pop(number)
        recording.end(self._parts.tail_s)
        for_value = self._asking_for_value and self._talking.answering == number

        def after() -> Sequence[Said]:
            return self._hands.question_after if for_value else self._session.conversation.said()

        def on_heard(heard: Heard | None, clip: Clip) -> None:
            spoken = Spoken(heard, clip, ended, finish.bidden) if heard is not None else None
            self._post(lambda: self._on_heard(number, spoken))

        self._listener.end(
            recording,
            bidden=finish.bidden,
            after=after,
            over=lambda: self._post(self._rest_microphone),
            heard=on_heard,
        )

    def _on_heard(self, number: int, spoken: Spoken | None) -> Sequence[Effect]:
        """What was said in a recording is known, or, with None, cannot be."""
        words, unknown, command = None, "", False
        if spoken is not None:
            words, command = spoken.heard.transcript.text, spoken.heard.parse.accepted
            rejection = spoken.heard.transcript.rejection
            unknown = rejection.message if rejection and rejection.reason == "not_recognised" else ""
            self._spoken[number] = spoken
        return self._talking.on_heard(number, words, self._parts.now(), unknown=unknown, command=command)

    def _watch(self, samples: NDArray[np.float32], at: float) -> Sequence[Effect]:
        """Looks for the beginning and the end of speech in the next samples."""
        if self._talking.recording is None and not self._talking.listens:
            self._watcher = None
            return ()
        if self._watcher is None:
            if not self._talking.listens:
                return ()
            self._watcher = self._parts.watcher(self._settings.pause_ms)
        effects: list[Effect] = []
        for event in self._watcher.feed(samples):
            if event == "end":
                self._watcher = None
            effects += self._talking.on_speech(event, at)
        return effects

    def _open_microphone(self) -> Sequence[Effect]:
        if self._open or self._closing:
            return ()
        self._open, self._heard = True, False
        self._parts.microphone.start(self._on_block, self._on_trouble)
        return ()

    def _switch_microphone(self) -> None:
        """Has an open microphone off or on, as a toggle wants it."""
        self._paused = self._talking.paused
        if self._talking.stays_open:
            self._open_microphone()
        else:
            self._rest_microphone()

    def _close_microphone(self) -> None:
        if self._open:
            self._open = False
            self._parts.microphone.stop()

    def _rest_microphone(self) -> Sequence[Effect]:
        """Closes a microphone that is to be open while something is recorded only."""
        if not self._talking.stays_open and not self._talking.recording:
            self._close_microphone()
        return ()

    # -- questions, from the thread that carries commands out

    def _ask(self, question: str, *, for_value: bool) -> Heard | None:
        with suppress(queue.Empty):
            while True:
                self._replies.get_nowait()
        if self._closing or self.runner.stopped:  # asked now: what tells of the end may have been among them
            return None
        self._asking_for_value = for_value
        self._post(lambda: self._talking.on_question(question, self._parts.now()))
        spoken = self._hands.answered = self._replies.get()
        return spoken.heard if spoken is not None else None

    # -- our own voice

    def _say(self, text: str) -> Sequence[Effect]:
        if self._talking.recording is not None or self._closing:  # nobody is talked over
            return self._talking.on_told(self._parts.now())
        self._recorder.deaf = True
        effects = self._begin_to_speak()
        turn = self._turn
        if not self._parts.speaker.say(text, on_end=lambda: self._say_is_over(turn)):
            return [*effects, *self._talking.on_told(self._parts.now())]
        return effects

    def _begin_to_speak(self) -> Sequence[Effect]:
        self._turn += 1
        self._watcher = None if self._talking.recording is None else self._watcher
        return self._talking.on_speaking()

    def _say_is_over(self, turn: int) -> None:
        def told() -> Sequence[Effect]:
            return self._talking.on_told(self._parts.now()) if turn == self._turn else ()

        timer = threading.Timer(REVERBERATION_S, lambda: self._post(told))
        timer.daemon = True
        timer.start()

    def _hush(self) -> None:
        self._turn += 1
        self._parts.speaker.hush()
        self.runner.hush()
