"""Training an adapter with mlx-lm, for Apple silicon: the same recipe and lines, another program.

The base is written in the Hugging Face layout, the lines as mlx-lm reads them, the numbers of the recipe as
its configuration; `python -m mlx_lm lora` runs as a program of its own, and what it learnt becomes an adapter
of ours. Judging it, and keeping or refusing it, is done by `training.lora` as for any other trainer.

Its loss is not ours: mlx-lm learns the next token of the whole answer over the whole vocabulary, not the
decisions of the grammar walk alone. A line that mlx-lm would cut into other tokens than the codec is left
out.
"""

from __future__ import annotations

import importlib.util
import json
import math
import re
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer

from whispera.domain.domain import DESKTOP
from whispera.engines.fused import PARTS
from whispera.engines.load import PieceTokenizer
from whispera.errors import TrainingError, WhisperaError
from whispera.nlu import codec
from whispera.nlu.normalise import normalise
from whispera.training import checkpoint
from whispera.training.blocks import Bits
from whispera.training.dataset import Line
from whispera.training.loop import Progress, Schedule

VALIDATION = 50
"""One line of so many is kept for mlx-lm's own validation loss."""
_REPORTED = re.compile(r"(?:Iter (\d+): Train loss|^\s*(\d+)\s+)\s*(\d+\.\d+)(?: [▼▲]|, )")
"""Iteration and loss of a line of mlx-lm, as its older and its newer versions write them."""
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PEFT = "base_model.model."


@dataclass(frozen=True, slots=True)
class Lesson:
    """One run."""

    base: Path
    lines: Sequence[Line]
    rank: int
    alpha: int
    schedule: Schedule
    start: dict[str, torch.Tensor]
    """The adapter's weights to go on from, by peft's names."""
    work: Path
    """Folder for the files that are handed over; emptied when the run ends well."""
    bits: Bits = 8
    """4: mlx-lm quantises the frozen base to four bits (QLoRA)."""
    tag: str = DESKTOP


def check() -> None:
    """Raise WhisperaError where mlx-lm is not installed."""
    if importlib.util.find_spec("mlx_lm") is None:
        raise WhisperaError(
            "the trainer mlx needs mlx-lm, which is not installed",
            hint="install it: pip install mlx-lm; without Apple silicon: pip install mlx-lm 'mlx[cpu]'",
        )


def train(
    lesson: Lesson, *, report: Callable[[Progress], None], say: Callable[[str], None]
) -> tuple[Progress, dict[str, torch.Tensor]]:
    """Where the run ended, and the adapter's weights by peft's names.

    Raises TrainingError where mlx-lm fails. A KeyboardInterrupt ends it and goes on.
    """
    check()
    place = lesson.work / "mlx"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    model = place / "model"
    checkpoint.write(lesson.base, model, plain=True)
    if lesson.bits == 4:
        say("quantising the base to four bits for mlx-lm")
        whole, model = model, place / "q4"
        _run(["convert", "--hf-path", str(whole), "--mlx-path", str(model), "-q", "--q-bits", "4"], _ignore)
    kept = same_tokens(lesson.lines, lesson.base / "tokenizer.json", tag=lesson.tag)
    dropped = len(lesson.lines) - len(kept)
    if dropped:
        say(f"{dropped} of {len(lesson.lines)} lines are left out: mlx-lm would cut them into other tokens")
    mean_tokens = sum(count for _, count in kept) / len(kept)
    settings = configuration(lesson, place, model, mean_tokens=mean_tokens)
    write_data([line for line, _ in kept], place / "data", batch=settings["batch_size"])
    start = place / "start.safetensors"
    save_file(_to_mlx(lesson.start), start)
    settings["resume_adapter_file"] = str(start)
    (place / "config.yaml").write_text(json.dumps(settings, indent=1) + "\n", encoding="utf-8")
    progress = Progress()

    def tick(line: str) -> None:
        found = _REPORTED.search(line)
        if found:
            progress.seen = int(found[1] or found[2]) * settings["batch_size"]
            progress.loss = float(found[3])
            progress.rate = progress.seen / (time.monotonic() - started)
            report(progress)

    started = time.monotonic()
    _run(["lora", "--config", str(place / "config.yaml")], tick)
    weights = place / "adapter" / "adapters.safetensors"
    if not weights.is_file():
        raise TrainingError("mlx-lm wrote no adapter", hint=f"its files are in {place}")
    learnt = _to_peft(load_file(weights))
    if set(learnt) != set(lesson.start):
        raise TrainingError(
            "mlx-lm tuned other layers than the recipe asks for", hint=f"its files are in {place}"
        )
    shutil.rmtree(place)
    return progress, learnt


def same_tokens(lines: Sequence[Line], tokenizer: Path, *, tag: str) -> list[tuple[Line, int]]:
    """The lines whose text has the tokens of its pieces, each with their number.

    Raises TrainingError where there is none.
    """
    whole, pieces = Tokenizer.from_file(str(tokenizer)), PieceTokenizer.read(tokenizer)
    kept: list[tuple[Line, int]] = []
    for line in lines:
        previous, text = codec.split_prompt(line.prompt, tag=tag)
        prompt = codec.prompt_pieces(normalise(text), tag=tag, previous=previous)
        ours = codec.tokens([*prompt, *codec.pieces_of_wire(line.wire)], pieces)
        if whole.encode(line.prompt + line.wire, add_special_tokens=False).ids == ours:
            kept.append((line, len(ours)))
    if not kept:
        raise TrainingError(
            "no line of the dataset has the same tokens in mlx-lm", hint="use --trainer torch"
        )
    return kept


def configuration(lesson: Lesson, place: Path, model: Path, *, mean_tokens: float) -> dict[str, Any]:
    """The settings of `mlx_lm lora`, from those of the recipe; a line has `mean_tokens` tokens."""
    schedule = lesson.schedule
    batch = max(1, round(schedule.tokens_per_batch / mean_tokens))
    iterations = max(2, math.ceil(schedule.examples / batch))
    warm = max(1, round(iterations * schedule.warmup_share))
    rate = schedule.learning_rate
    return {
        "model": str(model),
        "train": True,
        "data": str(place / "data"),
        "adapter_path": str(place / "adapter"),
        "fine_tune_type": "lora",
        "num_layers": -1,
        "lora_parameters": {
            "keys": sorted(part for parts in PARTS.values() for part in parts),
            "rank": lesson.rank,
            "scale": lesson.alpha / lesson.rank,
            "dropout": 0.0,
        },
        "mask_prompt": True,
        "optimizer": "adamw",
        "optimizer_config": {"adamw": {"betas": [0.9, 0.98], "weight_decay": schedule.weight_decay}},
        "learning_rate": rate,
        "lr_schedule": {
            "name": "cosine_decay",
            "warmup": warm,
            "arguments": [rate, max(1, iterations - warm), rate * schedule.floor_share],
        },
        "batch_size": batch,
        "iters": iterations,
        "steps_per_report": max(1, min(10, iterations // 10)),
        "steps_per_eval": max(1, round(schedule.evaluate_every / batch)),
        "val_batches": -1,
        "save_every": iterations,
        "max_seq_length": json.loads((lesson.base / "config.json").read_text())["max_position_embeddings"],
        "seed": schedule.seed,
    }


def write_data(lines: Sequence[Line], folder: Path, *, batch: int) -> None:
    """train.jsonl and valid.jsonl in mlx-lm's chat format; each holds at least one batch."""
    folder.mkdir(parents=True)
    held = list(lines[::VALIDATION])
    rest = [line for place, line in enumerate(lines) if place % VALIDATION] or held
    for name, some in (("train", rest), ("valid", held)):
        whole = list(some) * math.ceil(batch / len(some)) if len(some) < batch else some
        with (folder / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            for line in whole:
                messages = [
                    {"role": "user", "content": line.prompt},
                    {"role": "assistant", "content": line.wire},
                ]
                file.write(json.dumps({"messages": messages}, ensure_ascii=False) + "\n")


def _ignore(_line: str) -> None:
    """For a program whose output says nothing."""


def _run(arguments: Sequence[str], read: Callable[[str], None]) -> None:
    """Run mlx-lm, handing on the lines it prints; raises TrainingError with the last ones where it fails."""
    last: deque[str] = deque(maxlen=8)
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "mlx_lm", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                plain = _COLOURS.sub("", line).rstrip()
                if plain:
                    last.append(plain)
                    read(plain)
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise TrainingError(
            f"mlx-lm ended with {process.returncode}; the adapter you had stays as it was\n"
            + "\n".join(last),
            hint="--trainer torch runs everywhere",
        )


def _to_mlx(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights by mlx-lm's names: A and B stand the other way round."""
    renamed = {"lora_A.weight": "lora_a", "lora_B.weight": "lora_b"}
    found: dict[str, torch.Tensor] = {}
    for name, tensor in state.items():
        stem, kind = name.removeprefix(_PEFT).split(".lora_")
        found[f"{stem}.{renamed['lora_' + kind]}"] = tensor.float().T.contiguous()
    return found


def _to_peft(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Weights by peft's names; the scale is the same on both sides, alpha / rank."""
    renamed = {"lora_a": "lora_A.weight", "lora_b": "lora_B.weight"}
    found: dict[str, torch.Tensor] = {}
    for name, tensor in state.items():
        stem, kind = name.rsplit(".", 1)
        found[f"{_PEFT}{stem}.{renamed[kind]}"] = tensor.float().T.contiguous()
    return found
