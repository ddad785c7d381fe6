"""Fixtures of the training tests: one tiny base and one adapter tuned on it, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.training import small_workspace, tiny_base
from whispera.training import lora


@pytest.fixture(scope="session")
def made_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts = [one.text.lower() for one in tiny_base.examples()]
    return tiny_base.write_base(tmp_path_factory.mktemp("bases") / "tiny", tiny_base.catalog(), texts)


@pytest.fixture(scope="session")
def tuned(made_base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, lora.TrainReport]:
    """Folder of a run that has tuned an adapter, and its report."""
    place = tmp_path_factory.mktemp("run")
    report = lora.run(
        tiny_base.RECIPE, tiny_base.plan(made_base, place), report=lambda *_: None, say=lambda _: None
    )
    return place, report


@pytest.fixture
def base(made_base: Path, tmp_path: Path) -> Path:
    """A copy of the base that a test may damage."""
    return Path(shutil.copytree(made_base, tmp_path / "bases" / "tiny"))


@pytest.fixture
def place(tuned: tuple[Path, lora.TrainReport], tmp_path: Path) -> Path:
    """A folder with a tuned adapter that a test may damage or replace."""
    return Path(shutil.copytree(tuned[0], tmp_path / "run"))


@pytest.fixture(scope="session")
def tuned_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of few actions, with an adapter; tests work with copies."""
    place = small_workspace.make(tmp_path_factory.mktemp("workspaces") / "tuned")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(place / "state"))
        patch.setenv("XDG_CACHE_HOME", str(place / "cache"))
        assert small_workspace.train(place) == 0
    return place
