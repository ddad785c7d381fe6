"""What fills a slot: the lists its action file names, and what these say of themselves."""

from __future__ import annotations

import random

from generator.fillers import Fillers
from generator.invent import KINDS_OF_NAME
from generator.sources import read
from tests.generator.small_catalog import build
from whispera.catalog.model import SlotSpec
from whispera.catalog.vocabulary import KINDS, Filler

NOTES = SlotSpec("text", "text", fill=("notes",))
VALUES = {"milk", "bread"}
CLAUSES = {"the rent is due", "the shop is closed"}


def drawn(*, kind: str = "", before: str = "", invent: float = 0.0) -> set[str]:
    catalog = build(
        fillers={
            "notes": Filler(
                "notes", "text", tuple(VALUES), kind=kind, invent=invent, after={"that": "clauses", "of": "x"}
            ),
            "clauses": Filler("clauses", "text", tuple(CLAUSES)),
        }
    )
    sources = read(catalog)
    fillers = Fillers(sources, sources.recipe, seed="a")
    rng = random.Random(1)
    return {fillers.words("take_note", NOTES, rng, before=before) for _ in range(40)}


def test_what_the_catalog_lets_be_made_up_is_what_the_generator_makes() -> None:
    assert tuple(KINDS_OF_NAME) == KINDS


def test_behind_a_word_the_list_that_fits_is_drawn() -> None:
    assert drawn(before="that") == CLAUSES
    assert drawn(before="of") == VALUES, "there is no such list"
    assert not drawn() & CLAUSES


def test_a_list_says_what_is_made_up_besides_it() -> None:
    assert drawn(before="to", invent=1.0) == VALUES
    made_up = drawn(before="to", kind="branch", invent=1.0)
    assert len(made_up) > 30
    assert not made_up & VALUES
