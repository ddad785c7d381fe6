"""What pocketsphinx's models are made of: words as said, their sounds, values, word graphs, trigrams."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.catalog.small_config import FILES
from whispera import values
from whispera.catalog.load import load
from whispera.engines.recognisers.pocketsphinx_grammar import Places
from whispera.engines.recognisers.pocketsphinx_graph import Weave, smallest
from whispera.engines.recognisers.pocketsphinx_sentences import ANSWERS_EACH, Sampler, walk
from whispera.engines.recognisers.pocketsphinx_sounds import PHONES, by_letters, from_ipa, sounds_of
from whispera.engines.recognisers.pocketsphinx_trigram import Counts, arpa
from whispera.engines.recognisers.pocketsphinx_values import LISTS, TYPES
from whispera.engines.recognisers.pocketsphinx_words import spoken
from whispera.nlu.answers import NO, STOP, YES
from whispera.patterns import parse, sample

NONE_OF = {"words": ("house", "blue whale"), "deep": ("<words> [and <words>]",)}
SAMPLE_LISTS = {name: tuple(parse(one) for one in some) for name, some in NONE_OF.items()}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Set it to 35%", "set it to thirty five percent"),
        ("docs.google.com", "docs dot google dot com"),
        ("don't, please!", "don't please"),
        ("Wi-Fi & Café", "wi fi and cafe"),
        ("at 7 p.m.", "at seven p m"),
        ("room 204b, code 0093", "room two hundred and four b code zero zero nine three"),
        ("...", ""),
    ],
)
def test_text_becomes_the_words_that_are_said(text: str, said: str) -> None:
    assert " ".join(spoken(text)) == said


@given(st.text(max_size=60))
def test_any_text_becomes_letters_and_apostrophes(text: str) -> None:
    assert all(set(word) <= set("abcdefghijklmnopqrstuvwxyz'") and word for word in spoken(text))


@pytest.mark.parametrize("kind", TYPES)
def test_every_way_to_say_a_value_is_one(kind: str) -> None:
    rng = random.Random(3)
    for pattern in TYPES[kind]:
        for _ in range(40):
            said = sample(pattern, rng=rng, lists=LISTS, fill=lambda _slot, _rng: "").text
            assert values.parse(kind, said) is not None, said


PATTERNS = [
    "(turn|switch) [the] {thing} (on|off) [please]",
    "dim(|med| it) <deep> now",
    "[a [b [c]]] {thing=1|one} and {thing}",
    "tab(s|) {thing}, 15 times",
    "{thing=0|} quiet",
]


@given(st.sampled_from([one for one in PATTERNS if "(|" not in one and "|)" not in one]), st.integers())
def test_a_word_graph_accepts_every_sentence_of_its_patterns(text: str, seed: int) -> None:
    weave = Weave(lists=SAMPLE_LISTS, spoken=spoken, label=lambda slot: f"{{{slot}}}")
    for one in PATTERNS:
        if "(|" not in one and "|)" not in one:
            weave.add(parse(one))
    graph = smallest(weave)
    rng = random.Random(seed)
    said = sample(parse(text), rng=rng, lists=SAMPLE_LISTS, fill=lambda _slot, _rng: "qqq").text
    assert graph.accepts("{thing}" if word == "qqq" else word for word in spoken(said))


def test_a_word_graph_accepts_nothing_else() -> None:
    weave = Weave(lists=SAMPLE_LISTS, spoken=spoken, label=lambda _slot: None)
    for one in ("open (the|a) door", "open {thing}", "close door"):
        weave.add(parse(one))
    assert set(smallest(weave).sentences()) == {
        ("open", "the", "door"), ("open", "a", "door"), ("close", "door")
    }  # fmt: skip


def test_states_after_which_the_same_follows_are_one() -> None:
    weave = Weave(lists={}, spoken=spoken, label=lambda _slot: None)
    weave.add(parse("(a|b|c|d) (e|f) end"))
    assert len(smallest(weave).arcs) == 4


def test_every_word_has_a_sound_of_known_phones(tmp_path: Path) -> None:
    known = tmp_path / "known.dict"
    known.write_text("open OW P AH N\nopen(2) OW P N\ncat K AE T\n")
    for program in ("", None):  # without espeak-ng, and with it where it is installed
        sounds = sounds_of(["open", "cat's", "quibblebox", "npm", "zoë", "o'"], known, espeak=program)
        assert sounds.phones["open"] == (("OW", "P", "AH", "N"), ("OW", "P", "N"))
        assert sounds.phones["cat's"] == (("K", "AE", "T", "S"),)
        for pronunciations in sounds.phones.values():
            assert all(phones and set(phones) <= PHONES for phones in pronunciations)
        if program == "":
            assert "quibblebox" in sounds.guessed
            assert not sounds.espeak


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz'", min_size=1, max_size=20))
def test_any_letters_can_be_sounded(word: str) -> None:
    phones = by_letters(word)
    assert phones
    assert set(phones) <= PHONES


def test_ipa_becomes_phones() -> None:
    assert from_ipa("kwˈɪbəlbˌɑːks") == ("K", "W", "IH", "B", "AH", "L", "B", "AA", "K", "S")
    assert from_ipa("(en)tʃˈɛɹi") == ("CH", "EH", "R", "IY")
    assert by_letters("npm") == ("EH", "N", "P", "IY", "EH", "M")


def test_trigrams_are_probabilities() -> None:
    counts = Counts()
    rng = random.Random(5)
    for _ in range(200):
        counts.add(rng.choices("abcd", k=rng.randint(1, 6)))
    sections: dict[int, dict[tuple[str, ...], float]] = defaultdict(dict)
    order = 0
    for line in arpa(counts).splitlines():
        if line.startswith("\\") and line[1].isdigit():
            order = int(line[1])
        elif order and line and line[0] in "-0":
            probability, *words = line.split()[: order + 1]
            sections[order][tuple(words)] = float(probability)
    back = {
        line.split()[1]: float(line.split()[2])
        for line in arpa(counts).split("\\1-grams:")[1].split("\\2-grams:")[0].splitlines()
        if line
    }
    for history in ("a", "b", "<s>"):
        total = 0.0
        for word in ("a", "b", "c", "d", "</s>"):
            own = sections[2].get((history, word))
            total += 10 ** (own if own is not None else back[history] + sections[1][word,])
        assert total == pytest.approx(1, abs=0.01)


def write_config(folder: Path, **changed: str) -> Path:
    for name, text in {**FILES, **changed}.items():
        path = folder / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "config"


def test_commands_are_sampled_evenly_with_their_values(tmp_path: Path) -> None:
    catalog = load(write_config(tmp_path))
    sampler = Sampler(catalog)
    said = Counter(" ".join(words) for words, _ in sampler.commands(total=400))
    assert 80 <= said["never mind"] <= 120
    assert said["volume half"] > 20
    levels = {one.removeprefix("set the volume to ") for one in said if one.startswith("set the volume to ")}
    assert all(values.parse("percent", level) is not None for level in levels)
    assert len(levels) > 20


def test_every_answer_to_a_question_is_among_what_is_said(tmp_path: Path) -> None:
    said = Counter(
        words for words, closed in Sampler(load(write_config(tmp_path))).commands(total=40) if closed
    )
    for answer in (*YES, *NO, *STOP):
        assert said[spoken(answer)] >= ANSWERS_EACH


def test_a_slot_of_free_words_has_no_place(tmp_path: Path) -> None:
    songs = "fill: songs\ntype: text\nvalues: [what the doctor said on the phone, bring the keys tomorrow]\n"
    catalog = load(write_config(tmp_path, **{"slots/songs.yaml": songs}))
    places = Places(catalog)
    action = catalog.actions["set_setting"]
    assert places.label(action, "note") is None
    label = places.label(action, "state")
    assert label is not None
    rng = random.Random(1)
    assert {" ".join(walk(places.values(label), rng)) for _ in range(50)} == {"on", "back on", "off"}
    sampler = Sampler(catalog)
    assert not any(closed for words, closed in sampler.commands(total=200) if "doctor" in words)
