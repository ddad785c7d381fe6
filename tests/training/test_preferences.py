"""Where pairs come from: corrections, confusions, runners-up; and what may never become one."""

from __future__ import annotations

import json
import math
import stat
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from generator import generate
from generator.heldout import located
from generator.sources import read
from tests.training import tiny_base
from whispera.catalog import load
from whispera.catalog.catalog import Catalog
from whispera.cli import train_dpo
from whispera.domain.intent import Intent
from whispera.domain.labelled import Labelled, Span, Target
from whispera.domain.outcome import Parse
from whispera.engines.fake import FakeEngine, fake_model
from whispera.engines.load import Loaded
from whispera.nlu.codec import encode
from whispera.pipeline.history import History
from whispera.training.preferences import Asker, Corrected, Lines, Pair, mine, plain, read_pairs, write_pairs
from whispera.workspace import Workspace

ROOT = Path(__file__).parents[2]
MUTE, CANCEL = '{"action":"mute"}', '{"action":"cancel"}'


def asker(answers: dict[str, str], **changes: float) -> Asker:
    model = fake_model(answers, confidence=changes.get("confidence", 0.99))
    return Asker(tiny_base.catalog(), model, runner_up=0.2)


def line(text: str, action: str, *, slot: str = "", words: str = "") -> Labelled:
    start = text.find(words)
    slots = ((slot, Span(start, start + len(words))),) if slot else ()
    return Labelled(text, (Target(action, slots),))


def test_wrong_answer_is_rejected_for_the_right_one() -> None:
    found = asker({"hush now": CANCEL}).pairs(line("Hush now!", "mute"), "confusion")
    assert found == [Pair("Hush now!", MUTE, CANCEL, "confusion", (), 0.99)]


def test_right_and_sure_answer_is_no_pair() -> None:
    assert asker({"hush now": MUTE}).pairs(line("hush now", "mute"), "confusion") == []


def test_same_value_in_other_words_is_no_pair() -> None:
    said = '{"action":"open_app","target":" the mail"}'
    asked = asker({"open the mail": said})
    assert asked.pairs(line("open the mail", "open_app", slot="target", words="mail"), "confusion") == []
    cut = asker({"open vs code": '{"action":"open_app","target":" vs"}'})
    (pair,) = cut.pairs(line("open vs code", "open_app", slot="target", words="vs code"), "confusion")
    assert pair.rejected == '{"action":"open_app","target":" vs"}'


class Undecided(FakeEngine):
    """Is torn between `mute` and `cancel`, and says the first."""

    def extend(
        self, state: tuple[int, ...], ids: Sequence[int], allowed: Sequence[int]
    ) -> tuple[tuple[int, ...], list[float]]:
        state, logits = super().extend(state, ids, allowed)
        if {ord("m"), ord("c")} <= set(allowed):
            logits = [{ord("m"): 30.4, ord("c"): 30.0}.get(token, 0.0) for token in allowed]
        return state, logits


def test_probable_second_reading_is_rejected() -> None:
    known = fake_model({})
    model = Loaded("fake", Undecided({"hush now": MUTE}), known.tokenizer, 1.0, "")
    (pair,) = Asker(tiny_base.catalog(), model, runner_up=0.2).pairs(line("hush now", "mute"), "confusion")
    assert (pair.kind, pair.rejected) == ("runner-up", CANCEL)
    assert pair.probability == pytest.approx(1 / (1 + math.exp(0.4)), abs=1e-3)
    assert (
        Asker(tiny_base.catalog(), model, runner_up=0.45).pairs(line("hush now", "mute"), "confusion") == []
    )


def test_correction_is_set_against_what_was_said() -> None:
    lines = Lines(
        [
            Corrected(line("hush now", "mute"), (CANCEL, MUTE, '{"action":"gone"}')),
            Corrected(line("go away", "cancel")),
        ]
    )
    found = [pair for some in mine(asker({"hush now": MUTE, "go away": MUTE}), lines) for pair in some]
    assert [(pair.text, pair.kind, pair.chosen, pair.rejected) for pair in found] == [
        ("hush now", "correction", MUTE, CANCEL),
        ("go away", "correction", CANCEL, MUTE),
    ]


def test_follow_up_keeps_what_was_said_before() -> None:
    follow = Labelled("again please", (Target("mute"),), previous=(MUTE,))
    known = fake_model({})
    model = Loaded("fake", Undecided({"again please": CANCEL}), known.tokenizer, 1.0, "")
    (pair,) = Asker(tiny_base.catalog(), model, runner_up=0.2).pairs(follow, "confusion")
    assert pair.previous == (MUTE,)


def test_line_that_is_measured_on_is_left_out() -> None:
    lines = Lines(
        kept_out=[line("Hush now!", "mute"), line("be still", "mute")], measured={plain("hush now")}
    )
    said = asker({"hush now": CANCEL, "be still": CANCEL})
    assert [pair.text for some in mine(said, lines) for pair in some] == ["be still"]


def test_line_that_does_not_fit_the_catalog_is_left_out() -> None:
    assert asker({}).pairs(line("hush now", "no_such_action"), "correction") == []


def test_pairs_are_read_back_for_the_same_key_alone(tmp_path: Path) -> None:
    pairs = [Pair("hush", MUTE, CANCEL, "runner-up", (MUTE,), 0.3), Pair("è", MUTE, CANCEL, "correction")]
    path = tmp_path / "pairs.jsonl"
    assert read_pairs(path, {"base": "a"}) is None
    write_pairs(path, pairs, {"base": "a"})
    assert read_pairs(path, {"base": "a"}) == pairs
    assert read_pairs(path, {"base": "b"}) is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_text("\n".join(path.read_text(encoding="utf-8").splitlines()[:-1]), encoding="utf-8")
    assert read_pairs(path, {"base": "a"}) is None, "a file that was cut off"


# -- the sentences that are looked through, with the shipped catalog


@pytest.fixture(scope="module")
def shipped() -> Catalog:
    return load(ROOT / "config")


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    (tmp_path / "config" / "local").mkdir(parents=True)
    return Workspace(tmp_path, tmp_path / "state", tmp_path / "cache")


def remember(
    place: Workspace, text: str, wire: str, should_be: Intent, *, previous: tuple[Intent, ...] = ()
) -> None:
    history = History(place.state)
    said = Intent(json.loads(wire)["action"])
    history.record(Parse(text, wire, said, None, 0.9, 1.0, previous=previous), None, session="test")
    history.correct(history.recent(1)[0].id, should_be)
    history.close()


def test_corrections_are_found_in_examples_and_history(place: Workspace, shipped: Catalog) -> None:
    remember(place, "hush for a bit", '{"action":"copy"}', Intent("mute"))
    remember(place, "pop krita up", '{"action":"paste"}', Intent("open_app", {"target": "krita"}))
    example = {"text": "hush for a bit", "intent": {"action": "unmute"}}
    (place.local / "examples.jsonl").write_text(json.dumps(example) + "\n", encoding="utf-8")
    lines = train_dpo.corrected_lines(place, shipped, seed=1)
    first = {one.labelled.text: one for one in lines if one.labelled.source == train_dpo.OWN}
    assert {text: (one.labelled.action, one.said) for text, one in first.items()} == {
        "hush for a bit": ("unmute", ('{"action":"copy"}',)),
        "pop krita up": ("open_app", ('{"action":"paste"}',)),
    }, "the example counts"
    assert len(lines) > 20, "and the same words dressed anew"


def test_correction_leans_on_what_was_said_before(place: Workspace, shipped: Catalog) -> None:
    before = (Intent("volume_up"),)
    remember(place, "a hair less", '{"action":"cancel"}', Intent("volume_down"), previous=before)
    remember(place, "a hair less", '{"action":"mute"}', Intent("brightness_down"))
    lines = train_dpo.corrected_lines(place, shipped, seed=1)
    own = [one for one in lines if one.labelled.source == train_dpo.OWN]
    assert {(one.labelled.action, len(one.labelled.previous), one.said) for one in own} == {
        ("volume_down", 1, ('{"action":"cancel"}',)),
        ("brightness_down", 0, ('{"action":"mute"}',)),
    }


def test_nothing_corrected_is_nothing_found(place: Workspace, shipped: Catalog) -> None:
    assert train_dpo.corrected_lines(place, shipped, seed=1) == []


@pytest.fixture(scope="module")
def drawn(shipped: Catalog) -> list[Labelled]:
    return list(generate(shipped, seed=17, size=300, split=train_dpo.SPLIT))


@pytest.fixture(scope="module")
def examples(shipped: Catalog) -> list[Labelled]:
    return located(read(shipped))[0]


def looked_through(place: Workspace, shipped: Catalog, examples: list[Labelled]) -> list[Labelled]:
    plan = SimpleNamespace(catalog=shipped, heldout=examples)
    recipe = SimpleNamespace(seed=17, lines=300)
    return list(train_dpo.lines_of(place, plan, recipe).kept_out)  # type: ignore[arg-type]


def test_sentences_looked_through_are_no_evaluation_lines(
    place: Workspace,
    shipped: Catalog,
    drawn: list[Labelled],
    examples: list[Labelled],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    split: list[str] = []

    def generate(*_: object, **options: str) -> list[Labelled]:
        split.append(options["split"])
        return [*drawn, *examples[:50]]

    monkeypatch.setattr("generator.generate", generate)
    (place.root / "eval").mkdir()
    (place.root / "eval" / "own.txt").write_text(
        f"# mine\n{drawn[0].text.upper()} | none\n", encoding="utf-8"
    )
    texts = {plain(one.text) for one in looked_through(place, shipped, examples)}
    assert split == [train_dpo.SPLIT]
    assert len(texts) > 200
    assert plain(drawn[0].text) not in texts
    assert not texts & {plain(one.text) for one in examples}


def test_very_words_of_the_user_may_be_measured_on(
    place: Workspace, shipped: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(place, "hush for a bit", '{"action":"copy"}', Intent("mute"))
    copies = [one.labelled.text for one in train_dpo.corrected_lines(place, shipped, seed=17)[1:]]
    (place.root / "eval").mkdir()
    lines = "".join(f"{text} | mute\n" for text in ("hush for a bit", *copies[:3]))
    (place.root / "eval" / "own.txt").write_text(lines, encoding="utf-8")
    monkeypatch.setattr("generator.generate", lambda *_, **__: [])
    plan = SimpleNamespace(catalog=shipped, heldout=[])
    found = train_dpo.lines_of(place, plan, SimpleNamespace(seed=17, lines=0))  # type: ignore[arg-type]
    texts = [one.labelled.text for one in found.corrections]
    assert texts[0] == "hush for a bit"
    assert not {plain(text) for text in texts[1:]} & {plain(text) for text in copies[:3]}
    assert len(texts) > 5


def test_sentences_looked_through_are_not_those_of_training(drawn: list[Labelled]) -> None:
    lines = (ROOT / "train.jsonl").read_text(encoding="utf-8").splitlines()
    trained = {json.loads(one)["messages"][0]["content"] for one in lines}
    both = [one for one in drawn if encode(one).prompt in trained]
    assert len(both) < 0.1 * len(drawn)
