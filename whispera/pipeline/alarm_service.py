"""The process that makes timers, alarms and reminders ring.

`alarm_start` starts it when something is pending and it ends when nothing is. A lock file keeps it to one per
state directory; the system frees the lock when the process dies, however it dies, and the next
run of Whispera starts another, which rings at once what was missed. An alarm is marked only after it rang, so
a kill in between makes it ring twice rather than never.

It looks at the database once a second: no wake-up channel to break, and a clock that is set, a suspended
machine and a cancelled timer are all noticed within that second.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from whispera.errors import StateError, WhisperaError
from whispera.pipeline.alarm_start import LOCK_FILE, LOG_FILE
from whispera.pipeline.alarms import Alarm, Alarms, boot_id, steady_now
from whispera.pipeline.filelock import FileLock
from whispera.pipeline.notifier import Notice, Notifier, choose_notifier

POLL_S = 1.0
BUSY_POLL_S = 0.05
"""While something rings."""
START_WAIT_S = 0.5
"""A run that merely asks whether the service lives holds the lock for less."""
MISSED_AFTER_S = 10.0
"""Later than this the user is told when it should have rung."""
RETRY_S = 5.0
TRIES = 5
TRY_AGAIN_S = 30.0
"""Between two tries to tell the user: after a login the desktop may take a while to come up."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The clocks of the service, to be replaced in tests."""

    now: Callable[[], float] = time.time
    steady: Callable[[], float] = steady_now
    sleep: Callable[[float], None] = time.sleep
    boot: str = ""


class Service:
    """Rings what is due until nothing is pending."""

    def __init__(self, state: Path, notifier: Notifier, *, clock: Clock) -> None:
        self._state = state
        self._alarms = Alarms(state)
        self._notifier = notifier
        self._clock = clock
        self._pending: list[Alarm] = []
        self._ringing: dict[int, Future[None]] = {}
        self._pool = ThreadPoolExecutor(max_workers=8)

    def run(self) -> None:
        """Returns when nothing is pending, or at once where another service runs; raises StateError."""
        if not self._state.is_dir():  # started at login, before anything was ever set
            return
        lock = FileLock(self._state / LOCK_FILE)
        if not lock.acquire(timeout_s=START_WAIT_S):
            return
        try:
            while True:
                self._ring_all()
                if not self._alarms.settle():
                    continue
                # whoever adds an alarm now may still see the lock held and trust in us: look again after
                lock.release()
                if self._alarms.settle() or not lock.acquire(timeout_s=START_WAIT_S):
                    return
        finally:
            lock.release()
            self._pool.shutdown()
            self._alarms.close()

    def _ring_all(self) -> None:
        while True:
            self._pending = self._look()
            waits = [POLL_S]
            for alarm in self._pending:
                if alarm.id in self._ringing:
                    continue
                remaining_s = self._remaining_s(alarm)
                if remaining_s <= 0:
                    self._ringing[alarm.id] = self._pool.submit(self._ring, alarm, -remaining_s)
                else:
                    waits.append(remaining_s)
            self._finish()
            if not self._pending and not self._ringing:
                return
            self._clock.sleep(BUSY_POLL_S if self._ringing else min(waits))

    def _look(self) -> list[Alarm]:
        """What is pending; what was pending before, should the database fail just now."""
        try:
            return self._alarms.pending()
        except StateError:
            return self._pending

    def _remaining_s(self, alarm: Alarm) -> float:
        return alarm.remaining_s(now=self._clock.now(), steady=self._clock.steady(), boot=self._clock.boot)

    def _finish(self) -> None:
        """Marks what has rung; a failure is tried again, and the alarm does not ring again meanwhile."""
        for number, ringing in list(self._ringing.items()):
            if ringing.done():
                ringing.result()
                try:
                    self._alarms.mark_fired(number)
                except WhisperaError as error:
                    self._log(f"alarm {number} rang but cannot be marked: {error.message}")
                    self._clock.sleep(RETRY_S)
                    continue
                del self._ringing[number]
                self._pending = [alarm for alarm in self._pending if alarm.id != number]

    def _ring(self, alarm: Alarm, late_s: float) -> None:
        notice = notice_of(alarm, now=self._clock.now(), late_s=late_s)
        for left in reversed(range(TRIES)):
            try:
                means = self._notifier.show(notice)
                trouble = "no notification, no sound, no terminal"
            except Exception as error:  # whatever a notifier does, the other alarms must ring
                means, trouble = "", str(error)
            self._log(f"{alarm.kind} {alarm.id}: {notice.title}: {notice.body} [{means or trouble}]")
            if means:
                return
            if left:
                self._clock.sleep(TRY_AGAIN_S)

    def _log(self, text: str) -> None:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self._clock.now()))
        try:
            with (self._state / LOG_FILE).open("a", encoding="utf-8", errors="replace") as out:
                out.write(f"{stamp} {text}\n")
        except OSError as error:
            print(f"{stamp} {text} ({error})", file=sys.stderr)


def notice_of(alarm: Alarm, *, now: float, late_s: float) -> Notice:
    """What the user is told about a due alarm; `now` in unix seconds."""
    due = time.localtime(now - late_s)
    clock = time.strftime("%H:%M", due)
    title, body = {
        "timer": (f"Timer: {alarm.label}" if alarm.label else "Timer", "The time is up."),
        "alarm": (f"Alarm: {alarm.label}" if alarm.label else "Alarm", f"It is {clock}."),
        "reminder": ("Reminder", alarm.label),
    }[alarm.kind]
    if late_s > MISSED_AFTER_S:
        same_day = due[:3] == time.localtime(now)[:3]
        missed = f"(missed at {clock if same_day else f'{clock} on {_day(due)}'})"
        body = missed if alarm.kind == "alarm" else f"{body} {missed}"
    return Notice(title, body, tty=alarm.tty, session=alarm.session)


def _day(when: time.struct_time) -> str:
    return f"{when.tm_mday} {time.strftime('%B', when)}"


def main(arguments: list[str] | None = None) -> int:
    """Runs the service in the foreground; the exit code."""
    parser = argparse.ArgumentParser(description="Rings timers, alarms and reminders when they are due.")
    parser.add_argument("--state", type=Path, required=True, help="the state directory")
    parser.add_argument("--notifier", default="", help="JSON list: program to call with title and body")
    options = parser.parse_args(arguments)
    try:
        notifier = choose_notifier(options.state, command=options.notifier)
        Service(options.state, notifier, clock=Clock(boot=boot_id())).run()
    except (WhisperaError, OSError) as error:
        print(f"whispera alarms: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
