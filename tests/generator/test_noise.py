"""Noise changes the words around a value, never where the value stands."""

from __future__ import annotations

import random

import pytest

from generator.draft import Draft, Piece, Step, finish, join
from generator.grammar import gerund, is_imperative, past
from generator.lexicon import lexicon
from generator.noise import Dresser
from generator.recipe import NOISE as RATES
from generator.recipe import Recipe
from generator.recogniser import dictate, spoken
from generator.typing_errors import mistype, slip
from tests.generator.small_catalog import NOISE
from whispera.domain.labelled import Span

WORDS = lexicon(NOISE)


def volume() -> Draft:
    return Draft(
        (Piece("set the volume to "), Piece("30%", (0, "level"), "typed"), Piece(" and be quick")),
        (Step("set_volume", (("level", None),)),),
    )


def launch(name: str) -> Draft:
    pieces = (Piece("please open the "), Piece(name, (0, "target"), "copy"), Piece(" app"))
    return Draft(pieces, (Step("open_app", (("target", None),)),))


def words_of(draft: Draft) -> str:
    labelled = finish(draft)
    assert labelled is not None
    span = labelled.steps[0].slots[0][1]
    assert isinstance(span, Span)
    return labelled.text[span.start : span.end]


@pytest.mark.parametrize("seed", range(200))
def test_any_noise_keeps_a_typed_value(seed: int) -> None:
    recipe = Recipe(noise=dict.fromkeys(RATES, 0.5))
    dresser = Dresser(recipe, WORDS, groups={"set_volume": "sound"}, vocabulary={"volume", "value"})
    assert words_of(dresser.dress(volume(), random.Random(seed))).lower() == "30%"


@pytest.mark.parametrize("seed", range(100))
def test_noise_around_a_name_leaves_its_letters(seed: int) -> None:
    recipe = Recipe(noise={**dict.fromkeys(RATES, 0.6), "typing": 0.0, "recogniser": 0.0})
    dresser = Dresser(recipe, WORDS, groups={"open_app": "apps"}, vocabulary=())
    said = words_of(dresser.dress(launch("Quibble-box 3"), random.Random(seed)))
    assert said.lower() == "quibble-box 3"


def test_recogniser_text_has_no_capitals_and_no_stops() -> None:
    draft = launch("KeePassXC").after(", would you?")
    for seed in range(30):
        labelled = finish(dictate(draft, random.Random(seed), WORDS))
        assert labelled is not None
        assert not set(",?") & set(labelled.text)


def test_names_are_spoken_as_they_sound() -> None:
    rng = random.Random(5)
    heard = {spoken("q3_report.pdf", rng, spell_out=True) for _ in range(40)}
    assert "q3 report dot pdf" in heard
    assert {spoken("Notepad++", rng, spell_out=True) for _ in range(5)} == {"Notepad plus plus"}


def test_a_slip_changes_one_spot_of_a_word() -> None:
    for seed in range(100):
        wrong = slip("window", random.Random(seed))
        assert abs(len(wrong) - 6) <= 1


def test_typing_errors_never_make_another_command_word() -> None:
    draft = Draft((Piece("mute"),), (Step("mute"),))
    made = {mistype(draft, random.Random(seed), WORDS.typos, {"mtue", "muet"}).text for seed in range(200)}
    assert "mtue" not in made
    assert len(made) > 3


def test_a_value_glued_to_a_word_is_refused() -> None:
    assert (
        finish(
            Draft((Piece("open"), Piece("Word", (0, "target"), "copy")), (Step("x", (("target", None),)),))
        )
        is None
    )


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Word.", "Word"),
        ("6 p.m.", "6 p.m."),
        ("“Hall B”,", "Hall B"),
        ("C++", "C++"),
        ("(1+2)*3", "(1+2)*3"),
    ],
)
def test_spans_leave_closing_punctuation_out(said: str, kept: str) -> None:
    assert words_of(launch(said)) == kept


def test_joined_drafts_count_their_steps_in_time() -> None:
    whole = join((launch("Ferret"), volume()), ("", ", but first ", ""), (1, 0))
    labelled = finish(whole)
    assert labelled is not None
    assert [step.action for step in labelled.steps] == ["set_volume", "open_app"]
    level = labelled.steps[0].slots[0][1]
    assert isinstance(level, Span)
    assert labelled.text[level.start : level.end] == "30%"


@pytest.mark.parametrize(
    ("template", "plain"),
    [
        ("close the {target} window", True),
        ("I need {target}", False),
        ("turn it up, the fan is loud", False),
        ("could you close {target}", False),
        ("show me the log", False),
        ("{target} please", False),
    ],
)
def test_only_plain_instructions_become_decoys(template: str, plain: bool) -> None:
    assert is_imperative(template) is plain


def test_verbs_bend() -> None:
    assert past("hide the dock") == "hid the dock"
    assert past("frobnicate it") is None
    assert [gerund(verb) for verb in ("close", "set", "open", "redo")] == [
        "closing",
        "setting",
        "opening",
        "redoing",
    ]
