"""The actions of benchmarks/train_new_action.py: five patterns each, and phrasings that these do not make."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from whispera.catalog import load
from whispera.catalog.catalog import Catalog
from whispera.evaluation.expected import read
from whispera.patterns import match, parse

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "benchmarks" / "new_actions"
NAMES = sorted(path.stem for path in DATA.glob("*.yaml"))


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    overlay = tmp_path_factory.mktemp("local")
    for name in NAMES:
        text = (DATA / f"{name}.yaml").read_text()
        group = text.partition("group: ")[2].split()[0]
        (overlay / "actions" / group).mkdir(parents=True, exist_ok=True)
        shutil.copy(DATA / f"{name}.yaml", overlay / "actions" / group)
    return load(ROOT / "config", overlay=overlay)


@pytest.mark.parametrize("name", NAMES)
def test_phrasings_are_many_and_none_is_made_by_the_patterns(catalog: Catalog, name: str) -> None:
    action = catalog.actions[name]
    assert len(action.patterns) == 5
    lines = read(
        DATA / "held_out.txt", {known: [s.name for s in a.slots] for known, a in catalog.actions.items()}
    )
    mine = [line for line in lines if line.actions == (name,)]
    assert len(mine) >= 20
    for line in mine:
        for pattern in action.patterns:
            for found in match(parse(pattern), line.text, lists=catalog.lists):
                said = {slot: value.value or value.words for slot, value in found.slots}
                assert any(said.get(slot) not in wanted for slot, wanted in line.slots.items()), line.text
