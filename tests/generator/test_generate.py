"""What generate() promises: the same data every time, balanced, with spans that hold."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from generator import generate
from generator.draft import bounded
from tests.generator.small_catalog import MIX, build
from whispera import values
from whispera.catalog.catalog import Catalog
from whispera.catalog.model import SPAN_TYPES
from whispera.domain.labelled import Labelled, Span
from whispera.nlu.codec import encode

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def samples() -> list[Labelled]:
    return list(generate(build(), seed=3, size=900))


def test_same_arguments_give_the_same_samples(catalog: Catalog, samples: list[Labelled]) -> None:
    assert list(generate(catalog, seed=3, size=900)) == samples
    assert list(generate(catalog, seed=4, size=900)) != samples


@pytest.mark.parametrize("hash_seed", ["0", "4242"])
def test_samples_do_not_depend_on_the_hash_seed(hash_seed: str, samples: list[Labelled]) -> None:
    script = (
        "from small_catalog import build\n"
        "from generator import generate\n"
        "print('\\n'.join(s.text for s in generate(build(), seed=3, size=900)))"
    )
    env = {
        **os.environ,
        "PYTHONHASHSEED": hash_seed,
        "PYTHONPATH": f"{ROOT}{os.pathsep}{Path(__file__).parent}",
        "PYTHONIOENCODING": "utf-8",
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, cwd=ROOT, capture_output=True, check=True, encoding="utf-8"
    )
    assert done.stdout.splitlines() == [sample.text for sample in samples]


def test_spans_hold_whole_words_and_typed_ones_their_value(catalog: Catalog, samples: list[Labelled]) -> None:
    for sample in samples:
        for step in sample.steps:
            action = catalog.actions.get(step.action)
            for name, value in step.slots:
                spec = action.slot(name) if action else None
                assert spec is not None
                if not isinstance(value, Span):
                    assert value in spec.enum
                    continue
                assert spec.type in SPAN_TYPES
                assert bounded(sample.text, value), sample
                words = sample.text[value.start : value.end]
                assert words == words.strip(' ,;:!?"'), sample
                if spec.type == "percent":
                    assert values.parse(spec.type, words) is not None, sample


def test_every_sample_can_be_encoded_and_is_new_to_the_model(samples: list[Labelled]) -> None:
    prompts = [encode(sample).prompt for sample in samples]
    assert len(set(prompts)) == len(prompts)


def test_required_slots_are_filled(catalog: Catalog, samples: list[Labelled]) -> None:
    for sample in samples:
        for step in sample.steps:
            if step.action == "none":
                continue
            needed = [spec.name for spec in catalog.actions[step.action].slots if not spec.may_be_absent]
            assert [name for name, _ in step.slots if name in needed] == needed


def test_no_action_starves_and_every_pattern_is_used(catalog: Catalog, samples: list[Labelled]) -> None:
    plain = [sample for sample in samples if sample.origin == "pattern"]
    counts = Counter(sample.action for sample in plain)
    assert set(counts) == set(catalog.actions)
    assert min(counts.values()) >= max(counts.values()) / 12
    used = {sample.source for sample in plain}
    assert used == {pattern for action in catalog.actions.values() for pattern in action.patterns}


def test_shares_are_those_of_the_recipe() -> None:
    # large enough noise lists come only with the shipped catalog; a small size shows the shares as well
    samples = list(generate(build(), seed=1, size=300))
    sequences = sum(len(sample.steps) > 1 for sample in samples)
    decoys = sum(sample.origin.startswith("decoy") for sample in samples)
    assert sequences == pytest.approx(300 * MIX.shares["sequence"], abs=3)
    assert decoys == pytest.approx(300 * MIX.shares["decoy"], abs=12)


def test_an_action_says_itself_how_it_goes_with_others() -> None:
    catalog = build()
    changed = {
        "close_app": replace(catalog.actions["close_app"], shared_verb="dismiss"),
        "scroll": replace(catalog.actions["scroll"], in_sequences=False),
    }
    samples = list(generate(build(actions={**catalog.actions, **changed}), seed=3, size=900))
    joined = [sample for sample in samples if len(sample.steps) > 1 and sample.source != "compound"]
    shared = [sample for sample in joined if sample.source == "dismiss {a} and {b}"]
    assert {step.action for sample in shared for step in sample.steps} == {"close_app"}
    assert "scroll" not in {step.action for sample in joined for step in sample.steps}


def test_sequences_keep_the_order_of_time(samples: list[Labelled]) -> None:
    found = [s for s in samples if len(s.steps) == 2 and s.source == "{b}, but first {a}"]
    assert found
    for sample in found:
        spans = [[v.start for _, v in step.slots if isinstance(v, Span)] for step in sample.steps]
        if spans[0] and spans[1]:
            assert spans[0][0] > spans[1][0]


def test_decoys_of_every_kind_mean_what_they_should(samples: list[Labelled]) -> None:
    kinds = {sample.origin.removeprefix("decoy: ") for sample in samples if sample.origin.startswith("decoy")}
    assert kinds == {kind.replace("_", " ") for kind in MIX.decoys}
    for sample in samples:
        if sample.origin == "decoy: taken back":
            assert sample.action == "cancel"
        elif sample.origin == "decoy: corrected":
            assert sample.action not in ("none", "cancel")
        elif sample.origin.startswith("decoy"):
            assert sample.action == "none"


def test_names_the_computer_goes_by_make_no_addressed_decoy(samples: list[Labelled]) -> None:
    addressed = [sample.text.lower() for sample in samples if sample.origin == "decoy: addressed"]
    assert not any(text.startswith("mate") or text.endswith("mate") for text in addressed)


def test_held_out_values_are_for_other_splits_only(catalog: Catalog, samples: list[Labelled]) -> None:
    assert not any("zorptracker" in sample.text.lower() for sample in samples)
    held = list(generate(catalog, seed=3, size=200, split="valid"))
    assert any("zorptracker" in sample.text.lower() for sample in held)


def test_examples_are_never_generated() -> None:
    pattern = "start up my {target}"
    base = build()
    action = base.actions["open_app"]
    twin = type(action)(
        action.name,
        action.group,
        action.summary,
        slots=action.slots,
        patterns=(*action.patterns, "mute that thing", pattern),
        examples=(
            *action.examples,
            type(action.examples[0])("open Chrome", {"action": "open_app", "target": "Chrome"}),
        ),
    )
    catalog = build(actions={**base.actions, "open_app": twin})
    # "mute that thing" fills no target: such a pattern is left out and reported, not labelled wrongly
    samples = list(generate(catalog, seed=1, size=400))
    texts = {sample.text.lower().strip(" .!?") for sample in samples}
    assert "open chrome" not in texts
    assert "mute that thing" not in {sample.source for sample in samples}
