"""The embedded model answers alike in onnxruntime (int8 activations) and in torch (float32).

Each answer of onnxruntime is read by torch in one pass: greedy decoding in torch gives the same intent
exactly when torch would choose the same token at every decision on the way.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from whispera.catalog import load as load_catalog
from whispera.engines.adapter import read_card
from whispera.engines.load import PieceTokenizer
from whispera.engines.onnx import OnnxEngine
from whispera.evaluation.expected import read
from whispera.nlu import codec
from whispera.nlu.decode import decode
from whispera.nlu.domains import domain_grammar
from whispera.nlu.normalise import normalise

ROOT = Path(__file__).resolve().parents[2]
NANO = ROOT / "whispera" / "models" / "nano"
AT_LEAST = 0.995


@pytest.mark.skipif(not (NANO / "card.json").is_file(), reason="the embedded model is not in this checkout")
def test_torch_and_onnx_give_the_same_intents_on_the_development_set() -> None:
    import torch

    from whispera.training.encode import collate, encode_pieces
    from whispera.training.export import dequantise
    from whispera.training.loop import Trainable, decision_logits

    catalog = load_catalog(ROOT / "config")
    assert read_card(NANO).catalog_hash == catalog.hash
    grammar = domain_grammar(catalog.actions.values(), tokenizer=PieceTokenizer.read(NANO / "tokenizer.json"))
    slots_of = {name: [slot.name for slot in action.slots] for name, action in catalog.actions.items()}
    lines = read(ROOT / "eval" / "desktop.txt", slots_of)
    fast, exact = OnnxEngine(NANO, threads=1), Trainable(dequantise(NANO).eval())
    different = []
    for line in lines:
        utterance = normalise(line.text)
        wire = decode(utterance, grammar, fast).wire
        read_again = encode_pieces(utterance, codec.pieces_of_wire(wire), grammar)
        with torch.no_grad():
            logits, chosen = decision_logits(exact, collate([read_again]))
        if not bool((logits.argmax(-1) == chosen).all()):
            different.append((line.text, wire))
    assert len(different) <= (1 - AT_LEAST) * len(lines), different
