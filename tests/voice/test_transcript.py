"""Transcripts as the intent model reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whispera import values
from whispera.nlu.signs import with_signs
from whispera.nlu.transcript import normalised, typed

PLAIN = ["open", "the", "chrome", "tab", "mute", "to", "two", "and", "close", "it"]
SAID = st.text(st.sampled_from("abcI7250 .,!?-%'’\"()[]*:\u266a\u2026\x00"), max_size=40) | st.text(
    max_size=40
)


@pytest.mark.parametrize(
    ("heard", "wanted"),
    [
        ("Open Firefox.", "open Firefox"),
        ("Set the volume to 25% percent.", "set the volume to 25%"),
        ("I'd like a 20-ounce latte.", "I'd like a 20 ounce latte"),
        ("Wake me at 6.30 a.m.", "wake me at 6:30 am"),
        ("Go to GitHub .com", "go to GitHub.com"),
        ("Go to Wikipedia. org.", "go to Wikipedia.org"),
        ("(laughs) Hello... [MUSIC]", "hello"),
        ("Open Firefox. Then mute it.", "open Firefox. then mute it"),
        ("NASA is a name", "NASA is a name"),
        ("It’s on", "it's on"),
        ("...", ""),
        ("♪♪", ""),
        ("", ""),
    ],
)
def test_a_transcript_is_what_would_have_been_typed(heard: str, wanted: str) -> None:
    assert normalised(heard) == wanted


@given(SAID)
def test_doing_it_twice_changes_nothing(heard: str) -> None:
    once = normalised(heard)
    assert normalised(once) == once


@given(SAID | st.lists(st.sampled_from(["12", "hyphen", "login", "v2", "slash", "dash", "x"])).map(" ".join))
def test_what_is_read_holds_what_was_said(heard: str) -> None:
    assert sorted(set(filter(str.isalnum, typed(heard))) - set(normalised(heard))) == []
    assert with_signs(typed(heard)) == typed(heard)


@given(SAID)
def test_what_is_left_are_words_or_nothing(heard: str) -> None:
    left = normalised(heard)
    assert left == left.strip()
    assert left == "" or any(c.isalnum() for c in left)
    assert len(left) <= len(heard)


@given(
    st.lists(
        st.sampled_from(["open", "the", "chrome", "tab", "mute", "to", "two", "and", "close", "it"]),
        min_size=1,
    )
)
def test_plain_words_stay(words: list[str]) -> None:
    text = " ".join(words)
    assert normalised(f"{text.capitalize()}.") == text


@pytest.mark.parametrize(
    ("kind", "heard", "value"),
    [
        ("url", "Wikipedia.org.", "wikipedia.org"),
        ("url", "Stack Overflow dot com.", "stackoverflow.com"),
        ("url", "GitHub dot com", "github.com"),
        ("percent", "25% percent", 25),
        ("percent", "Twenty five percent.", 25),
        ("clock", "6.30 a.m.", "06:30"),
        ("clock", "7 p.m.", "19:00"),
        ("duration", "An hour and a half.", 5400),
        ("duration", "10 minutes.", 600),
    ],
)
def test_values_read_what_a_recogniser_writes(kind: str, heard: str, value: object) -> None:
    assert values.parse(kind, normalised(heard)) == value
