"""A checkpoint from elsewhere becomes a base: the same model with the codec's marks, whole or not at all."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer

from tests.training import tiny_base, tiny_checkpoint
from whispera.engines.adapter import file_hash, read_card
from whispera.engines.load import PieceTokenizer, load
from whispera.engines.onnx import OnnxEngine
from whispera.errors import ModelError, UsageError
from whispera.nlu import codec
from whispera.training import checkpoint, export, lora
from whispera.training.blocks import Bits
from whispera.training.prepare import PreparePlan, prepare

TEXT = "open the mail and set volume to 45"


def prepared(source: Path, out: Path, *, bits: Bits = 8) -> Path:
    prepare(PreparePlan("tiny-qwen", source, out, bits=bits, licence="none"), say=lambda _: None)
    return out


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_checkpoint.write(tmp_path_factory.mktemp("hub") / "qwen")


@pytest.fixture(scope="module")
def base(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepared(source, tmp_path_factory.mktemp("bases") / "tiny-qwen")


@pytest.mark.parametrize("tied", [True, False])
def test_runtime_gives_the_logits_of_the_checkpoint(tmp_path: Path, tied: bool) -> None:
    folder = tiny_checkpoint.write(tmp_path / "qwen", tied=tied)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    ids = tokenizer.encode(TEXT).ids
    theirs = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    with torch.no_grad():
        wanted = theirs(torch.tensor([ids])).logits[0, -1, : tokenizer.get_vocab_size()].numpy()
    engine = OnnxEngine(prepared(folder, tmp_path / "base"))
    _, got = engine.extend(engine.start(), ids, range(len(wanted)))
    assert np.abs(got - wanted).max() < 0.12 * wanted.std()  # of eight bits, in weights and activations
    assert int(np.argmax(got)) == int(np.argmax(wanted))


def test_torch_reads_the_weights_of_the_checkpoint(source: Path, base: Path) -> None:
    theirs = AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32).state_dict()
    ours = export.dequantise(base).state_dict()
    name = "model.layers.1.self_attn.k_proj."
    torch.testing.assert_close(ours[name + "bias"], theirs[name + "bias"])
    assert float((ours[name + "weight"] - theirs[name + "weight"]).abs().max()) < 0.01


def test_marks_go_into_spare_rows_at_the_mean_of_their_pieces(source: Path, base: Path) -> None:
    before = Tokenizer.from_file(str(source / "tokenizer.json"))
    rows = (
        AutoModelForCausalLM.from_pretrained(source, dtype=torch.float32)
        .get_input_embeddings()
        .weight.detach()
    )
    after = PieceTokenizer.read(base / "tokenizer.json")
    table = export.dequantise(base).get_input_embeddings().weight.detach()
    assert len(table) == len(rows)
    for text in (*codec.MARKS, "<desktop>"):
        (token,) = after.encode(text)
        parts = before.encode(text, add_special_tokens=False).ids
        assert parts == [token] or before.get_vocab_size() <= token < len(rows)
        wanted = rows[torch.tensor(parts)].mean(0)
        assert float((table[token] - wanted).abs().max()) < 0.01
    assert after.encode(" volume") == before.encode(" volume").ids


def test_marks_are_appended_where_no_row_is_spare(tmp_path: Path) -> None:
    folder = tiny_checkpoint.write(tmp_path / "qwen", padded=0)
    base = prepared(folder, tmp_path / "base")
    before = Tokenizer.from_file(str(folder / "tokenizer.json"))
    new = [text for text in (*codec.MARKS, "<desktop>") if before.token_to_id(text) is None]
    assert len(new) > 4
    size = before.get_vocab_size() + len(new)
    assert json.loads((base / "config.json").read_text())["vocab_size"] == size


def test_special_tokens_in_an_utterance_are_plain_text(base: Path) -> None:
    ids = PieceTokenizer.read(base / "tokenizer.json").encode(" a<|im_end|>b")
    assert Tokenizer.from_file(str(base / "tokenizer.json")).token_to_id("<|im_end|>") not in ids


def test_card_says_where_the_base_came_from(source: Path, base: Path) -> None:
    card = read_card(base)
    assert card.base_hash == file_hash(base / "model.safetensors")
    wanted = {"file": "model.safetensors", "sha256": file_hash(source / "model.safetensors")}
    assert card.data["source"] == wanted
    assert (card.data["licence"], card.data["model"], card.data["bits"]) == ("none", "tiny-qwen", 8)
    assert card.catalog_hash == ""


def test_base_is_told_to_be_tuned_first(base: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="not tuned to the actions yet") as caught:
        load(base, tmp_path, catalog_hash="some")
    assert caught.value.hint == "whispera train --base tiny-qwen"


def test_four_bit_base_is_tuned_and_asked(source: Path, tmp_path: Path) -> None:
    base = prepared(source, tmp_path / "bases" / "tiny-qwen", bits=4)
    recipe = replace(tiny_base.RECIPE, examples=1500, evaluations=1)
    report = lora.run(recipe, tiny_base.plan(base, tmp_path), report=lambda *_: None, say=lambda _: None)
    assert report.after.loss < report.before.loss
    assert report.after.exact > report.before.exact + 0.2
    assert load(base, tmp_path / "adapters", catalog_hash=tiny_base.catalog().hash).adapter


def test_base_of_ours_is_stored_in_fewer_bits(made_base: Path, tmp_path: Path) -> None:
    small = prepared(made_base, tmp_path / "tiny-4bit", bits=4)
    card, former = read_card(small), read_card(made_base)
    assert card.catalog_hash == former.catalog_hash
    assert card.data["actions"] == former.data["actions"]
    assert card.base_hash != former.base_hash
    assert (small / "tokenizer.json").read_bytes() == (made_base / "tokenizer.json").read_bytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "mamba"}, "model_type mamba"),
        ({"rope_parameters": {"rope_type": "yarn", "rope_theta": 1e4}}, "scaled rotary positions"),
        ({"use_sliding_window": True}, "use_sliding_window"),
        ({"hidden_act": "gelu"}, "hidden_act gelu"),
        ({"head_dim": 32}, "a head_dim of its own"),
        ({"intermediate_size": 96}, "no multiples of 64"),
        ({"num_hidden_layers": 3}, "is missing"),
        ({"num_key_value_heads": 4}, "do not fit its config.json"),
        ({"hidden_size": "wide"}, "is broken"),
    ],
)
def test_what_the_engine_cannot_run_is_refused(
    source: Path, tmp_path: Path, changes: dict[str, object], message: str
) -> None:
    folder = Path(shutil.copytree(source, tmp_path / "qwen"))
    tiny_checkpoint.edit_config(folder, **changes)
    with pytest.raises(ModelError, match=message) as caught:
        prepared(folder, tmp_path / "bases" / "base")
    assert caught.value.hint
    assert not list(tmp_path.glob("bases/*"))


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
@pytest.mark.parametrize("keep", [0.0, 0.6])
def test_broken_source_is_named_and_leaves_nothing(
    source: Path, tmp_path: Path, name: str, keep: float
) -> None:
    folder = Path(shutil.copytree(source, tmp_path / "qwen"))
    whole = (folder / name).read_bytes()
    (folder / name).write_bytes(whole[: int(keep * len(whole))])
    with pytest.raises(ModelError, match=name) as caught:
        prepared(folder, tmp_path / "bases" / "base")
    assert "model.safetensors" in caught.value.hint
    assert not list(tmp_path.glob("bases/*"))


def test_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="holds no model"):
        prepared(tmp_path / "empty", tmp_path / "base")


def test_tokenizer_that_loses_spaces_is_refused(source: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(source, tmp_path / "qwen"))
    data = json.loads((folder / "tokenizer.json").read_text())
    data["normalizer"] = {"type": "Strip", "strip_left": True, "strip_right": True}
    (folder / "tokenizer.json").write_text(json.dumps(data))
    with pytest.raises(ModelError, match="does not give ' hour' back"):
        prepared(folder, tmp_path / "base")


def test_only_a_base_is_replaced(source: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="is no base and is left as it is"):
        prepared(source, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
    base = prepared(source, tmp_path / "base")
    (base / "model.onnx").write_bytes(b"")
    assert (prepared(source, base) / "model.onnx").stat().st_size > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "mine"]


def test_transformers_loads_what_is_exported(base: Path, tmp_path: Path) -> None:
    checkpoint.write(base, tmp_path / "hf")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "hf")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "hf")
    ours = export.dequantise(base).state_dict()
    for name, tensor in model.state_dict().items():
        torch.testing.assert_close(tensor, ours.get(name, torch.zeros(64)))
    with torch.no_grad():
        one, other = (m.eval()(torch.tensor([[7, 300, 12]])).logits for m in (model, export.dequantise(base)))
    torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)
    messages = [{"role": "user", "content": "hi"}]
    assert tokenizer.apply_chat_template(messages, tokenize=False) == "<|im_start|>user\nhi<|im_end|>\n"
    again = prepared(tmp_path / "hf", tmp_path / "again")
    assert read_card(again).base_hash == read_card(base).base_hash


def test_exported_base_without_a_template_joins_prompt_and_wire(made_base: Path, tmp_path: Path) -> None:
    checkpoint.write(made_base, tmp_path / "hf", half=True)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "hf")
    prompt, wire = "<desktop> go to a+b/c, it's 45", '{"action":"mute"}'
    messages = [{"role": "user", "content": prompt}, {"role": "assistant", "content": wire}]
    pieces = ["<desktop>", " go", " to", " a+b/c", ",", " it", "'s", " 45", *codec.pieces_of_wire(wire)]
    ours = codec.tokens(pieces, PieceTokenizer.read(made_base / "tokenizer.json"))
    assert tokenizer.apply_chat_template(messages, return_dict=False) == ours
