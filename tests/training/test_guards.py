"""A run that learns nothing, gets worse, is interrupted or killed: the old adapter stays."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training import tiny_base
from whispera.engines.load import load
from whispera.errors import AdapterError, TrainingError
from whispera.training import keep, lora
from whispera.training.loop import Answered, Progress

HASH = tiny_base.catalog().hash
QUIET = {"report": lambda *_: None, "say": lambda _: None}


def fingerprint(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def rerun(base: Path, place: Path, *, resume: bool = False) -> lora.TrainPlan:
    return tiny_base.plan(base, place, resume=resume)


class StopAt:
    """Presses Ctrl-C when so many examples are seen; keeps where the run was before."""

    def __init__(self, seen: int) -> None:
        self.limit = seen
        self.first: int | None = None
        self.seen = 0

    def __call__(self, progress: Progress, total: int) -> None:
        self.first = progress.seen if self.first is None else self.first
        self.seen = progress.seen
        if progress.seen >= self.limit:
            raise KeyboardInterrupt


def test_run_that_moves_nothing_is_refused(base: Path, place: Path) -> None:
    before = fingerprint(place / "adapters" / "tiny")
    recipe = replace(tiny_base.RECIPE, learning_rate=0.0, examples=100)
    with pytest.raises(TrainingError, match="did not move; the adapter you had stays") as caught:
        lora.run(recipe, rerun(base, place), **QUIET)
    assert "learning_rate" in caught.value.hint
    assert fingerprint(place / "adapters" / "tiny") == before


def test_run_that_gets_worse_is_refused(base: Path, place: Path) -> None:
    before = fingerprint(place / "adapters" / "tiny")
    recipe = replace(tiny_base.RECIPE, learning_rate=30.0, examples=200)
    with pytest.raises(TrainingError, match=r"fell from .* stays as it was|not a number") as caught:
        lora.run(recipe, rerun(base, place), **QUIET)
    assert "config/recipes/adapter.yaml" in caught.value.hint
    assert fingerprint(place / "adapters" / "tiny") == before


@pytest.mark.parametrize(("bears", "part"), [(1.0, 1.0), (0.9, 0.85), (0.6, 0.55), (0.1, 1.0)])
def test_as_much_is_kept_as_the_known_phrasings_bear(bears: float, part: float) -> None:
    model = torch.nn.Linear(1, 1, bias=False)
    start = {"weight": torch.tensor([[2.0]])}
    model.weight.data.fill_(4.0)

    def ask() -> list[Answered]:
        right = (model.weight.item() - 2) / 2 <= bears
        return [Answered((), right, right, 0.0)]

    kept, answered = keep.largest_part(model, start, ask(), ask=ask, enough=lambda found: found[0].right)
    assert kept == part and answered == ask()
    assert model.weight.item() == pytest.approx(2 + 2 * part)


def test_better_run_replaces_the_adapter_and_keeps_the_last(base: Path, place: Path) -> None:
    before = fingerprint(place / "adapters" / "tiny")
    report = lora.run(
        replace(tiny_base.RECIPE, learning_rate=1e-3, examples=200), rerun(base, place), **QUIET
    )
    assert report.before.exact > 0.6, "it starts warm from the adapter that is there"
    assert fingerprint(place / "adapters" / "tiny.versions" / "1") == before
    assert fingerprint(place / "adapters" / "tiny") != before


def test_interrupted_run_keeps_the_old_adapter_and_resumes(base: Path, place: Path) -> None:
    before = fingerprint(place / "adapters" / "tiny")
    recipe = replace(tiny_base.RECIPE, tolerance=1.0)
    stop = StopAt(600)
    with pytest.raises(KeyboardInterrupt):
        lora.run(recipe, rerun(base, place), report=stop, say=lambda _: None)
    assert fingerprint(place / "adapters" / "tiny") == before
    assert load(base, place / "adapters", catalog_hash=HASH).adapter

    said: list[str] = []
    resumed = StopAt(10**9)
    report = lora.run(recipe, rerun(base, place, resume=True), report=resumed, say=said.append)
    assert any(f"resuming at {stop.seen} of" in line for line in said)
    assert resumed.first is not None
    assert stop.seen < resumed.first < stop.seen + 60
    assert report.examples >= tiny_base.RECIPE.examples
    assert fingerprint(place / "adapters" / "tiny") != before
    assert not (place / "work" / "train.pt").exists()


def test_resume_with_another_recipe_or_dataset_is_refused(base: Path, place: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        lora.run(tiny_base.RECIPE, rerun(base, place), report=StopAt(300), say=lambda _: None)
    again = rerun(base, place, resume=True)
    with pytest.raises(TrainingError, match="another dataset, base or recipe"):
        lora.run(replace(tiny_base.RECIPE, learning_rate=1e-9), again, **QUIET)
    lines = again.data.read_text(encoding="utf-8").splitlines(keepends=True)
    again.data.write_text("".join([*lines[1:], lines[0]]), encoding="utf-8")
    with pytest.raises(TrainingError, match="another dataset, base or recipe"):
        lora.run(tiny_base.RECIPE, again, **QUIET)


def test_resumed_run_ends_where_an_uninterrupted_one_ends(base: Path, tmp_path: Path) -> None:
    recipe = replace(tiny_base.RECIPE, examples=600)
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    whole.mkdir()
    broken.mkdir()
    wanted = lora.run(recipe, tiny_base.plan(base, whole), **QUIET)
    with pytest.raises(KeyboardInterrupt):
        lora.run(recipe, tiny_base.plan(base, broken), report=StopAt(300), say=lambda _: None)
    got = lora.run(recipe, tiny_base.plan(base, broken, resume=True), **QUIET)
    assert got.after.loss == pytest.approx(wanted.after.loss, rel=0.02)


def test_resume_without_an_interrupted_run_starts_anew(base: Path, tmp_path: Path) -> None:
    recipe = replace(tiny_base.RECIPE, examples=300)
    assert lora.run(recipe, tiny_base.plan(base, tmp_path, resume=True), **QUIET).examples >= 300


def test_resume_of_another_run_is_refused(base: Path, place: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        lora.run(tiny_base.RECIPE, rerun(base, place), report=StopAt(100), say=lambda _: None)
    other = replace(tiny_base.RECIPE, seed=99)
    with pytest.raises(TrainingError, match="another dataset, base or recipe") as caught:
        lora.run(other, rerun(base, place, resume=True), **QUIET)
    assert caught.value.hint == "start anew: whispera train"


def test_adapter_of_another_rank_is_not_warmed_up(base: Path, place: Path) -> None:
    recipe = replace(tiny_base.RECIPE, rank=2, alpha=4)
    with pytest.raises(AdapterError, match="rank 4") as caught:
        lora.run(recipe, rerun(base, place), **QUIET)
    assert "remove the adapter" in caught.value.hint


def test_half_written_adapter_beside_the_old_one_is_never_read(base: Path, place: Path) -> None:
    beside = place / "adapters" / "tiny.new"
    beside.mkdir()
    (beside / "adapter_model.safetensors").write_bytes(b"half")
    before = fingerprint(place / "adapters" / "tiny")
    assert load(base, place / "adapters", catalog_hash=HASH).adapter == str(place / "adapters" / "tiny")
    lora.run(replace(tiny_base.RECIPE, learning_rate=1e-3, examples=100), rerun(base, place), **QUIET)
    assert not beside.exists()
    assert fingerprint(place / "adapters" / "tiny") != before


KILLED = """
import sys
from pathlib import Path
from tests.training import tiny_base
from whispera.training import lora
base, place = map(Path, sys.argv[1:])
lora.run(
    tiny_base.RECIPE,
    tiny_base.plan(base, place),
    report=lambda progress, total: print(progress.seen, flush=True),
    say=lambda _: None,
)
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_killed_run_leaves_the_old_adapter_usable(base: Path, place: Path) -> None:
    before = fingerprint(place / "adapters" / "tiny")
    roots = [str(Path(lora.__file__).parents[2]), str(Path(__file__).parent)]
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(base), str(place)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(roots)},
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if int(line) > 600:
                process.kill()
                break
        assert process.wait(timeout=60) == -signal.SIGKILL
    assert fingerprint(place / "adapters" / "tiny") == before
    assert load(base, place / "adapters", catalog_hash=HASH).adapter
    report = lora.run(
        replace(tiny_base.RECIPE, learning_rate=1e-3, examples=200), rerun(base, place), **QUIET
    )
    assert report.examples >= 200
