"""Space on the disk."""

from __future__ import annotations

import shutil

from whispera.errors import NotPossible
from whispera.pipeline.builtins.context import BuiltinResult, Context, Slots

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


def free(context: Context, slots: Slots) -> BuiltinResult:  # noqa: ARG001
    """What is free where the home folder lies; raises NotPossible where the system does not tell."""
    try:
        usage = shutil.disk_usage(context.platform.home)
    except OSError as error:
        raise NotPossible(f"the free space cannot be read: {error.strerror}", hint="try df -h") from error
    percent = round(100 * usage.free / usage.total) if usage.total else 0
    return BuiltinResult(f"{size(usage.free)} of {size(usage.total)} are free ({percent} percent).")


def size(count: int) -> str:
    """A number of bytes for people, in decimal units: `118 GB`."""
    amount, unit = float(count), 0
    while amount >= 999.5 and unit < len(_UNITS) - 1:
        amount /= 1000
        unit += 1
    digits = 1 if unit and amount < 9.95 else 0
    return f"{amount:.{digits}f} {_UNITS[unit]}"
