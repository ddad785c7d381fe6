"""What a key, a voice and a clock mean: recordings, commands, questions and their answers.

A state machine without threads, clocks or devices of its own. It is told what happened and when (seconds of
any one clock) and answers with effects that `voice.py` carries out. Recordings are numbers here: their
samples never pass through it. The rules are the table in docs/voice.md; tests/voice/test_talking*.py
hold them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from whispera.catalog.settings import VoiceSettings
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
from whispera.daemon.presses import KeyKind, Presses
from whispera.daemon.turns import Turns
from whispera.daemon.underway import NEVER, End, Question, Recording
from whispera.nlu.answers import is_stop

PATIENCE = 3
"""The silence that ends a toggled recording, in multiples of the pause that ends one without any key."""
TRIES = 2
"""Recordings without a word after which a question counts as not answered."""
TAPPED = "Hold the key while you speak."
NOTHING = "Nothing was said."
NO_ANSWER = "There was no answer, so nothing was done."
TOO_LONG = "That was longer than a command may be; it ends here."
BUSY = "Several commands are waiting already."
CANCELLED = "Cancelled."
IDLE = "There is nothing to cancel."
STOPPED = "Stopped."
WORKS = "The microphone works again."


@dataclass(slots=True)
class Talking:
    """One microphone, any number of keys."""

    settings: VoiceSettings
    speaking: bool = False
    """Our own voice sounds: the microphone is not listened to."""
    paused: bool = False
    """The open microphone is switched off."""
    trouble: str = ""
    """What is wrong with the microphone; empty where nothing is."""
    _recording: Recording | None = None
    _question: Question | None = None
    _turns: Turns = field(default_factory=Turns)
    _count: int = 0
    _presses: Presses = field(default_factory=Presses)
    _shown: Show = field(default_factory=lambda: Show("idle"))
    _out: list[Effect] = field(default_factory=list)

    # -- what may be asked

    @property
    def recording(self) -> int | None:
        """The number of the recording under way."""
        return self._recording.number if self._recording else None

    @property
    def acting(self) -> int | None:
        """The number of the recording whose command is being carried out."""
        return self._turns.acting

    @property
    def waiting(self) -> frozenset[int]:
        """The numbers of the recordings whose commands wait for the one that is carried out."""
        return self._turns.waiting

    @property
    def question(self) -> str:
        """The question that is open; empty where none is."""
        return self._question.text if self._question else ""

    @property
    def answering(self) -> int | None:
        """The number of the finished recording that is to be read as an answer."""
        return self._question.answer if self._question else None

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        turns = self._turns
        return bool(self._recording or self._question or turns.unheard) or turns.acting is not None

    @property
    def listens(self) -> bool:
        """Whether speech may begin a recording by itself now: the open microphone."""
        return self.settings.mode == "open" and not (self.paused or self.speaking or self.trouble)

    @property
    def stays_open(self) -> bool:
        """Whether the microphone is open while nothing is recorded."""
        return bool(self.settings.pre_roll_ms or self.settings.mode == "open") and not self.paused

    @property
    def shown(self) -> Show:
        """The state as it was shown last."""
        return self._shown

    @property
    def deadline(self) -> float | None:
        """When `on_time` is wanted next; None where nothing has a limit."""
        limits: list[float] = []
        if self._recording is not None:
            limits += [self._recording.longest(self.settings), self._recording.silent_until(self.settings)]
        if self._question is not None:
            limits.append(self._question.answer_by(self.settings, self._recording))
        return min((limit for limit in limits if limit != NEVER), default=None)

    # -- what happens

    def on_key(self, kind: KeyKind, at: float, source: str = "") -> list[Effect]:
        """A key, or a word of `whispera trigger`; `source` tells keys apart, empty goes with any."""
        if kind == "press":
            self._on_press(at, source)
        elif kind == "release":
            self._on_release(at, source)
        elif kind == "toggle":
            self._on_toggle(at)
        elif kind == "abort":
            self._presses.let_go()
            if self._recording and self._recording.ends == "release":
                self._drop()
        else:
            self._cancel()
        return self._effects()

    def on_speech(self, event: Literal["speech", "end"], at: float) -> list[Effect]:
        """Somebody began to speak, or fell silent for as long as was asked."""
        recording = self._recording
        if event == "speech":
            if recording is not None:
                recording.spoke = True
            elif self.listens and not self._turns.full:
                self._begin(at, ends="silence", tap=False)
                assert self._recording is not None
                self._recording.spoke = True
        elif recording is not None and recording.ends != "release":
            self._finish()
        return self._effects()

    def on_time(self, at: float) -> list[Effect]:
        """The clock; wanted at `deadline`, harmless at any time."""
        recording, question = self._recording, self._question
        if recording is not None and at >= recording.longest(self.settings):
            if not recording.bidden:  # nobody meant us
                self._drop()
            else:
                self._out.append(Note(TOO_LONG))
                self._finish()
        elif recording is not None and at >= recording.silent_until(self.settings):
            if not recording.answers:
                self._out.append(Note(NOTHING))
            self._drop()
        if (
            question is not None
            and self._question is question
            and at >= question.answer_by(self.settings, self._recording)
        ):
            self._out.append(Note(NO_ANSWER))
            self._reply(None)
        return self._effects()

    def on_heard(
        self, number: int, words: str | None, at: float, *, unknown: str = "", command: bool = True
    ) -> list[Effect]:
        """The words of a finished recording; empty where there were none, None where recognising failed.

        `unknown`: what to say where something was said whose words are not known; `command`: the words may be
        one, for all that is known yet.
        """
        bidden = self._turns.recognised(number)
        if bidden is None:
            return self._effects()
        question = self._question
        if question is not None and question.answer == number:
            question.answer = None
            question.tries += 1
            if words:
                self._reply(number)
            elif question.tries >= TRIES:
                self._out.append(Note(NO_ANSWER))
                self._reply(None)
            else:
                self._note_nothing(words, unknown)
                question.told = at
                self._listen_for_answer(at)
        elif not words:
            if bidden:  # people talk to one another, and doors slam
                self._note_nothing(words, unknown)
        elif is_stop(words) and self._turns.runs:
            self._stop()
            self._out.append(Note(STOPPED))
        elif (bidden or command) and not self._turns.wait(number) and bidden:
            self._refuse(BUSY)
        self._next()
        return self._effects()

    def on_acted(self, number: int) -> list[Effect]:
        """A command is over, whatever came of it."""
        if number == self._turns.acting:
            self._turns.over()
            self._question = None
            if self._recording is not None:
                self._recording.answers = False
        self._next()
        return self._effects()

    def on_question(self, text: str, at: float) -> list[Effect]:
        """The command that is being carried out asks; `Reply` brings the answer."""
        if self._turns.acting is None or self._turns.stopping:
            self._out.append(Reply(None))
        else:
            self._question = Question(text, at)
            self._out.append(Ask(text))
        return self._effects()

    def on_speaking(self) -> list[Effect]:
        """Our own voice begins to sound; never while somebody else is being recorded."""
        if self._recording is None:
            self.speaking = True
        else:
            self._out.append(Hush())
        return self._effects()

    def on_told(self, at: float) -> list[Effect]:
        """Our own voice is over, or there was nothing to be heard of what was told."""
        self.speaking = False
        if self._question is not None and self._question.told is None:
            self._question.told = at
            self._listen_for_answer(at)
        return self._effects()

    def on_trouble(self, text: str, at: float) -> list[Effect]:
        """The microphone is in trouble, or with an empty text no more. Half a command is never acted on."""
        mended = bool(self.trouble) and not text
        self.trouble = text
        if mended:
            self._out.append(Note(WORKS))
        if text:
            if self._recording is not None:
                self._drop()
                self._out.append(Cue("error"))
            self._out.append(Note(text))
        elif self._question is not None and self._question.told is not None:
            self._question.told = at
            self._listen_for_answer(at)
        return self._effects()

    def _note_nothing(self, words: str | None, unknown: str) -> None:
        if words is not None:  # a failure tells itself
            self._out.append(Note(unknown or NOTHING))

    # -- keys

    def _on_press(self, at: float, source: str) -> None:
        if not self._presses.press(at, source):
            return
        if self.settings.mode == "toggle":
            self._switch(at)
            return
        recording = self._recording
        if recording is None:
            self._begin(at, ends="release", source=source)
        elif recording.ends == "silence":  # spoken to before the key went down
            recording.ends, recording.source, recording.tap = "release", source, False
        else:  # its release was lost, or it was begun by a toggle
            self._finish()

    def _on_release(self, at: float, source: str) -> None:
        self._presses.release(source)
        recording = self._recording
        if recording is None or recording.ends != "release":
            return
        if source not in ("", recording.source) and recording.source:
            return
        if recording.is_tap(at):
            self._drop()
            self._out.append(Note(TAPPED))
        else:
            self._finish()

    def _on_toggle(self, at: float) -> None:
        if not self._presses.toggle(at):
            return
        if self.settings.mode != "open":
            self._switch(at)
            return
        self._hush()
        self.paused = not self.paused
        self.trouble = ""  # of a microphone that is closed or opened now
        if self.paused and self._recording is not None:
            self._drop()

    def _switch(self, at: float) -> None:
        """Begins a recording that the next press ends, or ends the one under way."""
        if self._recording is not None:
            self._finish()
        else:
            self._begin(at, ends="press", pause_ms=self.settings.pause_ms * PATIENCE)

    def _cancel(self) -> None:
        was_busy = self.busy or self.speaking
        if self._recording is not None:
            self._drop()
        self._turns.forget()
        self._stop()
        self._out.append(Note(CANCELLED if was_busy else IDLE))

    # -- recordings

    def _begin(
        self,
        at: float,
        *,
        ends: End,
        source: str = "",
        tap: bool = True,
        pause_ms: int = 0,
    ) -> None:
        question = self._question
        answers = question is not None and question.answer is None
        if not self.stays_open:
            self.trouble = ""  # the microphone is opened only now: it may be well again
        if self.trouble or (self._turns.full and not answers):
            self._refuse(self.trouble or BUSY)
            return
        spoke_over = self._hush()
        self._count += 1
        if question is not None and answers and question.told is None:
            question.told = at
        self._recording = Recording(self._count, at, ends, source, answers, tap)
        begins_itself = ends == "silence"
        # what was kept while we spoke, or since a question was put, is no part of a command
        self._out.append(Record(self._count, not spoke_over and (begins_itself or not answers), pause_ms))
        if not begins_itself:
            self._out.append(Cue("start"))

    def _refuse(self, why: str) -> None:
        self._out += [Cue("error"), Note(why)]

    def _listen_for_answer(self, at: float) -> None:
        """Where no key is held while speaking, the answer is listened for at once."""
        if self.settings.mode == "toggle" and self._recording is None and not self.trouble:
            self._begin(at, ends="press", pause_ms=self.settings.pause_ms)

    def _finish(self) -> None:
        recording = self._recording
        assert recording is not None
        self._recording = None
        bidden = recording.bidden
        self._turns.recognise(recording.number, bidden=bidden)
        if recording.answers and self._question is not None:
            self._question.answer = recording.number
        self._out.append(Finish(recording.number, bidden))
        if bidden or recording.answers:
            self._out.append(Cue("stop"))

    def _drop(self) -> None:
        assert self._recording is not None
        self._out.append(Discard(self._recording.number))
        self._recording = None

    # -- commands and questions

    def _next(self) -> None:
        number = self._turns.next()
        if number is not None:
            self._out.append(Act(number))

    def _stop(self) -> None:
        """Ends what is running or waiting; a recording under way goes on."""
        self._hush()
        if self._question is not None:
            self._reply(None)
        if self._turns.drop():
            self._out.append(Interrupt())

    def _reply(self, number: int | None) -> None:
        if self._recording is not None and self._recording.answers:
            if self._recording.ends == "release":
                self._recording.answers = False  # it may be a command of its own
            else:
                self._drop()
        self._question = None
        self._out.append(Reply(number))

    def _hush(self) -> bool:
        """Whether there was our own voice to silence."""
        if self.speaking:
            self.speaking = False
            self._out.append(Hush())
            return True
        return False

    # -- what is seen

    def _view(self) -> Show:
        if self._recording is not None:
            return Show("listening", self.question if self._recording.answers else "")
        if self._question is not None:
            return Show("recognising" if self._question.answer else "asking", self._question.text)
        if self._turns.acting is not None:
            return Show("acting")
        if self._turns.unheard:
            return Show("recognising")
        if self.speaking:
            return Show("speaking")
        if self.trouble:
            return Show("trouble", self.trouble)
        return Show("paused" if self.paused else "idle")

    def _effects(self) -> list[Effect]:
        view = self._view()
        if view != self._shown:
            self._shown = view
            self._out.append(view)
        out, self._out = self._out, []
        return out
