"""docs/actions.md says what the catalog says."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from tests.catalog.small_config import Write
from whispera.__main__ import main
from whispera.catalog import load
from whispera.catalog.catalog import Catalog
from whispera.catalog.check import check
from whispera.catalog.docs import markdown

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def shipped() -> Catalog:
    return load(ROOT / "config")


def test_page_of_actions_is_what_the_catalog_gives(shipped: Catalog) -> None:
    page = (ROOT / "docs" / "actions.md").read_text(encoding="utf-8")
    same = page == markdown(shipped)
    assert same, "docs/actions.md is not what the catalog gives; rewrite it: whispera actions docs --write"


def test_page_names_every_action_once_and_every_sorry(shipped: Catalog) -> None:
    page = markdown(shipped)
    for action in shipped.actions.values():
        assert page.count(f"\n| `{action.name}` | ") >= 1
        assert action.summary in page
        for steps in action.run.values():
            assert all(step.value[0] in page for step in steps if step.kind == "sorry")


def test_every_row_of_a_table_has_the_cells_of_its_head(shipped: Catalog) -> None:
    width = 0
    for line in markdown(shipped).splitlines():
        if not line.startswith("|"):
            width = 0
            continue
        cells = line.replace("\\|", "").count("|")
        assert width in (0, cells), line
        width = cells


def test_conditions_that_cover_everything_are_not_told(write: Write) -> None:
    file = """
action: snap_window
group: windows
summary: Puts the window to one side.
slots: {side: side}
patterns: ["snap {side}"]
run:
  x11:
    - {argv: [left, now], needs: [tiler], when: {side: left}}
    - {argv: [right, now], needs: [tiler], when: {side: right}}
    - {argv: [other], when: {side: left}}
    - {sorry: "There is no way."}
  any: {keys: "win+{side}"}
"""
    config = write({
        "actions/windows/snap_window.yaml": file,
        "slots/side.yaml": "enum: side\nwords: {left: [left], right: [right]}\n",
        "order.yaml": None,
    })  # fmt: skip
    page = markdown(load(config))
    row = '| `snap_window` | `tiler`, `other` (left), "There is no way." | keys | keys | keys |'
    assert row in page.splitlines()


def test_command_writes_the_page_and_checks_it(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    config = write()
    given = ["--workspace", str(config.parent), "actions", "docs"]
    assert main([*given, "--check"]) == 1
    assert "hint: write it: whispera actions docs --write" in capsys.readouterr().err
    assert main([*given, "--write"]) == 0
    assert (config.parent / "docs" / "actions.md").read_text(encoding="utf-8") == markdown(load(config))
    assert main([*given, "--check"]) == 0
    assert main(given) == 0
    assert capsys.readouterr().out == markdown(load(config))


def test_worked_example_is_in_order(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "adding-an-action.md").read_text(encoding="utf-8")
    blocks = [textwrap.dedent(block) for block in re.findall(r"\n\n((?:    .*\n)+)", page)]
    for name, start in (("actions/web/show_map", "action: show_map"), ("slots/places", "fill: places")):
        path = tmp_path / f"{name}.yaml"
        path.parent.mkdir(parents=True)
        path.write_text(next(block for block in blocks if block.startswith(start)), encoding="utf-8")
    said = [problem.message for problem in check(ROOT / "config", overlay=tmp_path)]
    assert said == []
