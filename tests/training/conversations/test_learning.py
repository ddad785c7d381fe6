"""What is learnt of conversations, and what the card says of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training.conversations.kit import QUIET, RECIPE, SYSTEM, fingerprint, own, plan, write
from whispera.engines import adapter, chat
from whispera.engines.adapter import file_hash
from whispera.errors import TrainingError
from whispera.nlu.chat import template
from whispera.nlu.sampling import Sampling
from whispera.pipeline.chat import Chat
from whispera.training import export, talking
from whispera.training.conversations import collate, encode, read
from whispera.training.loop import Score, Trainable


def test_loss_is_that_of_the_answers_alone(talker: Path) -> None:
    tokenizer = chat.ChatTokenizer.read(talker / "tokenizer.json")
    written = template("chatml", tokenizer)
    spoken = [encode(one, written) for one in read(write(talker.parent / "talks.jsonl"))]
    for one, wanted in zip(spoken, ("I am a tiny one.<|im_end|>", "I can say this.<|im_end|>"), strict=False):
        assert tokenizer.text(one.ids[one.positions + 1].tolist()) == wanted
    model = export.dequantise(talker)
    task = talking.Talking(Trainable(model), spoken, spoken, replace(RECIPE, dtype="float32"))
    total = count = 0.0
    with torch.no_grad():
        for one in spoken:
            rows = model(torch.from_numpy(one.ids)[None]).logits[0].log_softmax(-1)
            total -= float(sum(rows[p, one.ids[p + 1]] for p in one.positions))
            count += len(one.positions)
        assert float(task.loss(collate(spoken))) == pytest.approx(total / count, rel=1e-4)
    assert task.score().loss == pytest.approx(total / count, rel=1e-4)


def test_conversations_are_learnt_by_heart(
    tuned: tuple[Path, talking.ConversationReport], talker: Path
) -> None:
    place, report = tuned
    assert report.before.loss > 3
    assert report.after.loss < 0.4 * report.before.loss
    assert report.after.exact > 0.9
    assert (report.conversations, report.kept_out, report.template) == (3, 0, "chatml")
    session = Chat(chat.load(talker, own(place)), Sampling(max_tokens=20))
    assert "".join(session.say("Who are you?")) == "I am a tiny one."
    assert "".join(session.say("And then?")) == "Nothing more."
    bare = Chat(chat.load(talker, None), Sampling(max_tokens=20), system=SYSTEM)
    assert "".join(bare.say("Who are you?")) != "I am a tiny one."


def test_card_says_what_must_match(tuned: tuple[Path, talking.ConversationReport], talker: Path) -> None:
    data = adapter.read_card(own(tuned[0])).data
    assert data["kind"] == "conversation"
    wanted = {
        "template": "chatml",
        "sequence_length": 128,
        "batch": 256,
        "dtype": "bfloat16",
        "system": SYSTEM,
    }
    assert {key: data[key] for key in wanted} == wanted
    assert data["vocabulary"] == chat.ChatTokenizer.read(talker / "tokenizer.json").size
    assert data["base_hash"] == file_hash(talker / "model.safetensors")


def test_plain_template_is_learnt_too(mute: Path, tmp_path: Path) -> None:
    report = talking.run(RECIPE, plan(mute, tmp_path), **QUIET)
    assert report.template == "plain"
    session = Chat(chat.load(mute, tmp_path / "adapters" / "mute-own"), Sampling(max_tokens=20))
    assert "".join(session.say("What can you do?")) == "I can say this."


def test_some_conversations_are_only_measured_on(talker: Path, tmp_path: Path) -> None:
    said: list[str] = []
    recipe = replace(RECIPE, kept_out=0.4, passes=3)
    report = talking.run(recipe, plan(talker, tmp_path), say=said.append, report=lambda *_: None)
    assert (report.conversations, report.kept_out) == (2, 1)
    assert "2 conversations, 1 kept out" in said[0]


def test_worse_run_is_refused(talker: Path, place: Path) -> None:
    before = fingerprint(own(place))
    for recipe, message in (
        (replace(RECIPE, learning_rate=0.0, passes=1), "did not move"),
        (replace(RECIPE, learning_rate=20.0, passes=3), "less expected than before|not a number"),
    ):
        with pytest.raises(TrainingError, match=message) as caught:
            talking.run(recipe, plan(talker, place, start=own(place)), **QUIET)
        assert "config/recipes/conversation.yaml" in caught.value.hint
        assert "stays as it was" in str(caught.value)
    assert fingerprint(own(place)) == before
    with pytest.raises(TrainingError, match=r"perplexity 2\.7 to 7\.4"):
        talking.guard(Score(1, 1, 1.0), Score(1, 1, 2.0), 0.1)
