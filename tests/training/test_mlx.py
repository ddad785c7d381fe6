"""`--trainer mlx`: what mlx-lm is handed, and, where it is installed, a run from recipe to adapter."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training import tiny_base
from whispera.engines.adapter import read_card
from whispera.engines.load import load
from whispera.errors import TrainingError, WhisperaError
from whispera.training import dataset, keep, lora, mlx_trainer
from whispera.training.blocks import Bits
from whispera.training.loop import Schedule
from whispera.training.method import Method

HASH = tiny_base.catalog().hash
HAS_MLX = importlib.util.find_spec("mlx_lm") is not None


def lesson(base: Path, place: Path) -> mlx_trainer.Lesson:
    lines = dataset.read(tiny_base.plan(base, place).data)
    schedule = Schedule(examples=600, learning_rate=1e-2, tokens_per_batch=256, warmup_share=0.1)
    start = keep.lora_state(lora.wrap(base, tiny_base.RECIPE))
    return mlx_trainer.Lesson(base, lines, 4, 8, schedule, start, place / "work")


def test_recipe_becomes_the_configuration_of_mlx(base: Path, tmp_path: Path) -> None:
    settings = mlx_trainer.configuration(lesson(base, tmp_path), tmp_path, tmp_path / "m", mean_tokens=16)
    assert settings["lora_parameters"]["rank"] == 4
    assert settings["lora_parameters"]["scale"] == 2.0
    assert "self_attn.q_proj" in settings["lora_parameters"]["keys"]
    assert (settings["batch_size"], settings["iters"]) == (16, 38)
    assert settings["lr_schedule"]["warmup"] + settings["lr_schedule"]["arguments"][1] == 38
    assert settings["lr_schedule"]["arguments"][0] == 1e-2
    assert settings["mask_prompt"] is True


def test_lines_are_written_as_mlx_reads_them(base: Path, tmp_path: Path) -> None:
    lines = lesson(base, tmp_path).lines
    mlx_trainer.write_data(lines, tmp_path / "data", batch=8)
    train, valid = (
        [json.loads(text) for text in (tmp_path / "data" / name).read_text().splitlines()]
        for name in ("train.jsonl", "valid.jsonl")
    )
    assert len(valid) >= 8
    assert len(train) == len(lines) - len(lines[:: mlx_trainer.VALIDATION])
    assert [one["content"] for one in train[0]["messages"]] == [lines[1].prompt, lines[1].wire]


def test_line_with_other_tokens_is_left_out(base: Path) -> None:
    good = dataset.Line("<desktop> mute it", '{"action":"mute"}', "mute")
    # whole, the two marks of punctuation are one pre-token; the codec cuts between them
    odd = dataset.Line("<desktop> open #!, please", '{"action":"open_app","target":" #!"}', "open_app")
    kept = mlx_trainer.same_tokens([good, odd], base / "tokenizer.json", tag="desktop")
    assert [line for line, _ in kept] == [good]
    with pytest.raises(TrainingError, match="no line"):
        mlx_trainer.same_tokens([odd], base / "tokenizer.json", tag="desktop")


def test_weights_come_back_from_mlx_as_they_went(base: Path, tmp_path: Path) -> None:
    start = lesson(base, tmp_path).start
    theirs = mlx_trainer._to_mlx(start)
    assert theirs["model.layers.1.mlp.down_proj.lora_a"].shape == (128, 4)
    again = mlx_trainer._to_peft(theirs)
    assert set(again) == set(start)
    assert all(torch.equal(again[name], start[name]) for name in start)


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("   10    5.730 ▼       30      1.1k", ("10", "5.730")),
        ("Iter 20: Train loss 4.963, Learning Rate 1.0e-05, It/sec 3.1", ("20", "4.963")),
        ("   50    val 3.155    0.07s", None),
        ("Trainable parameters: 8.158% (0.008M/0.100M)", None),
    ],
)
def test_progress_is_read_from_old_and_new_output(line: str, found: tuple[str, str] | None) -> None:
    match = mlx_trainer._REPORTED.search(line)
    assert (match and (match[1] or match[2], match[3])) == found


@pytest.mark.skipif(HAS_MLX, reason="mlx-lm is installed")
def test_missing_mlx_is_named_with_the_way_to_get_it(base: Path, tmp_path: Path) -> None:
    with pytest.raises(WhisperaError, match="needs mlx-lm") as caught:
        mlx_trainer.train(lesson(base, tmp_path), report=lambda _: None, say=lambda _: None)
    assert "pip install mlx-lm" in caught.value.hint


@pytest.mark.skipif(not HAS_MLX, reason="mlx-lm is not installed")
@pytest.mark.parametrize(("bits", "gained"), [(8, 0.2), (4, 0.05)])
def test_adapter_of_mlx_is_judged_kept_and_asked(
    base: Path, tmp_path: Path, bits: Bits, gained: float
) -> None:
    seen: list[int] = []
    plan = replace(tiny_base.plan(base, tmp_path), method=Method(trainer="mlx", bits=bits))
    report = lora.run(
        tiny_base.RECIPE, plan, report=lambda progress, _: seen.append(progress.seen), say=lambda _: None
    )
    assert report.after.exact > report.before.exact + gained
    assert seen == sorted(seen) and seen[-1] >= tiny_base.RECIPE.examples
    assert read_card(tmp_path / "adapters" / "tiny").data["trainer"] == "mlx"
    assert load(base, tmp_path / "adapters", catalog_hash=HASH).adapter
    assert not (tmp_path / "work" / "mlx").exists()


@pytest.mark.skipif(not HAS_MLX, reason="mlx-lm is not installed")
def test_what_mlx_says_when_it_fails_is_told(base: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="mlx-lm ended with") as caught:
        mlx_trainer._run(["lora", "--config", str(tmp_path / "nowhere.yaml")], lambda _: None)
    assert "nowhere.yaml" in caught.value.message
