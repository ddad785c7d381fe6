"""Other ways to tune: the whole base, and what a card of NVIDIA's needs."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training import tiny_base
from tests.training.test_guards import QUIET, StopAt, fingerprint
from whispera.engines.adapter import file_hash, read_card
from whispera.engines.load import load
from whispera.errors import TrainingError, UsageError, WhisperaError
from whispera.nlu.decode import decode
from whispera.nlu.domains import domain_grammar
from whispera.nlu.normalise import normalise
from whispera.training import cuda, lora
from whispera.training.method import Method

HASH = tiny_base.catalog().hash
FULL = replace(tiny_base.RECIPE, learning_rate=5e-2, examples=1000, evaluations=1)


def whole(base: Path, place: Path, **changes: object) -> lora.TrainPlan:
    return tiny_base.plan(base, place, method=Method(out=place / "whole"), **changes)


@pytest.fixture(scope="module")
def tuned_whole(made_base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, lora.TrainReport]:
    place = tmp_path_factory.mktemp("full")
    return place, lora.run(FULL, whole(made_base, place), **QUIET)


def test_whole_base_is_a_base_that_answers_alone(tuned_whole: tuple[Path, lora.TrainReport]) -> None:
    place, report = tuned_whole
    assert report.after.exact > report.before.exact + 0.3
    model = load(place / "whole", place / "adapters", catalog_hash=HASH)
    assert model.adapter == ""
    grammar = domain_grammar(tiny_base.ACTIONS, tokenizer=model.tokenizer)
    asked = [one for one in tiny_base.examples() if len(one.steps) == 1][::4]
    right = sum(
        decode(normalise(one.text), grammar, model.engine).steps[0].action == one.action for one in asked
    )
    assert right / len(asked) > 0.8


def test_card_of_a_whole_base_says_what_it_was_made_from(
    tuned_whole: tuple[Path, lora.TrainReport], made_base: Path
) -> None:
    place, report = tuned_whole
    card = read_card(place / "whole")
    assert (card.data["kind"], card.data["name"]) == ("base", "whole")
    assert card.base_hash == file_hash(place / "whole" / "model.safetensors")
    assert card.data["made_from"] == ["tiny", read_card(made_base).base_hash]
    assert (card.catalog_hash, card.temperature) == (HASH, report.temperature)


def test_no_adapter_comes_of_a_whole_base(tuned_whole: tuple[Path, lora.TrainReport]) -> None:
    place, _ = tuned_whole
    assert not (place / "adapters").exists()
    assert sorted(path.name for path in place.iterdir()) == ["train.jsonl", "whole", "work"]


def test_whole_tuning_goes_on_from_the_adapter(base: Path, place: Path) -> None:
    before = fingerprint(place / "adapters" / "tiny")
    quick = replace(FULL, examples=60, learning_rate=1e-3)
    report = lora.run(quick, whole(base, place, everything=True), **QUIET)
    assert report.before.exact > 0.5
    assert fingerprint(place / "adapters" / "tiny") == before


def test_refused_whole_base_leaves_what_was_there(base: Path, place: Path) -> None:
    with pytest.raises(TrainingError, match="did not move"):
        lora.run(replace(FULL, learning_rate=0.0, examples=60), whole(base, place), **QUIET)
    assert not (place / "whole").exists()
    assert not list(place.glob(".whole*"))


def test_run_of_another_kind_is_not_resumed(base: Path, tmp_path: Path) -> None:
    plan = tiny_base.plan(base, tmp_path)
    with pytest.raises(KeyboardInterrupt):
        lora.run(FULL, plan, report=StopAt(100), say=lambda _: None)
    with pytest.raises(TrainingError, match="of another kind"):
        lora.run(FULL, whole(base, tmp_path, resume=True), **QUIET)


@pytest.mark.parametrize(
    ("method", "message"),
    [
        (Method(trainer="mlx", out=Path("whole")), "tuned by torch"),
        (Method(bits=4, out=Path("whole")), "full precision"),
        (Method(trainer="mlx", device="cuda"), "picks its device"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(method: Method, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        method.check()
    assert caught.value.hint


def test_whole_base_replaces_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="left as it is"):
        Method(out=tmp_path).check()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is an NVIDIA card")
@pytest.mark.parametrize("bits", [8, 4])
def test_cuda_without_a_card_is_told_so(bits: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cuda, "_bitsandbytes", lambda: pytest.fail("imported without a card"))
    with pytest.raises(WhisperaError, match="needs an NVIDIA card") as caught:
        Method(device="cuda", bits=bits).check()  # type: ignore[arg-type]
    assert "--bits 4 alone" in caught.value.hint


@pytest.mark.skipif(importlib.util.find_spec("bitsandbytes") is None, reason="bitsandbytes is not installed")
def test_layers_in_nf4_stay_near_what_they_were(base: Path) -> None:
    exact, held = (lora.wrap(base, tiny_base.RECIPE).eval() for _ in range(2))
    cuda.place(held, bits=4, device="cpu")
    ids = torch.tensor([[7, 40, 200, 12]])
    with torch.no_grad():
        one, other = exact(ids).logits.float(), held(ids).logits.float()
    assert float((one - other).abs().mean()) < 0.4 * float(one.std())
    learnt = [name for name, parameter in held.named_parameters() if parameter.requires_grad]
    assert learnt and all(".lora_" in name for name in learnt)


def test_card_of_an_adapter_names_its_trainer(place: Path) -> None:
    assert json.loads((place / "adapters" / "tiny" / "card.json").read_text())["trainer"] == "torch"
