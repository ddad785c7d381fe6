"""The lean forward pass: the logits and gradients of transformers and peft, with less work."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from tests.training import tiny_base
from whispera.engines.load import PieceTokenizer
from whispera.nlu.domains import domain_grammar
from whispera.training import lora
from whispera.training.encode import Batch, Encoded, collate, encode_example
from whispera.training.lean import Lean
from whispera.training.loop import Trainable, answers, decision_logits
from whispera.training.method import Method


@pytest.fixture(scope="module")
def encoded(made_base: Path) -> list[Encoded]:
    """Sentences of all lengths, sequences among them."""
    tokenizer = PieceTokenizer.read(made_base / "tokenizer.json")
    grammar = domain_grammar(tiny_base.ACTIONS, tokenizer=tokenizer)
    return [encode_example(one, grammar) for one in tiny_base.examples()]


@pytest.fixture(scope="module")
def wrapped(made_base: Path) -> object:
    """A base under an adapter that changes what it says."""
    model = lora.wrap(made_base, tiny_base.RECIPE)
    torch.manual_seed(1)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    return model


def _asked(trainable: Trainable, batch: Batch) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The logits of a batch, and the gradients of its loss."""
    for parameter in trainable.parameters():
        parameter.grad = None
    logits, labels = decision_logits(trainable, batch)
    functional.cross_entropy(logits, labels).backward()  # type: ignore[no-untyped-call]
    return logits.detach(), [parameter.grad.clone() for parameter in trainable.parameters()]  # type: ignore[union-attr]


def test_logits_and_gradients_are_those_of_peft(wrapped: object, encoded: list[Encoded]) -> None:
    batch = collate(encoded[::2])
    assert len(set(batch.lengths.tolist())) > 5
    exact, wanted = _asked(Trainable(wrapped), batch)
    lean, found = _asked(Lean(wrapped, dtype=torch.float32), batch)
    assert bool((exact.isinf() == lean.isinf()).all())
    finite = ~exact.isinf()
    torch.testing.assert_close(lean[finite], exact[finite], rtol=0, atol=1e-5)
    for one, other in zip(found, wanted, strict=True):
        assert float(other.abs().max()) > 0
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5 * float(other.abs().max()))


def test_half_the_bits_give_nearly_the_same_answers(wrapped: object, encoded: list[Encoded]) -> None:
    exact = answers(Lean(wrapped, dtype=torch.float32), encoded)
    lean = answers(Lean(wrapped), encoded)
    assert sum(a.right == b.right for a, b in zip(exact, lean, strict=True)) >= 0.95 * len(encoded)
    assert np.mean([abs(a.loss - b.loss) for a, b in zip(exact, lean, strict=True)]) < 0.1


def test_autocast_around_it_changes_nothing(wrapped: object, encoded: list[Encoded]) -> None:
    lean, batch = Lean(wrapped, dtype=torch.float32), collate(encoded[:8])
    with torch.no_grad():
        alone = lean.decided(batch)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            assert torch.equal(lean.decided(batch), alone)


def test_tokens_after_the_last_decision_are_not_read(encoded: list[Encoded]) -> None:
    batch = collate(encoded)
    assert batch.ids.shape[1] == max(one.length for one in encoded) == int(batch.positions.max()) + 1
    for row, one in enumerate(encoded):
        assert one.length < len(one.ids)  # the wire intent's end is forced
        assert batch.ids[row, : one.length].tolist() == one.ids[: one.length].tolist()
        assert not batch.ids[row, one.length :].any()


def test_only_allowed_tokens_have_logits(wrapped: object, encoded: list[Encoded]) -> None:
    batch = collate(encoded[:6])
    with torch.no_grad():
        logits, labels = decision_logits(Lean(wrapped), batch)
    tokens = np.unique(batch.mask_tokens)
    assert logits.shape == (len(batch.labels), len(tokens))
    assert tokens[labels.numpy()].tolist() == batch.labels.tolist()
    allowed = [len(one) for example in encoded[:6] for one in example.allowed]
    assert (~logits.isinf()).sum(-1).tolist() == allowed


def test_adapters_are_learnt_leanly_on_the_processor(wrapped: object, tmp_path: Path) -> None:
    assert isinstance(Method().trainable(wrapped), Lean)
    assert type(Method(out=tmp_path / "whole").trainable(wrapped)) is Trainable
