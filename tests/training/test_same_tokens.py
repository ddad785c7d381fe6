"""One prompt and one codec: training and serving read and write the same token ids."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from generator import generate, heldout
from generator.export import line
from tests.training import tiny_base
from whispera.catalog import load
from whispera.catalog.catalog import Catalog
from whispera.domain.labelled import Copied, Labelled, Target
from whispera.engines.load import PieceTokenizer
from whispera.nlu import codec
from whispera.nlu.decode import decode, trace_of
from whispera.nlu.domains import domain_grammar
from whispera.nlu.grammar import Grammar
from whispera.nlu.normalise import normalise
from whispera.training import dataset
from whispera.training.encode import Encoded, encode_example

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def shipped() -> Catalog:
    return load(ROOT / "config")


@pytest.fixture(scope="module")
def grammar(shipped: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Grammar:
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.json"
    texts = [one.text.lower() for one in generate(shipped, seed=5, size=400)]
    path.write_text(tiny_base.tokenizer(texts, size=900).to_str(), encoding="utf-8")
    return domain_grammar(shipped.actions.values(), tokenizer=PieceTokenizer.read(path))


class Recorder:
    """Answers as it is told and keeps every token it was given and every choice it was offered."""

    def __init__(self, wanted: Sequence[int]) -> None:
        self.wanted = list(wanted)
        self.asked: list[tuple[int, tuple[int, ...]]] = []

    def start(self) -> tuple[int, ...]:
        return ()

    def extend(
        self, state: tuple[int, ...], ids: Sequence[int], allowed: Sequence[int]
    ) -> tuple[tuple[int, ...], list[float]]:
        state = (*state, *ids)
        assert list(state) == self.wanted[: len(state)]
        self.asked.append((len(state) - 1, tuple(allowed)))
        return state, [float(token == self.wanted[len(state)]) for token in allowed]


def served(labelled: Labelled, grammar: Grammar, trained: Encoded) -> str:
    """The wire intent that decoding gives when the model chooses as training taught."""
    recorder = Recorder(trained.ids.tolist())
    decoded = decode(
        normalise(labelled.text), grammar, recorder, previous=[trace_of(w) for w in labelled.previous]
    )
    positions = [position for position, _ in recorder.asked]
    assert positions == trained.positions.tolist(), "the same decisions"
    for (_, offered), allowed in zip(recorder.asked, trained.allowed, strict=True):
        assert set(offered) == set(allowed.tolist()), "with the same choices"
    return decoded.wire


@pytest.fixture(scope="module")
def samples(shipped: Catalog) -> list[Labelled]:
    """Up to 25 examples of every kind the generator makes, and all that are held out."""
    kinds: dict[str, list[Labelled]] = {}
    for one in generate(shipped, seed=2, size=4000):
        kinds.setdefault(one.origin, []).append(one)
    assert {"pattern", "near miss", "sequence"} < set(kinds)
    return [one for group in kinds.values() for one in group[:25]] + list(heldout(shipped, seed=1))


def test_training_and_serving_read_the_same_tokens(samples: list[Labelled], grammar: Grammar) -> None:
    for labelled in samples:
        trained = encode_example(labelled, grammar)
        assert served(labelled, grammar, trained) == codec.encode(labelled).wire, labelled


def test_dataset_lines_have_the_tokens_of_their_examples(samples: list[Labelled], grammar: Grammar) -> None:
    for labelled in samples:
        user, assistant = json.loads(line(codec.encode(labelled)))["messages"]
        wire = assistant["content"]
        written = dataset.Line(user["content"], wire, json.loads(wire)["action"])
        from_file = dataset.encode_line(written, grammar)
        direct = encode_example(labelled, grammar)
        assert from_file.ids.tolist() == direct.ids.tolist(), labelled
        assert from_file.positions.tolist() == direct.positions.tolist(), labelled
        assert from_file.labels.tolist() == direct.labels.tolist(), labelled


def test_prompt_pieces_are_the_prompt_text(samples: list[Labelled]) -> None:
    for labelled in samples[::7]:
        utterance = normalise(labelled.text)
        pieces = codec.prompt_pieces(utterance, tag=labelled.tag, previous=labelled.previous)
        assert "".join(pieces) == codec.encode(labelled).prompt


def test_previous_intents_stand_before_the_utterance(samples: list[Labelled], grammar: Grammar) -> None:
    before = '{"action":"set_volume","level":" 40 percent"}'
    labelled = next(one for one in samples if one.action != "sequence")
    follow_up = Labelled(labelled.text, labelled.steps, previous=(before,))
    trained = encode_example(follow_up, grammar)
    assert served(follow_up, grammar, trained) == codec.encode(follow_up).wire
    alone = encode_example(labelled, grammar)
    extra = codec.tokens(codec.pieces_of_wire(before), grammar.tokenizer)
    assert trained.ids.tolist() == [alone.ids[0], *extra, *alone.ids[1:].tolist()]


def test_value_of_a_previous_intent_is_copied(grammar: Grammar) -> None:
    before = '{"action":"open_app","target":" quibblebox 3"}'
    follow_up = Labelled(
        "close it again", (Target("close_app", (("target", Copied("quibblebox 3")),)),), previous=(before,)
    )
    encoded = codec.encode(follow_up)
    assert encoded.prompt == f"<desktop>{before} close it again"
    assert encoded.wire == '{"action":"close_app","target":" quibblebox 3"}'
    assert codec.split_prompt(encoded.prompt, tag="desktop") == ((before,), " close it again")
    assert served(follow_up, grammar, encode_example(follow_up, grammar)) == encoded.wire
    written = dataset.Line(encoded.prompt, encoded.wire, "close_app")
    assert (
        dataset.encode_line(written, grammar).ids.tolist() == encode_example(follow_up, grammar).ids.tolist()
    )
    with pytest.raises(ValueError, match="does not allow"):
        encode_example(Labelled(follow_up.text, follow_up.steps), grammar)
