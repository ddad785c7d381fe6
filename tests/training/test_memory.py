"""The memory of a run is bounded: kernels of a few shapes are kept, and what is freed goes back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.training import tiny_base
from whispera.cli.typed import prepare_libraries
from whispera.training import loop, lora, memory


@pytest.mark.parametrize(
    ("users", "kept"), [(None, memory.KERNELS), ("7", "7"), ("1024", "1024"), ("16", memory.KERNELS)]
)
def test_a_run_keeps_the_kernels_of_a_step_unless_the_user_says_how_many(
    base: Path, monkeypatch: pytest.MonkeyPatch, users: str | None, kept: str
) -> None:
    monkeypatch.setenv(memory.CAPACITY, users or "")
    if users is None:
        monkeypatch.delenv(memory.CAPACITY)
    prepare_libraries()
    lora.Trainable(lora.wrap(base, tiny_base.RECIPE))
    assert os.environ[memory.CAPACITY] == kept


def test_a_run_gives_memory_back_while_it_learns(
    base: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    steps: list[int] = []
    monkeypatch.setattr(loop, "give_back", lambda: given.append(len(steps)))
    with pytest.raises(KeyboardInterrupt):
        lora.run(
            tiny_base.RECIPE,
            tiny_base.plan(base, place),
            report=lambda *_: stop(steps),
            say=lambda _: None,
        )
    assert given == [0, memory.STEPS - 1, 2 * memory.STEPS - 1]


def stop(steps: list[int]) -> None:
    """Presses Ctrl-C after so many steps that memory was given back twice."""
    steps.append(1)
    if len(steps) == 2 * memory.STEPS:
        raise KeyboardInterrupt
