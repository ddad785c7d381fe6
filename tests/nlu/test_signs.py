"""Signs that were said by their names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whispera.nlu.signs import with_signs

WORDS = (
    "underscore", "under", "score", "slash", "forward", "hyphen", "dash", "dot", "equals", "equal",
    "plus", "md", "pdf", "open", "the", "a", "test", "x", "7", "2.1,", "web-1", "and", "press",
    "please", "HYPHEN", "colon", "'",
)  # fmt: skip
SAID = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join) | st.text(max_size=40)


@pytest.mark.parametrize(
    ("said", "typed"),
    [
        ("open notes underscore final underscore v3 dot xlsx", "open notes_final_v3.xlsx"),
        ("a branch called spike Underscore 7", "a branch called spike_7"),
        ("stage docs forward slash index.md", "stage docs/index.md"),
        ("stage docs slash index dot md, then push", "stage docs/index.md, then push"),
        ("switch to fix slash dark dash mode", "switch to fix/dark-mode"),
        ("the logs of db2 dash blue", "the logs of db2-blue"),
        ("what is in spike dot notes_2 dot md", "what is in spike dot notes_2.md"),
        ("install lodash equals equals 4.1", "install lodash==4.1"),
        ("open notepad plus plus and paste", "open notepad++ and paste"),
        ("go to example.org slash about", "go to example.org/about"),
    ],
)
def test_a_sign_between_the_parts_of_a_name_is_written(said: str, typed: str) -> None:
    assert with_signs(said) == typed


@pytest.mark.parametrize(
    "words",
    [
        "press control slash",
        "press slash please",
        "npm install underscore",
        "pip install underscore please",
        "a dash of milk in it",
        "the hundred metre dash started",
        "connect the dot to the line",
        "remind me dot h",
        "remind me at 5 dash bring milk",
        "play geometry dash 2",
        "run a 40 yard dash 2 times",
        "what does slash mean",
        "find all hyphen signs",
        "search for double hyphen meaning",
        "he was under score 5",
        "press control plus plus",
        "write it with the plus plus",
        "go to localhost colon three thousand slash docs",
        "example dot com slash tilde bob",
        "one ninety two dot one sixty eight dot one dot one slash admin",
        "github dot com slash torvalds slash linux",
        "numpy equals equals what",
        "slash the volume",
        "and slash or",
        "five plus five",
        "underscore",
        "",
    ],
)
def test_a_sign_that_is_a_word_stays_one(words: str) -> None:
    assert with_signs(words) == words


@given(SAID)
def test_doing_it_twice_changes_nothing_and_no_letter_comes(said: str) -> None:
    once = with_signs(said)
    assert with_signs(once) == once
    assert not sorted(set(filter(str.isalnum, once)) - set(said))
