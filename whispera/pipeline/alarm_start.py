"""Starts the alarm service where something is pending and it does not run.

Every run of Whispera asks: this file imports next to nothing, and costs one `stat` while nothing is pending.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

PENDING_FILE = "alarms.pending"
"""There while something is pending; see `alarms`."""
LOCK_FILE = "alarms.lock"
LOG_FILE = "alarms.log"


def ensure_running(state: Path) -> bool:
    """Whether all that is pending will ring: starts the service where it must run and does not.

    Costs one `stat` where nothing is pending. Never raises: a command runs whatever becomes of the timers;
    the user gets one line of warning.
    """
    try:
        if not (state / PENDING_FILE).exists():
            return True
        from whispera.pipeline.filelock import FileLock

        lock = FileLock(state / LOCK_FILE)
        if lock.acquire():
            lock.release()
            _start_service(state)
    except OSError as error:
        from whispera.pipeline.database import warn

        warn(f"the alarm service did not start, so timers do not ring: {error}")
        return False
    return True


def service_argv(state: Path) -> list[str]:
    """The command that runs the service in the foreground."""
    return [sys.executable, "-P", "-m", "whispera.pipeline.alarm_service", "--state", str(state)]


def package_path() -> str:
    """The directory to put on PYTHONPATH for `service_argv`, which may run anywhere."""
    return str(Path(__file__).resolve().parents[2])


def _start_service(state: Path) -> None:
    """Starts the service detached: its own session, no terminal, not in the way of any directory."""
    import subprocess
    import threading

    paths = [package_path(), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    with (state / LOG_FILE).open("ab") as log:
        process = subprocess.Popen(
            service_argv(state),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            cwd=state,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            start_new_session=True,
            creationflags=flags,
        )
    # reaps it, should it end before a long-lived parent does
    threading.Thread(target=process.wait, daemon=True).start()
