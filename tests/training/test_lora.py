"""A tuned adapter: it learns, peft reads it, the runtime gives peft's logits, and damage is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import PeftModel

from tests.training import tiny_base
from whispera.engines import adapter
from whispera.engines.load import PieceTokenizer, load
from whispera.engines.onnx import OnnxEngine
from whispera.errors import AdapterError, ConfigError, TrainingError
from whispera.nlu.decode import decode
from whispera.nlu.domains import domain_grammar
from whispera.nlu.normalise import normalise
from whispera.training import curriculum, dataset, export, lora

IDS = [300, 17, 260, 5, 311, 42, 42, 199]
HASH = tiny_base.catalog().hash


def test_run_learns_and_says_so(tuned: tuple[Path, lora.TrainReport]) -> None:
    _, report = tuned
    assert report.moved > 1e-3
    assert report.after.exact > report.before.exact + 0.3
    assert report.after.loss < report.before.loss
    assert report.new_actions == ()
    assert report.new_before is None
    assert 0.5 <= report.temperature <= 3.0
    assert json.loads(json.dumps(report.as_json()))["after"]["exact"] == report.after.exact


def test_card_says_what_the_adapter_was_trained_on(tuned: tuple[Path, lora.TrainReport], base: Path) -> None:
    place, report = tuned
    card = adapter.read_card(place / "adapters" / "tiny")
    assert card.base_hash == adapter.file_hash(base / "model.safetensors")
    assert card.catalog_hash == HASH
    assert card.temperature == report.temperature
    assert card.data["data_hash"] == adapter.file_hash(place / "train.jsonl")
    assert card.data["recipe"]["rank"] == tiny_base.RECIPE.rank
    assert card.data["actions"] == dataset.digests(tiny_base.ACTIONS)


def test_nothing_is_left_beside_the_adapter(tuned: tuple[Path, lora.TrainReport]) -> None:
    place, _ = tuned
    assert [path.name for path in (place / "adapters").iterdir()] == ["tiny"]
    assert not list((place / "work").glob("train.*"))


def test_tuned_model_answers_right(tuned: tuple[Path, lora.TrainReport], base: Path) -> None:
    model = load(base, tuned[0] / "adapters", catalog_hash=HASH)
    grammar = domain_grammar(tiny_base.ACTIONS, tokenizer=model.tokenizer)
    asked = [one for one in tiny_base.examples() if len(one.steps) == 1][::4]
    right = 0
    for one in asked:
        decoded = decode(normalise(one.text), grammar, model.engine, temperature=model.temperature)
        right += decoded.steps[0].action == one.action
    assert model.adapter
    assert right / len(asked) > 0.8


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")
def test_runtime_gives_the_logits_of_peft(tuned: tuple[Path, lora.TrainReport], base: Path) -> None:
    folder = tuned[0] / "adapters" / "tiny"
    model = PeftModel.from_pretrained(export.dequantise(base), folder).eval()
    with torch.no_grad():
        wanted = model(torch.tensor([IDS])).logits[0, -1].numpy()
    engine = load(base, tuned[0] / "adapters", catalog_hash=HASH).engine
    _, got = engine.extend(engine.start(), IDS, range(len(wanted)))
    bare = OnnxEngine(base)
    _, without = bare.extend(bare.start(), IDS, range(len(wanted)))
    assert np.abs(got - wanted).max() < 0.1 * wanted.std()
    assert np.abs(without - wanted).max() > 0.5 * wanted.std()


def test_adapter_can_be_taken_off_again(tuned: tuple[Path, lora.TrainReport], base: Path) -> None:
    engine = load(base, tuned[0] / "adapters", catalog_hash=HASH).engine
    engine.use(None)
    bare = load(base, tuned[0] / "adapters", catalog_hash=HASH, use_adapter=False).engine
    _, got = engine.extend(engine.start(), IDS, range(50))
    _, wanted = bare.extend(bare.start(), IDS, range(50))
    np.testing.assert_array_equal(got, wanted)


def edit_json(path: Path, **changes: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("base_hash", "another base"),
        ("catalog_hash", "another catalog"),
        ("prompt_version", "another prompt"),
    ],
)
def test_adapter_of_something_else_is_refused(base: Path, place: Path, key: str, message: str) -> None:
    edit_json(place / "adapters" / "tiny" / "card.json", **{key: "0"})
    with pytest.raises(AdapterError, match=message) as caught:
        load(base, place / "adapters", catalog_hash=HASH)
    assert "whispera train" in caught.value.hint


@pytest.mark.parametrize("name", ["card.json", "adapter_config.json", "adapter_model.safetensors"])
@pytest.mark.parametrize("keep", [0.0, 0.5, 0.98])
def test_truncated_adapter_is_an_error_with_a_hint(base: Path, place: Path, name: str, keep: float) -> None:
    path = place / "adapters" / "tiny" / name
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * keep)])
    with pytest.raises(AdapterError) as caught:
        load(base, place / "adapters", catalog_hash=HASH)
    assert "whispera train" in caught.value.hint


def test_adapter_without_its_weights_is_an_error_with_a_hint(base: Path, place: Path) -> None:
    (place / "adapters" / "tiny" / "adapter_model.safetensors").unlink()
    with pytest.raises(AdapterError) as caught:
        load(base, place / "adapters", catalog_hash=HASH)
    assert "whispera train" in caught.value.hint


def test_base_alone_is_refused_where_it_does_not_know_the_actions(base: Path, tmp_path: Path) -> None:
    with pytest.raises(AdapterError, match="does not know these actions") as caught:
        load(base, tmp_path, catalog_hash="other")
    assert "whispera regen && whispera train" in caught.value.hint


def test_base_without_a_card_is_refused(base: Path, tmp_path: Path) -> None:
    (base / "card.json").unlink()
    with pytest.raises(AdapterError, match=r"card\.json"):
        load(base, tmp_path, catalog_hash=HASH)


def test_new_actions_are_found_by_their_patterns(base: Path, tmp_path: Path) -> None:
    base = tiny_base.write_base(
        tmp_path / "older", tiny_base.catalog(), ["open mute volume"], trained_on=tiny_base.ACTIONS[:3]
    )
    report = lora.run(
        tiny_base.RECIPE, tiny_base.plan(base, tmp_path), report=lambda *_: None, say=lambda _: None
    )
    assert report.new_actions == ("mute", "cancel")
    assert report.new_before is not None
    assert report.new_after is not None
    assert report.new_after.exact >= report.new_before.exact


def test_the_whole_dataset_is_learnt_where_every_action_is_new(base: Path, tmp_path: Path) -> None:
    base = tiny_base.write_base(tmp_path / "blank", tiny_base.catalog(), ["open mute volume"], trained_on=())
    said: list[str] = []
    recipe = replace(
        tiny_base.RECIPE, examples=700, examples_new=100, learning_rate=0.0, learning_rate_new=0.0
    )
    report = lora.run(recipe, tiny_base.plan(base, tmp_path), report=lambda *_: None, say=said.append)
    assert report.examples == 700 and report.moved > 1e-3
    assert report.new_before is None and "the whole dataset" in said[0]


def test_dataset_without_an_action_is_refused(base: Path, tmp_path: Path) -> None:
    plan = tiny_base.plan(base, tmp_path)
    tiny_base.write_dataset(plan.data, [one for one in tiny_base.examples() if one.action != "mute"])
    with pytest.raises(TrainingError, match="no examples of mute") as caught:
        lora.run(tiny_base.RECIPE, plan, report=lambda *_: None, say=lambda _: None)
    assert caught.value.hint.endswith("whispera regen")


def test_broken_dataset_names_the_line(base: Path, tmp_path: Path) -> None:
    plan = tiny_base.plan(base, tmp_path)
    lines = plan.data.read_text().splitlines()
    lines[6] = lines[6][:-4]
    plan.data.write_text("\n".join(lines))
    with pytest.raises(ConfigError) as caught:
        lora.run(tiny_base.RECIPE, plan, report=lambda *_: None, say=lambda _: None)
    assert f"{plan.data}:7:" in str(caught.value)


def test_dataset_of_another_catalog_is_refused(base: Path, tmp_path: Path) -> None:
    plan = tiny_base.plan(base, tmp_path)
    plan.data.write_text(plan.data.read_text().replace('\\"level\\"', '\\"height\\"'))
    with pytest.raises(TrainingError, match="do not fit the catalog") as caught:
        lora.run(tiny_base.RECIPE, plan, report=lambda *_: None, say=lambda _: None)
    assert caught.value.hint.endswith("whispera regen")


def test_a_line_that_does_not_fit_takes_nobody_elses_place(base: Path, tmp_path: Path) -> None:
    plan = tiny_base.plan(base, tmp_path)
    good = dataset.read(plan.data, command=plan.command)[:40]
    grammar = domain_grammar(tiny_base.ACTIONS, tokenizer=PieceTokenizer.read(base / "tokenizer.json"))
    bad = replace(good[0], wire='{"action":"unheard_of"}')
    found = curriculum.fitting([bad, *good], grammar, command="whispera")
    assert [line for line, _ in found] == good
    assert all(np.array_equal(one.ids, dataset.encode_line(line, grammar).ids) for line, one in found)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [("rank: 16", "rank: many", "rank"), ("rank: 16", "ranks: 16", "rank"), ("rank: 16", "rank: -1", "rank")],
)
def test_recipe_names_the_wrong_key(tmp_path: Path, old: str, new: str, key: str) -> None:
    shipped = Path(lora.__file__).parents[2] / "config" / "recipes" / "adapter.yaml"
    path = tmp_path / "adapter.yaml"
    path.write_text(shipped.read_text().replace(old, new))
    with pytest.raises(ConfigError) as caught:
        lora.read_recipe(path)
    assert key in caught.value.key
    assert lora.read_recipe(shipped).rank == 16
