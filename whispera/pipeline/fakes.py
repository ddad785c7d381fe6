"""A machine, its applications and a runner that are not there, for tests and for trying a configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from whispera.domain.outcome import Command, Outcome
from whispera.errors import NotPossible
from whispera.pipeline.applications import Application, Applications
from whispera.pipeline.platform import Platform, PlatformName


def fake_platform(
    name: PlatformName = "x11",
    *,
    tools: Iterable[str] = (),
    desktop: bool = True,
    home: Path = Path("/nowhere/home"),
    cwd: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Platform:
    """A machine with exactly these programs."""
    folder = "C:\\Tools\\" if name == "windows" else "/usr/bin/"
    return Platform(
        name,
        desktop,
        dict(environ or {}),
        home,
        cwd or home,
        known={tool: folder + tool for tool in tools},
        searchable=False,
    )


class FakeApplications(Applications):
    """Exactly these applications are installed."""

    def __init__(self, platform: Platform, installed: Iterable[Application] = ()) -> None:
        super().__init__(platform)
        self._installed_here = tuple(installed)

    def _load(self) -> tuple[Application, ...]:
        return self._installed_here


class FakeRunner:
    """Records commands and runs nothing."""

    def __init__(
        self, *, outcomes: Mapping[str, Outcome] | None = None, output: Mapping[str, str] | None = None
    ):
        """`outcomes`: program to what becomes of it (done, if not given); `output`: what it prints."""
        self.commands: list[Command] = []
        self.probes: list[tuple[str, ...]] = []
        self._outcomes = dict(outcomes or {})
        self._output = dict(output or {})

    def run(self, command: Command) -> Outcome:
        """Notes the command; its outcome is the one given for its program."""
        self.commands.append(command)
        program = command.argv[0]
        return self._outcomes.get(program, Outcome("done", self._output.get(program, ""), 0, command))

    def read(self, argv: Sequence[str], *, timeout_s: float = 2.0) -> str:  # noqa: ARG002
        """Notes the probe; prints the output given for its program, and fails without one."""
        self.probes.append(tuple(argv))
        if argv[0] not in self._output:
            raise NotPossible(f"{argv[0]} is not installed here", hint="give the fake runner its output")
        return self._output[argv[0]]
