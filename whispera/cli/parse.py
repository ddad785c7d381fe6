"""`whispera parse TEXT...`: show what is understood, and run nothing.

`parse - --json` is a filter: a line in, a line out, at once, whatever the line holds. With `--session` the
empty lines between conversations are left out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import click

from whispera.cli.options import Options, base_option
from whispera.domain.outcome import Parse
from whispera.pipeline.context import InMemory, said_of
from whispera.pipeline.policy import Missing, describe, missing
from whispera.pipeline.session import Session, parse_json


@click.command("parse")
@click.argument("text", nargs=-1, metavar="[TEXT...|-]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read utterances from a file, one a line.",
)
@click.option(
    "--alternatives", type=click.IntRange(0, 20), default=0, metavar="N", help="Show so many other readings."
)
@click.option(
    "--session",
    "as_session",
    is_flag=True,
    help="Read the lines as one conversation; an empty line begins another.",
)
@click.option("--wav", "as_recordings", is_flag=True, help="The arguments are recordings to listen to.")
@click.option("--recogniser", metavar="NAME", help="With --wav: another one than the settings name.")
@base_option
@click.pass_obj
def command(
    options: Options,
    text: tuple[str, ...],
    as_json: bool,
    file: Path | None,
    alternatives: int,
    as_session: bool,
    as_recordings: bool,
    recogniser: str | None,
    base: str,
) -> int:
    """Show what is understood, and run nothing.

    With - or --file every line is an utterance by itself, with --wav every recording; with --session it may
    lean on those before it, or answer the question they asked. Exit code 3 where a single one is not
    understood.
    """
    if as_recordings:
        if not text or file is not None:
            raise click.UsageError("--wav wants recordings: whispera parse --wav FILE...")
        return _recordings(
            replace(options, base=base).session(),
            [Path(name) for name in text],
            recogniser=recogniser,
            as_json=as_json,
            as_session=as_session,
        )
    if recogniser is not None:
        raise click.UsageError("--recogniser wants --wav")
    if bool(text) == (file is not None):
        raise click.UsageError("give an utterance, - for lines on stdin, or --file FILE")
    is_single = file is None and text != ("-",)
    if is_single and as_session:
        raise click.UsageError("--session wants lines: - for those on stdin, or --file FILE")
    session = replace(options, base=base).session()
    if is_single:
        parse = session.understand(" ".join(text), alternatives=alternatives)
        _print(parse, as_json=as_json)
        return 0 if parse.accepted else 3
    read = _conversations if as_session else _filter
    if file is not None:
        with file.open("rb") as stream:
            read(session, stream, as_json=as_json, alternatives=alternatives)
    else:
        read(session, sys.stdin.buffer, as_json=as_json, alternatives=alternatives)
    return 0


def _filter(session: Session, stream: BinaryIO, *, as_json: bool, alternatives: int) -> None:
    """Prints every line by itself."""
    for line in _lines(stream):
        _print(session.understand(line, alternatives=alternatives), as_json=as_json)


def _conversations(session: Session, stream: BinaryIO, *, as_json: bool, alternatives: int) -> None:
    """Prints lines that may lean on those before them, however long ago those were written."""
    actions = session.catalog.actions
    conversation = InMemory(session.catalog.settings, timed=False)
    for line in _lines(stream):
        if not line.strip():
            conversation.clear()
            continue
        parse = session.understand(line, after=conversation.said(), alternatives=alternatives)
        said = said_of(parse, actions)
        if said is not None:
            conversation.add(said)
        _print(parse, as_json=as_json, asks=missing(said.intent, actions) if said is not None else None)


def _recordings(
    session: Session, files: list[Path], *, recogniser: str | None, as_json: bool, as_session: bool
) -> int:
    """Prints what was meant in each recording; its `ms` is from the recording to the intent."""
    from whispera.audio.files import read_clip
    from whispera.pipeline.hearing import open_hearing

    actions = session.catalog.actions
    conversation = InMemory(session.catalog.settings, timed=False)
    clips = [read_clip(file) for file in files]
    hearing = open_hearing(session, recogniser=recogniser)
    parse = None
    try:
        for file, clip in zip(files, clips, strict=True):
            heard = hearing.hear(clip, conversation.said() if as_session else ())
            parse = replace(heard.parse, ms=heard.ms)
            said = said_of(parse, actions)
            if said is not None:
                conversation.add(said)
            asks = missing(said.intent, actions) if said is not None and as_session else None
            _print(parse, as_json=as_json, asks=asks, file=file, transcript=heard.transcript.text)
    finally:
        hearing.close()
    return 3 if len(files) == 1 and parse is not None and not parse.accepted else 0


def _lines(stream: BinaryIO) -> Iterator[str]:
    """The lines of a stream; bytes that are no UTF-8 are marked as such, never an error."""
    for line in stream:
        yield line.rstrip(b"\r\n").decode("utf-8", "replace")


def _print(
    parse: Parse,
    *,
    as_json: bool,
    asks: Missing | None = None,
    file: Path | None = None,
    transcript: str = "",
) -> None:
    """Prints a parse; of a recording also its `file` and the words it was heard as."""
    if as_json:
        data = parse_json(parse, asks=asks)
        if file is not None:
            data = {"file": str(file), "transcript": transcript, **data}
        lines: Iterable[str] = [json.dumps(data, ensure_ascii=False)]
    else:
        lines = _described(parse, asks)
        if file is not None:
            lines = [f"{file}: {transcript or '-'}", *(f"  {line}" for line in lines)]
    text = "\n".join(lines)
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _described(parse: Parse, asks: Missing | None) -> Iterator[str]:
    intent = json.dumps(parse.intent.as_json(), ensure_ascii=False) if parse.intent else "-"
    yield f"{intent}  {parse.confidence:.0%}  {parse.ms:.0f} ms"
    if parse.rejection is not None:
        yield f"  not taken as a command: {parse.rejection.message}"
    if asks is not None:
        yield f"  {asks.spec.ask}"
    for other in parse.runners_up:
        yield f"  or {describe(other.intent)}  {other.confidence:.0%}"
