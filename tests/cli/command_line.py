"""The command line with a model, a machine and a runner that are not there; also a program by itself.

`python tests/cli/command_line.py TEXT...` is `./w TEXT...` on that machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from whispera.cli.options import Options  # noqa: E402
from whispera.engines.fake import Answers, fake_model  # noqa: E402
from whispera.pipeline.applications import Application  # noqa: E402
from whispera.pipeline.fakes import FakeApplications, FakeRunner, fake_platform  # noqa: E402
from whispera.pipeline.history import History  # noqa: E402
from whispera.pipeline.lookup import Lookup  # noqa: E402
from whispera.pipeline.session import Session, open_session  # noqa: E402
from whispera.pipeline.understand import Understander  # noqa: E402
from whispera.workspace import Workspace, find  # noqa: E402

TOOLS = ("xdotool", "pactl", "gtk-launch", "gio", "xdg-open", "systemctl", "git", "google-chrome")
ANSWERS: Mapping[str, str] = {
    "open chrome": '{"action":"open_app","target":" chrome"}',
    "open quibblebox": '{"action":"open_app","target":" quibblebox"}',
    "mute": '{"action":"mute"}',
    "mute and copy": '{"action":"sequence","steps":[{"action":"mute"},{"action":"copy"}]}',
    "mute and open quibblebox": (
        '{"action":"sequence","steps":[{"action":"mute"},{"action":"open_app","target":" quibblebox"}]}'
    ),
    "set volume to 30": '{"action":"set_volume","level":" 30"}',
    "close chrome": '{"action":"close_app","target":" chrome"}',
    "set a timer": '{"action":"set_timer"}',
    "set a timer for ten minutes": '{"action":"set_timer","duration":" ten minutes"}',
    "cancel the timer": '{"action":"cancel_timer"}',
    "restart": '{"action":"restart"}',
    "what time is it": '{"action":"tell_time"}',
    "git status": '{"action":"git_status"}',
    "again": '{"action":"repeat_last"}',
    "undo that": '{"action":"undo"}',
}


def make_session(
    workspace: Workspace,
    *,
    runner: FakeRunner,
    answers: Answers = ANSWERS,
    confidence: float = 0.99,
    tools: tuple[str, ...] = TOOLS,
    desktop: bool = True,
    tty: str = "/dev/pts/9",
    session: str = "test",
) -> Session:
    """A session over the shipped actions in which nothing is real but the files."""
    catalog = open_session(workspace).catalog
    platform = fake_platform(tools=tools, desktop=desktop)
    chrome = Application("google-chrome", "Google Chrome", ("chrome",), ("google-chrome",))
    return Session(
        workspace,
        catalog,
        understander=lambda: Understander(catalog, fake_model(answers, confidence=confidence)),
        platform=platform,
        runner=runner,
        lookup=Lookup(catalog.lookup, platform, applications=FakeApplications(platform, [chrome])),
        history=History(workspace.state),
        session=session,
        tty=tty,
    )


@dataclass(frozen=True)
class FakeOptions(Options):
    """Options that hand out the fake session."""

    open: Callable[[Workspace], Session] = field(default=lambda w: make_session(w, runner=FakeRunner()))

    def session(self) -> Session:
        """The fake session in the workspace of the test."""
        return self.open(self.workspace())


if __name__ == "__main__":
    from whispera.cli.typed import main

    sys.exit(main(sys.argv[1:], open_session=lambda: make_session(find(), runner=FakeRunner())))
