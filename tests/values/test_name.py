"""Names without article and kind word, texts as spoken."""

from __future__ import annotations

import pytest

from whispera.values import name, text


@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("the calculator app", "calculator"),
        ("my Holiday Pictures folder", "Holiday Pictures"),
        ("the quibblebox window", "quibblebox"),
        ("Visual Studio Code", "Visual Studio Code"),
        ("the invoices file", "invoices"),
        ("q3_report-final.pdf", "q3_report-final.pdf"),
        ("the  Big   Map", "Big Map"),
    ],
)
def test_name_loses_article_and_kind_word(words: str, value: str) -> None:
    assert name.parse(words) == value
    assert name.fits(value)


@pytest.mark.parametrize(("words", "value"), [("the window", "window"), ("my app", "app"), ("the", "the")])
def test_name_is_never_stripped_to_nothing(words: str, value: str) -> None:
    assert name.parse(words) == value


@pytest.mark.parametrize(
    "words", ["the calculator", "calculator app", "calculator please", "calculator and", "", " x"]
)
def test_name_with_superfluous_words_does_not_fit(words: str) -> None:
    assert not name.fits(words)


def test_nothing_said_is_no_value() -> None:
    assert name.parse(" ") is None
    assert text.parse(" \n") is None


def test_text_is_kept_as_spoken() -> None:
    assert text.parse("  The O'Brien file, v2 ") == "The O'Brien file, v2"
    assert text.fits("the end of it")
    assert not text.fits("the end ")
    assert not text.fits("...")
