"""Preferences: the loss is the paper's, the margin grows, and a run that makes things worse is refused."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training import tiny_base
from whispera.engines import adapter
from whispera.engines.load import PieceTokenizer, load
from whispera.errors import AdapterError, TrainingError
from whispera.nlu.codec import encode
from whispera.nlu.domains import domain_grammar
from whispera.training import dpo, keep, lora
from whispera.training.curriculum import Paired
from whispera.training.loop import Progress, Trainable, answers
from whispera.training.pairs import encode_pairs, keep_out, log_probabilities, pair_batch
from whispera.training.preferences import Asker, Lines, Pair, mine

HASH = tiny_base.catalog().hash
QUIET = {"report": lambda *_: None, "say": lambda _: None}
RECIPE = dpo.DpoRecipe(
    seed=5,
    beta=0.1,
    nll_weight=0.2,
    reference="base",
    lines=0,
    runner_up=0.2,
    kept_out=0.2,
    correction_weight=4,
    passes=6,
    learning_rate=3e-3,
    tokens_per_batch=256,
    evaluations=2,
    none_weight=1,
    tolerance=0.2,
    tolerance_none=1.0,
)
NONE = '{"action":"none"}'


def fingerprint(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def right_wire(text: str) -> str:
    return next(encode(one).wire for one in tiny_base.examples() if one.text == text)


def pairs() -> list[Pair]:
    """Pairs whose wrong answers the tuned model does not give: `none` for every fourth command."""
    commands = [one for one in tiny_base.examples() if one.action not in ("none", "sequence")][1::4]
    return [Pair(one.text, right_wire(one.text), NONE, "confusion") for one in commands]


def backwards() -> list[Pair]:
    """Pairs that teach the opposite of what is held out."""
    commands = [one for one in tiny_base.examples() if one.action not in ("none", "sequence")]
    return [
        Pair(one.text + " now", NONE, encode(replace(one, text=one.text + " now")).wire, "confusion")
        for one in commands
    ]


def prefer(
    base: Path,
    place: Path,
    recipe: dpo.DpoRecipe = RECIPE,
    found: list[Pair] | None = None,
    **changes: object,
) -> dpo.DpoReport:
    quiet = {name: changes.pop(name, value) for name, value in QUIET.items()}
    plan = tiny_base.plan(base, place, **changes)
    return dpo.run(recipe, plan, pairs() if found is None else found, fresh=tiny_base.RECIPE, **quiet)  # type: ignore[arg-type]


def wrapped(base: Path, place: Path) -> Trainable:
    model = lora.wrap(base, tiny_base.RECIPE)
    lora.read_weights(model, place / "adapters" / "tiny", tiny_base.RECIPE)
    return Trainable(model)


def test_loss_is_the_one_of_the_paper() -> None:
    chosen, rejected, reference = (
        torch.tensor([-1.0, -3.0]),
        torch.tensor([-2.0, -0.5]),
        torch.tensor([0.5, -1.0]),
    )
    got = dpo.preference_loss(chosen, rejected, reference, beta=0.4)
    # margins 1.0 and -2.5, less those of the reference: 0.5 and -1.5, times beta: 0.2 and -0.6
    wanted = [math.log(1 + math.exp(-0.2)), math.log(1 + math.exp(0.6))]
    assert got.tolist() == pytest.approx(wanted, abs=1e-6)


def test_probability_of_an_answer_is_the_product_of_its_decisions(base: Path, place: Path) -> None:
    grammar = domain_grammar(tiny_base.ACTIONS, tokenizer=PieceTokenizer.read(base / "tokenizer.json"))
    found = encode_pairs(pairs()[:5], grammar)
    trainable = wrapped(base, place)
    batch = pair_batch([dpo.EncodedPair(a, b, 0.0, 1.0) for _, a, b in found])
    with torch.no_grad():
        got = log_probabilities(trainable, batch.batch)
        for index, (_, *two) in enumerate(found):
            for row, one in zip((index, index + len(found)), two, strict=True):
                logits = trainable.model(torch.from_numpy(one.ids.astype(np.int64))[None]).logits[0]
                total = 0.0
                for position, label, allowed in zip(one.positions, one.labels, one.allowed, strict=True):
                    chosen = logits[int(position)][allowed.tolist()]
                    total += float(chosen.log_softmax(-1)[allowed.tolist().index(int(label))])
                assert float(got[row]) == pytest.approx(total, abs=1e-3)


def test_one_step_moves_the_margin_up(base: Path, place: Path) -> None:
    grammar = domain_grammar(tiny_base.ACTIONS, tokenizer=PieceTokenizer.read(base / "tokenizer.json"))
    trainable = wrapped(base, place)
    for chosen, rejected in ((0, 1), (1, 0)):  # either way round: it is the label that decides
        both = [one[1:] for one in encode_pairs(pairs()[:6], grammar)]
        ready = [dpo.EncodedPair(two[chosen], two[rejected], 0.0, 1.0) for two in both]
        task = dpo.Preferences(trainable, ready, [], replace(RECIPE, nll_weight=0.0))
        before = dpo.score_pairs(trainable, ready).margin
        optimizer = torch.optim.SGD(trainable.parameters(), lr=0.05)
        task.loss(pair_batch(ready)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        assert dpo.score_pairs(trainable, ready).margin > before


def test_reference_is_the_model_with_the_adapter_off(base: Path, place: Path) -> None:
    grammar = domain_grammar(tiny_base.ACTIONS, tokenizer=PieceTokenizer.read(base / "tokenizer.json"))
    found = encode_pairs(pairs(), grammar)
    bare = Trainable(lora.wrap(base, tiny_base.RECIPE))  # a fresh adapter changes nothing
    tuned = wrapped(base, place)
    for reference, model in (("base", bare), ("start", tuned)):
        recipe = replace(RECIPE, reference=reference, kept_out=0.0)  # type: ignore[arg-type]
        learnt, _ = dpo.split(found, recipe, tuned)
        right = answers(model, [chosen for _, chosen, _ in found])
        wrong = answers(model, [rejected for _, _, rejected in found])
        wanted = [b.loss - a.loss for a, b in zip(right, wrong, strict=True)]
        assert [one.reference for one in learnt] == pytest.approx(wanted, abs=1e-3)


def test_run_raises_the_margin_and_keeps_what_is_known(base: Path, place: Path) -> None:
    before = fingerprint(place / "adapters" / "tiny")
    report = prefer(base, place)
    assert report.kinds == {"correction": 0, "confusion": len(pairs()), "runner-up": 0}
    assert report.learnt_after.margin > report.learnt_before.margin
    assert report.learnt_after.accuracy >= report.learnt_before.accuracy
    assert report.kept_before.pairs == int(len(pairs()) * RECIPE.kept_out)
    assert report.adapter.after.exact >= report.adapter.before.exact - RECIPE.tolerance
    assert fingerprint(place / "adapters" / "tiny") != before
    assert load(base, place / "adapters", catalog_hash=HASH).adapter
    card = adapter.read_card(place / "adapters" / "tiny")
    assert card.data["preferences"]["learnt"]["after"]["pairs"] == report.learnt_after.pairs
    assert card.data["recipe"]["beta"] == RECIPE.beta
    assert card.temperature == report.adapter.temperature


def test_run_without_an_adapter_starts_a_fresh_one(base: Path, tmp_path: Path) -> None:
    said: list[str] = []
    prefer(base, tmp_path, replace(RECIPE, tolerance=1.0), say=said.append)
    assert "a fresh adapter" in said[0]
    assert adapter.read_rank(tmp_path / "adapters" / "tiny") == (
        tiny_base.RECIPE.rank,
        tiny_base.RECIPE.alpha,
    )


@pytest.mark.parametrize(
    ("recipe", "found", "message"),
    [
        (replace(RECIPE, learning_rate=0.0), pairs(), "did not move"),
        (replace(RECIPE, tolerance=0.0, learning_rate=2e-2), backwards(), "fell from"),
        (RECIPE, [], "no pair to learn from"),
        (replace(RECIPE, kept_out=1.0), pairs(), "every pair is kept out"),
    ],
)
def test_worse_run_is_refused(
    base: Path, place: Path, recipe: dpo.DpoRecipe, found: list[Pair], message: str
) -> None:
    before = fingerprint(place / "adapters" / "tiny")
    with pytest.raises(TrainingError, match=f"{message}.* stays as it was") as caught:
        prefer(base, place, recipe, found)
    assert caught.value.hint
    assert fingerprint(place / "adapters" / "tiny") == before


def test_pairs_told_apart_worse_are_refused() -> None:
    better, worse = dpo.PairScore(10, 0.9, 1.0), dpo.PairScore(10, 0.7, 0.5)
    score = dpo.Score(1.0, 1.0, 0.1)
    tuned = lora.TrainReport((), 1, 1.0, score, score, None, None, 1.0, 0.1, "tiny")
    dpo.guard(dpo.DpoReport(tuned, {}, worse, better, worse, worse), RECIPE)
    with pytest.raises(TrainingError, match=r"worse than before, 80.0% to 70.0%") as caught:
        dpo.guard(dpo.DpoReport(tuned, {}, better, worse, worse, worse), RECIPE)
    assert "config/recipes/dpo.yaml" in caught.value.hint


def test_a_run_that_acts_on_what_is_no_command_is_refused() -> None:
    better, score = dpo.PairScore(10, 0.9, 1.0), dpo.Score(1.0, 1.0, 0.1)
    none = [Paired(f"chat {number}", "none", True, number >= 3) for number in range(100)]
    commands = [Paired("open krita", "open_app", False, True)] * 50
    tuned = lora.TrainReport((), 1, 1.0, score, score, None, None, 1.0, 0.1, "tiny", (*none, *commands))
    report = dpo.DpoReport(tuned, {}, better, better, better, better)
    dpo.guard(report, replace(RECIPE, tolerance_none=0.03))
    with pytest.raises(TrainingError, match=r"of 100 .* no command 97 are told so, 100 before") as caught:
        dpo.guard(report, replace(RECIPE, tolerance_none=0.02))
    assert "none_weight" in caught.value.hint
    assert not dpo.NoneLost(50, 7, 6).is_more_than(0.02)


def test_a_recipe_may_bear_no_loss_at_all(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "config" / "recipes" / "dpo.yaml"
    text = shipped.read_text(encoding="utf-8").replace("tolerance_none: 0.02", "tolerance_none: 0")
    (tmp_path / "dpo.yaml").write_text(text, encoding="utf-8")
    assert dpo.read_recipe(tmp_path / "dpo.yaml").tolerance_none == 0


def test_of_what_costs_too_much_a_part_is_kept(
    base: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keep, "PARTS", (0.02,))
    said: list[str] = []
    report = prefer(
        base, place, replace(RECIPE, tolerance=0.0, learning_rate=2e-2), backwards(), say=said.append
    )
    assert "kept 2% of what was learnt" in said[-1]
    assert report.adapter.after.exact >= report.adapter.before.exact
    assert report.learnt_after.margin > report.learnt_before.margin
    assert load(base, place / "adapters", catalog_hash=HASH).adapter


def test_a_sentence_that_is_no_command_weighs_what_the_recipe_says(base: Path, place: Path) -> None:
    chat = next(one.text for one in tiny_base.examples() if one.action == "none")
    found = [Pair(chat, NONE, '{"action":"mute"}', "confusion"), *pairs()]
    recipe = replace(RECIPE, none_weight=3.0, kept_out=0.0)
    grammar = domain_grammar(tiny_base.ACTIONS, tokenizer=PieceTokenizer.read(base / "tokenizer.json"))
    learnt, _ = dpo.split(encode_pairs(found, grammar), recipe, wrapped(base, place))
    assert sorted({one.weight for one in learnt}) == [1.0, 3.0]
    assert sum(one.weight == 3.0 for one in learnt) == 1


def test_interrupted_run_leaves_the_old_adapter_and_resumes(base: Path, place: Path) -> None:
    before = fingerprint(place / "adapters" / "tiny")
    seen: list[int] = []

    def stop(progress: Progress, total: int) -> None:
        seen.append(progress.seen)
        if progress.seen > total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prefer(base, place, report=stop)
    assert fingerprint(place / "adapters" / "tiny") == before
    said: list[str] = []
    resumed: list[int] = []
    prefer(base, place, resume=True, say=said.append, report=lambda p, _: resumed.append(p.seen))
    assert f"resuming at {seen[-1]} of" in said[-1]
    assert seen[-1] < resumed[0] < seen[-1] + 20
    assert not (place / "work" / dpo.STATE).exists()


def test_resume_with_other_pairs_is_refused(base: Path, place: Path) -> None:
    def stop(progress: Progress, _: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prefer(base, place, report=stop)
    with pytest.raises(TrainingError, match="other data") as caught:
        prefer(base, place, found=pairs()[:-3], resume=True)
    assert caught.value.hint == "start anew: whispera train --dpo"


def test_model_of_another_catalog_is_refused(base: Path, place: Path) -> None:
    fewer = tiny_base.catalog(tiny_base.ACTIONS[:4])
    with pytest.raises(AdapterError, match="does not know these actions") as caught:
        prefer(base, place, catalog=fewer)
    assert "whispera train" in caught.value.hint


def test_corrected_example_is_not_measured_on(base: Path, place: Path) -> None:
    held = tiny_base.examples()[::2]
    corrected = next(one for one in held if one.action == "mute")
    found = [*pairs(), Pair(corrected.text.upper(), '{"action":"cancel"}', '{"action":"mute"}', "correction")]
    report = prefer(base, place, replace(RECIPE, tolerance=1.0), found)
    measured = [one.text for one in report.adapter.paired]
    assert corrected.text not in measured
    assert len(measured) >= len(held) - len(found)


def test_corrections_are_always_learnt_from() -> None:
    found = [Pair(f"say {number}", NONE, NONE, "confusion") for number in range(50)]
    found += [Pair(f"say {number}", NONE, NONE, "correction") for number in range(40, 60)]
    out = keep_out(found, share=0.5, seed=1)
    assert out == keep_out(list(reversed(found)), share=0.5, seed=1)
    assert len(out) == 20
    assert not out & {f" say {number}" for number in range(40, 60)}


def test_mined_pairs_are_what_the_model_gets_wrong(base: Path, place: Path) -> None:
    model = load(base, place / "adapters", catalog_hash=HASH)
    asker = Asker(tiny_base.catalog(), model, runner_up=0.2)
    lines = Lines(
        kept_out=[
            *tiny_base.examples(),
            *(
                replace(one, text=f"zz {one.text}")
                for one in tiny_base.examples()
                if len(one.steps) == 1 and not one.steps[0].slots
            ),
        ]
    )
    found = [pair for some in mine(asker, lines) for pair in some]
    assert found
    for pair in found:
        assert pair.chosen != pair.rejected
        assert pair.kind == "confusion" or pair.probability > 0.2
        pair.encoded(asker.grammar)
