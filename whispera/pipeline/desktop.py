"""How to open an application, an address or a path on each platform; always argv, never a shell string.

Where a platform's opener is an interpreter (PowerShell), what is opened travels in the environment.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from whispera.errors import NotPossible
from whispera.pipeline.lookup import App
from whispera.pipeline.packages import install_hint
from whispera.pipeline.platform import Platform

TARGET: Final = "WHISPERA_TARGET"
"""The environment variable PowerShell scripts read what to open from."""

_POWERSHELL = ("powershell", "-NoProfile", "-NonInteractive", "-Command")
_OPENERS: tuple[tuple[str, ...], ...] = (("xdg-open",), ("gio", "open"), ("exo-open",), ("kde-open",))
_PROGRAM_ENDINGS = {
    "macos": (".app", ".command", ".terminal", ".tool", ".workflow", ".scpt", ".pkg", ".mpkg"),
    "windows": (
        *(".exe", ".com", ".bat", ".cmd", ".ps1", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".wsh", ".hta"),
        *(".msi", ".msp", ".lnk", ".url", ".scr", ".pif", ".cpl", ".reg", ".jar", ".inf"),
    ),
}
_LINUX_PROGRAM_ENDINGS = (".desktop", ".appimage", ".run", ".jar", ".exe")
_WEB = ("http://", "https://")


@dataclass(frozen=True, slots=True)
class Opening:
    """What to run to open something."""

    argv: tuple[str, ...]
    env: dict[str, str] = field(default_factory=dict)


def open_app(app: App, platform: Platform) -> Opening:
    """Starts an application; raises NotPossible without a desktop."""
    platform.require_desktop("opening an app")
    if platform.linux:
        return Opening(app.argv)
    if platform.name == "macos":
        return Opening(("open", app.argv[0]) if app.argv[0].startswith("/") else ("open", "-a", app.argv[0]))
    return _start(app.argv[0], "Start-Process -FilePath")


def open_url(url: str, platform: Platform, *, any_scheme: bool = False) -> Opening:
    """Opens an address with its default program, for the web the browser.

    `any_scheme` allows what the configuration wrote (`mailto:`); words of the user never choose the scheme:
    without it NotPossible is raised for anything but http(s).
    """
    platform.require_desktop("opening a page")
    address = _plain(url.strip()) if any_scheme else web_address(url)
    if platform.name == "windows":
        return _start(address, "Start-Process -FilePath")
    return _opener(address, platform)


def open_path(path: str, platform: Platform) -> Opening:
    """Shows a folder or opens a document with its application.

    Raises NotPossible for a file that would be run rather than shown.
    """
    platform.require_desktop("opening a folder or file")
    endings = _LINUX_PROGRAM_ENDINGS if platform.linux else _PROGRAM_ENDINGS[platform.name]
    if path.lower().endswith(endings) and (platform.name == "macos" or not Path(path).is_dir()):
        raise NotPossible(
            f"{Path(path).name} is a program, and open file only shows documents",
            hint="open it as an app, by its name",
        )
    if platform.name == "windows":
        return _start(path, "Invoke-Item -LiteralPath" if ":" in path[:2] else "Start-Process -FilePath")
    return _opener(path, platform)


def web_address(url: str) -> str:
    """An address with its scheme: https where none is given, http for this machine itself.

    Raises NotPossible for other schemes (`file:`, `javascript:`), blanks and control characters.
    """
    address = url.strip()
    lower = address.lower()
    _plain(address)
    bad = not address
    if not lower.startswith(_WEB):
        host = lower.partition("/")[0].partition("?")[0]
        name, colon, port = host.partition(":")
        bad = bad or not name or name[0] in "-./" or (bool(colon) and not port.isdigit())
        local = name == "localhost" or name.startswith("127.")
        address = ("http://" if local else "https://") + address
    if bad:
        raise NotPossible(f"{url!r} is no web address", hint="addresses look like example.org/page")
    return address


def _plain(address: str) -> str:
    if any(c.isspace() or ord(c) < 32 or ord(c) == 127 or c in '"<>\\' for c in address):
        raise NotPossible(f"{address!r} is no address", hint="addresses look like example.org/page")
    return address


def _opener(target: str, platform: Platform) -> Opening:
    """`target` is absolute or has a scheme, so no opener can take it for an option."""
    if platform.name == "macos":
        return Opening(("open", target))
    for opener in _OPENERS:
        if platform.which(opener[0]):
            return Opening((*opener, target))
    raise NotPossible("there is nothing here to open it with", hint=install_hint(["xdg-open"], platform))


def _start(target: str, cmdlet: str) -> Opening:
    return Opening((*_POWERSHELL, f"{cmdlet} $env:{TARGET}"), {TARGET: target})
