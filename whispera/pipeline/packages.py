"""Which package brings a missing program, for hints; a program not listed is a package of its own name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from whispera.pipeline.platform import Platform

_MANAGERS: Mapping[str, str] = {
    "apt-get": "sudo apt install",
    "dnf": "sudo dnf install",
    "pacman": "sudo pacman -S",
    "zypper": "sudo zypper install",
    "brew": "brew install",
}
_PACKAGES: Mapping[str, Mapping[str, str]] = {
    "apt-get": {
        "amixer": "alsa-utils",
        "arecord": "alsa-utils",
        "bluetoothctl": "bluez",
        "dbus-send": "dbus",
        "docker": "docker.io",
        "gsettings": "libglib2.0-bin",
        "gio": "libglib2.0-bin",
        "import": "imagemagick",
        "ip": "iproute2",
        "lp": "cups-client",
        "nmcli": "network-manager",
        "notify-send": "libnotify-bin",
        "pactl": "pulseaudio-utils",
        "pip": "python3-pip",
        "pip3": "python3-pip",
        "pkill": "procps",
        "rfkill": "rfkill",
        "spd-say": "speech-dispatcher",
        "swaymsg": "sway",
        "swaylock": "swaylock",
        "wpctl": "wireplumber",
        "xdg-email": "xdg-utils",
        "xdg-open": "xdg-utils",
        "xdg-screensaver": "xdg-utils",
        "xrandr": "x11-xserver-utils",
        "xset": "x11-xserver-utils",
    },
    "dnf": {
        "amixer": "alsa-utils",
        "bluetoothctl": "bluez",
        "gsettings": "glib2",
        "gio": "glib2",
        "import": "ImageMagick",
        "lp": "cups-client",
        "nmcli": "NetworkManager",
        "notify-send": "libnotify",
        "npm": "nodejs-npm",
        "pactl": "pulseaudio-utils",
        "pip": "python3-pip",
        "pkill": "procps-ng",
        "spd-say": "speech-dispatcher",
        "wpctl": "wireplumber",
        "xdg-email": "xdg-utils",
        "xdg-open": "xdg-utils",
    },
    "pacman": {
        "amixer": "alsa-utils",
        "bluetoothctl": "bluez-utils",
        "gsettings": "glib2",
        "gio": "glib2",
        "import": "imagemagick",
        "lp": "cups",
        "nmcli": "networkmanager",
        "notify-send": "libnotify",
        "pactl": "libpulse",
        "pip": "python-pip",
        "pkill": "procps-ng",
        "spd-say": "speech-dispatcher",
        "wpctl": "wireplumber",
        "xdg-email": "xdg-utils",
        "xdg-open": "xdg-utils",
        "xrandr": "xorg-xrandr",
        "xset": "xorg-xset",
    },
    "zypper": {"notify-send": "libnotify-tools", "pactl": "pulseaudio-utils", "xdg-open": "xdg-utils"},
    "brew": {"npm": "node", "pip": "python", "pip3": "python"},
}


def install_hint(programs: Iterable[str], platform: Platform) -> str:
    """`install one of: brightnessctl, light (sudo apt install brightnessctl)`; "" for no programs."""
    wanted = list(dict.fromkeys(programs))
    if not wanted:
        return ""
    listed = f"install one of: {', '.join(wanted)}" if len(wanted) > 1 else f"install {wanted[0]}"
    if platform.name == "windows":
        return listed
    for manager, command in _MANAGERS.items():
        if (manager == "brew") == (platform.name == "macos") and platform.which(manager):
            return f"{listed} ({command} {_PACKAGES[manager].get(wanted[0], wanted[0])})"
    return listed
