"""The options every command has, and what a command gets to work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from whispera.cli.typed import through_daemon
from whispera.workspace import DEFAULT_BASE, Workspace, find

if TYPE_CHECKING:
    from whispera.catalog.compiled import CompiledCatalog
    from whispera.pipeline.history import History
    from whispera.pipeline.session import Session

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Options:
    """What was said before the command; hands out what commands work with. Tests give another one."""

    workspace_dir: str | None = None
    verbose: bool = False
    domain: str = ""
    """Name of a domain; the desktop where it is empty."""
    base: str = ""
    """The base to ask, by name or folder; the embedded one where it is empty."""
    daemon: bool = False
    """Whether the daemon may be asked instead of loading a model."""

    def workspace(self) -> Workspace:
        """The workspace of this run; raises UsageError."""
        return find(self.workspace_dir, domain=self.domain)

    def catalog(self) -> CompiledCatalog:
        """The compiled catalog; raises ConfigError."""
        from whispera.catalog.compiled import compiled

        workspace = self.workspace()
        return compiled(workspace.config, workspace.cache, workspace.local)

    def history(self) -> History:
        """The history of this user."""
        from whispera.pipeline.history import History

        return History(self.workspace().state)

    def session(self) -> Session:
        """What understands and runs commands; raises ConfigError, ModelError where there is no such base."""
        from whispera.pipeline.session import open_session

        workspace = self.workspace()
        if not self.base and self.daemon:
            return through_daemon(open_session(workspace), verbose=self.verbose)
        if not self.base:
            return open_session(workspace)
        from whispera.cli.bases import find_base

        return open_session(workspace, base=find_base(workspace, self.base))

    def laid_over(self, workspace_dir: str | None, domain: str, verbose: bool) -> Options:
        """These options, with those said after the command."""
        return replace(
            self,
            workspace_dir=workspace_dir or self.workspace_dir,
            domain=domain or self.domain,
            verbose=verbose or self.verbose,
        )


def base_option(command: Command) -> Command:
    """Adds --base to a command that understands utterances; see `Options.base`."""
    return click.option(
        "--base", "base", default="", metavar="NAME", help="Ask this base with its adapter, instead of nano."
    )(command)


def base_name_option(help_text: str) -> Callable[[Command], Command]:
    """Adds --base, as `base_name`, to a command about one base; what it names is found by `find_base`."""
    return click.option("--base", "base_name", default=DEFAULT_BASE, show_default=True, help=help_text)


def asked_base_options(command: Command) -> Command:
    """Adds --base, as `base_name`, and --no-adapter to a command that measures what a base understands."""
    command = click.option("--no-adapter", is_flag=True, help="Ask the base alone.")(command)
    return base_name_option("The base to ask: by name, or the folder of one.")(command)


def report_option(help_text: str) -> Callable[[Command], Command]:
    """Adds --report, as `report_dir`, to a command that can write its figures as a page."""
    return click.option("--report", "report_dir", type=click.Path(path_type=Path), help=help_text)


def shared_options(command: Command) -> Command:
    """Adds --workspace, --domain and --verbose to a command."""
    command = click.option("--verbose", is_flag=True, help="Say more, and show where a fault came from.")(
        command
    )
    command = click.option(
        "--domain",
        metavar="NAME",
        default="",
        help="Actions of config/domains/NAME, instead of those of the desktop.",
    )(command)
    return click.option(
        "--workspace", "workspace_dir", metavar="DIR", help="Directory that holds config/ and adapters/."
    )(command)
