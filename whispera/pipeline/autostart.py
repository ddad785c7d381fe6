"""How to have the alarm service started at login, so that alarms ring after a reboot as well.

Nothing is installed here: `whispera doctor` shows the file, its place and the command, and the user decides.
Without it the service starts with the next run of Whispera, and says then what was missed.
"""

from __future__ import annotations

import html
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from whispera.pipeline.alarm_start import package_path
from whispera.pipeline.platform import Platform

_TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class Autostart:
    """What the user would have to do."""

    path: Path
    """Where the file goes."""
    text: str
    """What it holds."""
    enable: tuple[str, ...] = ()
    """The command that switches it on, where one is needed."""

    @property
    def installed(self) -> bool:
        """Whether this very file is in place."""
        try:
            return self.path.read_text(encoding="utf-8") == self.text
        except (OSError, UnicodeDecodeError):
            return False


def autostart(platform: Platform, state: Path, *, python: str = sys.executable) -> Autostart:
    """The file for this platform; `state` is the state directory the service is to look after."""
    home = platform.home
    if platform.name == "macos":
        path = home / "Library" / "LaunchAgents" / "whispera.alarms.plist"
        return Autostart(path, _fill(path.name, html.escape, state, python), ("launchctl", "load", str(path)))
    if platform.name == "windows":
        roaming = Path(platform.environ.get("APPDATA") or home / "AppData" / "Roaming")
        path = roaming / "Microsoft/Windows/Start Menu/Programs/Startup/whispera-alarms.cmd"
        return Autostart(path, _fill(path.name, _escape_batch, state, python))
    config = platform.environ.get("XDG_CONFIG_HOME", "")
    base = Path(config) if config.startswith("/") else home / ".config"
    path = base / "systemd" / "user" / "whispera-alarms.service"
    return Autostart(
        path, _fill(path.name, _escape_unit, state, python), ("systemctl", "--user", "enable", path.name)
    )


def _fill(template: str, escape: Callable[[str], str], state: Path, python: str) -> str:
    text = (_TEMPLATES / template).read_text(encoding="utf-8")
    values = {"{python}": python, "{state}": str(state), "{package}": package_path()}
    for mark, value in values.items():
        text = text.replace(mark, escape(value))
    return text


def _escape_unit(value: str) -> str:
    """For a quoted word of a systemd unit, where `%` begins a specifier."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")


def _escape_batch(value: str) -> str:
    return value.replace("%", "%%")
