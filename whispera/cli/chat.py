"""`whispera chat`: talk to a base, alone or with an adapter tuned by `whispera train --conversations`."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from whispera import workspace
from whispera.cli.bases import find_base
from whispera.cli.faults import printable, tell
from whispera.cli.options import base_name_option
from whispera.engines.chat import NONE
from whispera.errors import UsageError

if TYPE_CHECKING:
    from whispera.engines.chat import Talker
    from whispera.pipeline.chat import Chat

PROMPT = "> "


@click.command("chat")
@base_name_option("The base to talk to: one by name, or the folder of one.")
@click.option(
    "--adapter",
    "adapter_name",
    default=NONE,
    show_default=True,
    metavar="NAME",
    help="The adapter it was tuned with to talk, or none.",
)
@click.option("--compare", is_flag=True, help="Answer without the adapter and with it, side by side.")
@click.option("--say", "said", multiple=True, metavar="TEXT", help="Say this and leave; may be given again.")
@click.option("--system", metavar="TEXT", help="The system message, instead of the one it was tuned with.")
@click.option(
    "--temperature",
    type=click.FloatRange(min=0),
    default=0.0,
    show_default=True,
    help="How freely to answer; 0 always says the most probable.",
)
@click.option(
    "--top-p",
    type=click.FloatRange(min=0, max=1, min_open=True),
    default=0.95,
    show_default=True,
    help="Choose among the most probable words of this probability together.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another draws others."
)
@click.option(
    "--max-tokens", type=click.IntRange(min=1), default=120, show_default=True, help="Longest answer."
)
@click.option("--threads", type=click.IntRange(min=1), help="Processor threads; two where it is not named.")
@click.option("--json", "as_json", is_flag=True, help="Each answer as a line of JSON on stdout.")
@click.pass_context
def command(
    ctx: click.Context,
    *,
    base_name: str,
    adapter_name: str,
    compare: bool,
    said: tuple[str, ...],
    system: str | None,
    temperature: float,
    top_p: float,
    seed: int,
    max_tokens: int,
    threads: int | None,
    as_json: bool,
) -> None:
    """Talk to a base model, alone or with an adapter for conversations.

    Lines are answered in turn, and remembered until the end. Ctrl-C ends an answer, Ctrl-D the conversation.
    Nothing that is said here is carried out or kept.
    """
    from whispera.engines import chat as talkers
    from whispera.nlu.sampling import Sampling
    from whispera.pipeline.chat import Chat

    place = ctx.find_object(workspace.Workspace) or workspace.find()
    base = find_base(place, base_name)
    folders = [place.adapters, place.shipped_adapters]
    folder = None if adapter_name == NONE else talkers.named(folders, base.name, adapter_name)
    if compare and folder is None:
        raise UsageError("--compare needs an adapter to compare with", hint="name it with --adapter")
    sampling = Sampling(temperature, top_p, seed, max_tokens)
    talker = talkers.load(base, folder, threads=threads)
    system = talker.system if system is None else system
    sides = [Side(talker, Chat(talker, sampling, system=system))]
    if compare:
        bare = talkers.load(base, None, threads=threads)
        sides.insert(0, Side(bare, Chat(bare, sampling, system=system)))
    others = [] if folder else list(talkers.names(folders, base.name))
    click.echo(about(sides, others), err=True)
    for text in said or lines():
        if as_json:
            click.echo(json.dumps(as_line(text, sides), ensure_ascii=False))
        elif compare:
            click.echo(side_by_side(text, sides))
        else:
            stream(sides[0], text)


@dataclass(frozen=True, slots=True)
class Side:
    """A model with its conversation."""

    talker: Talker
    chat: Chat

    @property
    def name(self) -> str:
        """What answers, in words."""
        return f"adapter {self.talker.adapter}" if self.talker.adapter else "no adapter"

    def answer(self, text: str) -> str:
        """The whole answer; Ctrl-C ends it."""
        pieces: list[str] = []
        try:
            for piece in self.chat.say(text):
                pieces.append(piece)
        except KeyboardInterrupt:
            pieces.append(" ...")
        return "".join(pieces)


def about(sides: list[Side], others: list[str]) -> str:
    """What answers, on one line."""
    last = sides[-1]
    names = " and ".join(side.name for side in sides)
    hint = f" (there is --adapter {', '.join(others)})" if others else ""
    return f"{last.talker.base}, {names}, template {last.talker.template.name}{hint}"


def lines() -> Iterator[str]:
    """What is typed, line by line; at a terminal Ctrl-C starts the line anew."""
    asked = sys.stdin.isatty()
    while True:
        try:
            if asked:
                click.echo(PROMPT, nl=False, err=True)
            line = sys.stdin.readline()
        except KeyboardInterrupt:
            if not asked:
                raise
            tell("", hint="Ctrl-D ends the conversation")
            continue
        if not line:
            return
        if line.strip():
            yield line.strip()


def stream(side: Side, text: str) -> None:
    """Say the answer while it is made; Ctrl-C ends it."""
    with closing(side.chat.say(text)) as pieces:
        try:
            for piece in pieces:
                click.echo("\n".join(map(printable, piece.split("\n"))), nl=False)
        except KeyboardInterrupt:
            click.echo(" ...", nl=False)
    click.echo("")


def as_line(text: str, sides: list[Side]) -> dict[str, object]:
    """One question with its answers, as plain data."""
    found: dict[str, object] = {"text": text}
    for key, side in zip(("before", "after") if len(sides) == 2 else ("reply",), sides, strict=True):
        started = time.monotonic()
        found[key] = side.answer(text)
        found |= {"tokens": side.chat.tokens, "seconds": round(time.monotonic() - started, 2)}
    return {**found, "base": sides[-1].talker.base, "adapter": sides[-1].talker.adapter}


def side_by_side(text: str, sides: list[Side]) -> str:
    """A question over two columns of answers."""
    width = (shutil.get_terminal_size((100, 24)).columns - 3) // 2
    columns = [[side.name, "-" * len(side.name), *wrapped(side.answer(text), width)] for side in sides]
    height = max(map(len, columns))
    left, right = (column + [""] * (height - len(column)) for column in columns)
    rows = (f"{a:<{width}} | {b}".rstrip() for a, b in zip(left, right, strict=True))
    return "\n".join([f"{PROMPT}{printable(text)}", *rows, ""])


def wrapped(text: str, width: int) -> list[str]:
    """The lines of a text in a column."""
    return [line for part in text.split("\n") for line in textwrap.wrap(printable(part), width) or [""]]
