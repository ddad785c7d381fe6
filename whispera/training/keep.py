"""Whether a tuned adapter may be kept, and putting it in place whole.

An adapter that did not move, broke or understands held-out phrasings worse is refused with its way out; the
one that is there stays as it was. Does not judge whether a difference is significant (see the report).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from whispera.engines.versions import AdapterVersions
from whispera.errors import TrainingError
from whispera.training.loop import Answered, Score

STAYS = "the adapter you had stays as it was"


def check_moved(moved: float, loss: float, *, recipe: str) -> None:
    """Raise TrainingError where a run moved no weight by `moved` > 0, or its loss is no number."""
    file = f"config/recipes/{recipe}.yaml"
    if moved < 1e-6:
        raise TrainingError(f"the weights did not move; {STAYS}", hint=f"raise learning_rate in {file}")
    if not loss < float("inf"):
        raise TrainingError(f"the loss is not a number; {STAYS}", hint=f"lower learning_rate in {file}")


def bears(before: Score, after: Score, *, tolerance: float) -> bool:
    """Whether no more of the known phrasings are lost than a share of them."""
    return after.exact >= before.exact - tolerance


def guard(
    *,
    tolerance: float,
    before: Score,
    after: Score,
    new_before: Score | None,
    new_after: Score | None,
    moved: float,
    recipe: str = "adapter",
) -> None:
    """Raise TrainingError where a run moved nothing, broke, or made held-out phrasings worse.

    `moved`: largest change of a weight; `tolerance`: share of the known phrasings that may be lost; `recipe`:
    the file in config/recipes that the hints name.
    """
    check_moved(moved, after.loss, recipe=recipe)
    hint = f"a lower learning_rate in config/recipes/{recipe}.yaml"
    if recipe == "adapter":
        hint = "more examples (examples_new) or a lower learning_rate_new in config/recipes/adapter.yaml"
    if not bears(before, after, tolerance=tolerance):
        raise TrainingError(
            "held-out phrasings of the known actions fell "
            f"from {before.exact:.1%} to {after.exact:.1%} exact; {STAYS}",
            hint=hint,
        )
    if new_before is not None and new_after is not None and new_after.exact < new_before.exact:
        raise TrainingError(
            "the new actions are understood worse than before "
            f"({new_before.exact:.1%} to {new_after.exact:.1%}); {STAYS}",
            hint="check the patterns of the new action: whispera actions show NAME",
        )


def lora_state(model: Any) -> dict[str, torch.Tensor]:
    """A copy of the weights that are learnt, by name: those of the adapter, or of the whole model."""
    return {name: parameter.detach().cpu().clone() for name, parameter in _learnt(model)}


def _learnt(model: Any) -> Iterator[tuple[str, torch.nn.Parameter]]:
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            yield name.replace(".default.", "."), parameter


def moved(model: Any, start: Mapping[str, torch.Tensor]) -> float:
    """The largest change of a weight since `lora_state` gave `start`."""
    return max(float((weight - start[name]).abs().max()) for name, weight in lora_state(model).items())


PARTS = (0.85, 0.7, 0.55)
"""Of what was learnt, where all of it costs too many of the known phrasings."""


def largest_part(
    model: Any,
    start: Mapping[str, torch.Tensor],
    learnt: list[Answered],
    *,
    ask: Callable[[], list[Answered]],
    enough: Callable[[list[Answered]], bool],
) -> tuple[float, list[Answered]]:
    """The largest part of what was learnt whose answers to the known phrasings are good enough, and these.

    `start`: the weights before the run, by `lora_state`; `learnt`: the answers with all that was learnt;
    `ask` answers again. The weights are left at that part of the way from start to end; at the end, and the
    part is 1, where none will do. Source: Wortsman et al., Robust fine-tuning of zero-shot models (2022).
    """
    if enough(learnt):
        return 1.0, learnt
    end = lora_state(model)

    def move(part: float) -> None:
        for name, parameter in _learnt(model):
            parameter.data.copy_(torch.lerp(start[name], end[name], part))

    for part in PARTS:
        move(part)
        found = ask()
        if enough(found):
            return part, found
    move(1.0)
    return 1.0, learnt


def put(model: Any, folder: Path, card: dict[str, Any]) -> str:
    """The name of the new version, put in place whole; the adapter from before is kept."""
    versions = AdapterVersions(folder.parent, folder.name)
    beside = versions.begin()
    model.save_pretrained(beside)
    (beside / "README.md").unlink(missing_ok=True)
    config_path = beside / "adapter_config.json"
    config = json.loads(config_path.read_text(encoding="utf-8"))
    config["base_model_name_or_path"] = card["base"]
    config["target_modules"] = sorted(config["target_modules"])
    config_path.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    return versions.finish(card)
