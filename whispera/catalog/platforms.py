"""Platform keys of the configuration, spread over the four platforms steps are chosen by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from whispera.catalog.model import PLATFORMS

PLATFORM_KEYS = ("linux", "x11", "wayland", "macos", "windows", "any")
"""What a file may name; `linux` is x11 and wayland, `any` every platform that is not named."""

T = TypeVar("T")


def spread(given: Mapping[str, T]) -> dict[str, T]:
    """Platform to value: x11 and wayland go before linux, and every name before `any`."""
    found: dict[str, T] = {}
    for platform in PLATFORMS:
        general = "linux" if platform in ("x11", "wayland") else platform
        for key in (platform, general, "any"):
            if key in given:
                found[platform] = given[key]
                break
    return found
