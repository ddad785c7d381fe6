"""Progress of a training run on stderr: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from whispera.training.loop import Progress

LINE_EVERY_S = 30.0


def length_of(seconds: float) -> str:
    """A length of time as it is read: `40 s`, `12 min`, `1 h 05 min`."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60:02} min"


def status(progress: Progress, total: int) -> str:
    """Loss, examples a second, what is left, and the last score on held-out phrasings."""
    parts = [f"loss {progress.loss:.3f}"]
    if progress.rate > 0:
        left = max(0, total - progress.seen) / progress.rate
        parts += [f"{progress.rate:.0f} examples/s", f"{length_of(left)} left"]
    if progress.score is not None:
        parts.append(f"held-out {progress.score.exact:.1%} exact")
    return ", ".join(parts)


class RunBar:
    """Draws the progress of one run; a context manager, so that the cursor comes back."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._stack = ExitStack()
        self._bar: Any = None
        self._shown_s = time.monotonic()

    def __enter__(self) -> RunBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def say(self, line: str) -> None:
        """A line of its own, above the bar."""
        if self._bar is not None:
            click.echo("\r\033[K", nl=False, err=True)
        click.echo(line, err=True)

    def update(self, progress: Progress, total: int) -> None:
        """Show where the run is."""
        if not sys.stderr.isatty():
            if time.monotonic() - self._shown_s >= LINE_EVERY_S:
                self._shown_s = time.monotonic()
                click.echo(f"{progress.seen}/{total} {status(progress, total)}", err=True)
            return
        if self._bar is None:
            self._bar = self._stack.enter_context(
                click.progressbar(
                    length=total,
                    label=self._label,
                    show_eta=False,
                    show_percent=True,
                    item_show_func=lambda line: line,
                    file=sys.stderr,
                )
            )
        self._bar.update(max(0, min(progress.seen, total) - self._bar.pos), status(progress, total))
