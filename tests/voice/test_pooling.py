"""Hypotheses that are the same words, those of two hearings, and the words of another recogniser."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whispera.domain.transcript import Hypothesis
from whispera.nlu.pooling import MISSED, backed, merged, pooled

HEARD = st.lists(
    st.builds(
        Hypothesis, st.sampled_from(["Open it.", "open it", "open a tin", "mute", "..."]), st.floats(-30, 0)
    ),
    max_size=5,
)


def test_what_differs_in_marks_alone_adds_up() -> None:
    one, other, third = (
        Hypothesis("Mute it.", -1.0),
        Hypothesis("Newt it.", -0.9),
        Hypothesis("mute it", -1.2),
    )
    first, second = merged([other, one, third])
    assert (first.text, second) == ("Mute it.", other)
    assert first.score == pytest.approx(math.log(math.exp(-1.0) + math.exp(-1.2)))


def test_what_both_hearings_offer_goes_before_what_one_does() -> None:
    first = [Hypothesis("open the pot", -1.0), Hypothesis("open the port", -1.5)]
    second = [Hypothesis("Open the port.", -0.5), Hypothesis("open a port", -3.0)]
    best, *others = pooled(first, second)
    assert best == Hypothesis("open the port", -1.0)
    assert {one.text: one.score for one in others} == {
        "open the pot": (-1.0 + (-3.0 - MISSED)) / 2,
        "open a port": (-3.0 + (-1.5 - MISSED)) / 2,
    }


def test_a_hearing_of_nothing_changes_nothing() -> None:
    heard = (Hypothesis("open it", -1.0), Hypothesis("open a tin", -2.0))
    assert pooled(heard, ()) == pooled((), heard) == heard
    assert pooled((), ()) == merged([Hypothesis("...", -1.0)]) == ()


def test_the_words_of_another_recogniser_are_offered_where_they_sound_alike() -> None:
    heard = (Hypothesis("it could do with a gun or boot", -2.0), Hypothesis("it should do", -6.0))
    found = {one.text: one.score for one in backed(heard, "it could do with a good reboot")}
    assert set(found) == {"it could do with a gun or boot", "it should do", "it could do with a good reboot"}
    assert found["it should do"] < -6.0
    assert -4.0 < found["it could do with a good reboot"] < -2.0
    assert backed(heard, "what a lovely garden") == heard
    assert backed(heard, "") == heard


def test_what_the_other_recogniser_wrote_too_goes_first() -> None:
    heard = (Hypothesis("next self-paced", -2.0), Hypothesis("Next cell, paste.", -2.3))
    assert [one.text for one in backed(heard, "next cell, paste")] == ["Next cell, paste.", "next self-paced"]
    assert backed(heard, "next cell, paste")[0] == heard[1]


@given(HEARD, HEARD)
def test_no_words_are_lost_or_made_up(first: list[Hypothesis], second: list[Hypothesis]) -> None:
    found = pooled(first, second)
    assert {one.text for one in found} <= {one.text for one in (*first, *second)}
    assert len(found) == len(merged([*first, *second]))
    scores = [one.score for one in found]
    assert scores == sorted(scores, reverse=True)
    assert merged(found) == found
    assert {one.text: one.score for one in pooled(first, first)} == pytest.approx(
        {one.text: one.score for one in merged(first)}
    )
