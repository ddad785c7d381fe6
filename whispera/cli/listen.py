"""`whispera listen`: commands spoken into a microphone, from the terminal and without a daemon.

The microphone is recorded from while the models load, so that nobody waits to speak.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whispera import whole
from whispera.cli.faults import report
from whispera.cli.options import Options, base_option
from whispera.cli.state_line import StateLine
from whispera.cli.terminal import asker
from whispera.cli.typed import leave, say, show
from whispera.errors import NotPossible, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from whispera.audio.clip import Clip
    from whispera.audio.cue import Cues
    from whispera.audio.microphone import Microphone
    from whispera.audio.taker import Progress, Take, Taker
    from whispera.pipeline.answer import Answer
    from whispera.pipeline.context import Said
    from whispera.pipeline.hearing import Heard, Hearing
    from whispera.pipeline.session import Session

WAIT_S = 30.0
"""How long `--once` waits where it is not told otherwise."""
TROUBLE_S = 4.0
"""How long it bears a microphone that is not heard."""
PARTIAL_S = 1.0
"""Between two partial transcripts, and the least that one is worth."""
PATIENCE = 3.0
"""Of a recording that a key ends: silence ends it too, but later."""


@click.command("listen")
@click.option("--once", is_flag=True, help="Listen for one command and end.")
@click.option("--dry-run", is_flag=True, help="Show what would be run, and run nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a command.")
@click.option("--yes", is_flag=True, help="Answer confirmations with yes beforehand.")
@click.option("--transcript", is_flag=True, help="Show the words, those understood so far too.")
@click.option("--microphone", metavar="NAME", help="Part of the microphone's name.")
@click.option("--microphones", is_flag=True, help="List the microphones there are, and end.")
@click.option(
    "--seconds", type=click.FloatRange(0.5, 600), metavar="S", help="Listen no longer, speech or not."
)
@click.option(
    "--save", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Keep the recording."
)
@click.option("--recogniser", metavar="NAME", help="Another one than the settings name.")
@base_option
@click.pass_obj
def command(
    options: Options,
    once: bool,
    dry_run: bool,
    as_json: bool,
    yes: bool,
    transcript: bool,
    microphone: str | None,
    microphones: bool,
    seconds: float | None,
    save: Path | None,
    recogniser: str | None,
    base: str,
) -> int:
    """Carry out commands that are spoken, until Ctrl-C; or with --once a single one.

    In the modes hold and toggle (`voice.mode` in the settings) Enter begins a command and silence ends it, or
    Enter again. In the mode open, with --once, and without a terminal, speech begins it too.

    Exit codes of --once: 0 done, 1 fault, 2 usage, 3 not understood, 4 not possible here, 5 confirmation
    needed.
    """
    if microphones:
        return _list(as_json=as_json)
    session = replace(options, base=base).session()
    listening = Listening(session, microphone=microphone, recogniser=recogniser)
    how = How(dry_run, as_json, yes, transcript, save)
    try:
        with listening:
            if once:
                code = listening.once(how, WAIT_S if seconds is None else seconds)
            else:
                code = listening.until_interrupted(how, seconds)
    except BaseException as error:
        if not listening.busy:
            raise
        code = report(error)
    if listening.busy:
        # the interpreter would abort where it ends under a model that is being loaded
        leave(code)
    return code


@dataclass(frozen=True, slots=True)
class How:
    """How commands are treated and told."""

    dry_run: bool = False
    json: bool = False
    yes: bool = False
    transcript: bool = False
    save: Path | None = None


class Listening:
    """A microphone, a recogniser that loads meanwhile, and a session; left, it leaves nothing behind."""

    def __init__(
        self,
        session: Session,
        *,
        microphone: str | None = None,
        recogniser: str | None = None,
        source: Microphone | None = None,
        open_hearing: Callable[[], Hearing] | None = None,
    ) -> None:
        """`source`, `open_hearing`: in place of the real ones, for tests.

        Raises UsageError, NotPossible, ModelError where there is no such microphone, or no way to record.
        """
        from whispera.audio.cue import Cues
        from whispera.audio.endpoint import Endpoint
        from whispera.audio.microphone import PortMicrophone, find_microphone
        from whispera.audio.speech import Voice
        from whispera.audio.taker import Taker

        voice = session.catalog.settings.voice
        name = voice.microphone if microphone is None else microphone
        if source is None:
            find_microphone(name)
        self.session = session
        self.line = StateLine()
        self._voice = voice
        self._endpoint = Endpoint(Voice(), voice.pause_ms, voice.max_s)
        self._cues: Cues = Cues(on=voice.cue)
        self._taker: Taker = Taker(
            source or PortMicrophone(name),
            self._endpoint,
            pre_roll_ms=voice.pre_roll_ms,
            cleaning=self._cues.cleaning,
        )
        self._ears = _Ears(open_hearing or (lambda: _hearing(session, recogniser)))
        self._partial = ""

    def __enter__(self) -> Listening:
        return self

    def __exit__(self, *_: object) -> None:
        self.line.clear()
        self._taker.close()
        self._cues.close()

    @property
    def busy(self) -> bool:
        """Whether a thread still works for it: the recogniser is being loaded, or asked."""
        return self._ears.busy

    def once(self, how: How, seconds: float) -> int:
        """The exit code of one command; raises NotPossible where the microphone cannot be heard."""
        self._taker.open()
        take = self._take(how, seconds, give_up_s=TROUBLE_S, cue=True)
        self._taker.close()
        if take.trouble:
            self._cues.play("error")
            raise NotPossible(take.trouble.rstrip("."), hint="whispera listen --microphones; whispera doctor")
        # whoever started it for one command is about to say one, unless they always are listened to
        return self._handle(take, how, bidden=self._voice.mode != "open")

    def until_interrupted(self, how: How, seconds: float | None) -> int:
        """0, after Ctrl-C or the end of stdin; one command after another."""
        by_enter = self._voice.mode != "open" and asker() is not None
        stays_open = self._voice.pre_roll_ms > 0 or not by_enter
        try:
            if stays_open:
                self._taker.open()
            while True:
                if by_enter:
                    self.line.show("Enter to speak, Ctrl-C to end")
                    if not sys.stdin.readline():
                        return 0
                    if not stays_open:
                        self._taker.open()
                    self._endpoint.patience = PATIENCE
                limit = math.inf if seconds is None else seconds
                if by_enter:
                    limit = min(limit, self._voice.max_s)
                take = self._take(how, limit, cue=by_enter, until=_enter if by_enter else lambda: False)
                if by_enter and not stays_open:
                    self._taker.close()
                if len(take.clip.samples) or by_enter:
                    self._handle(take, how, bidden=by_enter)
        except KeyboardInterrupt:
            return 0

    def _take(
        self,
        how: How,
        seconds: float,
        *,
        give_up_s: float = math.inf,
        cue: bool,
        until: Callable[[], bool] = lambda: False,
    ) -> Take:
        """What is said next, without the cues in it."""
        told = not cue
        asked = 0.0
        self._partial = ""

        def watch(progress: Progress) -> None:
            nonlocal told, asked
            self._ears.check()
            if not told and progress.state in ("waiting", "listening"):
                told = True
                self._cues.play("start")
            if how.transcript and progress.state == "listening" and progress.seconds - asked >= PARTIAL_S:
                asked = progress.seconds
                self._ears.partial(self._understood_so_far)
            self._tell(progress)

        self._ears.drop()
        take = self._taker.take(
            seconds=seconds, give_up_s=give_up_s, until=until, watch=watch, said=self._ears
        )
        self.line.show("understanding ...")
        if len(take.clip.samples):
            self._cues.play("stop")
        return take

    def _understood_so_far(self, text: str) -> None:
        self._partial = text

    def _tell(self, progress: Progress) -> None:
        if progress.state == "trouble":
            self.line.show(progress.text)
        elif progress.state == "listening":
            self.line.show(f"listening  {self._partial}", level=progress.level)
        elif progress.state == "waiting":
            self.line.show("waiting for you to speak", level=progress.level)
        else:
            self.line.show("opening the microphone ...")

    def _handle(self, take: Take, how: How, *, bidden: bool) -> int:
        """Understands, carries out, tells and remembers; the exit code. `bidden`: as for `careful`."""
        from whispera.pipeline.certainty import careful
        from whispera.pipeline.recordings import keep_recording

        session = self.session
        after = session.conversation.said()
        heard = self._ears.heard(after, bidden=bidden)
        if how.save is not None:
            save_clip(take.clip, how.save)
        self.line.clear()
        if how.transcript and heard.transcript.text and not how.json:
            say(heard.transcript.text)
        parse = careful(heard, session.catalog.actions, session.catalog.settings, bidden=bidden)
        parse = session.with_offers(parse, after)
        answer = session.act(parse, after=after, dry_run=how.dry_run, yes=how.yes, asker=asker())
        try:
            _show(answer, heard, take.clip, as_json=how.json)
        finally:
            # nobody said anything, or not to us: nothing to look up later, and no recording of a room
            if heard.transcript.hypotheses and (bidden or answer.outcome is not None):
                keep_recording(session, session.remember(answer), take.clip)
        return answer.exit_code


class _Ears:
    """A recogniser on its way, and its use, in a thread of its own: nobody waits for it but `heard`."""

    def __init__(self, open_hearing: Callable[[], Hearing]) -> None:
        from whispera.pipeline.following import Following

        self._work = ThreadPoolExecutor(1, thread_name_prefix="ears")
        self._loading: Future[Hearing] = self._work.submit(open_hearing)
        self._following = Following(self._loading.result)
        self._last: Future[Any] = self._loading
        self._partial: Future[None] | None = None

    @property
    def busy(self) -> bool:
        """Whether it is being loaded or asked."""
        return not self._last.done()

    def check(self) -> None:
        """Raises what loading failed with, if it has."""
        if self._loading.done():
            self._loading.result()

    def feed(self, samples: NDArray[np.float32]) -> None:
        """Hears the next samples (n,) of a command."""
        self._last = self._work.submit(self._following.feed, samples)

    def drop(self) -> None:
        """Forgets what was fed."""
        self._last = self._work.submit(self._following.drop)

    def partial(self, tell: Callable[[str], None]) -> None:
        """Tells the words so far, later; nothing where it is still busy with the last."""
        if self._loading.done() and (self._partial is None or self._partial.done()):
            self._last = self._partial = self._work.submit(lambda: tell(self._following.partial()))

    def heard(self, after: Sequence[Said], *, bidden: bool) -> Heard:
        """What was meant by all that was fed; raises what loading failed with. `bidden`: as for `careful`."""
        meant = self._work.submit(self._following.end, after, bidden=bidden)
        self._last = meant
        return meant.result()


def _hearing(session: Session, recogniser: str | None) -> Hearing:
    """The hearing of a session, with the intent model loaded too."""
    from whispera.pipeline.hearing import open_hearing

    hearing = open_hearing(session, recogniser=recogniser)
    _ = session.understander
    return hearing


def _show(answer: Answer, heard: Heard, clip: Clip, *, as_json: bool) -> None:
    if not as_json:
        show(answer)
        return
    data = answer.as_json()
    data["transcript"] = heard.transcript.text
    data["seconds"] = round(clip.seconds, 3)
    data["hearing_ms"] = round(heard.ms, 1)
    say(json.dumps(data, ensure_ascii=False))


def save_clip(clip: Clip, path: Path) -> None:
    """Writes a recording in the format its file name ends with, whole or not at all; raises UsageError."""
    import soundfile

    from whispera.audio.clip import SAMPLE_RATE_HZ

    kind = path.suffix.lstrip(".").upper()
    if kind not in soundfile.available_formats():
        raise UsageError(f"{path.name} has no ending of a sound format", hint="name it .wav or .flac")
    try:
        with whole.beside(path) as half:
            soundfile.write(half, clip.samples, SAMPLE_RATE_HZ, format=kind)
    except (OSError, soundfile.LibsndfileError) as error:
        raise UsageError(
            f"{path} cannot be written: {error}", hint="name a file that you may write"
        ) from error


def _enter() -> bool:
    """Whether Enter was pressed; never waits."""
    if sys.platform == "win32":
        import msvcrt

        return bool(msvcrt.kbhit()) and msvcrt.getwch() in "\r\n"
    else:  # noqa: RET505 - or mypy takes the rest for dead code on Windows
        import select

        ready, _, _ = select.select([sys.stdin], [], [], 0)
        return bool(ready) and bool(sys.stdin.readline())


def _list(*, as_json: bool) -> int:
    from whispera.audio.microphone import list_microphones

    devices = list_microphones()
    if as_json:
        for device in devices:
            data = {"name": device.name, "id": device.id, "default": device.is_default}
            say(json.dumps({**data, "monitor": device.is_monitor}, ensure_ascii=False))
        return 0
    if not devices:
        raise NotPossible("there is no microphone here", hint="plug one in; `whispera doctor` tells more")
    for device in devices:
        say(f"{'*' if device.is_default else ' '} {device.name}  ({device.id})")
    return 0
