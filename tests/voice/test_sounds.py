"""How alike words sound, and names that are mended by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whispera.catalog.compiled import CompiledCatalog, compiled
from whispera.domain.intent import Intent
from whispera.nlu.grammar import Chosen, ChosenStep
from whispera.nlu.sounds import distance, sound
from whispera.pipeline.context import Said
from whispera.pipeline.names_heard import Names

ROOT = Path(__file__).resolve().parents[2]
WORDS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz '-19é"), max_size=14)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> CompiledCatalog:
    return compiled(ROOT / "config", tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def names(catalog: CompiledCatalog) -> Names:
    return Names(catalog, ["Quibblebox"])


@given(WORDS, WORDS)
def test_distance_is_a_symmetric_share(one: str, other: str) -> None:
    far = distance(one, other)
    assert 0 <= far <= 1
    assert far == distance(other, one)
    assert distance(one, one) == 0


@given(WORDS, WORDS, st.floats(0, 1))
def test_a_limit_changes_nothing_below_it(one: str, other: str, most: float) -> None:
    far = distance(one, other)
    if far < most:
        assert distance(one, other, most=most) == far


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("spot if i", "spotify"),
        ("crome", "chrome"),
        ("disc cord", "discord"),
        ("ex cel", "excel"),
        ("fone", "phone"),
    ],
)
def test_words_that_sound_alike_have_one_sound(heard: str, meant: str) -> None:
    assert sound(heard) == sound(meant)


@pytest.mark.parametrize(
    ("action", "heard", "named"),
    [
        ("open_app", "spot if i", "spotify"),
        ("open_app", "Spodify", "spotify"),
        ("open_app", "Fire Fox", "firefox"),
        ("close_app", "crome", "chrome"),
        ("switch_app", "vs coat", "vs code"),
        ("open_app", "quibel box", "Quibblebox"),
        ("open_folder", "down loads", "downloads"),
        # known, or like nothing that is
        ("open_app", "Google Chrome", "Google Chrome"),
        ("open_app", "word", "word"),
        ("open_app", "banana", "banana"),
        ("open_app", "zorblax", "zorblax"),
        ("open_folder", "spot if i", "spot if i"),
        ("take_note", "spot if i", "spot if i"),
        ("new_folder", "crome", "crome"),
    ],
)
def test_a_name_that_nobody_knows_is_the_known_one_it_sounds_like(
    names: Names, action: str, heard: str, named: str
) -> None:
    slot = {"take_note": "text", "new_folder": "name"}.get(action, "target")
    assert names.snapped(Intent(action, {slot: heard})).slots[slot] == named


def test_every_known_name_stays(names: Names, catalog: CompiledCatalog) -> None:
    for table in (catalog.lookup.apps, catalog.lookup.sites):
        for name in table:
            assert names.snapped(Intent("open_app", {"target": name})).slots["target"] == name


def test_steps_of_a_sequence_are_mended_too(names: Names) -> None:
    steps = (Intent("copy"), Intent("switch_app", {"target": "spot if i"}))
    mended = names.snapped(Intent("sequence", {"steps": steps}))
    assert mended.slots["steps"] == (Intent("copy"), Intent("switch_app", {"target": "spotify"}))


def test_what_was_named_before_is_known(names: Names) -> None:
    before = Said(
        Intent("docker_start", {"container": "zorblax"}),
        (ChosenStep("docker_start", (Chosen("container", "zorblax"),)),),
    )
    heard = Intent("docker_stop", {"container": "zor blacks"})
    assert names.snapped(heard, [before]).slots["container"] == "zorblax"
    assert names.snapped(heard).slots["container"] == "zor blacks"


def test_words_that_are_a_name_together_are_joined(names: Names) -> None:
    assert names.joined("open spot if i") == "open spotify"
    assert names.joined("turn it up a bit") is None
    assert names.joined("spotify") is None
