"""The part of the environment that programs started here get to see."""

from __future__ import annotations

from collections.abc import Mapping

_NAMES = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "TERM", "COLORTERM", "TZ", "TMPDIR", "LANG", "LANGUAGE",
    "HOSTNAME", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DESKTOP_SESSION", "SESSION_MANAGER", "I3SOCK",
    "SWAYSOCK", "NIRI_SOCKET", "HYPRLAND_INSTANCE_SIGNATURE", "YDOTOOL_SOCKET", "KDE_FULL_SESSION",
    "KDE_SESSION_VERSION", "BROWSER", "SSH_AUTH_SOCK", "DOCKER_HOST", "DOCKER_CONTEXT", "VIRTUAL_ENV",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "ALLUSERSPROFILE", "APPDATA",
    "COMMONPROGRAMFILES", "COMPUTERNAME", "COMSPEC", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA",
    "NUMBER_OF_PROCESSORS", "OS", "PATHEXT", "PROCESSOR_ARCHITECTURE", "PROGRAMDATA", "PROGRAMFILES",
    "PROGRAMFILES(X86)", "PROGRAMW6432", "PSMODULEPATH", "PUBLIC", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP",
    "TMP", "USERDOMAIN", "USERNAME", "USERPROFILE", "WINDIR", "__CF_USER_TEXT_ENCODING",
})  # fmt: skip
_PREFIXES = ("LC_", "XDG_", "DBUS_", "PULSE_", "PIPEWIRE_", "GTK_", "GDK_", "QT_", "GNOME_")
_SECRET = ("TOKEN", "SECRET", "PASSWORD", "PASSWD", "API_KEY")


def trimmed(environ: Mapping[str, str], extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """What programs need of an environment, with `extra` laid over it.

    An allow-list: tokens and passwords of the shell Whispera was started from, and variables that make
    programs load code (LD_PRELOAD, PYTHONPATH), stay behind.
    """
    kept = {
        name: value
        for name, value in environ.items()
        if (name.upper() in _NAMES or name.startswith(_PREFIXES))
        and not any(word in name.upper() for word in _SECRET)
        and "\0" not in value
    }
    kept.update(extra or {})
    return kept
