"""The commands there are. One file each, imported when it is called, so that --help stays quick."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from whispera import __version__
from whispera.cli.options import Options, shared_options


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a command is, and what `whispera --help` says of it."""

    module: str
    summary: str
    function: str = "command"
    takes_workspace: bool = False
    """It looks for a Workspace in the context, where others look for Options."""


COMMANDS: Mapping[str, Entry] = {
    "run": Entry("run", "Run a command given in words."),
    "listen": Entry("listen", "Carry out commands spoken into a microphone."),
    "parse": Entry("parse", "Show what is understood, and run nothing."),
    "transcribe": Entry("transcribe", "Write down the words in recordings."),
    "undo": Entry("undo", "Take the last command back."),
    "history": Entry("history", "What was said and what became of it."),
    "correct": Entry("correct", "Say what an utterance should have been."),
    "review": Entry("review", "Decide what training learns from the history."),
    "timers": Entry("timers", "Timers, alarms and reminders that are set."),
    "actions": Entry("actions", "The actions there are, and whether their files are in order."),
    "apps": Entry("apps", "The applications found on this machine."),
    "models": Entry("models", "The models there are, and how to get them."),
    "config": Entry("config", "Your settings."),
    "doctor": Entry("doctor", "What works on this machine, and what is missing."),
    "daemon": Entry("daemon", "The process that listens, and answers typed commands at once."),
    "trigger": Entry("trigger", "What a key does: begin to listen, end it, drop it."),
    "service": Entry("service", "Have the daemon started whenever you log in."),
    "completion": Entry("completion", "The completion script of a shell."),
    "regen": Entry("regen", "Write the training data anew from the patterns.", "regen", takes_workspace=True),
    "synth": Entry("synth", "Have a language model write other ways of saying an action."),
    "train": Entry("train", "Tune the adapter to the actions.", "train", takes_workspace=True),
    "adapters": Entry("adapters", "The adapters there are, and changing between them.", takes_workspace=True),
    "chat": Entry("chat", "Talk to a base, alone or with an adapter for it.", takes_workspace=True),
    "base": Entry("base", "Make the bases that adapters are tuned on.", "base", takes_workspace=True),
    "calibrate": Entry("calibrate", "Choose how sure it must be to act.", takes_workspace=True),
    "eval": Entry("evaluate", "Measure how well commands are understood.", "evaluate", takes_workspace=True),
}


class Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names, in the order of the registry."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, imported now."""
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        try:
            found: click.Command = getattr(import_module(f"whispera.cli.{entry.module}"), entry.function)
        except ModuleNotFoundError as error:
            if error.name != f"whispera.cli.{entry.module}":
                raise
            return None
        return found

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[Any]]:
        """The names a word may become, without importing a command; options too."""
        names = [(name, entry.summary) for name, entry in COMMANDS.items() if name.startswith(incomplete)]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*(CompletionItem(name, help=summary) for name, summary in names), *options]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The names and summaries, without importing a command."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.summary) for name, entry in COMMANDS.items()])


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["--help"], "max_content_width": 100},
    epilog='Plain words run a command: whispera run "open chrome", or ./w "open chrome" in a checkout.',
)
@click.version_option(__version__, prog_name="whispera", message="%(prog)s %(version)s")
@shared_options
@click.pass_context
def cli(ctx: click.Context, workspace_dir: str | None, domain: str, verbose: bool) -> None:
    """Commands in plain words, understood and carried out on this machine."""
    options = ctx.obj if isinstance(ctx.obj, Options) else Options()
    options = options.laid_over(workspace_dir, domain, verbose)
    entry = COMMANDS.get(ctx.invoked_subcommand or "")
    ctx.obj = options.workspace() if entry is not None and entry.takes_workspace else options
