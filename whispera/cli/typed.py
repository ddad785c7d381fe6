"""The typed command, on its short way: `./w open chrome`, `whispera run "open chrome" --json`.

Imports nothing that a command does not need; what takes more than the plain options is handed on to
click. `answer_text` is the same for both. The history is written after the user has been answered.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from whispera.cli.faults import report, tell

if TYPE_CHECKING:
    from whispera.pipeline.session import Answer, Session


PLAIN = {"--dry-run": "dry_run", "--json": "json", "--yes": "yes", "--alone": "alone"}
"""The options that are read without click."""


@dataclass(frozen=True, slots=True)
class Typed:
    """A typed command and how to treat it."""

    text: str
    dry_run: bool = False
    json: bool = False
    yes: bool = False
    alone: bool = False
    """Whatever was said before."""
    domain: str = ""


def read_arguments(arguments: Sequence[str]) -> Typed | None:
    """The typed command of plain arguments; None where click must look at them."""
    words: list[str] = []
    options: set[str] = set()
    plain = False
    domain = ""
    if len(arguments) > 1 and arguments[0] == "--domain":
        domain, arguments = arguments[1], arguments[2:]
    for argument in arguments:
        if plain or not argument.startswith("-") or argument[1:2].isdigit() or argument == "-":
            words.append(argument)
        elif argument == "--":
            plain = True
        elif argument in PLAIN:
            options.add(PLAIN[argument])
        else:
            return None
    if not words:
        return None
    return Typed(" ".join(words), domain=domain, **dict.fromkeys(options, True))


def main(arguments: Sequence[str], *, open_session: Callable[[], Session] | None = None) -> int:
    """The exit code of a typed command with its options."""
    gc.disable()  # one command makes little garbage, and looking for it costs milliseconds
    prepare_libraries()
    typed = read_arguments(arguments)
    if typed is None:
        from whispera.__main__ import main as run_click

        gc.enable()
        if "--version" in arguments:
            return run_click(["--version"])
        return run_click(["run", *arguments], program="w")
    prepare_streams()
    try:
        return answer_text(typed, open_session or (lambda: open_here(typed.domain)))
    except BaseException as error:
        if isinstance(error, SystemExit):
            raise
        return report(error)


def open_here(domain: str = "") -> Session:
    """The session of the workspace the program runs from; raises UsageError where it has no such domain."""
    from whispera.pipeline.session import open_session
    from whispera.workspace import find

    return through_daemon(open_session(find(domain=domain)))


def through_daemon(session: Session, *, verbose: bool = False) -> Session:
    """The session, its utterances read by the daemon where one is; `verbose` tells where not, and why."""
    from whispera.daemon.place import place_of

    place = place_of(session.workspace)
    if place.is_taken():
        from whispera.daemon.client import RemoteUnderstander

        session.read_through(
            lambda local: RemoteUnderstander(
                session, place, local=local, tell=tell if verbose else None, warn=tell
            )
        )
    elif verbose:
        tell("no daemon is running; the model is loaded here")
    return session


def answer_text(typed: Typed, open_session: Callable[[], Session]) -> int:
    """Understands, runs, tells and remembers; the exit code. Raises what `Session` raises."""
    from whispera.cli.terminal import asker

    session = open_session()
    answer = session.handle(
        typed.text, dry_run=typed.dry_run, yes=typed.yes, alone=typed.alone, asker=asker()
    )
    try:
        show(answer, json=typed.json)
    finally:
        session.remember(answer)
    return answer.exit_code


def show(answer: Answer, *, json: bool = False) -> None:
    """Prints an answer: what was done on stdout, why not on stderr; with `json` one object on stdout."""
    if json:
        from json import dumps

        say(dumps(answer.as_json(), ensure_ascii=False))
    elif answer.exit_code == 0:
        say(answer.message)
    else:
        tell(answer.message, hint=answer.hint)


def say(text: str) -> None:
    """Text on stdout, at once; a reader that has gone away is no fault of the command."""
    if sys.stdout is None or not text:
        return
    try:
        sys.stdout.write(text if text.endswith("\n") else text + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # or the interpreter complains on its way out
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def prepare_libraries() -> None:
    """Settings that libraries read when they are imported."""
    # onnxruntime's wheels write a device number into the user's cache and send what they measured
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    # starting its threads takes longer than they could ever save here
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # oneDNN, under Whisper, would keep 1024 of the kernels it compiles, a megabyte for each length of speech
    # (a run of training keeps more: `training.memory`)
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")


def prepare_streams() -> None:
    """What cannot be encoded is shown escaped, never a fault."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def leave(code: int) -> NoReturn:
    """Ends the process without tearing the libraries down, which takes longer than a command."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            code = code or 1
    os._exit(code)
