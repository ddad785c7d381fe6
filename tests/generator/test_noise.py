"""Noise changes the words around a value, never where the value stands."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from generator.decoys import Decoys
from generator.draft import Draft, Piece, Step, finish, join
from generator.generate import Mix
from generator.grammar import gerund, is_imperative, past, starts_with_verb
from generator.lexicon import LISTS, Lexicon, lexicon
from generator.noise import Dresser
from generator.places import between_words, ends_in_dictation
from generator.recogniser import dictate
from generator.respelling import in_digits, number, respelled, spoken
from generator.sources import read
from generator.typing_errors import mistype, slip, thumbed
from tests.generator.small_catalog import MIX, NOISE
from whispera import values
from whispera.catalog import load
from whispera.catalog.catalog import Catalog
from whispera.domain.labelled import Span

WORDS = lexicon(NOISE)
CONFIG = Path(__file__).resolve().parents[2] / "config"


@cache
def shipped() -> Catalog:
    return load(CONFIG)


def full() -> Lexicon:
    return lexicon(shipped().noise)


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
    recipe = replace(MIX, noise=dict.fromkeys(MIX.noise, 0.5))
    dresser = Dresser(recipe, WORDS, groups={"set_volume": "sound"}, vocabulary={"volume", "value"})
    said = words_of(dresser.dress(volume(), random.Random(seed)))
    assert values.fits("percent", said)
    assert values.parse("percent", said) == 30


@pytest.mark.parametrize("seed", range(100))
def test_noise_around_a_name_leaves_its_letters(seed: int) -> None:
    recipe = replace(MIX, noise={**dict.fromkeys(MIX.noise, 0.6), "typing": 0.0, "recogniser": 0.0})
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
    made = {mistype(draft, random.Random(seed), WORDS, {"mtue", "muet"}).text for seed in range(200)}
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


TYPED = ["percent", "count", "duration", "clock", "keys", "expression", "url"]


@pytest.mark.parametrize("type_", TYPED)
def test_respelled_values_mean_what_they_did(type_: str) -> None:
    rng = random.Random(7)
    changed = 0
    for _ in range(150):
        said = values.sample(type_, rng)
        heard = respelled(said, rng)
        assert values.fits(type_, heard), (said, heard)
        assert values.parse(type_, heard) == values.parse(type_, said), (said, heard)
        changed += heard != said
    assert changed > 10


def test_numbers_are_heard_in_words_and_in_digits() -> None:
    heard = {number("2024", random.Random(seed)) for seed in range(30)}
    assert heard == {"twenty twenty four", "two thousand and twenty four"}
    assert number("007", random.Random(1)) == "oh oh seven"
    assert in_digits("twenty five minutes to nine") == "25 minutes to 9"
    assert in_digits("two hundred and five") == "two hundred and five"


def test_extensions_are_spelled_letter_by_letter() -> None:
    heard = {spoken("README.md", random.Random(seed), spell_out=True) for seed in range(80)}
    assert "README dot m d" in heard


def test_names_lose_their_possessive_and_run_together() -> None:
    heard = {
        words_of(dictate(launch("Tom's visual studio"), random.Random(seed), full())) for seed in range(600)
    }
    assert {"toms visual studio", "tom visual studio", "tom's visualstudio"} <= heard


def test_command_words_are_misheard() -> None:
    draft = Draft((Piece("git commit and close the tab"),), (Step("x"),))
    heard = " ".join(dictate(draft, random.Random(seed), full()).text for seed in range(300)).split()
    assert {"get", "comet", "tap", "clothes"} <= set(heard)


def test_small_words_get_lost_and_breath_becomes_words() -> None:
    draft = Draft((Piece("go to the next tab"),), (Step("x"),), "pattern")
    heard = {dictate(draft, random.Random(seed), full()).text for seed in range(600)}
    assert "go to next tab" in heard
    assert any(text.endswith((" thank you", " okay")) for text in heard)
    assert any(" um " in text or " uh " in text for text in heard)


@pytest.mark.parametrize("seed", range(150))
def test_a_cut_off_sentence_is_heard_without_additions(seed: int) -> None:
    draft = Draft((Piece("set a timer for"),), (Step("none"),), "decoy: cut")
    heard = dictate(draft, random.Random(seed), full(), clauses=False).text.split()
    assert 3 <= len(heard) <= 6
    assert heard[-1] in {"for", "four"}


@pytest.mark.parametrize("seed", range(150))
def test_what_is_heard_before_a_value_is_no_number(seed: int) -> None:
    pieces = (Piece("turn it up to "), Piece("30", (0, "level"), "typed"))
    heard = dictate(Draft(pieces, (Step("set_volume", (("level", None),)),)), random.Random(seed), full())
    before = heard.text.rpartition(words_of(heard))[0].split()
    assert before[-1] not in {"two", "four"}
    assert "up" in " ".join(before)


@pytest.mark.parametrize("seed", range(200))
def test_shipped_noise_keeps_every_span(seed: int) -> None:
    recipe = replace(MIX, noise=dict.fromkeys(MIX.noise, 0.5))
    dresser = Dresser(recipe, full(), groups={"set_volume": "sound", "open_app": "apps"}, vocabulary=())
    assert values.parse("percent", words_of(dresser.dress(volume(), random.Random(seed)))) == 30
    words_of(dresser.dress(launch("Quibble-box 3"), random.Random(seed)))


def test_noise_is_seeded() -> None:
    recipe = replace(MIX, noise=dict.fromkeys(MIX.noise, 0.5))
    dresser = Dresser(recipe, full(), groups={}, vocabulary=())
    for seed in range(30):
        once, again = (dresser.dress(launch("Ferret"), random.Random(seed)).text for _ in range(2))
        assert once == again


def test_nothing_follows_dictated_words() -> None:
    note = Draft(
        (Piece("note that "), Piece("the rent is due", (0, "text"), "copy")), (Step("x", (("text", None),)),)
    )
    assert ends_in_dictation(note)
    assert not ends_in_dictation(launch("Ferret"))
    dresser = Dresser(replace(MIX, noise={**MIX.noise, "suffix": 1.0}), full(), groups={}, vocabulary=())
    for seed in range(60):
        assert dresser.follow_up(note, random.Random(seed)) == note
        heard = dictate(note, random.Random(seed), full())
        assert heard.text.endswith(words_of(heard))


def test_no_um_stands_right_before_dictated_words() -> None:
    note = Draft((Piece("write down "), Piece("milk", (0, "text"), "copy")), (Step("x", (("text", None),)),))
    assert between_words(note) == [(0, 5)]


def test_thanks_may_follow_a_name() -> None:
    dresser = Dresser(MIX, full(), groups={}, vocabulary=())
    draft = Draft((Piece("open "), Piece("Ferret", (0, "target"), "copy")), launch("Ferret").steps)
    said = {dresser.follow_up(draft, random.Random(seed)).text for seed in range(200)}
    assert {"open Ferret please", "open Ferret, for me"} <= said


def test_commands_are_begun_twice() -> None:
    dresser = Dresser(MIX, full(), groups={}, vocabulary=())
    said = {dresser.restart(launch("Ferret"), random.Random(seed)).text for seed in range(400)}
    assert "please open, please open the Ferret app" in said
    assert any(text.startswith("I want to") for text in said)
    for seed in range(50):
        assert words_of(dresser.restart(launch("Ferret"), random.Random(seed))) == "Ferret"


@pytest.mark.parametrize("seed", range(150))
def test_a_left_out_space_never_glues_a_value(seed: int) -> None:
    typed = mistype(volume(), random.Random(seed), full(), ())
    assert words_of(typed) == "30%"
    labelled = finish(typed)
    assert labelled is not None
    span = labelled.steps[0].slots[0][1]
    assert isinstance(span, Span)
    assert labelled.text[span.start - 1] == " "


def test_spaces_get_lost_between_words() -> None:
    draft = Draft((Piece("turn off the light"),), (Step("x"),))
    made = {mistype(draft, random.Random(seed), full(), ()).text for seed in range(600)}
    assert {"turnoff the light", "turn offthe light", "tur noff the light"} <= made


def test_thumbs_write_short() -> None:
    draft = Draft((Piece("can you please move it to "), Piece("30", (0, "level"), "typed")), volume().steps)
    made = [thumbed(draft, random.Random(seed), full().phone).text for seed in range(60)]
    assert any("can u pls" in text for text in made)
    assert not any(text.endswith("2 30") for text in made)


def corrected(seed: int) -> list[Draft]:
    mix = Mix(read(shipped()), seed=seed)
    decoys = Decoys(mix.book, full(), seed="1")
    rng = random.Random(seed)
    made = [decoys.makers[kind](rng) for kind in ("corrected", "taken_back") for _ in range(200)]
    return [draft for draft in made if draft is not None]


def test_corrected_commands_keep_the_right_value() -> None:
    drafts = corrected(1)
    assert len(drafts) > 200
    for draft in drafts:
        if draft.origin == "decoy: corrected":
            labelled = finish(draft)
            assert labelled is not None
            for (name, span), (_, value) in zip(labelled.steps[0].slots, draft.steps[0].slots, strict=True):
                if value is None:
                    piece = next(p for p in draft.pieces if p.slot is not None and p.slot[1] == name)
                    assert isinstance(span, Span)
                    assert labelled.text[span.start : span.end] in piece.text
        else:
            assert [step.action for step in draft.steps] == ["cancel"]


def test_every_key_of_the_shipped_noise_is_read() -> None:
    tables = {"before_for", "after_for", "homophones", "misheard", "unheard", "confused", "typos", "phone"}
    assert set(shipped().noise) == {*LISTS, *tables, "spellings", "contractions"}


def test_every_group_has_clauses_of_its_own() -> None:
    groups = {action.group for action in shipped().actions.values()}
    for clauses in (full().before_for, full().after_for):
        assert {group for group in groups if len(clauses.get(group, ())) < 12} == set()


def test_no_clause_is_a_command() -> None:
    words = full()
    clauses = [*words.lists["before"], *words.lists["after"]]
    clauses += [
        line for table in (words.before_for, words.after_for) for found in table.values() for line in found
    ]
    assert [line for line in clauses if is_imperative(line) or starts_with_verb(line)] == []
    assert [line for line in clauses if any(char.isdigit() for char in line)] == []
