"""Two small bases and an adapter for conversations, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.training.conversations.kit import QUIET, RECIPE, plan, write_base
from whispera.training import talking


@pytest.fixture(scope="session")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base with the marks of ChatML."""
    return write_base(tmp_path_factory.mktemp("bases") / "talker", marks=True)


@pytest.fixture(scope="session")
def mute(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base without them."""
    return write_base(tmp_path_factory.mktemp("bases") / "mute", marks=False)


@pytest.fixture(scope="session")
def tuned(talker: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, talking.ConversationReport]:
    """A folder with an adapter that has learnt the conversations by heart, and the report."""
    place = tmp_path_factory.mktemp("talking")
    return place, talking.run(RECIPE, plan(talker, place), **QUIET)


@pytest.fixture
def place(tuned: tuple[Path, talking.ConversationReport], tmp_path: Path) -> Path:
    """A copy that a test may damage or replace."""
    return Path(shutil.copytree(tuned[0], tmp_path / "run"))
