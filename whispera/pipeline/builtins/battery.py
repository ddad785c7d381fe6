"""The charge of the battery."""

from __future__ import annotations

import re
from pathlib import Path

from whispera.pipeline.builtins.context import BuiltinResult, Context, Slots

POWER_SUPPLY = Path("/sys/class/power_supply")
_WINDOWS = (
    "Get-CimInstance Win32_Battery | ForEach-Object { '{0}% {1}' -f "
    "$_.EstimatedChargeRemaining, $(if ($_.BatteryStatus -eq 1) { 'discharging' } else { 'charging' }) }"
)
_READING = re.compile(r"(\d{1,3})%;?\s*([A-Za-z ]*)")
_STATES = {
    "charging": "charging",
    "finishing charge": "charging",
    "discharging": "not plugged in",
    "full": "full",
    "charged": "full",
    "not charging": "plugged in",
    "ac attached": "plugged in",
}


def status(context: Context, slots: Slots) -> BuiltinResult:  # noqa: ARG001
    """Charge and state: `The battery is at 83 percent, charging.`; raises NotPossible."""
    platform = context.platform
    if platform.linux:
        readings = linux_batteries(POWER_SUPPLY)
    elif platform.name == "macos":
        readings = _read(context.runner.read(["pmset", "-g", "batt"]))
    else:
        argv = ["powershell", "-NoProfile", "-NonInteractive", "-Command", _WINDOWS]
        readings = _read(context.runner.read(argv, timeout_s=10.0))
    if not readings:
        return BuiltinResult("This computer has no battery.", ok=False)
    # two batteries of a laptop are about the same size
    percent = round(sum(charge for charge, _ in readings) / len(readings))
    state = next((state for _, state in readings if state), "")
    return BuiltinResult(f"The battery is at {percent} percent{f', {state}' if state else ''}.")


def linux_batteries(directory: Path) -> list[tuple[int, str]]:
    """Percent and state of each battery of the machine; those of mice and headsets are left out."""
    found = []
    for supply in sorted(directory.glob("*")):
        if _line(supply / "type") != "Battery" or _line(supply / "scope") == "Device":
            continue
        capacity = _line(supply / "capacity")
        if capacity.isdigit():
            state = _STATES.get(_line(supply / "status").lower(), "")
            found.append((min(100, int(capacity)), state))
    return found


def _read(output: str) -> list[tuple[int, str]]:
    return [
        (min(100, int(found[1])), _STATES.get(found[2].strip().lower(), ""))
        for found in _READING.finditer(output)
    ]


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
