"""`whispera transcribe FILE...`: the words in recordings, as the recogniser wrote them down; runs nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whispera.cli.options import Options

if TYPE_CHECKING:
    from whispera.domain.transcript import Transcript


@click.command("transcribe")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a file.")
@click.option("--recogniser", metavar="NAME", help="Another one than the settings name.")
@click.option(
    "--hypotheses",
    "count",
    type=click.IntRange(1, 20),
    default=1,
    metavar="N",
    help="Show so many ways to write it down, and how likely they are.",
)
@click.pass_obj
def command(
    options: Options, files: tuple[Path, ...], as_json: bool, recogniser: str | None, count: int
) -> int:
    """Print the words in recordings, and run nothing.

    Any format libsndfile reads: wav, flac, ogg, mp3, at any rate. Exit code 3 where a single one holds no
    words.
    """
    from whispera.audio.files import read_clip
    from whispera.pipeline.hearing import open_ears

    clips = [(file, read_clip(file)) for file in files]
    ears = open_ears(options.session(), recogniser=recogniser)
    try:
        for file, clip in clips:
            transcript = ears.transcribe(clip)
            if as_json:
                line = json.dumps(_data(file, transcript, count), ensure_ascii=False)
            else:
                line = _lines(file, transcript, count, several=len(files) > 1)
            sys.stdout.write(line + "\n")
            sys.stdout.flush()
    finally:
        ears.close()
    return 3 if len(files) == 1 and not transcript.text else 0


def _data(file: Path, transcript: Transcript, count: int) -> dict[str, Any]:
    data: dict[str, Any] = {
        "file": str(file),
        "transcript": transcript.text,
        "seconds": round(transcript.seconds, 3),
        "ms": round(transcript.ms, 1),
    }
    if count > 1:
        data["hypotheses"] = [
            {"text": one.text, "score": round(one.score, 3)} for one in transcript.hypotheses[:count]
        ]
    if transcript.rejection is not None:
        data["rejection"] = {"reason": transcript.rejection.reason, "message": transcript.rejection.message}
    return data


def _lines(file: Path, transcript: Transcript, count: int, *, several: bool) -> str:
    before = f"{file}: " if several else ""
    if not transcript.hypotheses:
        why = transcript.rejection.message if transcript.rejection is not None else "Nothing was said."
        return f"{before}({why})"
    if count == 1:
        return before + transcript.text
    shown = [f"{one.score:8.2f}  {one.text}" for one in transcript.hypotheses[:count]]
    return "\n".join([*([f"{file}:"] if several else []), *shown])
