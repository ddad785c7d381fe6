"""What has the daemon started at login, per platform: a file made from a template, and commands.

Every value is escaped for the format it goes into; what no format can hold (control characters, half
characters) is refused. Nothing is written or run here; that is `installing.py`.
"""

from __future__ import annotations

import html
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from whispera.errors import UsageError
from whispera.pipeline.platform import Platform

_TEMPLATES = Path(__file__).parent / "templates"
_MARK = re.compile(r"\{([a-z]+)\}")
PLACES = ("WHISPERA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")
"""Variables that decide where things are: the daemon must have them as the terminal has."""

Argv = tuple[str, ...]
Kind = Literal["systemd", "launchd", "task"]


@dataclass(frozen=True, slots=True)
class Unit:
    """One service of one user on one platform."""

    kind: Kind
    name: str
    """By which the platform knows it."""
    path: Path
    """Where its file goes."""
    data: bytes
    """What that holds."""
    enable: tuple[Argv, ...]
    """Has it started at login; may be run again."""
    start: tuple[Argv, ...]
    """Starts it now, anew where it runs."""
    again: tuple[Argv, ...]
    """Starts it where it is known and does not run."""
    disable: tuple[Argv, ...]
    """Ends it, and has it no longer started; fails where it is not known."""
    forget: tuple[Argv, ...]
    """After its file is gone."""
    is_enabled: Argv
    """Exit code 0 where it is started at login."""
    is_active: Argv
    """Exit code 0 where it runs."""
    is_possible: Argv
    """Exit code 0 where this user has services at all."""

    @property
    def program(self) -> str:
        """What all the commands need."""
        return self.is_active[0]


def unit_for(platform: Platform, argv: Sequence[str], *, package: str, domain: str = "") -> Unit:
    """The service that runs `argv`, `package` on Python's path; raises UsageError for odd characters."""
    environment = {"PYTHONPATH": package}
    for name in PLACES:
        if platform.environ.get(name):
            environment[name] = platform.environ[name]
    for value in (*argv, *environment.values(), domain):
        if not value.isprintable():
            raise UsageError(
                f"{value!a} cannot be written into a service's file",
                hint="move it to a path without control characters",
            )
    name = f"whispera-{domain}" if domain else "whispera"
    if platform.name == "macos":
        return _launchd(platform, name, argv, environment)
    if platform.name == "windows":
        return _task(platform, name, argv, package)
    return _systemd(platform, name, argv, environment)


def _systemd(platform: Platform, name: str, argv: Sequence[str], environment: Mapping[str, str]) -> Unit:
    config = platform.environ.get("XDG_CONFIG_HOME", "")
    base = Path(config) if config.startswith("/") else platform.home / ".config"
    unit = f"{name}.service"
    program, *rest = argv
    if set(program) & set("'\"\\"):  # systemd takes no program with these in its path
        program, *rest = "/bin/sh", "-c", 'exec "$0" "$@"', *argv
    words = [_quoted(program), *(_quoted(word.replace("$", "$$")) for word in rest)]
    text = _fill(
        "whispera.service",
        environment="\n".join(
            f"Environment={_quoted(f'{key}={value}')}" for key, value in environment.items()
        ),
        command=" ".join(words),
    )
    do = ("systemctl", "--user")
    return Unit(
        "systemd",
        unit,
        base / "systemd" / "user" / unit,
        text.encode(),
        enable=((*do, "daemon-reload"), (*do, "enable", "--quiet", unit)),
        start=((*do, "restart", unit),),
        again=((*do, "restart", unit),),
        disable=((*do, "disable", "--quiet", "--now", unit),),
        forget=((*do, "daemon-reload"),),
        is_enabled=(*do, "is-enabled", "--quiet", unit),
        is_active=(*do, "is-active", "--quiet", unit),
        is_possible=(*do, "show", "--property=Version"),
    )


def _quoted(word: str) -> str:
    """A word of a systemd unit, where `%` begins a specifier."""
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%") + '"'


def _launchd(platform: Platform, name: str, argv: Sequence[str], environment: Mapping[str, str]) -> Unit:
    label = name.replace("-", ".")
    # launchd gives no more than /usr/bin:/bin:/usr/sbin:/sbin, where no tool of the user's is
    variables = {**environment, "PATH": platform.environ.get("PATH", os.defpath)}
    text = _fill(
        "whispera.plist",
        name=html.escape(label),
        command="\n".join(f"    <string>{html.escape(word)}</string>" for word in argv),
        environment="\n".join(
            f"    <key>{key}</key>\n    <string>{html.escape(value)}</string>"
            for key, value in variables.items()
        ),
    )
    path = platform.home / "Library" / "LaunchAgents" / f"{label}.plist"
    domain = f"gui/{os.getuid() if hasattr(os, 'getuid') else 0}"
    return Unit(
        "launchd",
        label,
        path,
        text.encode(),
        enable=(("launchctl", "enable", f"{domain}/{label}"),),
        start=(("launchctl", "bootstrap", domain, str(path)),),
        again=(("launchctl", "kickstart", f"{domain}/{label}"),),
        disable=(("launchctl", "bootout", f"{domain}/{label}"),),
        forget=(),
        is_enabled=("launchctl", "print", f"{domain}/{label}"),
        is_active=("launchctl", "print", f"{domain}/{label}"),
        is_possible=("launchctl", "print", domain),
    )


def _task(platform: Platform, name: str, argv: Sequence[str], package: str) -> Unit:
    task = name.capitalize()
    program, *rest = argv
    # without a window; and a task has no variables, so that the package is found by where it starts
    windowless = f"{program[:-4]}w.exe" if program.lower().endswith("python.exe") else program
    arguments = [word for word in rest if word != "-P"]
    user = "\\".join(filter(None, (platform.environ.get("USERDOMAIN"), platform.environ.get("USERNAME"))))
    text = _fill(
        "whispera.xml",
        name=html.escape(task),
        user=html.escape(user),
        program=html.escape(windowless),
        arguments=html.escape(subprocess.list2cmdline(arguments)),
        directory=html.escape(package),
    )
    local = Path(platform.environ.get("LOCALAPPDATA") or platform.home / "AppData" / "Local")
    path = local / "whispera" / f"{name}.xml"
    return Unit(
        "task",
        task,
        path,
        text.replace("\n", "\r\n").encode("utf-16"),
        enable=(("schtasks", "/Create", "/F", "/TN", task, "/XML", str(path)),),
        start=(("schtasks", "/Run", "/TN", task),),
        again=(("schtasks", "/Run", "/TN", task),),
        disable=(("schtasks", "/Delete", "/F", "/TN", task),),
        forget=(),
        is_enabled=("schtasks", "/Query", "/TN", task),
        is_active=("schtasks", "/Query", "/TN", task),
        is_possible=("schtasks", "/Query"),
    )


def _fill(template: str, **values: str) -> str:
    """A template with its marks filled in one go, so that no value is looked into for marks."""
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    return _MARK.sub(lambda found: values[found.group(1)], text)
