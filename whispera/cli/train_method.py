"""The options of `whispera train` that say what learns: torch, mlx-lm or a card; an adapter or a base."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from whispera.cli.bases import find_base
from whispera.cli.parts import needs
from whispera.engines.store import FOUR_BITS, prepared_folder
from whispera.errors import UsageError
from whispera.workspace import Workspace

if TYPE_CHECKING:
    from whispera.training.method import Method


@dataclass(frozen=True, slots=True)
class Choice:
    """What was asked for."""

    trainer: str = "torch"
    device: str = "cpu"
    bits: int = 8
    full: bool = False
    out: Path | None = None

    @property
    def is_plain(self) -> bool:
        """Whether nothing of it was asked for."""
        return self == Choice()

    def check(self, *, resume: bool) -> None:
        """Raise UsageError where options contradict each other."""
        if self.out is not None and not self.full:
            raise UsageError("--out belongs to --full", hint="an adapter goes to adapters/ of the workspace")
        if self.trainer == "mlx" and resume:
            raise UsageError(
                "mlx-lm cannot go on with a run", hint="leave --resume away, or use --trainer torch"
            )

    def base(self, place: Workspace, name: str) -> Path:
        """The folder of the base; four bits on the processor mean the base in four bits."""
        if self.bits != 4 or self.trainer == "mlx" or self.device == "cuda" or self.full:
            return find_base(place, name)
        if name.endswith(FOUR_BITS):
            return find_base(place, name)
        if Path(name).name != name:
            raise UsageError(
                "the folder of a base has the bits it was prepared in",
                hint="whispera base prepare NAME --source FOLDER --bits 4, then train --base NAME-4bit",
            )
        return find_base(place, name + FOUR_BITS)

    def method(self, place: Workspace, base: Path) -> Method:
        """How to tune a base; raises where this machine lacks what is needed."""
        with needs("train"):
            from whispera.training.method import Method
        out = (self.out or prepared_folder(place, f"{base.name}-full")).absolute() if self.full else None
        made = Method(
            trainer="mlx" if self.trainer == "mlx" else "torch",
            device="cuda" if self.device == "cuda" else "cpu",
            bits=4 if self.bits == 4 else 8,
            out=out,
        )
        made.check()
        return made


def method_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds the options, and hands them to the command as one `choice`."""

    @functools.wraps(command)
    def gathered(
        *arguments: Any, trainer: str, device: str, bits: str, full: bool, out: Path | None, **others: Any
    ) -> Any:
        return command(*arguments, choice=Choice(trainer, device, int(bits), full, out), **others)

    for option in (
        click.option(
            "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder for the base of --full."
        ),
        click.option("--full", is_flag=True, help="Tune the whole base, and write it as a new one."),
        click.option(
            "--bits",
            type=click.Choice(["8", "4"]),
            default="8",
            show_default=True,
            help="Of the frozen base while it is trained on; 4 is QLoRA.",
        ),
        click.option(
            "--device",
            type=click.Choice(["cpu", "cuda"]),
            default="cpu",
            show_default=True,
            help="Where torch trains; cuda is an NVIDIA card.",
        ),
        click.option(
            "--trainer",
            type=click.Choice(["torch", "mlx"]),
            default="torch",
            show_default=True,
            help="What trains: torch with peft, or mlx-lm, for Apple silicon.",
        ),
    ):
        gathered = option(gathered)
    return gathered
