"""How a run tunes: an adapter by the loop here, on a card of NVIDIA's or by mlx-lm, or the whole base.

The data, the guards and the report are those of `training.lora` in every case; only what learns, and what is
written at the end, is decided here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from peft import set_peft_model_state_dict

from whispera import whole
from whispera.domain.domain import DESKTOP
from whispera.engines.adapter import CARD, base_card, file_hash
from whispera.errors import TrainingError, UsageError
from whispera.training import checkpoint, cuda, export, keep, mlx_trainer, prepare
from whispera.training.blocks import Bits
from whispera.training.lean import Lean
from whispera.training.loop import Progress, Schedule, Trainable, train

if TYPE_CHECKING:
    from whispera.training.dataset import Line
    from whispera.training.lora import AdapterRecipe

Learner = Callable[..., Progress]
"""Called as `loop.train` is."""

WHOLE_RATE = 0.1
"""Share of the recipe's learning rate at which a whole base is tuned: the recipe's is that of LoRA, whose
second matrix starts at zero."""


@dataclass(frozen=True, slots=True)
class Method:
    """What learns, and what comes of it."""

    trainer: Literal["torch", "mlx"] = "torch"
    device: Literal["cpu", "cuda"] = "cpu"
    bits: Bits = 8
    """Of the frozen weights where another program or a card holds them; on CPU they are those of the base."""
    out: Path | None = None
    """Tune the whole base, and write it as a new base into this folder."""

    def check(self) -> None:
        """Raise where this machine lacks what is needed, or the settings contradict each other."""
        if self.out is not None:
            if self.trainer != "torch" or self.bits != 8:
                raise UsageError(
                    "a whole base is tuned by torch, in full precision",
                    hint="leave --trainer and --bits away",
                )
            prepare.check_out(self.out)
        if self.trainer == "mlx":
            if self.device != "cpu":
                raise UsageError("mlx-lm picks its device itself", hint="leave --device away")
            mlx_trainer.check()
        if self.device == "cuda":
            cuda.check(bits=self.bits)

    def ready(self, model: Any) -> Any:
        """The model to tune, of one under an adapter: as it is, on its device, or whole."""
        if self.out is not None:
            model = model.merge_and_unload()
            for parameter in model.parameters():
                parameter.requires_grad_(True)
        return cuda.place(model, bits=self.bits) if self.device == "cuda" else model

    def trainable(self, model: Any) -> Trainable:
        """The model as the loop sees it; an adapter on the processor does only what decisions need."""
        return Lean(model) if self.out is None and self.device == "cpu" else Trainable(model)

    def learner(
        self,
        base: Path,
        recipe: AdapterRecipe,
        lines: Sequence[Line],
        *,
        work: Path,
        say: Callable[[str], None],
        tag: str = DESKTOP,
    ) -> Learner:
        """What trains the model in place of `loop.train`, or that itself."""

        def learn(
            trainable: Trainable, data: Any, heldout: Any, schedule: Schedule, **options: Any
        ) -> Progress:
            resumed = options.get("resume")
            if resumed is not None:
                theirs = [tensor.shape for tensor in resumed["parameters"]]
                if theirs != [parameter.shape for parameter in trainable.parameters()]:
                    raise TrainingError(
                        "the interrupted run was of another kind", hint="start anew: leave --resume away"
                    )
            if self.out is not None:
                schedule = replace(schedule, learning_rate=schedule.learning_rate * WHOLE_RATE)
            if self.trainer == "torch":
                return train(trainable, data, heldout, schedule, **options)
            start = keep.lora_state(trainable.model)
            lesson = mlx_trainer.Lesson(
                base, lines, recipe.rank, recipe.alpha, schedule, start, work, self.bits, tag
            )
            progress, learnt = mlx_trainer.train(lesson, report=options["report"], say=say)
            set_peft_model_state_dict(trainable.model, learnt)
            return progress

        return learn

    def as_served(self, model: Any) -> Any:
        """The tuned model with the weights that will be stored: a whole base is rounded to eight bits."""
        if self.out is None:
            return model
        return export.restored(model.config, export.quantise(model.cpu()))

    def put(self, model: Any, folder: Path, card: dict[str, Any], *, base: Path) -> None:
        """Put the adapter of a base in place, or write the whole base with its card."""
        if self.out is None:
            keep.put(model, folder, {**card, "trainer": self.trainer})
        else:
            _write_whole(model, self.out, card, base)


def _write_whole(model: Any, out: Path, card: dict[str, Any], base: Path) -> None:
    former = base_card(base).data
    carried = {key: former[key] for key in ("model", "licence", "source") if key in former}
    with whole.folder_beside(out) as half:
        export.write(model, (base / "tokenizer.json").read_text(encoding="utf-8"), half)
        chat = checkpoint.chat_of(base)
        if chat:
            checkpoint.write_chat(chat, half)
        made = {"name": out.name, "kind": "base", "bits": 8, "made_from": [card["base"], card["base_hash"]]}
        made["base_hash"] = file_hash(half / "model.safetensors")
        kept = {key: value for key, value in card.items() if key != "base"}
        text = json.dumps({**carried, **kept, **made}, indent=1)
        (half / CARD).write_text(text + "\n", encoding="utf-8")
