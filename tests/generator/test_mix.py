"""What the numbers of the mix do, and that 0 leaves a thing out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from generator import generate
from generator.leaning import ORIGIN
from tests.generator.small_catalog import MIX, build
from whispera.catalog.mix import override
from whispera.catalog.vocabulary import Followups, Phrasings
from whispera.domain.labelled import Labelled
from whispera.errors import ConfigError

SIZE = 600
FOLLOWUPS = Followups(
    another=Phrasings(("and {x}", "{x} too", "the same for {x}")), chat=("thanks",), source="followups.yaml"
)


def drawn(*settings: str) -> list[Labelled]:
    catalog = build(mix=override(MIX, settings), followups=FOLLOWUPS)
    return list(generate(catalog, seed=1, size=SIZE))


@pytest.mark.parametrize(
    ("settings", "is_part"),
    [
        (["shares.dialogue=0"], lambda one: bool(one.previous) or one.origin.startswith(ORIGIN)),
        (["shares.none=0", "dialogues.none=0"], lambda one: one.origin == "none: chat"),
        (["shares.near_miss=0", "dialogues.near_miss=0"], lambda one: one.origin == "near miss"),
        (["shares.decoy=0", "dialogues.decoy=0"], lambda one: one.origin.startswith("decoy")),
        (["decoys.corrected=0"], lambda one: one.origin == "decoy: corrected"),
        (["shares.sequence=0", "dialogues.sequence=0", "after_sequences=0"], lambda one: len(one.steps) > 2),
        (["one_before=1"], lambda one: len(one.previous) == 2),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_share_of_nothing_leaves_the_part_out_and_the_others_make_up_for_it(
    settings: list[str], is_part: Callable[[Labelled], bool]
) -> None:
    usual, without = drawn(), drawn(*settings)
    assert any(map(is_part, usual))
    assert not any(map(is_part, without))
    assert len(without) == pytest.approx(len(usual), rel=0.02)


def test_without_commands_there_are_none_of_their_own() -> None:
    assert not any(one.origin == "pattern" and not one.previous for one in drawn("shares.command=0"))


def test_a_rate_of_nothing_is_never_even_where_a_text_is_said_again() -> None:
    catalog = build(mix=override(MIX, [f"noise.{name}=0" for name in MIX.noise if name != "suffix"]))
    bare = ("mute", "mute the sound", "kill the sound", "silence")
    muted = [
        one.text.lower()
        for one in generate(catalog, seed=1, size=SIZE)
        if one.action == "mute" and one.origin == "pattern"
    ]
    assert len(muted) > 2 * len(bare)  # said again with words behind, and with nothing else
    assert all(text.startswith(bare) for text in muted)


def test_typing_errors_are_put_on_at_their_rate() -> None:
    usual, without = drawn(), drawn("noise.typing=0")
    assert any("pls" in one.text for one in usual)
    assert not any("pls" in one.text for one in without)


def test_data_is_not_drawn_without_a_mix() -> None:
    with pytest.raises(ConfigError, match="no training mix") as caught:
        list(generate(build(mix=None), seed=1, size=10))
    assert caught.value.file == "config/recipes/mix.yaml" and caught.value.hint
