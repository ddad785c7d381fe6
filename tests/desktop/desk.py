"""The real pipeline on this machine, from an intent to what it changed; nothing in it is faked."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from whispera.catalog.compiled import CompiledCatalog
from whispera.domain.intent import Intent, Value
from whispera.domain.outcome import Outcome
from whispera.pipeline.builtins import Context, call
from whispera.pipeline.history import History
from whispera.pipeline.lookup import Lookup
from whispera.pipeline.platform import detect
from whispera.pipeline.resolver import Resolver
from whispera.pipeline.runner import RealRunner
from whispera.pipeline.undo import prepare
from whispera.workspace import Workspace

SERVICE_WAIT_S = 15.0


def require(*programs: str) -> None:
    """Skips the test where a program it drives is missing."""
    missing = [program for program in programs if not shutil.which(program)]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed; bin/test-system does it")


def wait_for(condition: Callable[[], object], *, timeout_s: float = SERVICE_WAIT_S) -> None:
    """Returns once the condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Desk:
    """One machine with the shipped actions."""

    catalog: CompiledCatalog
    workspace: Workspace

    def do(self, action: str, **slots: Value) -> Outcome:
        """Carries out an intent here and now; the outcome knows what takes it back."""
        platform = detect()
        runner = RealRunner(platform)
        spec = self.catalog.actions[action]
        intent = Intent(action, slots)
        undo = prepare(
            spec, intent, actions=self.catalog.actions, platform=platform.name, probe=runner.read
        ).intent
        lookup = Lookup(self.catalog.lookup, platform, cache=self.workspace.cache)
        outcome = Outcome("refused", "nothing to do")
        for command in Resolver(platform, lookup).resolve(intent, spec):
            if command.kind == "builtin":
                context = Context(
                    self.workspace, self.catalog, platform, runner, History(self.workspace.state), "desk"
                )
                answer = call(command.argv[0], context, command.slots)
                if answer.then is not None:
                    return self.do(answer.then.action, **answer.then.slots)
                outcome = Outcome("done" if answer.ok else "failed", answer.message, 0, command)
            else:
                outcome = runner.run(command)
        return replace(outcome, undo=undo)

    def take_back(self, outcome: Outcome) -> Outcome:
        """Undoes a command that `do` carried out."""
        assert outcome.undo is not None
        return self.do(outcome.undo.action, **outcome.undo.slots)


def write_application(home: Path, name: str, script: str, *, mime: str = "") -> Path:
    """Installs an application that is a shell script for the user of `home`; returns the script."""
    program = home / "bin" / name.lower().replace(" ", "-")
    program.parent.mkdir(exist_ok=True)
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    entries = home / ".local" / "share" / "applications"
    entries.mkdir(parents=True, exist_ok=True)
    lines = ["[Desktop Entry]", "Type=Application", f"Name={name}", f"Exec={program} %u"]
    if mime:
        lines.append(f"MimeType={mime};")
        config = home / ".config"
        config.mkdir(exist_ok=True)
        with (config / "mimeapps.list").open("a") as out:
            if not out.tell():
                out.write("[Default Applications]\n")
            out.write(f"{mime}={program.name}.desktop\n")
    (entries / f"{program.name}.desktop").write_text("\n".join(lines) + "\n")
    return program
