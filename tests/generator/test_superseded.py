"""Requests that are no command until somebody adds an action for them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generator.generate import Mix
from generator.sources import read
from generator.superseded import Superseded
from whispera.catalog import load
from whispera.catalog.catalog import Catalog

ROOT = Path(__file__).parents[2]
LIGHTS = ("(turn|switch) {state} the {room} (lights|lamp)", "lights {state} in the {room}")


@pytest.fixture(scope="module")
def shipped() -> Catalog:
    return load(ROOT / "config")


def with_lights(catalog: Catalog) -> Catalog:
    template = catalog.actions["open_app"]
    lights = replace(template, name="set_lights", patterns=LIGHTS, near_misses=(), examples=())
    return replace(catalog, actions={**catalog.actions, "set_lights": lights})


def taught_as_none(catalog: Catalog, word: str) -> set[str]:
    mix = Mix(read(catalog), seed=1)
    maker = mix._none()
    assert maker is not None
    rng = mix.rng("test")
    return {draft.text for draft in (maker(rng) for _ in range(6000)) if draft and word in draft.text.lower()}


def test_shipped_actions_supersede_nothing(shipped: Catalog) -> None:
    assert not Superseded(shipped.actions, shipped.lists).covers("switch on the kitchen lights")


def test_new_action_takes_its_requests_from_the_non_commands(shipped: Catalog) -> None:
    before, after = taught_as_none(shipped, "lights"), taught_as_none(with_lights(shipped), "lights")
    assert before - after, "requests for lights are no longer taught as none"
    covers = Superseded(with_lights(shipped).actions, shipped.lists).covers
    assert covers("could you dim the lights a bit")
    assert not covers("what's the weather in lisbon")
