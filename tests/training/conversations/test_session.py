"""Talking: which token comes next, and what a session remembers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.training.conversations.kit import SYSTEM, own
from whispera.engines import chat
from whispera.engines.onnx import OnnxEngine
from whispera.errors import UsageError
from whispera.nlu.sampling import Sampling, choose
from whispera.pipeline.chat import Chat


def test_sampling_keeps_to_what_is_probable() -> None:
    logits = np.log(np.asarray([0.5, 0.05, 0.3, 0.15], dtype=np.float32))
    rng = np.random.default_rng(0)
    assert choose(logits, Sampling(), rng) == 0
    drawn = [choose(logits, Sampling(temperature=1.0, top_p=0.75), rng) for _ in range(200)]
    assert set(drawn) == {0, 2}
    assert sum(one == 0 for one in drawn) == pytest.approx(200 * 5 / 8, abs=30)
    assert {choose(logits, Sampling(temperature=1.0), rng) for _ in range(400)} == {0, 1, 2, 3}
    assert {choose(logits, Sampling(temperature=0.05), rng) for _ in range(100)} == {0}
    assert {choose(logits, Sampling(temperature=2.0, top_p=1e-6), rng) for _ in range(50)} == {0}


def test_logits_of_all_tokens_are_those_of_each(talker: Path) -> None:
    engine = OnnxEngine(talker)
    size = chat.ChatTokenizer.read(talker / "tokenizer.json").size
    _, wanted = engine.extend(engine.start(), [5, 300, 17], range(size))
    state, got = engine.extend_all(engine.start(), [5, 300, 17])
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)
    assert state.length == 3


def test_same_seed_gives_the_same_answer(talker: Path) -> None:
    model = chat.load(talker, None)

    def answer(seed: int) -> str:
        return "".join(Chat(model, Sampling(1.0, 0.9, seed, 12), system=SYSTEM).say("Who are you?"))

    assert answer(3) == answer(3)
    assert len({answer(seed) for seed in range(6)}) > 3


def test_long_conversation_forgets_its_beginning(talker: Path) -> None:
    session = Chat(chat.load(talker, None), Sampling(max_tokens=30), system=SYSTEM)
    for _ in range(12):  # 256 tokens are read at most
        "".join(session.say("What can you do?"))
    assert 0 < session.tokens <= 30
    with pytest.raises(UsageError, match="talker reads 256") as caught:
        next(session.say("who are you " * 200))
    assert "--max-tokens" in caught.value.hint


def test_answer_that_is_broken_off_counts_as_said(talker: Path, place: Path) -> None:
    session = Chat(chat.load(talker, own(place)), Sampling(max_tokens=20))
    pieces = session.say("Who are you?")
    assert next(pieces) == "I"
    pieces.close()
    assert "".join(session.say("Who are you?"))
